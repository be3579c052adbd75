"""Checking messages: one call, a checker for many, a transaction for pieces."""

from __future__ import annotations

import ipaddress
import math
import os
import socket
import threading
from typing import TYPE_CHECKING, Any, Protocol, Union

from . import _verdict
from ._errors import ClosedError, InvalidError, error
from ._library import OfThisProcess, raised, string, text
from ._more import MoreChecks
from ._native import ffi, lib
from ._pool import Pool
from ._time import seconds

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from types import TracebackType

    from ._time import Time


class Readable(Protocol):
    """A file opened for reading octets, or what can be read like one."""

    def read(self, size: int, /) -> bytes:
        """The next octets, at most `size`; none at the end."""
        ...


Octets = Union[bytes, bytearray, memoryview]
"""What Python has for octets."""
Message = Union[Octets, "os.PathLike[str]", Readable]
"""A message: its octets, the path of a file, or a file opened for reading octets."""
Address = Union[str, ipaddress.IPv4Address, ipaddress.IPv6Address]
"""The client's address."""
Network = Union[Address, ipaddress.IPv4Network, ipaddress.IPv6Network]
"""An address, or one with a prefix length, such as "192.0.2.0/24"."""
_NETWORKS = (
    str,
    ipaddress.IPv4Address,
    ipaddress.IPv6Address,
    ipaddress.IPv4Network,
    ipaddress.IPv6Network,
)
_CHUNK = 1 << 16
_MOST_MILLISECONDS = (1 << 32) - 1


def check(
    message: Message,
    *,
    ip: Address | None = None,
    helo: str | bytes | None = None,
    mail_from: str | bytes | None = None,
    account: str | bytes | None = None,
    zone: str | os.PathLike[str] | bytes | None = None,
    nameservers: Iterable[str] | None = None,
    now: Time | None = None,
    authserv_id: str | None = None,
    trace: bool = False,
    timeout: float | None = None,
    spf_trusted: Network | Iterable[Network] | None = None,
    spf_records: Mapping[str, str] | None = None,
    spf_explanation: str | None = None,
    dmarc_trusted: Network | Iterable[Network] | None = None,
    dmarc_lists: str | Iterable[str] | None = None,
    dmarc_exceptions: Mapping[str, str] | None = None,
    dmarc_psl: bool = False,
) -> _verdict.Verdict:
    r"""Checks one message. For many, make a `Checker`, which keeps DNS answers.

    >>> from mailrep import check
    >>> verdict = check(b"From: ada@example.org\n\nHello\n", zone=b"")
    >>> print(verdict.dmarc.result)
    none
    >>> verdict.spf is None, verdict.dkim
    (True, ())

    `message`, `ip`, `helo`, `mail_from`, `account` and `now` are as for `Checker.check`, the others as for `Checker`.
    """
    with Checker(
        zone=zone,
        nameservers=nameservers,
        authserv_id=authserv_id,
        trace=trace,
        timeout=timeout,
        spf_trusted=spf_trusted,
        spf_records=spf_records,
        spf_explanation=spf_explanation,
        dmarc_trusted=dmarc_trusted,
        dmarc_lists=dmarc_lists,
        dmarc_exceptions=dmarc_exceptions,
        dmarc_psl=dmarc_psl,
    ) as checker:
        return checker.check(message, ip=ip, helo=helo, mail_from=mail_from, account=account, now=now)


class Checker(MoreChecks):
    r"""A resolver with its cache, made once and used for any number of messages by any number of threads.

    >>> from mailrep import Checker
    >>> with Checker(zone=b'example.org. TXT "v=spf1 -all"') as checker:
    ...     for sender in ("ada@example.org", "bob@example.net"):
    ...         verdict = checker.check(b"Subject: a\r\n\r\n", ip="192.0.2.1", mail_from=sender)
    ...         print(verdict.spf.result)
    fail
    none

    `zone` is the path of an RFC 1035 master file, or its octets; with it no network is used. `nameservers` are
    addresses of recursive nameservers, such as "192.0.2.53" or "[2001:db8::53]:5353". With neither the system's
    nameservers are asked.

    `authserv_id` is the name under which results are written; by default the host's. With `trace` verdicts tell every
    step. `timeout` bounds all DNS of one check, in seconds; by default 20. What is not answered by then is temperror.

    Local SPF policy: clients in the networks `spf_trusted`, which are relays of one's own, are not checked. Their
    result is none, DMARC rests on DKIM, and its disposition is none whatever the policy. `spf_records` maps domains to
    the SPF records that stand for whatever they publish, for another's include too: to try a record before it is
    published, or in place of one that is known to be wrong. `spf_explanation` explains a fail where the domain does
    not: a macro-string (RFC 7208 section 7), such as "%{i} may not send for %{d}". Reasons say where policy decided.

    >>> records = {"example.org": "v=spf1 ip4:192.0.2.1 -all"}
    >>> with Checker(zone=b"", spf_records=records) as checker:
    ...     verdict = checker.check(b"Subject: a\r\n\r\n", ip="192.0.2.1", mail_from="ada@example.org")
    >>> print(verdict.spf.result, verdict.spf.local_records)
    pass ('example.org',)

    Local overrides of DMARC's dispositions: messages from the networks `dmarc_trusted`, which forward mail, have the
    disposition none whatever the policy, as have those of the mailing lists `dmarc_lists`: identifiers in List-Id,
    "*.lists.example.net" for all below, "*" for all, believed if SPF or a signature passed for the list's host.
    `dmarc_exceptions` maps author domains, or "*.example.org", to the strictest `Policy` that is applied to them. The
    verdict's `dmarc.override` says which of them was. With `dmarc_psl` organizational domains are those of the public
    suffix list (RFC 7489), not of the tree walk.

    `async_threads` is how many threads there are at most for `acheck` and its like; they are made when they are needed.

    Raises `ZoneError`, `InputError` (a zone file that cannot be read), `NoNameserverError`, `InvalidError`.
    """

    def __init__(
        self,
        *,
        zone: str | os.PathLike[str] | bytes | None = None,
        nameservers: Iterable[str] | None = None,
        authserv_id: str | None = None,
        trace: bool = False,
        timeout: float | None = None,
        spf_trusted: Network | Iterable[Network] | None = None,
        spf_records: Mapping[str, str] | None = None,
        spf_explanation: str | None = None,
        dmarc_trusted: Network | Iterable[Network] | None = None,
        dmarc_lists: str | Iterable[str] | None = None,
        dmarc_exceptions: Mapping[str, str] | None = None,
        dmarc_psl: bool = False,
        async_threads: int = 32,
    ) -> None:
        self._pool = Pool(async_threads)
        # What C only borrows has to live until the call is over.
        borrowed: list[Any] = []

        def lend(value: str | bytes) -> Any:
            octets = os.fsencode(value)
            if b"\0" in octets:
                raise InvalidError(f"{value!r} cannot be used: it has a NUL in it")
            borrowed.append(ffi.new("char[]", octets))
            return borrowed[-1]

        options = ffi.new("mailrep_options *")
        lib.mailrep_options_init(options, ffi.sizeof("mailrep_options"))
        if isinstance(zone, bytes):
            borrowed.append(ffi.from_buffer(zone))
            options.zone_text, options.zone_text_length = borrowed[-1], len(zone)
        elif zone is not None:
            options.zone_file = lend(os.fspath(zone))
        if nameservers is not None:
            given = [nameservers] if isinstance(nameservers, str) else list(nameservers)
            if not given:
                raise InvalidError("nameservers is empty; leave it out to ask the system's")
            borrowed.append(ffi.new("const char *[]", [lend(nameserver) for nameserver in given]))
            options.nameservers, options.nameserver_count = borrowed[-1], len(given)
        options.authserv_id = lend(socket.gethostname() if authserv_id is None else authserv_id)
        options.trace = trace
        if timeout is not None:
            options.dns_time_ms = _milliseconds(timeout)

        def lend_all(given: Any) -> tuple[Any, int]:
            # A network is iterable, too: over its addresses, which may be many.
            all_given = [given] if isinstance(given, _NETWORKS) else list(given)
            borrowed.append(ffi.new("const char *[]", [lend(str(one)) for one in all_given]))
            return borrowed[-1], len(all_given)

        if spf_trusted is not None:
            options.spf_trusted, options.spf_trusted_count = lend_all(spf_trusted)
        if spf_records is not None:
            records = [(lend(domain), lend(record)) for domain, record in spf_records.items()]
            borrowed.append(ffi.new("mailrep_spf_record[]", records))
            options.spf_records, options.spf_record_count = borrowed[-1], len(records)
        if spf_explanation is not None:
            options.spf_explanation = lend(spf_explanation)
        if dmarc_trusted is not None:
            options.dmarc_trusted, options.dmarc_trusted_count = lend_all(dmarc_trusted)
        if dmarc_lists is not None:
            options.dmarc_lists, options.dmarc_list_count = lend_all(dmarc_lists)
        if dmarc_exceptions is not None:
            exceptions = [(lend(domain), _disposition(policy)) for domain, policy in dmarc_exceptions.items()]
            borrowed.append(ffi.new("mailrep_dmarc_exception[]", exceptions))
            options.dmarc_exceptions, options.dmarc_exception_count = borrowed[-1], len(exceptions)
        options.dmarc_psl = dmarc_psl

        context, fault = ffi.new("mailrep_context **"), ffi.new("mailrep_error **")
        raised(lib.mailrep_context_new(options, context, fault), fault)
        self._context: Any = ffi.gc(context[0], lib.mailrep_context_free)

    # Documented as its own.
    spf, check_all = MoreChecks.spf, MoreChecks.check_all
    acheck, aspf, acheck_all = MoreChecks.acheck, MoreChecks.aspf, MoreChecks.acheck_all

    def check(
        self,
        message: Message,
        *,
        ip: Address | None = None,
        helo: str | bytes | None = None,
        mail_from: str | bytes | None = None,
        account: str | bytes | None = None,
        now: Time | None = None,
    ) -> _verdict.Verdict:
        """Checks one message.

        `message` is its octets, a `pathlib.Path` or a file opened with "rb". Its first line end decides: if it is LF,
        every LF becomes the CRLF of mail; if it is CRLF, the octets stay as they are.

        `ip` is the client's address; without it there is no SPF and no iprev. `helo` is the name the client gave,
        `mail_from` the reverse-path, "" the null one, which is also what leaving it out means. `account` is what the
        client has logged in to: the message is submitted then, and neither SPF nor DMARC is checked. `now` is when the
        message is checked, by which signatures expire; by default the present.

        Raises `InvalidError` for a value that cannot be used and for an empty message, `OSError` for a file that cannot
        be read, `ClosedError` after `close`.
        """
        with self.transaction(now=now) as transaction:
            if ip is not None:
                transaction.connect(ip)
            if helo is not None:
                transaction.helo(helo)
            if account is not None:
                transaction.authenticated(account)
            if mail_from is not None:
                transaction.mail_from(mail_from)
            _tell(transaction, message)
            return transaction.finish()

    def transaction(self, *, now: Time | None = None) -> Transaction:
        """Begins a message that is told piece by piece."""
        # This reference keeps the context alive when another thread closes the checker meanwhile.
        context = self._context
        if context is None:
            raise ClosedError("the checker is closed")
        made = ffi.new("mailrep_transaction **")
        if now is None:
            status = lib.mailrep_transaction_new(context, made)
        else:
            status = lib.mailrep_transaction_new_at(context, seconds(now), made)
        if status != lib.MAILREP_OK:
            raise error(status, string(lib.mailrep_status_text(status)))
        return Transaction(ffi.gc(made[0], lib.mailrep_transaction_free), self._pool)

    def close(self) -> None:
        """Gives the cache and the thread back; a check that is under way in another thread ends well."""
        self._context = None
        self._pool.close()

    @property
    def closed(self) -> bool:
        """Whether `close` was called."""
        return self._context is None

    def __enter__(self) -> Checker:
        if self.closed:
            raise ClosedError("the checker is closed")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, where: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<mailrep.Checker{', closed' if self.closed else ''}>"


class Transaction(OfThisProcess):
    r"""One message on its way through, from `Checker.transaction`.

    >>> from mailrep import Checker
    >>> with Checker(zone=b"").transaction() as transaction:
    ...     transaction.connect("192.0.2.1")
    ...     transaction.helo("mail.example.org")
    ...     transaction.mail_from("ada@example.org")
    ...     transaction.header("From", " ada@example.org")
    ...     transaction.end_of_headers()
    ...     transaction.body(b"Hello\r\n")
    ...     verdict = transaction.finish()
    >>> print(verdict.spf.result)
    none

    The calls come in the order of SMTP; those for which there is nothing to tell are left out. One out of turn raises
    `SequenceError` and changes nothing. Other threads run while the library works.
    """

    def __init__(self, handle: Any, pool: Pool) -> None:
        self._handle = handle
        self._pool = pool
        self._lock = threading.Lock()

    def _call(self, function: Any, *arguments: Any) -> None:
        # The library lets one thread at a time use a transaction, and Python's own lock is not held during the call.
        with self._lock:
            if self._handle is None:
                raise ClosedError("the transaction is closed")
            status = function(self._handle, *arguments)
            if status != lib.MAILREP_OK:
                raise error(status, string(lib.mailrep_transaction_error(self._handle)))

    def connect(self, ip: Address) -> None:
        """The client's address; the first call, if it is made at all."""
        octets = _encoded(str(ip))
        self._call(lib.mailrep_transaction_connect, octets, len(octets))

    def helo(self, name: str | bytes) -> None:
        """The name that the client gave with HELO or EHLO; the last one counts."""
        octets = _encoded(name)
        self._call(lib.mailrep_transaction_helo, octets, len(octets))

    def authenticated(self, account: str | bytes) -> None:
        """The client has logged in to this account, so that the message is submitted here; before `mail_from`.

        Neither SPF nor iprev nor DMARC is checked then, and `authentication_results` has auth=pass in their place.
        """
        octets = _encoded(account)
        self._call(lib.mailrep_transaction_authenticated, octets, len(octets))

    def mail_from(self, address: str | bytes) -> None:
        """The reverse-path, with angle brackets or without; "" for the null one. SPF begins."""
        octets = _encoded(address)
        self._call(lib.mailrep_transaction_mail_from, octets, len(octets))

    def rcpt(self, address: str | bytes) -> None:
        """A recipient, once for each."""
        octets = _encoded(address)
        self._call(lib.mailrep_transaction_rcpt, octets, len(octets))

    def header(self, name: str | bytes, value: str | bytes) -> None:
        """A header field: the value as it stands after the colon, with its blank and with CRLF in its folds."""
        name, value = _encoded(name), _encoded(value)
        self._call(lib.mailrep_transaction_header, name, len(name), value, len(value))

    def end_of_headers(self) -> None:
        """The header is complete; keys and policies are looked up from here on."""
        self._call(lib.mailrep_transaction_end_of_headers)

    def body(self, octets: Octets) -> None:
        """Octets of the body, after `end_of_headers`, in pieces of any size."""
        buffer = _buffer(octets)
        self._call(lib.mailrep_transaction_body, buffer, len(buffer))

    def data(self, octets: Octets) -> None:
        """Octets of the whole message as they were received, in pieces of any size, in place of header and body."""
        buffer = _buffer(octets)
        self._call(lib.mailrep_transaction_data, buffer, len(buffer))

    def file_data(self, octets: Octets) -> None:
        """Like `data`, for a message from a file: if its first line end is LF, every LF becomes CRLF."""
        buffer = _buffer(octets)
        self._call(lib.mailrep_transaction_file_data, buffer, len(buffer))

    def finish(self) -> _verdict.Verdict:
        """The message is complete: waits for the DNS that is still open, no longer than the timeout, and judges."""
        made = ffi.new("mailrep_verdict **")
        self._call(lib.mailrep_transaction_finish, made)
        handle = ffi.gc(made[0], lib.mailrep_verdict_free)
        return _verdict.verdict(text(lib.mailrep_verdict_json(handle)))

    async def afinish(self) -> _verdict.Verdict:
        r"""As `finish`, for event loops; the other calls do not wait. When the task is cancelled, the message is over.

        >>> import asyncio
        >>> from mailrep import Checker
        >>> async def main(checker: Checker) -> None:
        ...     with checker.transaction() as transaction:
        ...         transaction.data(b"From: ada@example.org\r\n\r\n")
        ...         print((await transaction.afinish()).dmarc.result)
        >>> asyncio.run(main(Checker(zone=b"")))
        none
        """
        return await self._pool.run(self.finish)

    def close(self) -> None:
        """Gives the message up, or what is left of it."""
        with self._lock:
            self._handle = None

    def __enter__(self) -> Transaction:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, where: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<mailrep.Transaction{', closed' if self._handle is None else ''}>"


def _tell(transaction: Transaction, message: Any) -> None:
    """Tells the whole message, and refuses an empty one as the command line does."""
    if isinstance(message, (bytes, bytearray, memoryview)):
        some = len(message) > 0
        transaction.file_data(message)
    elif isinstance(message, os.PathLike):
        with open(message, "rb") as file:
            some = _tell_file(transaction, file)
    elif hasattr(message, "read"):
        some = _tell_file(transaction, message)
    else:
        raise TypeError(
            f"a message is bytes, a pathlib.Path or a file opened with 'rb', not {type(message).__name__}"
            + ("; for the name of a file give pathlib.Path(name)" if isinstance(message, str) else "")
        )
    if not some:
        raise InvalidError("the message is empty")


def _tell_file(transaction: Transaction, file: Any) -> bool:
    some = False
    while chunk := file.read(_CHUNK):
        if not isinstance(chunk, bytes):
            raise TypeError("the file gives text; open it with 'rb', for a message is octets")
        transaction.file_data(chunk)
        some = True
    return some


def _encoded(value: str | bytes) -> bytes:
    return value.encode("utf-8", "surrogateescape") if isinstance(value, str) else bytes(value)


def _buffer(octets: Any) -> Any:
    """The octets in place, which cffi keeps from moving for as long as this lives."""
    if isinstance(octets, str):
        raise TypeError("octets are wanted, not text")
    return ffi.from_buffer(octets)


def _disposition(word: str) -> int:
    codes = (lib.MAILREP_POLICY_NONE, lib.MAILREP_POLICY_QUARANTINE, lib.MAILREP_POLICY_REJECT)
    words = list(_verdict.Policy)
    if word not in words:
        raise InvalidError(f"{word!r} is no disposition; one of {', '.join(words)} is")
    return int(codes[words.index(_verdict.Policy(word))])


def _milliseconds(seconds: float) -> int:
    if not 0 <= seconds * 1000 <= _MOST_MILLISECONDS:
        raise InvalidError(f"timeout cannot be {seconds} seconds")
    return math.ceil(seconds * 1000)
