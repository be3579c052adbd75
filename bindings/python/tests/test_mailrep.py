"""What the Python face promises beyond the verdicts."""

from __future__ import annotations

import dataclasses
import datetime
import gc
import ipaddress
import os
import pathlib
import socket
import subprocess
import sys
import threading
from typing import Any

import pytest

import mailrep
from mailrep import DmarcResult, IprevResult, Policy, SpfResult

ZONE = (
    b'example.org. 300 TXT "v=spf1 ip4:192.0.2.1 ip6:2001:db8::1 -all"\n'
    b'_dmarc.example.org. 300 TXT "v=DMARC1; p=reject"\n'
    b"mail.example.org. 300 A 192.0.2.1\n"
    b"1.2.0.192.in-addr.arpa. 300 PTR mail.example.org.\n"
)
MESSAGE = b"From: ada@example.org\r\nSubject: test\r\n\r\nHello\r\n"
NULL_PATHS: list[dict[str, Any]] = [{}, {"mail_from": ""}, {"mail_from": "<>"}, {"mail_from": b""}]
ENVELOPE: dict[str, Any] = {"helo": "mail.example.org", "mail_from": "ada@example.org"}


@pytest.fixture(name="checker")
def _checker() -> mailrep.Checker:
    return mailrep.Checker(zone=ZONE, authserv_id="mx.example.net")


def test_a_verdict_is_typed_and_reads_well(checker: mailrep.Checker) -> None:
    verdict = checker.check(MESSAGE, ip="203.0.113.9", **ENVELOPE)
    assert verdict.spf is not None
    assert verdict.spf.result is SpfResult.FAIL
    assert verdict.spf.identity is mailrep.Identity.MAIL_FROM
    assert verdict.spf.mechanism == "-all"
    assert verdict.spf.helo is not None
    assert verdict.spf.helo.result is SpfResult.NONE
    assert verdict.dkim == ()
    assert verdict.dmarc.result is DmarcResult.FAIL
    assert verdict.dmarc.policy is verdict.dmarc.disposition is Policy.REJECT
    assert verdict.iprev is not None
    assert verdict.iprev.result is IprevResult.PERMERROR
    assert verdict.authentication_results.startswith("mx.example.net;")
    assert verdict.anomaly is None
    lines = str(verdict).splitlines()
    assert lines[0].startswith("spf=fail (203.0.113.9 ")
    assert lines[1] == "dkim=none (the message has no DKIM signature)"
    assert lines[2].startswith("dmarc=fail, reject is asked for (")
    assert lines[3].startswith("iprev=permerror (")
    assert len(lines) == 4


def test_without_a_client_spf_is_not_checked(checker: mailrep.Checker) -> None:
    verdict = checker.check(MESSAGE)
    assert verdict.spf is None
    assert verdict.iprev is None
    lines = str(verdict).splitlines()
    assert [line.partition("=")[0] for line in lines] == ["dkim", "dmarc"]


def test_verdicts_are_frozen_and_compare_by_value(checker: mailrep.Checker) -> None:
    one, other = (checker.check(MESSAGE, ip="192.0.2.1", **ENVELOPE) for _ in range(2))
    assert one == other
    assert hash(one) == hash(other)
    with pytest.raises(dataclasses.FrozenInstanceError):
        one.dmarc.result = DmarcResult.PASS  # type: ignore[misc]
    changed = one.to_dict()
    changed["spf"] = None
    assert one.to_dict() == other.to_dict()


def test_words_are_their_text() -> None:
    assert SpfResult("pass") == "pass"
    assert f"{SpfResult.SOFTFAIL}" == str(SpfResult.SOFTFAIL) == "softfail"
    assert SpfResult("permerror") is SpfResult.PERMERROR


@pytest.mark.parametrize(
    "ip",
    [
        "192.0.2.1",
        ipaddress.ip_address("192.0.2.1"),
        "2001:db8::1",
        ipaddress.IPv6Address("2001:db8::1"),
        "::ffff:192.0.2.1",
    ],
)
def test_addresses(checker: mailrep.Checker, ip: Any) -> None:
    verdict = checker.check(MESSAGE, ip=ip, **ENVELOPE)
    assert verdict.spf is not None
    assert verdict.spf.result is SpfResult.PASS


@pytest.mark.parametrize("message", [MESSAGE, bytearray(MESSAGE), memoryview(MESSAGE), MESSAGE.replace(b"\r\n", b"\n")])
def test_octets(checker: mailrep.Checker, message: Any) -> None:
    assert checker.check(message, ip="192.0.2.1", **ENVELOPE).dmarc.result is DmarcResult.PASS


def test_octets_of_a_sender_need_not_be_text(checker: mailrep.Checker) -> None:
    for sender in (b"\xff\xfe@example.org", "ada\udcff@example.org", "\N{SNOWMAN}@example.org"):
        verdict = checker.check(MESSAGE, ip="192.0.2.1", mail_from=sender)
        assert verdict.spf is not None
        assert verdict.spf.result is SpfResult.PASS


def test_the_null_reverse_path(checker: mailrep.Checker) -> None:
    verdicts = [checker.check(MESSAGE, ip="192.0.2.1", helo="example.org", **more) for more in NULL_PATHS]
    assert verdicts[0].spf is not None
    assert verdicts[0].spf.identity is mailrep.Identity.HELO
    assert all(verdict == verdicts[0] for verdict in verdicts)


def test_the_time_of_the_check() -> None:
    zone = b'a.example. TXT "v=spf1 -all exp=e.a.example"\ne.a.example. TXT "not at %{t}"\n'
    with mailrep.Checker(zone=zone) as checker:
        for now in (
            1772355660,
            1772355660.9,
            datetime.datetime(2026, 3, 1, 9, 1, tzinfo=datetime.timezone.utc),
        ):
            verdict = checker.check(MESSAGE, ip="192.0.2.1", mail_from="a@a.example", now=now)
            assert verdict.spf is not None
            assert verdict.spf.explanation == "not at 1772355660"
        with pytest.raises(mailrep.InvalidError, match="time zone"):
            checker.check(MESSAGE, now=datetime.datetime(2026, 3, 1, 9, 1))
        for now in (float("nan"), float("inf"), 1 << 80):
            with pytest.raises(mailrep.InvalidError, match="now cannot be"):
                checker.check(MESSAGE, now=now)


def test_a_trace_is_there_when_asked_for() -> None:
    envelope = {"ip": "192.0.2.1", **ENVELOPE}
    assert mailrep.check(MESSAGE, zone=ZONE, **envelope).trace is None
    trace = mailrep.check(MESSAGE, zone=ZONE, trace=True, **envelope).trace
    assert trace
    assert any("example.org" in step.subject for step in trace)
    assert all(step.parent is None or 0 <= step.parent < len(trace) for step in trace)


def test_a_message_told_piece_by_piece_is_the_same(checker: mailrep.Checker) -> None:
    whole = checker.check(MESSAGE, ip="192.0.2.1", now=0, **ENVELOPE)
    transaction = checker.transaction(now=0)
    transaction.connect("192.0.2.1")
    transaction.helo("mail.example.org")
    transaction.mail_from("<ada@example.org>")
    transaction.rcpt("bob@example.net")
    transaction.header("From", " ada@example.org")
    transaction.header(b"Subject", b" test")
    transaction.end_of_headers()
    for octet in b"Hello\r\n":
        transaction.body(bytes([octet]))
    assert transaction.finish() == whole
    with checker.transaction(now=0) as other:
        other.connect("192.0.2.1")
        other.helo("mail.example.org")
        other.mail_from("ada@example.org")
        other.data(MESSAGE)
        assert other.finish() == whole


def test_calls_out_of_turn(checker: mailrep.Checker) -> None:
    with checker.transaction() as transaction:
        with pytest.raises(mailrep.SequenceError, match="body"):
            transaction.body(b"")
        transaction.mail_from("a@example.org")
        with pytest.raises(mailrep.SequenceError, match="connect"):
            transaction.connect("192.0.2.1")
        transaction.finish()
        with pytest.raises(mailrep.SequenceError, match="finished"):
            transaction.finish()
    with pytest.raises(mailrep.ClosedError, match="transaction is closed"):
        transaction.finish()


def test_closed_checkers(checker: mailrep.Checker) -> None:
    open_one = checker.transaction()
    with checker:
        pass
    assert checker.closed
    assert repr(checker) == "<mailrep.Checker, closed>"
    with pytest.raises(mailrep.ClosedError, match="checker is closed"):
        checker.check(MESSAGE)
    with pytest.raises(mailrep.ClosedError), checker:
        pass
    checker.close()
    # What was begun ends well.
    open_one.data(MESSAGE)
    assert open_one.finish().dmarc.result is DmarcResult.FAIL


@pytest.mark.parametrize(
    "trusted",
    [
        ["203.0.113.9"],
        "203.0.113.0/24",
        ("192.0.2.1", "203.0.113.8/31"),
        {ipaddress.ip_address("203.0.113.9")},
        ipaddress.ip_address("203.0.113.9"),
        ipaddress.ip_network("::ffff:0:0/96"),
        iter([ipaddress.ip_network("203.0.113.0/24")]),
    ],
)
def test_trusted_clients_are_not_checked(trusted: Any) -> None:
    verdict = mailrep.check(MESSAGE, ip="203.0.113.9", zone=ZONE, spf_trusted=trusted, **ENVELOPE)
    assert verdict.spf is not None
    assert (verdict.spf.result, verdict.spf.cause) == (SpfResult.NONE, "trusted_client")
    assert verdict.dmarc.reason.endswith(", because local policy trusts the client")


def test_a_record_stands_for_the_published_one() -> None:
    records = {
        "Example.ORG": "v=spf1 include:_spf.example.net -all",
        "_spf.example.net": "v=spf1 ip4:203.0.113.9",
    }
    verdict = mailrep.check(MESSAGE, ip="203.0.113.9", zone=ZONE, spf_records=records, trace=True, **ENVELOPE)
    assert verdict.spf is not None
    assert verdict.spf.result is SpfResult.PASS
    assert verdict.spf.local_records == ("example.org", "_spf.example.net")
    assert verdict.spf.helo is not None
    assert verdict.spf.helo.local_records == ()
    assert verdict.dmarc.result is DmarcResult.PASS
    for reason in (verdict.spf.reason, verdict.dmarc.reason):
        assert reason.endswith("; local policy replaces the SPF records of example.org and _spf.example.net")
    assert verdict.trace is not None
    assert any(step.outcome == "not asked: local policy replaces the record" for step in verdict.trace)
    # What nothing leads to changes nothing.
    plain, other = (
        mailrep.check(MESSAGE, ip="203.0.113.9", zone=ZONE, spf_records=given, **ENVELOPE)
        for given in ({}, {"other.example": "v=spf1 -all"})
    )
    assert plain == other
    assert plain.spf is not None
    assert (plain.spf.result, plain.spf.local_records) == (SpfResult.FAIL, ())


def test_a_fail_is_explained_where_the_domain_does_not() -> None:
    ours = "%{i} may not send for %{d}"
    verdict = mailrep.check(MESSAGE, ip="203.0.113.9", zone=ZONE, spf_explanation=ours, **ENVELOPE)
    assert verdict.spf is not None
    assert verdict.spf.explanation == "203.0.113.9 may not send for example.org"
    assert verdict.spf.local_explanation
    zone = b'example.org. TXT "v=spf1 -all exp=e.example.org"\ne.example.org. TXT "theirs"\n'
    verdict = mailrep.check(MESSAGE, ip="203.0.113.9", zone=zone, spf_explanation=ours, **ENVELOPE)
    assert verdict.spf is not None
    assert (verdict.spf.explanation, verdict.spf.local_explanation) == ("theirs", False)


@pytest.mark.parametrize(
    ("given", "disposition", "kind"),
    [
        ({}, Policy.REJECT, None),
        ({"dmarc_trusted": ipaddress.ip_network("203.0.113.0/24")}, Policy.NONE, "trusted_forwarder"),
        ({"dmarc_exceptions": {"example.org": Policy.QUARANTINE}}, Policy.QUARANTINE, "local_policy"),
        ({"dmarc_exceptions": {"example.org": "none"}}, Policy.NONE, "local_policy"),
        ({"dmarc_lists": "*"}, Policy.REJECT, None),
        ({"dmarc_psl": True}, Policy.REJECT, None),
    ],
)
def test_an_override_changes_the_disposition_and_names_itself(
    given: Any, disposition: Policy, kind: str | None
) -> None:
    verdict = mailrep.check(MESSAGE, ip="203.0.113.9", zone=ZONE, **given, **ENVELOPE)
    assert (verdict.dmarc.result, verdict.dmarc.policy) == (DmarcResult.FAIL, Policy.REJECT)
    assert verdict.dmarc.disposition is disposition
    override = verdict.dmarc.override
    assert (override and override.type) == kind


def test_a_submission_is_no_verdict_on_a_stranger() -> None:
    verdict = mailrep.check(
        MESSAGE, ip="203.0.113.9", account="ada", authserv_id="mx.example", zone=ZONE, mail_from="ada@example.org"
    )
    assert (verdict.account, verdict.spf, verdict.iprev) == ("ada", None, None)
    assert (verdict.dmarc.result, verdict.dmarc.cause) == (DmarcResult.NONE, "authenticated")
    assert verdict.authentication_results == "mx.example;\r\n    auth=pass smtp.auth=ada"
    assert str(verdict).startswith("auth=pass ('ada')\ndmarc=none ")
    with pytest.raises(mailrep.InvalidError, match="account"):
        mailrep.check(MESSAGE, account="", zone=ZONE)


@pytest.mark.parametrize(
    ("more", "kind", "words"),
    [
        ({"ip": "192.0.2.999"}, mailrep.InvalidError, "192.0.2.999"),
        ({"ip": ""}, mailrep.InvalidError, "address"),
        ({"zone": b"@ A x"}, mailrep.ZoneError, ":1:"),
        ({"zone": "/nonexistent/zone"}, mailrep.InputError, "/nonexistent/zone"),
        ({"zone": None, "nameservers": ["ns.example.org"]}, mailrep.InvalidError, "ns.example.org"),
        ({"zone": None, "nameservers": []}, mailrep.InvalidError, "nameservers"),
        ({"nameservers": "192.0.2.53"}, mailrep.InvalidError, "both"),
        ({"authserv_id": "two words"}, mailrep.InvalidError, "two words"),
        ({"authserv_id": "a\0b"}, mailrep.InvalidError, "NUL"),
        ({"timeout": -1}, mailrep.InvalidError, "timeout"),
        ({"timeout": float("nan")}, mailrep.InvalidError, "timeout"),
        ({"spf_trusted": ["192.0.2.1", "192.0.2.0/33"]}, mailrep.InvalidError, r"spf_trusted\[1\]: '192.0.2.0/33'"),
        ({"spf_trusted": ["192.0.2.1"] * 1025}, mailrep.InvalidError, "at most 1024"),
        ({"dmarc_trusted": "192.0.2.0/33"}, mailrep.InvalidError, r"dmarc_trusted\[0\]: '192.0.2.0/33'"),
        ({"dmarc_lists": ["a..b"]}, mailrep.InvalidError, r"dmarc_lists\[0\]: 'a..b' is no identifier"),
        ({"dmarc_exceptions": {"a.b": "discard"}}, mailrep.InvalidError, "'discard' is no disposition"),
        ({"dmarc_exceptions": {"a..b": "none"}}, mailrep.InvalidError, r"dmarc_exceptions\[0\]"),
        ({"spf_records": {"example.org": "v=spf1 ipv4:1.2.3.4"}}, mailrep.InvalidError, r"\[0\]: .* example.org is"),
        ({"spf_records": {"a.b": "v=spf1", "A.b.": "v=spf1"}}, mailrep.InvalidError, r"\[1\]: two SPF records .* a\.b"),
        ({"spf_records": {"localhost": "v=spf1"}}, mailrep.InvalidError, "'localhost' has one label"),
        ({"spf_records": {"a\0b.c": "v=spf1"}}, mailrep.InvalidError, "NUL"),
        ({"spf_explanation": "100%"}, mailrep.InvalidError, "spf_explanation: "),
    ],
)
def test_what_cannot_be_used(more: dict[str, Any], kind: type[Exception], words: str) -> None:
    with pytest.raises(kind, match=words) as caught:
        mailrep.check(MESSAGE, **{"zone": b"", **more})
    assert isinstance(caught.value, mailrep.MailrepError)


def test_messages_that_cannot_be_used(checker: mailrep.Checker, tmp_path: pathlib.Path) -> None:
    with pytest.raises(mailrep.InvalidError, match="empty"):
        checker.check(b"")
    empty = tmp_path / "empty.eml"
    empty.touch()
    with pytest.raises(mailrep.InvalidError, match="empty"):
        checker.check(empty)
    with pytest.raises(FileNotFoundError):
        checker.check(tmp_path / "none.eml")
    with pytest.raises(IsADirectoryError):
        checker.check(tmp_path)
    with pytest.raises(TypeError, match=r"pathlib\.Path"):
        checker.check("message.eml")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="int"):
        checker.check(1)  # type: ignore[arg-type]
    message = tmp_path / "message.eml"
    message.write_bytes(MESSAGE)
    with message.open() as file, pytest.raises(TypeError, match="'rb'"):
        checker.check(file)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        checker.transaction().data("text")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="Unix seconds"):
        checker.check(MESSAGE, now="yesterday")  # type: ignore[arg-type]


def test_a_server_that_does_not_answer_is_a_verdict() -> None:
    # Port 9 of the loopback: refused or silent, in either case temperror within the time given.
    verdict = mailrep.check(MESSAGE, ip="192.0.2.1", nameservers=["127.0.0.1:9"], timeout=0.2, **ENVELOPE)
    assert verdict.spf is not None
    assert verdict.spf.result is SpfResult.TEMPERROR
    assert verdict.dmarc.result is DmarcResult.TEMPERROR


def test_many_threads_share_a_checker(checker: mailrep.Checker) -> None:
    good: list[bool] = []

    def run() -> None:
        good.extend(checker.check(MESSAGE, ip="192.0.2.1", **ENVELOPE).dmarc.result == "pass" for _ in range(20))

    threads = [threading.Thread(target=run) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert good == [True] * 160


def test_a_transaction_takes_one_thread_at_a_time(checker: mailrep.Checker) -> None:
    transaction = checker.transaction()
    transaction.end_of_headers()

    def run() -> None:
        for _ in range(200):
            transaction.body(b"x" * 100)

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert transaction.finish().dmarc.result is DmarcResult.PERMERROR


def test_the_interpreter_runs_while_the_library_waits() -> None:
    # A call that waits for DNS must not hold Python's lock: another thread answers the question it waits for.
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        server.settimeout(20)
        asked: list[bytes] = []

        def refuse() -> None:
            # Every question is answered with REFUSED until the check is over.
            try:
                while True:
                    question, client = server.recvfrom(4096)
                    if question == b"stop":
                        return
                    asked.append(question)
                    server.sendto(question[:2] + b"\x81\x05" + question[4:6] + bytes(6) + question[12:], client)
            except OSError:
                return

        thread = threading.Thread(target=refuse)
        thread.start()
        port = server.getsockname()[1]
        verdict = mailrep.check(MESSAGE, ip="192.0.2.1", nameservers=f"127.0.0.1:{port}", timeout=10, **ENVELOPE)
        server.sendto(b"stop", server.getsockname())
        thread.join()
    assert asked
    assert verdict.spf is not None
    assert verdict.spf.result is SpfResult.TEMPERROR
    assert "refused" in verdict.spf.reason.lower()


@pytest.mark.skipif(sys.implementation.name != "cpython", reason="PyPy drops what is forgotten later")
def test_handles_are_given_back(checker: mailrep.Checker) -> None:
    def resident() -> int:
        pages = pathlib.Path("/proc/self/statm").read_text().split()[1]
        return int(pages) * os.sysconf("SC_PAGE_SIZE")

    body = b"x" * 100_000
    for _ in range(50):
        checker.check(MESSAGE + body)
    gc.collect()
    before = resident()
    for _ in range(1_000):
        checker.check(MESSAGE + body)
    gc.collect()
    assert resident() - before < 10_000_000


def test_the_version_is_the_crates() -> None:
    manifest = pathlib.Path(__file__).resolve().parents[3] / "Cargo.toml"
    assert f'\nversion = "{mailrep.__version__}"\n' in manifest.read_text()


def test_every_name_is_there_and_little_is_loaded_for_checks() -> None:
    program = """
import sys, mailrep
mailrep.check(b"Subject: a\\r\\n\\r\\n", zone=b"")
print([name for name in ("email", "numpy", "asyncio", "mailrep._monitor", "mailrep._filter") if name in sys.modules])
print([name for name in mailrep.__all__ if not hasattr(mailrep, name)], set(mailrep.__all__) - set(dir(mailrep)))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)  # noqa: S603
    assert done.stdout == "[]\n[] set()\n"
    with pytest.raises(AttributeError, match="module 'mailrep' has no attribute 'Chekker'"):
        _ = mailrep.Chekker  # type: ignore[attr-defined]
