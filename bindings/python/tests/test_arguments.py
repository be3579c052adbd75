"""Arguments of checks that cannot be: each names itself."""

from __future__ import annotations

import dataclasses
import io
import threading
from typing import Any

import pytest

import mailrep
from mailrep import Checker, ClosedError, DmarcResult, InvalidError, Limits, SpfResult
from mailrep._native import ffi, lib

MESSAGE = b"From: ada@example.org\r\nSubject: test\r\n\r\nHello\r\n"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"zone": 5}, "zone is a path, not int"),
        ({"zone": bytearray(b"")}, "zone is a path, not bytearray"),
        ({"nameservers": 5}, "nameservers is a list of texts, not int"),
        ({"nameservers": [5]}, r"nameservers\[0\] is str or bytes, not int"),
        ({"resolver": 5}, "resolver is a function"),
        ({"limits": {}}, "limits is Limits, not dict"),
        ({"authserv_id": 5}, "authserv_id is str or bytes, not int"),
        ({"trace": "yes"}, "trace is True or False, not str"),
        ({"timeout": "5"}, "timeout is a number of seconds, not str"),
        ({"timeout": True}, "timeout is a number of seconds, not bool"),
        ({"spf_trusted": 5}, "spf_trusted is one network or a list of them, not int"),
        ({"spf_trusted": b"192.0.2.1"}, "spf_trusted is one network or a list of them, not bytes"),
        ({"spf_trusted": ["192.0.2.1", 5]}, r"spf_trusted\[1\] is a network"),
        ({"spf_records": ["a"]}, "spf_records is a mapping, not list"),
        ({"spf_records": {"a.b": 5}}, r"spf_records\['a\.b'\] is str or bytes, not int"),
        ({"spf_records": {5: "v=spf1"}}, "spf_records is str or bytes, not int"),
        ({"spf_explanation": 5}, "spf_explanation is str or bytes, not int"),
        ({"dmarc_trusted": 5}, "dmarc_trusted is one network or a list of them, not int"),
        ({"dmarc_lists": 5}, "dmarc_lists is a list of texts, not int"),
        ({"dmarc_exceptions": "a.b"}, "dmarc_exceptions is a mapping, not str"),
        ({"dmarc_exceptions": {"a.b": 5}}, r"dmarc_exceptions\['a\.b'\] is a Policy or its word, not int"),
        ({"dmarc_psl": 1}, "dmarc_psl is True or False, not int"),
        ({"limits": Limits(signatures="5")}, "limits.signatures is a whole number, not str"),  # type: ignore[arg-type]
        ({"limits": Limits(threads=1.5)}, "limits.threads is a whole number, not float"),  # type: ignore[arg-type]
        ({"limits": Limits(cache_failures=None)}, "limits.cache_failures is a number of seconds"),  # type: ignore[arg-type]
    ],
)
def test_an_option_of_a_wrong_type_names_itself(options: dict[str, Any], words: str) -> None:
    with pytest.raises(TypeError, match=words):
        Checker(**options)


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({"ip": 5}, "ip is an address as str or of the module ipaddress, not int"),
        ({"ip": b"192.0.2.1"}, "ip is an address as str or of the module ipaddress, not bytes"),
        ({"helo": 5}, "helo is str or bytes, not int"),
        ({"mail_from": 5}, "mail_from is str or bytes, not int"),
        ({"mail_from": ["a@b.test"]}, "mail_from is str or bytes, not list"),
        ({"account": 5}, "account is str or bytes, not int"),
        ({"now": [5]}, "now is Unix seconds or a datetime"),
        (
            {"message": ["a"]},
            "message is bytes, a pathlib.Path, a file opened with 'rb' or an email.message object, not ",
        ),
        ({"message": "a.eml"}, r"for the name of a file give pathlib\.Path\(name\)"),
        ({"message": io.StringIO("a")}, "message is a file that gives str; open it with 'rb'"),
    ],
)
def test_an_argument_of_a_wrong_type_names_itself(told: dict[str, Any], words: str) -> None:
    message = told.pop("message", MESSAGE)
    with Checker(zone=b"") as checker, pytest.raises(TypeError, match=words):
        checker.check(message, **told)


@pytest.mark.parametrize("call", ["rcpt", "helo", "mail_from", "authenticated"])
def test_a_piece_of_a_wrong_type_names_itself(call: str) -> None:
    transaction = Checker(zone=b"").transaction()
    for wrong in (5, None, bytearray(b"a")):
        with pytest.raises(TypeError, match=rf"({call}|account) is str or bytes, not "):
            getattr(transaction, call)(wrong)
    with pytest.raises(TypeError, match="value is str or bytes, not int"):
        transaction.header("Subject", 5)  # type: ignore[arg-type]
    with pytest.raises(InvalidError, match="is no text that can be written"):
        getattr(transaction, call)("\ud800")


def test_the_limits_that_are_told_are_the_librarys() -> None:
    options, ours = ffi.new("mailrep_options *"), ffi.new("mailrep_options *")
    for one in (options, ours):
        lib.mailrep_options_init(one, ffi.sizeof("mailrep_options"))
    Limits()._fill(ours)
    names = [field.name for field in dataclasses.fields(Limits)]
    timed = {"dns_try_time": "dns_try_time_ms", "cache_failures": "cache_failures_ms"}
    timed |= {"cache_records": "cache_records_s", "cache_nothing": "cache_nothing_s"}
    for name in names:
        assert getattr(options, timed.get(name, name)) == getattr(ours, timed.get(name, name))


@pytest.mark.parametrize(
    "limits",
    [
        Limits(signatures=-1),
        Limits(header_octets=1 << 64),
        Limits(dns_questions=1 << 32),
        Limits(threads=0),
        Limits(threads=65),
        Limits(dns_try_time=-0.1),
        Limits(dns_try_time=float("inf")),
    ],
)
def test_a_limit_that_cannot_be_is_refused(limits: Limits) -> None:
    with pytest.raises(InvalidError, match=r"limits\.|threads|cache_failures"):
        Checker(zone=b"", limits=limits)


def test_limits_are_kept() -> None:
    zone = b'example.org. TXT "v=spf1 a mx -all"\n'

    def check(**limits: Any) -> mailrep.Verdict:
        with Checker(zone=zone, limits=Limits(**limits), trace=True) as checker:
            return checker.check(MESSAGE, ip="192.0.2.1", mail_from="ada@example.org")

    def spf(verdict: mailrep.Verdict) -> SpfResult:
        assert verdict.spf is not None
        return verdict.spf.result

    assert spf(check()) is SpfResult.FAIL
    assert spf(check(spf_dns_lookups=1)) is SpfResult.PERMERROR
    assert spf(check(spf_void_lookups=1)) is SpfResult.PERMERROR
    assert spf(check(dns_questions=0)) is SpfResult.TEMPERROR
    assert check(header_octets=10).dmarc.result is DmarcResult.PERMERROR
    assert check(header_fields=1).dmarc.result is DmarcResult.PERMERROR
    assert len(check(trace_steps=2).trace or ()) <= 3


def test_a_checker_that_another_thread_closes_ends_its_checks_well() -> None:
    checker = Checker(zone=b'example.org. TXT "v=spf1 -all"')
    begun = threading.Barrier(5, timeout=20)
    ends: list[str] = []

    def run() -> None:
        begun.wait()
        for _ in range(10_000):
            try:
                verdict = checker.check(MESSAGE, ip="192.0.2.1", mail_from="ada@example.org")
            except ClosedError as error:
                ends.append(str(error))
                return
            assert verdict.spf is not None
            if verdict.spf.result is not SpfResult.FAIL:
                ends.append(str(verdict))

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    begun.wait()
    checker.check(MESSAGE)
    checker.close()
    for thread in threads:
        thread.join()
    assert ends == ["the checker is closed"] * 4


def test_a_huge_message_of_small_pieces_is_checked_within_bounds() -> None:
    class Endless(io.RawIOBase):
        left = 300

        def read(self, size: int = -1) -> bytes:
            assert size > 0
            self.left -= 1
            return b"" if self.left < 0 else b"X: y\r\n" * 10_000

    with Checker(zone=b"") as checker:
        verdict = checker.check(Endless())
    assert verdict.anomaly is not None
    assert verdict.dmarc.result is DmarcResult.PERMERROR


# What a type checker would refuse.
_AS_UNTYPED: Any = mailrep


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: _AS_UNTYPED.SrsServer(3, tcp_forward="127.0.0.1:0"), "rewriter is a Rewriter, not int"),
        (lambda: _AS_UNTYPED.Rewriter(3, secrets="0123456789abcdef"), "domain is str, not int"),
        (lambda: _AS_UNTYPED.Rewriter("a.example", secrets=[3]), "not int"),
        (lambda: _AS_UNTYPED.Rewriter("a.example", secrets="0123456789abcdef", further=[1]), "further is a mapping"),
        (lambda: _AS_UNTYPED.Rewriter("a.example", secrets="0123456789abcdef", separator=3), "separator is str"),
        (
            lambda: _AS_UNTYPED.Rewriter("a.example", secrets="0123456789abcdef", hash_length="4"),
            "hash_length is a number",
        ),
        (lambda: _AS_UNTYPED.Rewriter("a.example", secrets="0123456789abcdef", always=2), "always is True or False"),
        (lambda: _AS_UNTYPED.received_envelope(b"", trusted=b"1.2.3.4"), "trusted"),
        (lambda: _AS_UNTYPED.received_envelope(b"", trusted=[16909060]), "trusted"),
    ],
)
def test_what_is_of_a_wrong_type_elsewhere_names_itself_too(make: Any, words: str) -> None:
    with pytest.raises(TypeError, match=words):
        make()


def test_a_time_that_is_none_and_text_that_cannot_be_written_are_refused() -> None:
    rewriter = mailrep.Rewriter("a.example", secrets="0123456789abcdef")
    for idle in (float("nan"), float("inf"), -1):
        with pytest.raises(mailrep.InvalidError, match="idle"):
            mailrep.SrsServer(rewriter, tcp_forward="127.0.0.1:0", idle=idle)
    with pytest.raises(mailrep.InvalidError, match="no text that can be written"):
        mailrep.Rewriter("\ud800.example", secrets="0123456789abcdef")


def test_a_message_that_begins_with_an_empty_line_has_no_header_that_tells_how_it_came() -> None:
    header = b"\nReceived: from evil (x [192.0.2.9]) by y with ESMTP id 1\n\n"
    assert mailrep.received_envelope(header).ip is None
