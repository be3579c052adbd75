"""What to do with a message, by a policy file."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from . import _lend
from ._decision import Decision, Refused, Reply, decision
from ._errors import ClosedError, InvalidError, error
from ._lend import Lender, flag, text
from ._library import OfThisProcess, raised, string
from ._message import Message, Octets, buffer, divide, wire
from ._native import ffi, lib
from ._one_at_a_time import OneAtATime
from ._time import Time, exact
from ._verdict import _Word

if TYPE_CHECKING:
    import os
    from types import TracebackType

    from ._checker import Address


@dataclass(frozen=True, slots=True)
class PolicyFault:
    """Something that is wrong with a policy.

    >>> from mailrep import PolicyFault
    >>> print(PolicyFault("there is no key 'on_fial'; did you mean 'on_fail'?", line=3, column=1))
    3:1: there is no key 'on_fial'; did you mean 'on_fail'?
    """

    text: str
    """What is wrong; what mends it."""
    line: int | None
    """From 1; None of a file that cannot be read."""
    column: int | None
    """From 1."""

    def __str__(self) -> str:
        return self.text if self.line is None else f"{self.line}:{self.column}: {self.text}"


class PolicyError(InvalidError):
    r"""A policy cannot be used. Its text has a line for each fault: FILE:LINE:COLUMN: what is wrong; what mends it.

    >>> from mailrep import Filter, PolicyError
    >>> try:
    ...     Filter.parse("[spf]\non_fial = 1\non_fail = 2\n")
    ... except PolicyError as error:
    ...     [(fault.line, fault.column) for fault in error.faults]
    [(2, 1), (3, 11)]
    """

    def __init__(self, words: str) -> None:
        super().__init__(words)
        self.faults = tuple(_fault(line) for line in words.splitlines())
        """All that is wrong, in the order of the file."""


class Severity(_Word):
    """How bad a finding is.

    >>> from mailrep import Severity
    >>> print(*Severity)
    error warning notice
    """

    ERROR = "error"
    WARNING = "warning"
    NOTICE = "notice"


@dataclass(frozen=True, slots=True)
class Finding:
    r"""Something dangerous, useless or worth knowing in a policy that can be used nevertheless.

    >>> from mailrep import Filter, Severity
    >>> with Filter.parse('authserv_id = "a"\n[dns]\nzone_files = ["/dev/null"]\n') as mail_filter:
    ...     finding = mail_filter.explain().findings[0]
    >>> finding.severity is Severity.WARNING, finding.message.split(":")[0]
    (True, 'no nameserver is asked')
    """

    severity: Severity
    code: str
    """A code that stays, such as "file_open"."""
    message: str
    """What it is, in a sentence."""
    fix: str
    """What to do."""
    line: int | None
    """Where, if it stands at one place."""

    def __str__(self) -> str:
        place = "" if self.line is None else f"line {self.line}: "
        return f"{self.severity}: {place}{self.message}; {self.fix}"


@dataclass(frozen=True, slots=True)
class Explanation:
    """What a policy does, in words, from `Filter.explain`.

    `str()` of it is the whole; `to_dict()` is the object that `mailrep filter check --json` prints.

    >>> from mailrep import Filter
    >>> with Filter.parse('authserv_id = "mx.example.net"') as mail_filter:
    ...     explanation = mail_filter.explain()
    >>> explanation.parts["Who is who"][0]
    'results are written as mx.example.net'
    """

    file: str
    parts: Mapping[str, tuple[str, ...]]
    """Headings, each with sentences."""
    records: tuple[str, ...]
    """The records of keys, as zone files have them: all of them have to be published."""
    files: tuple[str, ...]
    """Files that were read."""
    findings: tuple[Finding, ...]
    """What is dangerous or useless, the worst first."""
    _json: str = field(repr=False, compare=False)

    def to_dict(self) -> dict[str, Any]:
        """The object that the command line prints with `--json`, made anew at each call."""
        made: dict[str, Any] = json.loads(self._json)
        return made

    def __str__(self) -> str:
        parts = [*self.parts.items(), ("DNS records to publish", self.records), ("Files", self.files)]
        told = [f"{heading}:\n  " + "\n  ".join(lines) for heading, lines in parts if lines]
        return "\n".join([*told, *map(str, self.findings)])


class Filter(OfThisProcess):
    r"""A policy with all that it names loaded: keys, secrets, what is known of accounts.

    >>> from mailrep import Filter, InsertHeader, PolicyError
    >>> policy = 'authserv_id = "mx.example.net"\n[dmarc]\nhonour_policy = true\n'
    >>> with Filter.parse(policy) as filter:
    ...     decision = filter.run(b"Subject: a\r\n\r\n", mail_from="ada@example.org", recipients=["bob@example.net"])
    >>> print(decision.treatment, [type(action).__name__ for action in decision.actions])
    accept ['InsertHeader']
    >>> try:
    ...     Filter.parse('authserv_ids = "a"\n[spf]\non_fail = "bounce"\n')
    ... except PolicyError as error:
    ...     [(fault.line, fault.column) for fault in error.faults]
    [(1, 1), (3, 11)]

    docs/filter.md explains every key of a policy, and `explain` says in words what a policy does.
    Any number of threads may use a filter at a time. For each connection it has a `FilterSession`, which a milter
    keeps; `run` takes a message through all of it at once. It never changes, but for what is learned of accounts;
    sessions keep what they need when it is closed.

    It is made by `read` or `parse`.
    """

    _filter: Any

    def __init__(self) -> None:
        raise TypeError("a Filter is made by Filter.read or Filter.parse")

    @classmethod
    def _of(cls, status: int, made: Any, fault: Any) -> Filter:
        _raised(status, fault)
        one = cls.__new__(cls)
        one._filter = ffi.gc(made[0], lib.mailrep_filter_free)
        return one

    @classmethod
    def read(cls, path: str | os.PathLike[str]) -> Filter:
        """Reads a policy file and all that it names; relative paths in it are below the folder that it is in.

        Raises `PolicyError` with all that is wrong, and `InputError` if the file itself cannot be read.
        """
        lender, made, fault = Lender(), ffi.new("mailrep_filter **"), ffi.new("mailrep_error **")
        return cls._of(lib.mailrep_filter_read(lender.path("path", path), made, fault), made, fault)

    @classmethod
    def parse(
        cls, policy: str | bytes, *, name: str = "policy", folder: str | os.PathLike[str] | None = None
    ) -> Filter:
        """As `read`, for a policy that is there as text (TOML).

        `name` is what to call it in errors; `folder` is where relative paths begin, by default the present directory.
        """
        octets, lender = _lend.octets("policy", policy), Lender()
        made, fault = ffi.new("mailrep_filter **"), ffi.new("mailrep_error **")
        place = ffi.NULL if folder is None else lender.path("folder", folder)
        called = lender.string("name", name)
        return cls._of(lib.mailrep_filter_parse(octets, len(octets), called, place, made, fault), made, fault)

    def reload(self, path: str | os.PathLike[str]) -> Filter:
        """Reads a policy file anew, as a filter that goes on with what this one knows of accounts, alarms included.

        This one is as good as before whatever happens. Raises as `read` does.
        """
        lender, made, fault = Lender(), ffi.new("mailrep_filter **"), ffi.new("mailrep_error **")
        return self._of(lib.mailrep_filter_reload(self._open(), lender.path("path", path), made, fault), made, fault)

    @property
    def authserv_id(self) -> str:
        """The name under which results are written."""
        return text(lib.mailrep_filter_authserv_id(self._open())) or ""

    @property
    def dangers(self) -> tuple[str, ...]:
        """What is dangerous or useless in the policy, and what to do, each in a sentence; the worst first."""
        handle = self._open()
        count = lib.mailrep_filter_danger_count(handle)
        return tuple(text(lib.mailrep_filter_danger(handle, at)) or "" for at in range(count))

    def explain(self) -> Explanation:
        """What the policy does, in words, as `mailrep filter check` says it."""
        handle = self._open()
        told = text(lib.mailrep_filter_explanation_json(handle)) or ""
        given = json.loads(told)
        return Explanation(
            file=given["file"],
            parts={part["heading"]: tuple(part["sentences"]) for part in given["explanation"]},
            records=tuple(given["records"]),
            files=tuple(given["files"]),
            findings=tuple(
                Finding(Severity(one["severity"]), one["code"], one["message"], one["fix"], one["line"])
                for one in given["findings"]
            ),
            _json=told,
        )

    def setting(self, section: str, key: str) -> str | None:
        """A value of a section that is the program's own, "milter" or "log": without quotes, lists line by line."""
        handle, lender = self._open(), Lender()
        found = lib.mailrep_filter_setting(handle, lender.string("section", section), lender.string("key", key))
        return text(found)

    def check_section(self, section: str, keys: Iterable[str]) -> None:
        """Raises `PolicyError` if a section of the program's own, "milter" or "log", has another key than these."""
        handle, lender, fault = self._open(), Lender(), ffi.new("mailrep_error **")
        known, count = lender.strings("keys", keys)
        _raised(lib.mailrep_filter_check_section(handle, lender.string("section", section), known, count, fault), fault)

    def save_state(self) -> None:
        """Writes what is known of accounts to the policy's state_file, if it has one.

        Call it every few minutes, and at the end. Raises `InputError`; what was written before is kept.
        """
        fault = ffi.new("mailrep_error **")
        raised(lib.mailrep_filter_save_state(self._open(), fault), fault)

    def acknowledge(self, account: str | bytes) -> bool:
        """The administrator says that what raised an account's alarm was legitimate; whether it had an alarm.

        Raises `InvalidError` if the policy has no [outbound].
        """
        octets, was_open = _lend.octets("account", account), ffi.new("int *")
        status = lib.mailrep_filter_acknowledge(self._open(), octets, len(octets), was_open)
        if status == lib.MAILREP_INVALID:
            raise InvalidError("the policy has no [outbound], so that no account is watched")
        if status != lib.MAILREP_OK:
            raise error(status, string(lib.mailrep_status_text(status)))
        return bool(was_open[0])

    def session(self, *, leading_space: bool = True, bare_lf: bool = False) -> FilterSession:
        """Begins a connection.

        A mail server that has libmilter's habits gives folds as a bare LF, and wants them so: `bare_lf`. One that
        strips the blank after the colon of header fields, since SMFIP_HDR_LEADSPC was not negotiated, needs
        `leading_space` to be False; some signatures do not verify then.
        """
        glue = 0 if flag("leading_space", leading_space) else lib.MAILREP_GLUE_NO_LEADING_SPACE
        glue |= lib.MAILREP_GLUE_BARE_LF if flag("bare_lf", bare_lf) else 0
        made = ffi.new("mailrep_filter_session **")
        status = lib.mailrep_filter_session_new(self._open(), glue, made)
        if status != lib.MAILREP_OK:
            raise error(status, string(lib.mailrep_status_text(status)))
        return FilterSession(ffi.gc(made[0], lib.mailrep_filter_session_free))

    def run(
        self,
        message: Message,
        *,
        mail_from: str | bytes = "",
        recipients: Iterable[str | bytes] = (),
        ip: Address | None = None,
        helo: str | bytes | None = None,
        login: str | bytes | None = None,
        daemon: str | bytes | None = None,
        user: str | bytes | None = None,
        queue_id: str | bytes = "",
        now: Time | None = None,
    ) -> Decision:
        """Takes one message through the filter, as `mailrep filter run` does, and says what is to be done with it.

        `message` is as for `Checker.check`. With `user` it is submitted on this host and not by SMTP. `now` is when it
        comes; by default the present. Whatever fails within, such as the DNS or a key, is told in the decision.
        """
        if isinstance(recipients, (str, bytes)) or not isinstance(recipients, Iterable):
            raise _lend.wrong_type("recipients", "a list of addresses", recipients)
        octets = wire(message)
        fields, begin = divide(octets)
        with self.session() as session:
            if now is not None:
                session.set_time(now)
            if user is not None:
                session.connect_local(user)
            else:
                session.connect(ip, daemon=daemon)
            if helo is not None:
                session.helo(helo)
            session.mail_from(mail_from, login=login)
            for recipient in recipients:
                session.rcpt(recipient)
            session.data()
            for one in fields:
                session.header(one.name, one.value)
            session.end_of_headers()
            session.body(memoryview(octets)[begin:])
            return session.end(queue_id)

    def close(self) -> None:
        """Gives all up that was loaded; sessions keep what they need."""
        self._filter = None

    @property
    def closed(self) -> bool:
        """Whether `close` was called."""
        return self._filter is None

    def __enter__(self) -> Filter:
        self._open()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, where: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return "<mailrep.Filter, closed>" if self.closed else f"<mailrep.Filter of {self.authserv_id}>"

    def _open(self) -> Any:
        # This reference keeps the filter alive when another thread closes it meanwhile.
        handle = self._filter
        if handle is None:
            raise ClosedError("the filter is closed")
        return handle


class FilterSession(OneAtATime):
    r"""A connection, and the messages that come over it, from `Filter.session`.

    >>> from mailrep import Filter
    >>> with Filter.parse('authserv_id = "mx.example.net"').session() as session:
    ...     session.connect("192.0.2.1")
    ...     session.helo("mail.example.org")
    ...     session.mail_from("<ada@example.org>").refused, session.rcpt("<bob@example.net>").refused
    ...     session.header("Subject", " a")
    ...     session.end_of_headers()
    ...     session.body(b"Hello\r\n")
    ...     decision = session.end("4XyZ")
    (False, False)
    >>> decision.log.split()[0]
    'queue=4XyZ'

    The calls come in the order of SMTP, and after `end` or `abort` the next message may begin; one out of turn raises
    `SequenceError` and changes nothing. Other threads run while the library works.
    """

    _what, _error = "session", "mailrep_filter_session_error"

    def __init__(self, handle: Any) -> None:
        super().__init__(handle)
        self._refused: list[Refused] = []

    def _call(self, function: Any, *arguments: Any) -> Reply:
        with self._lock:
            self._called(function, *arguments)
            return _reply(self._handle)

    def set_time(self, now: Time | None) -> None:
        """Messages that begin from now on take place at a given time; None is the present again."""
        moment = -1.0 if now is None else exact(now)
        if now is not None and moment < 0:
            raise InvalidError(f"now cannot be {now}")
        self._call(lib.mailrep_filter_session_set_time, moment)

    def connect(self, ip: Address | None = None, *, daemon: str | bytes | None = None) -> None:
        """An SMTP client has connected. Once, as the first call; without `ip` it is not known, as of a Unix socket.

        `daemon` is the name of the mail server's daemon, the macro {daemon_name}.
        """
        octets = b"" if ip is None else _lend.address("ip", ip)
        name = b"" if daemon is None else _lend.octets("daemon", daemon)
        self._call(lib.mailrep_filter_session_connect, octets, len(octets), name, len(name))

    def connect_local(self, user: str | bytes = "") -> None:
        """In place of `connect`, for mail that is submitted on this host and not by SMTP."""
        octets = _lend.octets("user", user)
        self._call(lib.mailrep_filter_session_connect_local, octets, len(octets))

    def helo(self, name: str | bytes) -> None:
        """The name that the client gives with HELO or EHLO. A message that is under way is given up."""
        octets = _lend.octets("helo", name)
        self._call(lib.mailrep_filter_session_helo, octets, len(octets))

    def mail_from(self, address: str | bytes, *, login: str | bytes | None = None) -> Reply:
        """A message begins; returns what to answer. `login` is who has logged in, the macro {auth_authen}."""
        octets = _lend.octets("mail_from", address)
        account = b"" if login is None else _lend.octets("login", login)
        reply = self._call(lib.mailrep_filter_session_mail_from, octets, len(octets), account, len(account))
        self._refused = []
        return reply

    def login(self, login: str | bytes) -> None:
        """Who has logged in, where the mail server tells it later than with the sender."""
        octets = _lend.octets("login", login)
        self._call(lib.mailrep_filter_session_login, octets, len(octets))

    def rcpt(self, address: str | bytes) -> Reply:
        """A recipient; returns what to answer. One that is refused is none."""
        octets = _lend.octets("rcpt", address)
        reply = self._call(lib.mailrep_filter_session_rcpt, octets, len(octets))
        if reply.refused:
            self._refused.append(Refused(octets.decode("utf-8", "surrogateescape"), reply))
        return reply

    def data(self) -> None:
        """DATA: the recipients are complete. It may be left out where there is no such event."""
        self._call(lib.mailrep_filter_session_data)

    def header(self, name: str | bytes, value: str | bytes) -> None:
        """A header field: the value as it stands after the colon, as the session's glue has it."""
        name, value = _lend.octets("name", name), _lend.octets("value", value)
        self._call(lib.mailrep_filter_session_header, name, len(name), value, len(value))

    def end_of_headers(self) -> None:
        """The header is complete; keys and policies are looked up from here on."""
        self._call(lib.mailrep_filter_session_end_of_headers)

    def body(self, octets: Octets) -> None:
        """Octets of the body, after `end_of_headers`, in pieces of any size, with CRLF."""
        view = buffer("octets", octets)
        self._call(lib.mailrep_filter_session_body, view, len(view))

    def end(self, queue_id: str | bytes = "") -> Decision:
        """The message is complete: waits for DNS, no longer than the policy's timeout, and decides.

        `queue_id` is the mail server's name for the message, the macro i, which Postfix knows only now.
        """
        octets, made = _lend.octets("queue_id", queue_id), ffi.new("mailrep_decision **")
        self._call(lib.mailrep_filter_session_end, octets, len(octets), made)
        return decision(ffi.gc(made[0], lib.mailrep_decision_free), tuple(self._refused))

    def abort(self) -> None:
        """The message is given up; the connection stays."""
        self._call(lib.mailrep_filter_session_abort)

    # Documented as its own.
    close = OneAtATime.close


_PLACE = re.compile(r".*?:(\d+):(\d+): (.*)")


def _fault(line: str) -> PolicyFault:
    found = _PLACE.fullmatch(line)
    if found is None:
        return PolicyFault(line, None, None)
    return PolicyFault(found[3], int(found[1]), int(found[2]))


def _raised(status: int, fault: Any) -> None:
    """Raises what a call left, where it may be a policy with faults."""
    if status != lib.MAILREP_INVALID:
        raised(status, fault)
        return
    words = string(lib.mailrep_error_text(fault[0]))
    lib.mailrep_error_free(fault[0])
    raise PolicyError(words)


def _reply(session: Any) -> Reply:
    if lib.mailrep_filter_session_reply(session) == lib.MAILREP_REPLY_CONTINUE:
        return Reply()
    count = lib.mailrep_filter_session_reply_line_count(session)
    return Reply(
        lib.mailrep_filter_session_reply_code(session),
        text(lib.mailrep_filter_session_reply_enhanced(session)),
        tuple(text(lib.mailrep_filter_session_reply_line(session, at)) or "" for at in range(count)),
    )
