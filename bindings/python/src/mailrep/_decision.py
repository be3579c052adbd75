"""What is to be done with a message, and why."""

from __future__ import annotations

import datetime
import json
from dataclasses import dataclass, field
from typing import Any, Union

from ._lend import text
from ._native import ffi, lib
from ._verdict import Verdict, _Word
from ._verdict import verdict as verdict_of


class Treatment(_Word):
    """What becomes of a message, all in all.

    >>> from mailrep import Treatment
    >>> print(*Treatment)
    accept tag hold defer reject
    """

    ACCEPT = "accept"
    """It goes on its way."""
    TAG = "tag"
    """It goes on its way with a field that says why it is suspicious, which is among the actions."""
    HOLD = "hold"
    """It is held back for a person."""
    DEFER = "defer"
    """The client is asked to try again."""
    REJECT = "reject"
    """It is refused."""


class Origin(_Word):
    """Where a message comes from.

    >>> from mailrep import Origin
    >>> print(*Origin)
    outside login local internal originating
    """

    OUTSIDE = "outside"
    """From elsewhere: verified."""
    LOGIN = "login"
    """From a client that has logged in."""
    LOCAL = "local"
    """Submitted on this host."""
    INTERNAL = "internal"
    """From an internal network."""
    ORIGINATING = "originating"
    """Through a daemon that takes submissions only."""


@dataclass(frozen=True, slots=True)
class DeleteHeader:
    r"""Delete a header field: pymilter's `chgheader(name, occurrence, "")`.

    >>> from mailrep import DeleteHeader, Filter
    >>> message = b"Authentication-Results: mx.example.net; dkim=pass\nSubject: a\n\n"
    >>> with Filter.parse('authserv_id = "mx.example.net"') as mail_filter:
    ...     mail_filter.run(message).actions[0] == DeleteHeader("Authentication-Results", occurrence=1, place=0)
    True
    """

    name: str
    occurrence: int
    """Which of the fields of that name, from 1."""
    place: int
    """Its place among all fields, from 0."""

    def __str__(self) -> str:
        return f"delete header field {self.place}, {self.name} number {self.occurrence}"


@dataclass(frozen=True, slots=True)
class InsertHeader:
    r"""Insert a header field: pymilter's `addheader(name, value, place)`.

    >>> from mailrep import Filter
    >>> with Filter.parse('authserv_id = "mx.example.net"') as mail_filter:
    ...     action = mail_filter.run(b"Subject: a\n\n").actions[0]
    >>> action.place, action.name, action.value.split(";")[0]
    (0, 'Authentication-Results', ' mx.example.net')
    """

    place: int
    """0 is the top."""
    name: str
    value: str
    """As the session's glue wants it, with the blank that stands after the colon."""

    def __str__(self) -> str:
        return f"insert header field {self.place}: {self.name}: {self.value.lstrip()}"


@dataclass(frozen=True, slots=True)
class ChangeSender:
    """Another envelope sender: pymilter's `chgfrom(address)`.

    >>> from mailrep import ChangeSender
    >>> print(ChangeSender("SRS0=IQfw=56=example.com=alice@club1.fr"))
    change the sender to <SRS0=IQfw=56=example.com=alice@club1.fr>
    """

    address: str
    """Without angle brackets."""

    def __str__(self) -> str:
        return f"change the sender to <{self.address}>"


@dataclass(frozen=True, slots=True)
class AddRecipient:
    """One recipient more: pymilter's `addrcpt(address)`.

    >>> from mailrep import AddRecipient
    >>> print(AddRecipient("bob@example.net"))
    add the recipient <bob@example.net>
    """

    address: str
    """Without angle brackets."""

    def __str__(self) -> str:
        return f"add the recipient <{self.address}>"


@dataclass(frozen=True, slots=True)
class DeleteRecipient:
    """Take a recipient out: pymilter's `delrcpt(address)`.

    >>> from mailrep import DeleteRecipient
    >>> print(DeleteRecipient("bob@example.net"))
    delete the recipient <bob@example.net>
    """

    address: str
    """Without angle brackets."""

    def __str__(self) -> str:
        return f"delete the recipient <{self.address}>"


@dataclass(frozen=True, slots=True)
class Hold:
    """Hold the message back: pymilter's `quarantine(reason)`.

    >>> from mailrep import Hold
    >>> print(Hold("the account has an alarm"))
    hold: the account has an alarm
    """

    reason: str

    def __str__(self) -> str:
        return f"hold: {self.reason}"


@dataclass(frozen=True, slots=True)
class _Refusal:
    code: int
    """Such as 550."""
    enhanced: str
    """The enhanced status code, such as "5.7.1"."""
    lines: tuple[str, ...]
    """One to eight lines of printable ASCII without '%'."""

    def _told(self) -> str:
        return f"{self.code} {self.enhanced} {' '.join(self.lines)}"


@dataclass(frozen=True, slots=True)
class Defer(_Refusal):
    """Ask the client to try again: `setreply(str(code), enhanced, *lines)`, TEMPFAIL. It is the only action then.

    >>> from mailrep import Defer
    >>> print(Defer(451, "4.7.1", ("try again",)))
    defer: 451 4.7.1 try again
    """

    def __str__(self) -> str:
        return f"defer: {self._told()}"


@dataclass(frozen=True, slots=True)
class Reject(_Refusal):
    """Refuse the message: `setreply(str(code), enhanced, *lines)`, REJECT. It is the only action then.

    >>> from mailrep import Reject
    >>> print(Reject(550, "5.7.1", ("DMARC: no",)))
    reject: 550 5.7.1 DMARC: no
    """

    def __str__(self) -> str:
        return f"reject: {self._told()}"


Action = Union[DeleteHeader, InsertHeader, ChangeSender, AddRecipient, DeleteRecipient, Hold, Defer, Reject]
"""Something to do; texts that are no UTF-8 have surrogates, as in `os.fsdecode`."""


@dataclass(frozen=True, slots=True)
class Note:
    """Something to know beside the decision.

    >>> from mailrep import Note
    >>> print(Note("srs_forwarded", "the sender is rewritten, for the message is forwarded"))
    the sender is rewritten, for the message is forwarded
    """

    code: str
    """A code that stays, such as "srs_forwarded"."""
    text: str
    """A sentence."""

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class SignedBy:
    """Who has signed a message here.

    >>> from mailrep import SignedBy
    >>> print(SignedBy("example.org", "s2026"))
    example.org, selector s2026
    """

    domain: str
    selector: str

    def __str__(self) -> str:
        return f"{self.domain}, selector {self.selector}"


@dataclass(frozen=True, slots=True)
class Alarm:
    r"""The open alarm of the account that sent a message.

    >>> from mailrep import Filter
    >>> with Filter.parse('authserv_id = "a"\n[outbound]\n') as mail_filter:
    ...     for at in range(60):
    ...         told = {"ip": "192.0.2.1", "login": "eve", "now": 1795347080 + at}
    ...         alarm = mail_filter.run(b"Subject: a\n\n", recipients=[f"v{at}@b.test"], **told).alarm
    >>> alarm.account, "new recipients" in alarm.reason, alarm.is_new
    ('eve', True, False)
    """

    account: str
    """The login; for mail submitted on this host the user, or else the client's address."""
    cause: str
    """What it rests on, as a code that stays, such as "new_slots_1s"."""
    reason: str
    """The same in a sentence."""
    since: datetime.datetime
    """When it began."""
    is_new: bool
    """Whether this message raised it, so that it is time to tell somebody."""

    def __str__(self) -> str:
        return f"{self.account}: {self.reason}"


@dataclass(frozen=True, slots=True)
class Reply:
    """What to answer to a command.

    >>> from mailrep import Reply
    >>> print(Reply(), Reply().refused, Reply(550, "5.1.1", ("nobody here",)))
    continue False 550 5.1.1 nobody here
    """

    code: int | None = None
    """The code of a refusal, such as 550; None to go on."""
    enhanced: str | None = None
    """Its enhanced status code."""
    lines: tuple[str, ...] = ()
    """Its lines of text."""

    @property
    def refused(self) -> bool:
        """Whether the command is to be refused, for now (4xx) or for good (5xx)."""
        return self.code is not None

    def __str__(self) -> str:
        return f"{self.code} {self.enhanced} {' '.join(self.lines)}" if self.refused else "continue"


@dataclass(frozen=True, slots=True)
class Refused:
    """A recipient that was refused.

    >>> from mailrep import Refused, Reply
    >>> print(Refused("<bob@example.net>", Reply(550, "5.1.1", ("nobody here",))))
    the recipient <bob@example.net> is refused: 550 5.1.1 nobody here
    """

    address: str
    reply: Reply

    def __str__(self) -> str:
        return f"the recipient {self.address} is refused: {self.reply}"


@dataclass(frozen=True, slots=True)
class Decision:
    r"""What is to be done with one message, and why.

    `str()` of it is a line for the treatment and one for each action; `to_dict()` is the object that
    `mailrep filter run --json` prints.

    >>> from mailrep import Filter
    >>> with Filter.parse('authserv_id = "mx.example.net"') as mail_filter:
    ...     decision = mail_filter.run(b"Subject: a\n\n")
    >>> print(decision.treatment, decision.cause, decision.to_dict()["treatment"])
    accept none accept
    """

    treatment: Treatment
    cause: str
    """Why, as a code that stays, such as "dmarc_reject"; "none" for a message that goes on its way."""
    reason: str
    """The same in a sentence."""
    actions: tuple[Action, ...]
    """What to do, in this order."""
    origin: Origin
    verdict: Verdict | None
    """What the checks said; None of mail that is not verified."""
    signed: tuple[SignedBy, ...]
    """By whom it is signed here; the fields are among the actions."""
    unsigned: Note | None
    """Why nobody signs it, where it is a submission."""
    alarm: Alarm | None
    host_alarm: str | None
    """Why this message raised an alarm for the whole host, if it did."""
    notes: tuple[Note, ...]
    refused: tuple[Refused, ...]
    """Recipients that were refused, and are none."""
    log: str
    """One line for a log, without the time."""
    _json: str = field(repr=False, compare=False)

    def to_dict(self) -> dict[str, Any]:
        """The object that the command line prints with `--json`, made anew at each call."""
        made: dict[str, Any] = json.loads(self._json)
        return made

    def __str__(self) -> str:
        return "\n".join([f"{self.treatment}: {self.reason}", *map(str, self.actions)])


def decision(handle: Any, refused: tuple[Refused, ...]) -> Decision:
    """The decision behind a handle."""
    told = text(lib.mailrep_decision_json(handle)) or ""
    given = json.loads(told)
    unsigned, alarm = given["unsigned"], given["alarm"]
    return Decision(
        treatment=Treatment(given["treatment"]),
        cause=given["cause"],
        reason=given["reason"],
        actions=tuple(_action(handle, at, one) for at, one in enumerate(given["actions"])),
        origin=Origin(given["origin"]),
        verdict=None if given["verdict"] is None else verdict_of(json.dumps(given["verdict"])),
        signed=tuple(SignedBy(one["domain"], one["selector"]) for one in given["signed"]),
        unsigned=None if unsigned is None else Note(unsigned["code"], unsigned["text"]),
        alarm=None
        if alarm is None
        else Alarm(
            account=_octets(lib.mailrep_decision_alarm_account(handle)),
            cause=alarm["cause"],
            reason=alarm["reason"],
            since=datetime.datetime.fromtimestamp(alarm["since"], datetime.timezone.utc),
            is_new=alarm["new"],
        ),
        host_alarm=given["host_alarm"],
        notes=tuple(Note(one["code"], one["text"]) for one in given["notes"]),
        refused=refused,
        log=given["log"],
        _json=told,
    )


def _octets(view: Any) -> str:
    given: bytes = ffi.buffer(view.data, view.length)[:]
    return given.decode("utf-8", "surrogateescape")


def _action(handle: Any, at: int, given: dict[str, Any]) -> Action:
    # The object has texts, in which what is no UTF-8 is replaced.
    kind = given["action"]
    if kind in ("defer", "reject"):
        return _REFUSALS[kind](given["code"], given["enhanced"], tuple(given["text"]))
    if kind == "hold":
        return Hold(given["reason"])
    if kind == "delete_header":
        name = _octets(lib.mailrep_decision_action_name(handle, at))
        return DeleteHeader(name, given["occurrence"], given["place"])
    value = _octets(lib.mailrep_decision_action_value(handle, at))
    if kind == "insert_header":
        return InsertHeader(given["place"], given["name"], value)
    return _ADDRESSES[kind](value)


_REFUSALS: dict[str, type[Defer | Reject]] = {"defer": Defer, "reject": Reject}
_ADDRESSES: dict[str, type[ChangeSender | AddRecipient | DeleteRecipient]] = {
    "change_sender": ChangeSender,
    "add_recipient": AddRecipient,
    "delete_recipient": DeleteRecipient,
}
