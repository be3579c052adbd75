"""A resolver that is a function of the program."""

from __future__ import annotations

import functools
import gc
import ipaddress
import os
import pathlib
import re
import struct
import subprocess
import sys
import threading
import time
import weakref
from typing import Any

import pytest

import mailrep
from mailrep import (
    Checker,
    DmarcResult,
    DnsFailure,
    FailureKind,
    InvalidError,
    NoData,
    NoSuchName,
    Records,
    RecordType,
    ResolverError,
    SpfResult,
    _resolver,
)

# Three checkers, four daemon threads that check, close and make checkers, and an end at any moment.
BUSY = """
import random, sys, threading, time
import mailrep
random.seed(int(sys.argv[1]))
def resolver(name, kind):
    time.sleep(random.random() * 0.01)
    if random.random() < 0.2:
        raise ValueError(name)
    if kind == "TXT":
        return [f"v=spf1 a:{random.random()}.test mx ptr -all"]
    return [(1, f"m{at}.test") for at in range(5)] if kind == "MX" else []
checkers = [mailrep.Checker(resolver=resolver) for _ in range(3)]
def run():
    while True:
        try:
            transaction = random.choice(checkers).transaction()
            transaction.connect("192.0.2.1")
            transaction.mail_from(f"a@{random.random()}.test")
            if random.random() < 0.5:
                transaction.data(b"From: a@b.test\\r\\n\\r\\n")
                transaction.finish()
            if random.random() < 0.05:
                at = random.randrange(3)
                checkers[at].close()
                checkers[at] = mailrep.Checker(resolver=resolver)
        except (mailrep.ResolverError, mailrep.ClosedError):
            pass
for _ in range(4):
    threading.Thread(target=run, daemon=True).start()
time.sleep(0.05 + random.random() * 0.3)
"""
MESSAGE = b"From: ada@example.org\r\nSubject: test\r\n\r\nHello\r\n"
ENVELOPE: dict[str, Any] = {"ip": "192.0.2.1", "helo": "mail.example.org", "mail_from": "ada@example.org"}
TXT, A, AAAA, MX, PTR = RecordType.TXT, RecordType.A, RecordType.AAAA, RecordType.MX, RecordType.PTR


class Zone:
    """A table of answers, which counts the questions."""

    def __init__(self, answers: dict[tuple[str, RecordType], Any], otherwise: Any = NoSuchName) -> None:
        self.answers = answers
        self.otherwise = otherwise
        self.asked: list[tuple[str, RecordType]] = []

    def __call__(self, name: str, kind: RecordType) -> Any:
        self.asked.append((name, kind))
        answer = self.answers.get((name, kind), self.otherwise)
        if isinstance(answer, type):
            answer = answer()
        if isinstance(answer, Exception):
            raise answer
        return answer


def spf(record: str, **more: Any) -> mailrep.Spf:
    answers: dict[Any, Any] = {("example.org", TXT): [record]}
    answers.update({(name.partition(" ")[0], RecordType(name.partition(" ")[2])): it for name, it in more.items()})
    with Checker(resolver=Zone(answers), trace=True) as checker:
        found = checker.check(MESSAGE, **ENVELOPE).spf
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("record", "more"),
    [
        ("v=spf1 a -all", {"example.org A": ["192.0.2.1"]}),
        ("v=spf1 a -all", {"example.org A": [ipaddress.IPv4Address("192.0.2.1"), "192.0.2.2"]}),
        ("v=spf1 a -all", {"example.org A": Records([b"\xc0\x00\x02\x01"], ttl=0)}),
        ("v=spf1 a -all", {"example.org A": (address for address in ["192.0.2.1"])}),
        ("v=spf1 mx -all", {"example.org MX": [(10, "mx.example.org")], "mx.example.org A": ["192.0.2.1"]}),
        ("v=spf1 mx -all", {"example.org MX": [(65535, "MX.example.org.")], "mx.example.org A": ["192.0.2.1"]}),
        ("v=spf1 include:b.test -all", {"b.test TXT": [b"v=spf1 ip4:192.0.2.1", "something else"]}),
        ("v=spf1 ptr -all", {"1.2.0.192.in-addr.arpa PTR": ["a.example.org"], "a.example.org A": ["192.0.2.1"]}),
        ("v=spf1 exists:c.test -all", {"c.test A": ["127.0.0.2"]}),
    ],
)
def test_records_of_each_type_are_used(record: str, more: dict[str, Any]) -> None:
    found = spf(record, **more)
    assert (found.result, found.mechanism) == (SpfResult.PASS, record.split()[1])


def test_a_name_in_a_question_is_in_lower_case_without_a_dot() -> None:
    zone = Zone({})
    with Checker(resolver=zone) as checker:
        checker.check(MESSAGE, ip="192.0.2.1", mail_from="ada@EXAMPLE.Org")
    assert ("example.org", TXT) in zone.asked
    assert all(name == name.lower().rstrip(".") and type(kind) is RecordType for name, kind in zone.asked)


@pytest.mark.parametrize(
    ("answer", "result", "words"),
    [
        (NoSuchName, SpfResult.NONE, "does not exist"),
        (NoSuchName(ttl=60), SpfResult.NONE, "does not exist"),
        (NoData(), SpfResult.NONE, "no SPF record"),
        (NoData, SpfResult.NONE, "no SPF record"),
        ([], SpfResult.NONE, "no SPF record"),
        (DnsFailure, SpfResult.TEMPERROR, "did not say why"),
        (DnsFailure("servfail"), SpfResult.TEMPERROR, "SERVFAIL"),
        (DnsFailure(FailureKind.REFUSED), SpfResult.TEMPERROR, "REFUSED"),
        (DnsFailure(FailureKind.TIMEOUT), SpfResult.TEMPERROR, "in time"),
        (DnsFailure("malformed", "it is\0purple"), SpfResult.TEMPERROR, r"it is\?purple"),
        (DnsFailure("network", "the cable is out"), SpfResult.TEMPERROR, "the cable is out"),
    ],
)
def test_each_answer_is_a_result_whether_it_is_returned_or_raised(answer: Any, result: SpfResult, words: str) -> None:
    returned = answer() if isinstance(answer, type) else answer

    def gives(_name: str, _kind: RecordType) -> Any:
        return returned

    def raises(_name: str, _kind: RecordType) -> Any:
        raised: Any = answer
        raise raised

    for resolver in [gives] if answer == [] else [gives, raises]:
        with Checker(resolver=resolver) as checker:
            verdict = checker.check(MESSAGE, **ENVELOPE)
        assert verdict.spf is not None
        assert verdict.spf.result is result
        assert re.search(words, verdict.spf.reason)


def dns_message(code: int, name: str, kind: int, *, truncated: bool = False) -> bytes:
    question = b"".join(bytes([len(label)]) + label.encode() for label in name.split(".")) + b"\0"
    flags = 0x8180 | code | (0x0200 if truncated else 0)
    return struct.pack("!6H", 0x1234, flags, 1, 0, 0, 0) + question + struct.pack("!2H", kind, 1)


def test_a_nameservers_message_is_an_answer() -> None:
    with Checker(resolver=lambda name, kind: dns_message(3, name, _number(kind))) as checker:
        verdict = checker.check(MESSAGE, **ENVELOPE)
    assert verdict.spf is not None
    assert "does not exist" in verdict.spf.reason
    with (
        Checker(resolver=lambda name, kind: dns_message(0, name, _number(kind), truncated=True)) as checker,
        pytest.raises(ResolverError, match="ask again over TCP"),
    ):
        checker.check(MESSAGE, **ENVELOPE)
    with (
        Checker(resolver=lambda _name, kind: dns_message(0, "else.test", _number(kind))) as checker,
        pytest.raises(ResolverError, match=r"is no answer to 'example\.org"),
    ):
        checker.check(MESSAGE, mail_from="ada@example.org", ip="192.0.2.1")


def _number(kind: RecordType) -> int:
    return {A: 1, PTR: 12, MX: 15, TXT: 16, AAAA: 28}[kind]


def test_what_a_resolver_raises_is_the_cause_of_the_checks_exception() -> None:
    fault = KeyError("example.org")
    with Checker(resolver=Zone({("example.org", TXT): fault})) as checker:
        with pytest.raises(ResolverError, match=r"the resolver raised KeyError for example\.org TXT") as caught:
            checker.check(MESSAGE, **ENVELOPE)
        assert caught.value.__cause__ is fault
        # The answer is kept for a while, and so is what it came from.
        with pytest.raises(ResolverError) as caught:
            checker.check(MESSAGE, **ENVELOPE)
        assert caught.value.__cause__ is fault
        # A check that does not ask does not see it.
        assert checker.check(MESSAGE, account="ada").account == "ada"


@pytest.mark.parametrize("fault", [SystemExit(3), KeyboardInterrupt(), MemoryError(), RecursionError("deep")])
def test_no_exception_of_a_resolver_is_too_special(fault: BaseException) -> None:
    def resolver(_name: str, _kind: RecordType) -> Any:
        raise fault

    with Checker(resolver=resolver) as checker, pytest.raises(ResolverError) as caught:
        checker.check(MESSAGE, **ENVELOPE)
    assert caught.value.__cause__ is fault


def test_a_fault_that_changes_no_result_is_told_of_as_well() -> None:
    # A name of the client's that has no address now is passed over by ptr (RFC 7208 section 5.5).
    zone = Zone(
        {
            ("example.org", TXT): ["v=spf1 ptr -all"],
            ("1.2.0.192.in-addr.arpa", PTR): ["odd.test", "example.org"],
            ("example.org", A): ["192.0.2.1"],
            ("odd.test", A): ValueError("odd"),
        }
    )
    with Checker(resolver=zone) as checker:
        with pytest.raises(ResolverError, match="odd"):
            checker.check(MESSAGE, ip="192.0.2.1", mail_from="ada@example.org")
        zone.answers["odd.test", A] = NoSuchName
    with Checker(resolver=zone) as checker:
        verdict = checker.check(MESSAGE, ip="192.0.2.1", mail_from="ada@example.org")
    assert verdict.spf is not None
    assert verdict.spf.result is SpfResult.PASS


def test_each_of_many_checks_raises_its_own_fault_alone() -> None:
    def resolver(name: str, _kind: RecordType) -> Any:
        if name.startswith("bad"):
            raise ValueError(name)
        raise NoSuchName

    told: dict[str, str | None] = {}

    def check(name: str) -> None:
        try:
            checker.check(b"Subject: a\r\n\r\n", ip="192.0.2.1", mail_from=f"ada@{name}")
            told[name] = None
        except ResolverError as error:
            told[name] = str(error.__cause__)

    names = [f"{kind}{at}.test" for at in range(40) for kind in ("good", "bad")]
    with Checker(resolver=resolver) as checker:
        threads = [threading.Thread(target=check, args=(name,)) for name in names]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert told == {name: name if name.startswith("bad") else None for name in names}


def test_a_fault_cannot_be_forged_by_a_record() -> None:
    zone = Zone({("example.org", TXT): ["v=spf1 -all exp=e.test"], ("e.test", TXT): ["[0123456789abcdef 0]"]})
    with Checker(resolver=zone, trace=True) as checker:
        verdict = checker.check(MESSAGE, **ENVELOPE)
    assert verdict.spf is not None
    assert verdict.spf.explanation == "[0123456789abcdef 0]"


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        (None, TypeError, "the resolver returned None"),
        ("v=spf1 -all", TypeError, "the resolver returned 'v=spf1 -all'"),
        (5, TypeError, "the resolver returned 5"),
        (bytearray(b"a"), TypeError, "the resolver returned bytearray"),
        ([5], TypeError, "record 0 of TXT is str or bytes, not int"),
        (["a", None], TypeError, "record 1 of TXT is str or bytes, not NoneType"),
        (["a"] * 5_000, InvalidError, "more than 4096 records"),
        (["a" * 70_000], InvalidError, "70000 octets"),
        (Records(["a"], ttl=-1), InvalidError, "ttl cannot be -1"),
        (Records(["a"], ttl=1 << 32), InvalidError, "ttl cannot be"),
        (Records(["a"], ttl=1.5), TypeError, "ttl is a whole number, not float"),  # type: ignore[arg-type]
        (NoData(ttl=-2), InvalidError, "ttl cannot be -2"),
        (DnsFailure("gone"), InvalidError, "kind cannot be 'gone': it is one of servfail, "),
        (b"", InvalidError, "no answer to"),
        (b"\xff" * 70_000, InvalidError, "no answer to"),
        ({}, None, ""),
    ],
)
def test_an_answer_that_cannot_be_is_an_exception(answer: Any, kind: type[Exception] | None, words: str) -> None:
    with Checker(resolver=lambda _name, _kind: answer) as checker:
        if kind is None:
            assert checker.check(MESSAGE).dmarc.result is DmarcResult.NONE
            return
        with pytest.raises(ResolverError, match=re.escape(words)) as caught:
            checker.check(MESSAGE, **ENVELOPE)
    assert isinstance(caught.value.__cause__, kind)


@pytest.mark.parametrize(
    ("kind", "record", "words"),
    [
        (A, "2001:db8::1", "record 0 of A is no address: Expected 4 octets in '2001:db8::1'"),
        (A, 1, "record 0 of A is an address, not int"),
        (A, b"123", "record 0 of A is no address: b'123'"),
        (MX, "mx.test", "record 0 of MX is (preference, name), not str"),
        (MX, (70_000, "mx.test"), "70000"),
        (MX, ("10", "mx.test"), "preference is a whole number, not str"),
        (MX, (10, "a..b"), "'a..b' is no name"),
    ],
)
def test_a_record_that_cannot_be_is_an_exception(kind: RecordType, record: Any, words: str) -> None:
    zone = Zone({("example.org", TXT): [f"v=spf1 {kind.lower()} -all"], ("example.org", kind): [record]})
    with Checker(resolver=zone) as checker, pytest.raises(ResolverError, match=re.escape(words)):
        checker.check(MESSAGE, **ENVELOPE)


def test_what_is_no_resolver_is_refused() -> None:
    async def later(_name: str, _kind: RecordType) -> Any: ...

    with pytest.raises(TypeError, match="resolver is a function of a name and a RecordType, not str"):
        Checker(resolver="192.0.2.53")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="not a coroutine function"):
        Checker(resolver=later)  # type: ignore[arg-type]
    with pytest.raises(InvalidError, match="zone"):
        Checker(resolver=Zone({}), zone=b"")
    # A function that makes a coroutine is found out when it is asked, without a warning.
    with (
        Checker(resolver=functools.partial(_called, later)) as checker,
        pytest.raises(ResolverError, match="coroutine"),
    ):
        checker.check(MESSAGE, **ENVELOPE)


def _called(function: Any, *arguments: Any) -> Any:
    return function(*arguments)


def test_answers_are_kept_for_their_time() -> None:
    zone = Zone({("example.org", TXT): Records(["v=spf1 -all"], ttl=3600)}, NoSuchName(ttl=3600))
    with Checker(resolver=zone) as checker:
        checker.check(MESSAGE, **ENVELOPE)
        asked = len(zone.asked)
        checker.check(MESSAGE, **ENVELOPE)
    assert len(zone.asked) == asked > 0


def test_a_trace_is_there_if_it_was_asked_for_alone() -> None:
    for trace in (False, True):
        with Checker(resolver=Zone({}), trace=trace) as checker:
            verdict = checker.check(MESSAGE, **ENVELOPE)
            assert (verdict.trace is not None) is trace
            assert (verdict.to_dict()["trace"] is not None) is trace


def test_a_resolver_that_takes_too_long_is_temperror_in_time() -> None:
    go_on = threading.Event()

    def resolver(_name: str, _kind: RecordType) -> Any:
        go_on.wait(20)
        raise NoSuchName

    checker = Checker(resolver=resolver, timeout=0.2)
    begin = time.monotonic()
    verdict = checker.check(MESSAGE, **ENVELOPE)
    assert time.monotonic() - begin < 10
    assert verdict.spf is not None
    assert verdict.spf.result is SpfResult.TEMPERROR
    go_on.set()
    checker.close()


def test_questions_are_asked_side_by_side() -> None:
    # Each of two waits for the other.
    meeting = threading.Barrier(2, timeout=20)

    def resolver(name: str, kind: RecordType) -> Any:
        if name in ("a.test", "b.test") and kind is A:
            meeting.wait()
        return ["v=spf1 a:a.test a:b.test -all"] if kind is TXT and name == "example.org" else []

    with Checker(resolver=resolver) as checker:
        verdict = checker.check(MESSAGE, ip="192.0.2.1", mail_from="ada@example.org")
    assert verdict.spf is not None
    assert verdict.spf.result is SpfResult.FAIL


def test_a_check_that_is_under_way_ends_well_when_its_checker_is_closed() -> None:
    zone = Zone({("example.org", TXT): ["v=spf1 ip4:192.0.2.1 -all"]})
    checker = Checker(resolver=zone)
    transaction = checker.transaction()
    checker.close()
    del checker
    transaction.connect("192.0.2.1")
    transaction.mail_from("ada@example.org")
    transaction.data(MESSAGE)
    verdict = transaction.finish()
    assert verdict.spf is not None
    assert verdict.spf.result is SpfResult.PASS


def test_a_resolver_may_close_its_checker_but_not_check() -> None:
    def resolver(_name: str, _kind: RecordType) -> Any:
        outer.close()
        return mailrep.check(MESSAGE, ip="192.0.2.1", zone=b"")

    outer = Checker(resolver=resolver)
    with pytest.raises(ResolverError) as caught:
        outer.check(MESSAGE, **ENVELOPE)
    assert isinstance(caught.value.__cause__, mailrep.SequenceError)
    assert outer.closed


def test_a_checker_and_its_resolver_are_given_back_though_they_know_each_other() -> None:
    class Owner:
        def __init__(self) -> None:
            self.checker = Checker(resolver=self.resolve)

        def resolve(self, _name: str, _kind: RecordType) -> Any:
            raise NoSuchName

    owner = Owner()
    owner.checker.check(MESSAGE, **ENVELOPE)
    gone = weakref.ref(owner)
    del owner
    # A question that the check did not wait for may be under way.
    until = time.monotonic() + 20
    while gone() is not None and time.monotonic() < until:
        gc.collect()
        time.sleep(0.001)
    assert gone() is None
    assert not [context for context in _resolver._contexts.values() if context() is None]


def test_questions_do_not_use_memory_up() -> None:
    def resident() -> int:
        return int(pathlib.Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    def check(count: int) -> None:
        for at in range(count):
            checker.check(MESSAGE, ip="192.0.2.1", mail_from=f"ada@d{at % 50}.test")

    with Checker(resolver=Zone({}, NoSuchName(ttl=0)), limits=mailrep.Limits(cache_nothing=0)) as checker:
        check(200)
        gc.collect()
        before = resident()
        check(1_000)
        gc.collect()
        assert resident() - before < 10_000_000


@pytest.mark.parametrize(
    "end", ["", "sys.exit(0)", "raise SystemExit(0)", "del checker", "checker.close()", "transaction.close()"]
)
def test_the_interpreter_ends_while_a_resolver_is_asked(end: str) -> None:
    program = f"""
import sys, threading, time
import mailrep
begun = threading.Event()
def resolver(name, kind):
    begun.set()
    time.sleep(0.2)
    return []
checker = mailrep.Checker(resolver=resolver)
transaction = checker.transaction()
transaction.connect("192.0.2.1")
transaction.mail_from("ada@example.org")
begun.wait(20)
{end}
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)  # noqa: S603
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize("seed", range(5))
def test_the_interpreter_ends_while_daemon_threads_check(seed: int) -> None:
    command = [sys.executable, "-c", BUSY, str(seed)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)  # noqa: S603
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_child_asks_by_itself() -> None:
    zone = Zone({("example.org", TXT): ["v=spf1 ip4:192.0.2.1 -all"]})
    with Checker(resolver=zone) as checker:
        checker.check(MESSAGE, ip="192.0.2.1", mail_from="ada@other.test")
        child = os.fork()
        if child == 0:
            status = 1
            try:
                verdict = checker.check(MESSAGE, **ENVELOPE)
                status = 0 if verdict.spf is not None and verdict.spf.result is SpfResult.PASS else 2
            finally:
                os._exit(status)
        assert os.waitpid(child, 0)[1] == 0


def test_what_the_resolver_raises_is_raised_by_spf_alone_too() -> None:
    def resolver(_name: str, _kind: RecordType) -> list[str]:
        raise KeyError("a bug")

    with Checker(resolver=resolver) as checker, pytest.raises(mailrep.ResolverError) as raised:
        checker.spf(ip="192.0.2.1", helo="mail.example.org", mail_from="ada@example.org")
    assert isinstance(raised.value.__cause__, KeyError)
