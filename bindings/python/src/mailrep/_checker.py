"""Checking messages: one call, a checker for many, a transaction for pieces."""

from __future__ import annotations

import ipaddress
import socket
from typing import TYPE_CHECKING, Any, Union

from . import _lend, _verdict
from ._errors import ClosedError, InvalidError, error
from ._library import raised, string, text
from ._limits import Limits
from ._message import Message, Octets, Readable, buffer, tell, whole
from ._more import MoreChecks
from ._native import ffi, lib
from ._one_at_a_time import OneAtATime
from ._pool import Pool
from ._resolver import Answering, Resolver
from ._time import PRESENT, seconds

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Mapping, Sequence
    from types import TracebackType

    from ._time import Time

__all__ = ["Address", "Checker", "Message", "Network", "Octets", "Readable", "Transaction", "check"]

Address = Union[str, ipaddress.IPv4Address, ipaddress.IPv6Address]
"""The client's address."""
Network = Union[Address, ipaddress.IPv4Network, ipaddress.IPv6Network]
"""An address, or one with a prefix length, such as "192.0.2.0/24"."""


def check(
    message: Message,
    *,
    ip: Address | None = None,
    helo: str | bytes | None = None,
    mail_from: str | bytes | None = None,
    account: str | bytes | None = None,
    zone: str | os.PathLike[str] | bytes | None = None,
    nameservers: Iterable[str] | None = None,
    resolver: Resolver | None = None,
    limits: Limits | None = None,
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
        resolver=resolver,
        limits=limits,
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
    addresses of recursive nameservers, such as "192.0.2.53" or "[2001:db8::53]:5353". `resolver` is a function that
    answers questions (below). With none of them the system's nameservers are asked.

    `authserv_id` is the name under which results are written; by default the host's. With `trace` verdicts tell every
    step. `timeout` bounds all DNS of one check, in seconds; by default 20. What is not answered by then is temperror.
    `limits` are the other bounds.

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

    A `resolver` is given a name, in lower case without a dot at the end, and a `RecordType`. It returns a list of
    records (of A and AAAA addresses, of TXT texts or bytes with their strings joined, of PTR names, of MX pairs of
    preference and name), or `Records` to say for how long they may be kept, or the octets of a nameserver's message, as
    dnspython's `to_wire()` gives them. Other answers are returned or raised: `NoSuchName`, `NoData` (which an empty
    list is, too), `DnsFailure`. It is called by up to four threads at a time, once for a question while its answer may
    be kept, and it may block, but not check; what takes longer than `timeout` is temperror. Any other exception makes
    the question fail, and a check that needed it raises `ResolverError` with that exception as its cause. When the
    checker is given up or the interpreter ends, calls that are under way are waited for.

    >>> from mailrep import NoSuchName, RecordType
    >>> zone = {("example.org", RecordType.TXT): ["v=spf1 a -all"], ("example.org", RecordType.A): ["192.0.2.1"]}
    >>> def resolver(name, kind):
    ...     if not any(name == known for known, _ in zone):
    ...         raise NoSuchName
    ...     return zone.get((name, kind), [])
    >>> with Checker(resolver=resolver) as checker:
    ...     verdict = checker.check(b"Subject: a\r\n\r\n", ip="192.0.2.1", mail_from="ada@example.org")
    >>> print(verdict.spf.result, verdict.spf.mechanism)
    pass a

    `async_threads` is how many threads there are at most for `acheck` and its like; they are made when they are needed.

    Raises `ZoneError`, `InputError` (a zone file that cannot be read), `NoNameserverError`, `InvalidError`.
    """

    def __init__(
        self,
        *,
        zone: str | os.PathLike[str] | bytes | None = None,
        nameservers: Iterable[str] | None = None,
        resolver: Resolver | None = None,
        limits: Limits | None = None,
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
        lender = _lend.Lender()
        options = lender.keep(ffi.new("mailrep_options *"))
        lib.mailrep_options_init(options, ffi.sizeof("mailrep_options"))
        if limits is not None:
            if not isinstance(limits, Limits):
                raise _lend.wrong_type("limits", "Limits", limits)
            limits._fill(options)
        if isinstance(zone, bytes):
            options.zone_text, options.zone_text_length = lender.keep(ffi.from_buffer(zone)), len(zone)
        elif zone is not None:
            options.zone_file = lender.path("zone", zone)
        if nameservers is not None:
            options.nameservers, options.nameserver_count = lender.one_or_more("nameservers", nameservers)
            if not options.nameserver_count:
                raise InvalidError("nameservers is empty; leave it out to ask the system's")
        name = socket.gethostname() if authserv_id is None else authserv_id
        options.authserv_id = lender.string("authserv_id", name)
        options.trace = self._traced = _lend.flag("trace", trace)
        if timeout is not None:
            options.dns_time_ms = _lend.duration("timeout", timeout, 1_000)
        policy = {
            "spf_trusted": spf_trusted,
            "spf_records": spf_records,
            "spf_explanation": spf_explanation,
            "dmarc_trusted": dmarc_trusted,
            "dmarc_lists": dmarc_lists,
            "dmarc_exceptions": dmarc_exceptions,
        }
        _local_policy(options, lender, {name: given for name, given in policy.items() if given is not None})
        options.dmarc_psl = _lend.flag("dmarc_psl", dmarc_psl)
        self._answering = None if resolver is None else Answering(resolver)
        self._waits = zone is None
        if self._answering is not None:
            self._answering.fill(options)

        context, fault = ffi.new("mailrep_context **"), ffi.new("mailrep_error **")
        raised(lib.mailrep_context_new(options, context, fault), fault)
        if self._answering is None:
            self._context: Any = ffi.gc(context[0], lib.mailrep_context_free)
        else:
            self._context = self._answering.own(context[0])

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

        `message` is its octets, a `pathlib.Path`, a file opened with "rb", or an `email.message` object, which is
        written as `octets_of` does. The first line end decides: if it is LF, every LF becomes the CRLF of mail; if it
        is CRLF, the octets stay as they are.

        `ip` is the client's address; without it there is no SPF and no iprev. `helo` is the name the client gave,
        `mail_from` the reverse-path, "" the null one, which is also what leaving it out means. `account` is what the
        client has logged in to: the message is submitted then, and neither SPF nor DMARC is checked. `now` is when the
        message is checked, by which signatures expire; by default the present.

        Raises `InvalidError` for a value that cannot be used and for an empty message, `OSError` for a file that cannot
        be read, `ClosedError` after `close`, `ResolverError` if the `resolver` raised something.
        """
        octets = whole(message)
        if octets is not None:
            return self._whole(octets, ip=ip, helo=helo, account=account, mail_from=mail_from, now=now)
        with self.transaction(now=now) as transaction:
            if ip is not None:
                transaction.connect(ip)
            if helo is not None:
                transaction.helo(helo)
            if account is not None:
                transaction.authenticated(account)
            if mail_from is not None:
                transaction.mail_from(mail_from)
            tell(message, transaction.file_data)
            return transaction.finish()

    def _whole(
        self,
        octets: Octets,
        *,
        ip: Address | None,
        helo: str | bytes | None,
        account: str | bytes | None,
        mail_from: str | bytes | None,
        now: Time | None,
    ) -> _verdict.Verdict:
        """The same in one call of the library: after each that lets other threads run, these may be waited for."""
        context = self._context
        if context is None:
            raise ClosedError("the checker is closed")
        moment = PRESENT if now is None else seconds(now)
        told = (
            None if ip is None else _lend.address("ip", ip),
            None if helo is None else _lend.octets("helo", helo),
            None if account is None else _lend.octets("account", account),
            None if mail_from is None else _lend.octets("mail_from", mail_from),
        )
        pairs = [part for given in told for part in ((ffi.NULL, 0) if given is None else (given, len(given)))]
        view = buffer("message", octets)
        made, fault = ffi.new("mailrep_verdict **"), ffi.new("mailrep_error **")
        raised(lib.mailrep_check(context, *pairs, view, len(view), moment, made, fault), fault)
        return _verdict.verdict(self._told(made[0]), traced=self._traced)

    def _judge_all(self, wanted: Sequence[tuple[Octets, dict[str, Any]]]) -> list[_verdict.Verdict | Exception]:
        """Many messages in one call of the library: each with how it came, as arguments of `check`."""
        context = self._context
        if context is None:
            raise ClosedError("the checker is closed")
        judged: list[_verdict.Verdict | Exception] = [ClosedError("it was not checked")] * len(wanted)
        messages = ffi.new("mailrep_message[]", max(len(wanted), 1))
        lent: list[Any] = []
        places: list[int] = []
        for place, (octets, came) in enumerate(wanted):
            try:
                views = _views(octets, came)
                now = came.get("now")
                messages[len(places)].now = PRESENT if now is None else seconds(now)
            except Exception as fault:
                judged[place] = fault.with_traceback(None)
                continue
            for name, view in views:
                field = getattr(messages[len(places)], name)
                field.data, field.length = view, len(view)
            lent.append(views)
            places.append(place)
        results = ffi.new("mailrep_checked[]", max(len(places), 1))
        made, fault_words = ffi.new("mailrep_checks **"), ffi.new("mailrep_error **")
        raised(lib.mailrep_check_all(context, messages, len(places), results, made, fault_words), fault_words)
        try:
            for place, result in zip(places, results):
                try:
                    told = text(result.text)
                    if result.status != lib.MAILREP_OK:
                        raise error(result.status, told)
                    if self._answering is not None:
                        self._answering.blame(told)
                    judged[place] = _verdict.verdict(told, traced=self._traced)
                except Exception as fault:
                    judged[place] = fault.with_traceback(None)
        finally:
            lib.mailrep_checks_free(made[0])
        return judged

    def _told(self, verdict: Any) -> str:
        """A verdict's JSON; the verdict is freed."""
        try:
            told = text(lib.mailrep_verdict_json(verdict))
        finally:
            lib.mailrep_verdict_free(verdict)
        if self._answering is not None:
            self._answering.blame(told)
        return told

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
        return Transaction(ffi.gc(made[0], lib.mailrep_transaction_free), self, context)

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


def _views(octets: Octets, came: dict[str, Any]) -> list[tuple[str, Any]]:
    """What a `mailrep_message` points to, by its fields' names; it has to be kept as long."""
    given = [(name, came.get(name)) for name in ("helo", "account", "mail_from")]
    told = [(name, _lend.octets(name, value)) for name, value in given if value is not None]
    if came.get("ip") is not None:
        told.append(("ip", _lend.address("ip", came["ip"])))
    return [("message", buffer("message", octets)), *((name, ffi.from_buffer(value)) for name, value in told)]


class Transaction(OneAtATime):
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

    _what, _error = "transaction", "mailrep_transaction_error"

    def __init__(self, handle: Any, checker: Checker, context: Any) -> None:
        super().__init__(handle)
        # As long as there are messages, there is whoever answers their questions.
        self._context = context
        self._answering, self._traced = checker._answering, checker._traced
        self._pool = checker._pool

    def connect(self, ip: Address) -> None:
        """The client's address; the first call, if it is made at all."""
        octets = _lend.address("ip", ip)
        self._call(lib.mailrep_transaction_connect, octets, len(octets))

    def helo(self, name: str | bytes) -> None:
        """The name that the client gave with HELO or EHLO; the last one counts."""
        octets = _lend.octets("helo", name)
        self._call(lib.mailrep_transaction_helo, octets, len(octets))

    def authenticated(self, account: str | bytes) -> None:
        """The client has logged in to this account, so that the message is submitted here; before `mail_from`.

        Neither SPF nor iprev nor DMARC is checked then, and `authentication_results` has auth=pass in their place.
        """
        octets = _lend.octets("account", account)
        self._call(lib.mailrep_transaction_authenticated, octets, len(octets))

    def mail_from(self, address: str | bytes) -> None:
        """The reverse-path, with angle brackets or without; "" for the null one. SPF begins."""
        octets = _lend.octets("mail_from", address)
        self._call(lib.mailrep_transaction_mail_from, octets, len(octets))

    def rcpt(self, address: str | bytes) -> None:
        """A recipient, once for each."""
        octets = _lend.octets("rcpt", address)
        self._call(lib.mailrep_transaction_rcpt, octets, len(octets))

    def header(self, name: str | bytes, value: str | bytes) -> None:
        """A header field: the value as it stands after the colon, with its blank and with CRLF in its folds."""
        name, value = _lend.octets("name", name), _lend.octets("value", value)
        self._call(lib.mailrep_transaction_header, name, len(name), value, len(value))

    def end_of_headers(self) -> None:
        """The header is complete; keys and policies are looked up from here on."""
        self._call(lib.mailrep_transaction_end_of_headers)

    def body(self, octets: Octets) -> None:
        """Octets of the body, after `end_of_headers`, in pieces of any size."""
        view = buffer("octets", octets)
        self._call(lib.mailrep_transaction_body, view, len(view))

    def data(self, octets: Octets) -> None:
        """Octets of the whole message as they were received, in pieces of any size, in place of header and body."""
        view = buffer("octets", octets)
        self._call(lib.mailrep_transaction_data, view, len(view))

    def file_data(self, octets: Octets) -> None:
        """Like `data`, for a message from a file: if its first line end is LF, every LF becomes CRLF."""
        view = buffer("octets", octets)
        self._call(lib.mailrep_transaction_file_data, view, len(view))

    def finish(self) -> _verdict.Verdict:
        """The message is complete: waits for the DNS that is still open, no longer than the timeout, and judges."""
        return _verdict.verdict(self._finish(), traced=self._traced)

    def _finish(self) -> str:
        """The verdict as JSON."""
        made = ffi.new("mailrep_verdict **")
        self._call(lib.mailrep_transaction_finish, made)
        handle = ffi.gc(made[0], lib.mailrep_verdict_free)
        told = text(lib.mailrep_verdict_json(handle))
        if self._answering is not None:
            self._answering.blame(told)
        return told

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
        super().close()
        self._context = None


def _local_policy(options: Any, lender: _lend.Lender, given: Mapping[str, Any]) -> None:
    for name in ("spf_trusted", "dmarc_trusted"):
        if name in given:
            networks, count = lender.networks(name, given[name])
            setattr(options, name, networks)
            setattr(options, f"{name}_count", count)
    if (records := given.get("spf_records")) is not None:
        lent = lender.pairs("spf_records", "mailrep_spf_record", records, lender.string)
        options.spf_records, options.spf_record_count = lent
    if (explanation := given.get("spf_explanation")) is not None:
        options.spf_explanation = lender.string("spf_explanation", explanation)
    if (lists := given.get("dmarc_lists")) is not None:
        options.dmarc_lists, options.dmarc_list_count = lender.one_or_more("dmarc_lists", lists)
    if (exceptions := given.get("dmarc_exceptions")) is not None:
        lent = lender.pairs("dmarc_exceptions", "mailrep_dmarc_exception", exceptions, _disposition)
        options.dmarc_exceptions, options.dmarc_exception_count = lent


def _disposition(what: str, word: Any) -> int:
    codes = (lib.MAILREP_POLICY_NONE, lib.MAILREP_POLICY_QUARANTINE, lib.MAILREP_POLICY_REJECT)
    words = list(_verdict.Policy)
    if not isinstance(word, str):
        raise _lend.wrong_type(what, "a Policy or its word", word)
    if word not in words:
        raise InvalidError(f"{what}: {word!r} is no disposition; one of {', '.join(words)} is")
    return int(codes[words.index(_verdict.Policy(word))])
