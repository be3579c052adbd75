"""DNS questions answered by a function of the program."""

from __future__ import annotations

import atexit
import functools
import inspect
import ipaddress
import itertools
import os
import re
import time
import weakref
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Union

from ._errors import InvalidError, ResolverError, error
from ._lend import choice, number, octets, wrong_type
from ._library import string
from ._native import ffi, lib
from ._verdict import _Word


class RecordType(_Word):
    """What is asked for.

    >>> from mailrep import RecordType
    >>> print(*RecordType)
    A PTR MX TXT AAAA
    >>> {("example.org", "A"): "192.0.2.1"}[("example.org", RecordType.A)]
    '192.0.2.1'
    """

    A = "A"
    PTR = "PTR"
    MX = "MX"
    TXT = "TXT"
    AAAA = "AAAA"


class FailureKind(_Word):
    """Why a question has no answer now.

    >>> from mailrep import FailureKind
    >>> print(*FailureKind)
    servfail refused timeout malformed network
    """

    SERVFAIL = "servfail"
    """The server said SERVFAIL."""
    REFUSED = "refused"
    """The server said REFUSED."""
    TIMEOUT = "timeout"
    """No server answered in time."""
    MALFORMED = "malformed"
    """An answer came that cannot be used."""
    NETWORK = "network"
    """The network or the host failed."""


Record = Union[str, bytes, ipaddress.IPv4Address, ipaddress.IPv6Address, "tuple[int, str]"]
"""A record: of A and AAAA an address, of TXT its strings joined, of PTR a name, of MX preference and name."""


_TTL = 300


@dataclass(frozen=True, slots=True)
class Records:
    r"""The answer of a resolver: these records, which may be kept for `ttl` seconds.

    >>> from mailrep import Checker, Records
    >>> def resolver(name, kind):
    ...     return Records(["v=spf1 -all"], ttl=3600) if kind == "TXT" else []
    >>> with Checker(resolver=resolver) as checker:
    ...     print(checker.check(b"Subject: a\n\n", ip="192.0.2.1", mail_from="ada@example.org").spf.result)
    fail
    """

    records: Iterable[Record]
    ttl: int = _TTL


class NoSuchName(Exception):  # noqa: N818 (it is an answer)
    r"""The answer of a resolver, returned or raised: neither the name nor anything below it exists (NXDOMAIN).

    That may be kept for `ttl` seconds; None if nobody said.

    >>> from mailrep import Checker, NoSuchName
    >>> def resolver(name, kind):
    ...     raise NoSuchName(ttl=3600)
    >>> with Checker(resolver=resolver) as checker:
    ...     print(checker.check(b"Subject: a\n\n", ip="192.0.2.1", mail_from="ada@example.org").spf.cause)
    no_such_domain
    """

    def __init__(self, ttl: int | None = None) -> None:
        super().__init__("there is no such name")
        self.ttl = ttl


class NoData(Exception):  # noqa: N818 (it is an answer)
    r"""The answer of a resolver, returned or raised: the name exists, but not with a record of this type.

    That may be kept for `ttl` seconds; None if nobody said.

    >>> from mailrep import Checker, NoData
    >>> with Checker(resolver=lambda name, kind: NoData()) as checker:
    ...     print(checker.check(b"Subject: a\n\n", ip="192.0.2.1", mail_from="ada@example.org").spf.cause)
    no_record
    """

    def __init__(self, ttl: int | None = None) -> None:
        super().__init__("there is no such record")
        self.ttl = ttl


class DnsFailure(Exception):  # noqa: N818 (it is an answer)
    r"""The answer of a resolver, returned or raised: it is not known now. Checks that need it end in temperror.

    Verdicts tell `why` for the kinds "malformed" and "network".

    >>> from mailrep import Checker, DnsFailure
    >>> def resolver(name, kind):
    ...     raise DnsFailure("network", "the cable is out")
    >>> with Checker(resolver=resolver) as checker:
    ...     spf = checker.check(b"Subject: a\n\n", ip="192.0.2.1", mail_from="ada@example.org").spf
    >>> print(spf.result, "the cable is out" in spf.reason)
    temperror True
    """

    def __init__(self, kind: FailureKind | str = FailureKind.NETWORK, why: str | None = None) -> None:
        super().__init__(why or f"the question has no answer: {kind}")
        self.kind = kind
        self.why = why


Answer = Union[Records, Iterable[Record], bytes, NoData, NoSuchName, DnsFailure]
"""What a resolver may return."""
Resolver = Callable[[str, RecordType], Answer]
"""A function that answers DNS questions."""

_KINDS = {
    lib.MAILREP_DNS_A: RecordType.A,
    lib.MAILREP_DNS_PTR: RecordType.PTR,
    lib.MAILREP_DNS_MX: RecordType.MX,
    lib.MAILREP_DNS_TXT: RecordType.TXT,
    lib.MAILREP_DNS_AAAA: RecordType.AAAA,
}
_FAILURES = {
    FailureKind.SERVFAIL: lib.MAILREP_DNS_SERVFAIL,
    FailureKind.REFUSED: lib.MAILREP_DNS_REFUSED,
    FailureKind.TIMEOUT: lib.MAILREP_DNS_TIMEOUT,
    FailureKind.MALFORMED: lib.MAILREP_DNS_MALFORMED,
    FailureKind.NETWORK: lib.MAILREP_DNS_NETWORK,
}
_MOST_RECORDS = 4_096
_FAULTS = 256
_MOST_TO_END = 20.0

_living: weakref.WeakValueDictionary[int, Answering] = weakref.WeakValueDictionary()
_numbers = itertools.count(1)
_contexts: dict[int, weakref.ref[Any]] = {}
"""Those that are not free yet, although their owners may have given them up."""
_ending: list[bool] = []
"""Not empty when the interpreter ends."""


class Answering:
    """A program's resolver behind a context.

    It is called from threads of the library. What it raises is kept under a number that stands in the answer, so that
    the checks to which that answer came know it. It has no lock: collecting garbage in a call may free its context.
    """

    def __init__(self, resolver: Resolver) -> None:
        if not callable(resolver):
            raise wrong_type("resolver", "a function of a name and a RecordType", resolver)
        if inspect.iscoroutinefunction(resolver):
            raise TypeError("resolver is a function, not a coroutine function: it is called from other threads")
        self._resolver = resolver
        self._context: Any = None
        self._under_way: set[int] = set()
        self._faults: list[tuple[int, str, BaseException] | None] = [None] * _FAULTS
        self._next_fault = itertools.count()
        # What strangers cannot write into a record.
        self._token = os.urandom(8).hex()
        self._sign = re.compile(rf"\[{self._token} (\d+)\]")
        self._number = next(_numbers)
        _living[self._number] = self

    def fill(self, options: Any) -> None:
        """Sets the options by which the library calls this, and by which it tells of each question."""
        options.resolve = _callback()
        options.resolve_user = ffi.cast("void *", self._number)
        options.trace = True

    def own(self, pointer: Any) -> Any:
        """The context was made: its owner, which this is not, or nothing would end."""
        number = self._number

        def free(context: Any) -> None:
            lib.mailrep_context_free(context)
            _contexts.pop(number, None)

        self._context = pointer
        context = ffi.gc(pointer, free)
        _contexts[number] = weakref.ref(context)
        if _ending:
            ffi.release(context)
        return context

    def answer(self, question: Any) -> int:
        """Answers a question of the library's; 0 says that it is answered."""
        call = next(_numbers)
        self._under_way.add(call)
        try:
            return self._answer(question.id, string(question.name), _KINDS[question.kind])
        finally:
            self._under_way.discard(call)

    def _answer(self, number: int, name: str, kind: RecordType) -> int:
        try:
            try:
                answer = self._resolver(name, kind)
            except (NoData, NoSuchName, DnsFailure) as raised:
                answer = raised
            status = self._give(number, kind, answer)
        except BaseException as fault:
            at = next(self._next_fault)
            self._faults[at % _FAULTS] = (at, f"{name or '.'} {kind}", fault)
            why = f"the resolver raised {type(fault).__name__} [{self._token} {at}]".encode("ascii", "replace")
            lend = ffi.new("char[]", why)
            status = lib.mailrep_context_answer_failure(self._context, number, lib.MAILREP_DNS_NETWORK, lend, ffi.NULL)
        # Nobody may wait any more.
        return 0 if status in (lib.MAILREP_OK, lib.MAILREP_UNASKED) else int(status)

    def _give(self, number: int, kind: RecordType, answer: Any) -> int:
        fault = ffi.new("mailrep_error **")
        if isinstance(answer, (NoData, NoSuchName)):
            nothing = lib.MAILREP_DNS_NO_DATA if isinstance(answer, NoData) else lib.MAILREP_DNS_NO_NAME
            status = lib.mailrep_context_answer_nothing(self._context, number, nothing, _ttl(answer.ttl, -1), fault)
        elif isinstance(answer, DnsFailure):
            code, why = _failure(answer)
            status = lib.mailrep_context_answer_failure(self._context, number, code, why, fault)
        elif isinstance(answer, bytes):
            message = ffi.from_buffer(answer)
            its_id = int.from_bytes(answer[:2], "big")
            status = lib.mailrep_context_answer_message(self._context, number, its_id, message, len(answer), fault)
        else:
            ttl = _ttl(answer.ttl) if isinstance(answer, Records) else _TTL
            given = _listed(answer.records if isinstance(answer, Records) else answer)
            lent = [_record(kind, at, record) for at, record in enumerate(given)]
            borrowed = [(ffi.from_buffer(data), preference) for data, preference in lent]
            records = ffi.new("mailrep_record[]", [(data, len(data), preference, 0) for data, preference in borrowed])
            status = lib.mailrep_context_answer_records(self._context, number, records, len(lent), ttl, fault)
        if status not in (lib.MAILREP_OK, lib.MAILREP_UNASKED):
            words = string(lib.mailrep_error_text(fault[0]))
            lib.mailrep_error_free(fault[0])
            raise error(status, f"the resolver's answer cannot be used: {words}")
        lib.mailrep_error_free(fault[0])
        return int(status)

    def blame(self, told: str) -> None:
        """Raises what the resolver raised on the way to this verdict, if it did."""
        found = self._sign.search(told)
        if found is None:
            return
        kept = self._faults[int(found[1]) % _FAULTS]
        if kept is None or kept[0] != int(found[1]):
            raise ResolverError("the resolver raised an exception, many of which came after it")
        _, question, fault = kept
        raise ResolverError(f"the resolver raised {type(fault).__name__} for {question}: {fault}") from fault

    def forget_calls(self) -> None:
        """In a child no thread makes them."""
        self._under_way.clear()

    def end(self) -> None:
        """The interpreter ends: waits for calls that are under way, not in C, where nobody could interrupt it."""
        self._resolver = _ended
        while self._under_way:
            time.sleep(0.002)


def _ended(_name: str, _kind: RecordType) -> Answer:
    return DnsFailure(FailureKind.NETWORK, "the program ends")


@functools.cache
def _callback() -> Any:
    """The one function that C calls. It lives as long as the interpreter, and is given a number and no pointer."""

    def resolve(user: Any, question: Any) -> int:
        answering = _living.get(int(ffi.cast("uintptr_t", user)))
        return 1 if answering is None else answering.answer(question)

    # A thread of the library must not come here when there is no interpreter any more.
    atexit.register(_end)
    os.register_at_fork(after_in_child=_forked)
    return ffi.callback("int(void *, const mailrep_question *)", resolve, error=1)


def _forked() -> None:
    """What other threads were doing they do not do here."""
    for answering in list(_living.values()):
        answering.forget_calls()
    for one, owner in list(_contexts.items()):
        if owner() is None:
            del _contexts[one]


def _end() -> None:
    """No thread of the library may come to the interpreter from here on, whatever daemon threads do."""
    _ending.append(True)
    for answering in list(_living.values()):
        answering.end()
    # Others free those whose owner is gone.
    until = time.monotonic() + _MOST_TO_END
    while _contexts and time.monotonic() < until:
        for owner in list(_contexts.values()):
            context = owner()
            if context is not None:
                ffi.release(context)
        time.sleep(0.001)


def _ttl(ttl: object, unsaid: int | None = None) -> int:
    if ttl is None and unsaid is not None:
        return unsaid
    return number("ttl", ttl)


def _failure(answer: DnsFailure) -> tuple[int, Any]:
    code = _FAILURES[choice("kind", FailureKind, answer.kind)]
    if answer.why is None:
        return code, ffi.NULL
    why = octets("why", answer.why).replace(b"\0", b"?")
    return code, ffi.new("char[]", why)


def _listed(answer: Any) -> list[Any]:
    if isinstance(answer, (str, bytearray, memoryview)) or not isinstance(answer, Iterable):
        if inspect.iscoroutine(answer):
            answer.close()
        raise TypeError(
            f"the resolver returned {answer!r:.60}; it returns a list of records, Records, the octets of a DNS "
            "message, or one of NoData, NoSuchName and DnsFailure"
        )
    listed = list(itertools.islice(answer, _MOST_RECORDS + 1))
    if len(listed) > _MOST_RECORDS:
        raise InvalidError(f"the resolver returned more than {_MOST_RECORDS} records")
    return listed


def _record(kind: RecordType, at: int, record: Any) -> tuple[bytes, int]:
    """The octets of a record, and the preference of one of MX."""
    if kind is RecordType.MX:
        if not (isinstance(record, tuple) and len(record) == len(("preference", "name"))):
            raise wrong_type(f"record {at} of MX", "(preference, name)", record)
        return octets(f"the name of record {at}", record[1]), number("preference", record[0])
    if kind in (RecordType.A, RecordType.AAAA):
        if not isinstance(record, (str, bytes, ipaddress.IPv4Address, ipaddress.IPv6Address)):
            raise wrong_type(f"record {at} of {kind}", "an address", record)
        family = ipaddress.IPv4Address if kind is RecordType.A else ipaddress.IPv6Address
        try:
            return family(record).packed, 0
        except ValueError as why:
            raise InvalidError(f"record {at} of {kind} is no address: {why}") from None
    return octets(f"record {at} of {kind}", record), 0
