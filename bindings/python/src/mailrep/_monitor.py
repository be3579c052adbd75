"""Stolen accounts, noticed by the way they send."""

from __future__ import annotations

import dataclasses
import datetime
import itertools
import os
import time as clock
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Union, overload

from ._errors import ClosedError, InvalidError, error
from ._library import OfThisProcess, raised, string, text
from ._native import ffi, lib
from ._time import Time, exact

if TYPE_CHECKING:
    from types import TracebackType

Name = Union[str, bytes]
"""An account's name or an address."""
Recipients = Union[int, Iterable[Name]]
"""How many, or their addresses."""

_MOST = (1 << 32) - 1


@dataclasses.dataclass(frozen=True, slots=True)
class Event:
    """A message that an account sends, for `Monitor.observe_all`.

    >>> from mailrep import Event, Monitor
    >>> Monitor().observe_all([Event("ada@example.org", ["bob@example.net"])]).alarms
    []
    """

    account: Name
    """Who sent it, as the server authenticated him."""
    recipients: Recipients
    """How many it has, or their addresses."""
    time: Time | None = None
    """When: Unix seconds with fractions, or a datetime with a time zone; None is the present."""
    new: int | None = None
    """To how many of them the account never wrote before, if that is known and `recipients` is a number."""


@dataclasses.dataclass(frozen=True, slots=True)
class Assessment:
    """What a message says of the account that sent it.

    >>> from mailrep import Monitor
    >>> assessment = Monitor().observe("ada@example.org", ["bob@example.net"])
    >>> assessment.alarm, assessment.watched, assessment.reason
    (False, True, None)
    """

    alarm: bool
    """Whether an alarm is open for the account."""
    host_alarm: bool
    """Whether this message raised an alarm for the host: too many accounts have become unusual at once."""
    score: float
    """How near the account is to an alarm: its largest counter in proportion to the limit. Above 1 it is one."""
    watched: bool
    """Whether the account is watched: there is a bound to how many are."""
    reason: str | None
    """Why there is an alarm, in a sentence."""
    cause: str | None
    """Why, as a code that stays, such as "new_slots_1s" or "host"."""
    since: datetime.datetime | None
    """When the account's alarm began."""
    count: float | None
    """The counter that the account's alarm rests on, when it was highest above its limit."""
    limit: float | None
    """Above what that counter is an alarm."""
    usual: float | None
    """The highest value of that counter on a usual day of this account."""


@dataclasses.dataclass(frozen=True, slots=True)
class Judgement:
    """What one message of many says of the account that sent it, from `Monitor.observe_all`.

    >>> from mailrep import Event, Monitor
    >>> judgement = Monitor().observe_all([Event("ada@example.org", ["bob@example.net"])])[0]
    >>> judgement.usable, judgement.alarm
    (True, False)
    """

    usable: bool
    """False for a message that cannot be, such as one without recipients: it was not counted."""
    alarm: bool
    """Whether an alarm is open for the account; `Monitor.alarm` says why."""
    host_alarm: bool
    """Whether this message raised an alarm for the host."""
    watched: bool
    """Whether the account is watched."""
    score: float
    """How near the account is to an alarm; above 1 it is one."""


class Judgements(Sequence[Judgement]):
    """What many messages say, in their order; each is made when it is looked at.

    >>> from mailrep import Event, Monitor
    >>> judgements = Monitor().observe_all([Event("ada@example.org", 1), Event("bob@example.org", 0)])
    >>> [one.usable for one in judgements], judgements.alarms
    ([True, False], [])
    """

    def __init__(self, results: Any) -> None:
        self._results = results

    def __len__(self) -> int:
        return len(self._results)

    @overload
    def __getitem__(self, at: int) -> Judgement: ...
    @overload
    def __getitem__(self, at: slice) -> list[Judgement]: ...
    def __getitem__(self, at: int | slice) -> Judgement | list[Judgement]:
        if isinstance(at, slice):
            return [self._one(place) for place in range(*at.indices(len(self)))]
        place = at + len(self) if at < 0 else at
        if not 0 <= place < len(self):
            raise IndexError(f"there are {len(self)} judgements, and none at {at}")
        return self._one(place)

    def __iter__(self) -> Iterator[Judgement]:
        return map(self._one, range(len(self)))

    @property
    def alarms(self) -> list[int]:
        """The places of messages while an alarm was open for their account, this one included."""
        results = self._results
        return [at for at in range(len(results)) if results[at].alarm]

    def numpy(self) -> Any:
        """All as a NumPy array with the fields status (0 if usable), alarm, host_alarm, watched and score.

        It has the library's memory and copies nothing. NumPy has to be installed, for this call alone.
        """
        import numpy as np  # noqa: PLC0415

        fields = [(name, np.intc) for name in ("status", "alarm", "host_alarm", "watched")]
        if not len(self):
            return np.empty(0, [*fields, ("score", np.float32)])
        return np.frombuffer(ffi.buffer(self._results), [*fields, ("score", np.float32)])

    def _one(self, at: int) -> Judgement:
        one = self._results[at]
        return Judgement(
            usable=one.status == lib.MAILREP_OK,
            alarm=bool(one.alarm),
            host_alarm=bool(one.host_alarm),
            watched=bool(one.watched),
            score=one.score,
        )

    def __repr__(self) -> str:
        return f"<mailrep.Judgements of {len(self)} messages>"


class Monitor(OfThisProcess):
    """Watches how accounts send, and raises an alarm for one that sends as its owner never did.

    >>> from mailrep import Monitor
    >>> with Monitor() as monitor:
    ...     for second in range(60):
    ...         stranger = f"stranger{second}@example.net"
    ...         assessment = monitor.observe("ada@example.org", [stranger], time=1795347080 + second)
    ...     print(assessment.alarm, "new recipients" in assessment.reason, monitor.alarmed)
    ...     monitor.release("ada@example.org"), monitor.alarmed
    True True 1
    (True, 0)

    Any number of threads may use it at a time. `false_alarms_per_account_year` is the one dial: at most so many false
    alarms in a year of an account, above 0 and up to 10.

    Names are hashed by a `key` of 16 octets, which is random and secret; it may be kept in `key_file`, which is made if
    it is not there. Without either a key is made, which `save` keeps. `prior` is a file with what is known of accounts
    in general, as `mailrep outbound fit` writes it.

    Remembering recipients takes at most `novelty_octets` of memory. At most so many `accounts` are kept: beyond, those
    go that sent nothing for `forget_days`, and if there are none, further ones are not watched.

    Raises `InvalidError`, and `InputError` if a file cannot be read or written.
    """

    def __init__(
        self,
        *,
        false_alarms_per_account_year: float = 0.01,
        key: bytes | None = None,
        key_file: str | os.PathLike[str] | None = None,
        prior: str | os.PathLike[str] | None = None,
        novelty_octets: int = 16 << 20,
        accounts: int = 4_000_000,
        forget_days: int = 400,
    ) -> None:
        options, borrowed = _options(false_alarms_per_account_year, prior, novelty_octets, accounts, forget_days)
        if key is not None:
            if not isinstance(key, bytes):
                raise TypeError(f"key is bytes, not {type(key).__name__}")
            borrowed.append(ffi.from_buffer(key))
            options.key, options.key_length = borrowed[-1], len(key)
        if key_file is not None:
            borrowed.append(ffi.new("char[]", _path(key_file)))
            options.key_file = borrowed[-1]
        made, fault = ffi.new("mailrep_monitor **"), ffi.new("mailrep_error **")
        raised(lib.mailrep_monitor_new(options, made, fault), fault)
        self._monitor: Any = ffi.gc(made[0], lib.mailrep_monitor_free)

    @classmethod
    def restore(
        cls,
        path: str | os.PathLike[str],
        *,
        false_alarms_per_account_year: float = 0.01,
        prior: str | os.PathLike[str] | None = None,
        novelty_octets: int = 16 << 20,
        accounts: int = 4_000_000,
        forget_days: int = 400,
    ) -> Monitor:
        """A monitor as `save` wrote it, with its key. What was known is kept even if there is less room.

        Raises `InputError` if the file cannot be read or is not there, and `InvalidError` if it is damaged, of a later
        version or something else; it is never changed.
        """
        options, borrowed = _options(false_alarms_per_account_year, prior, novelty_octets, accounts, forget_days)
        made, fault = ffi.new("mailrep_monitor **"), ffi.new("mailrep_error **")
        raised(lib.mailrep_monitor_restore(_path(path), options, made, fault), fault)
        del borrowed
        monitor = cls.__new__(cls)
        monitor._monitor = ffi.gc(made[0], lib.mailrep_monitor_free)
        return monitor

    def observe(
        self, account: Name, recipients: Recipients, *, new: int | None = None, time: Time | None = None
    ) -> Assessment:
        """Takes notice of a message, and judges the account that sent it.

        `account` is who sent it, as the server authenticated him. `recipients` are their addresses, of which the
        monitor finds out who is new to the account; or how many there are, and `new` then says how many of them the
        account never wrote to before. Thefts are noticed much earlier if that is known. `time` is by default the
        present.

        >>> monitor = Monitor()
        >>> monitor.observe("ada@example.org", ["bob@example.net"], time=1795347080).alarm
        False
        >>> spray = monitor.observe("ada@example.org", 500, new=500, time=1795347090)
        >>> spray.alarm, spray.count > spray.limit
        (True, True)

        Raises `InvalidError` for a message that cannot be: nothing was counted.
        """
        monitor, name = self._open(), _octets(account)
        lent = ffi.from_buffer(name)
        moment = clock.time() if time is None else exact(time, "time")
        made, fault = ffi.new("mailrep_assessment **"), ffi.new("mailrep_error **")
        if not _is_count(recipients):
            if new is not None:
                raise InvalidError("new cannot be given with addresses: the monitor finds it out")
            addresses = [_octets(address) for address in _addresses(recipients)]
            views = ffi.new("mailrep_octets[]", [(ffi.from_buffer(address), len(address)) for address in addresses])
            status = lib.mailrep_monitor_observe_addresses(
                monitor, lent, len(name), moment, views, len(addresses), made, fault
            )
        elif new is None:
            count = _number("recipients", recipients)
            status = lib.mailrep_monitor_observe(monitor, lent, len(name), moment, count, made, fault)
        else:
            count, fresh = _number("recipients", recipients), _number("new", new)
            status = lib.mailrep_monitor_observe_counted(monitor, lent, len(name), moment, count, fresh, made, fault)
        raised(status, fault)
        return _assessment(ffi.gc(made[0], lib.mailrep_assessment_free))

    def observe_all(
        self,
        events: Iterable[Event] | None = None,
        *,
        accounts: Iterable[Name] | None = None,
        times: Iterable[float] | None = None,
        recipients: Iterable[Recipients] | None = None,
        new: Iterable[int] | None = None,
    ) -> Judgements:
        """As `observe` for many messages one after the other, which is quicker than one by one.

        They are given as `events`, or as columns: `accounts`, `times` in Unix seconds, `recipients` (all numbers or all
        lists of addresses), and `new` if that is known. Columns may be lists, arrays of NumPy and whatever else has a
        buffer: of float64 (`times`) and of uint32 (`recipients`, `new`) nothing is copied.

        >>> monitor = Monitor()
        >>> spray = Event("ada@example.org", 500, time=1795347080, new=500)
        >>> [one.alarm for one in monitor.observe_all([Event("bob@example.org", ["ada@example.org"]), spray])]
        [False, True]
        >>> names, seconds = ["eve@example.org"] * 30, [1795347080.0 + second for second in range(30)]
        >>> monitor.observe_all(accounts=names, times=seconds, recipients=[1] * 30, new=[1] * 30).alarms[0] < 10
        True

        A message that cannot be is told of as not `usable`, and stops no other. Raises `InvalidError` or `TypeError` if
        something has no place in a column at all: nothing was counted.
        """
        monitor = self._open()
        if events is not None:
            if not (accounts is None and times is None and recipients is None and new is None):
                raise InvalidError("events are given, and columns, too; give one of them")
            return _observe_events(monitor, events)
        if accounts is None or times is None or recipients is None:
            raise InvalidError("accounts, times and recipients are needed, or events")
        batch = _Batch.of_columns(accounts, times, recipients, new)
        results = ffi.new("mailrep_judged[]", batch.count)
        batch.observe(monitor, results)
        return Judgements(results)

    def acknowledge(self, account: Name) -> bool:
        """Says that what raised the account's alarm was legitimate: it ends, and as much will not raise it again.

        Says whether an alarm was open.
        """
        return self._tell(lib.mailrep_monitor_acknowledge, account)

    def failed(self, account: Name, recipients: int) -> None:
        """Says that so many recipients of an account's messages bounced or were refused.

        It raises no alarm, but lowers the account's limits for the next messages: with ten failed recipients within a
        day to half, with five to two thirds. Of an account that is not known nothing is kept.
        """
        name = _octets(account)
        count = _number("recipients", recipients)
        _succeeded(lib.mailrep_monitor_failed(self._open(), ffi.from_buffer(name), len(name), count))

    def release(self, account: Name) -> bool:
        """Says that what raised the account's alarm was a theft, and is over: the password has been changed.

        The alarm ends, no limit rises, and what is left in the counters raises it no more. Says whether an alarm was
        open.
        """
        return self._tell(lib.mailrep_monitor_release, account)

    def reset(self, account: Name) -> bool:
        """Forgets what an account has sent, as if it never had; says whether it was known.

        What was declared with `allow`, and a tolerance of its own, stay.
        """
        return self._tell(lib.mailrep_monitor_reset, account)

    def allow(self, account: Name, recipients: int) -> None:
        """Declares that an account sends to so many recipients on a day or at once: a newsletter, a list.

        Of it nothing else is watched. 0 takes the declaration back.
        """
        name = _octets(account)
        count = _number("recipients", recipients)
        _succeeded(lib.mailrep_monitor_allow(self._open(), ffi.from_buffer(name), len(name), count))

    def set_tolerance(self, account: Name, false_alarms_per_account_year: float | None) -> None:
        """Gives an account a tolerance of its own, above 0 and up to 10; None takes it back.

        Raises `InvalidError` for another number, and if as many accounts have one as are kept.
        """
        name = _octets(account)
        # For the library, 0 is none.
        alarms = 0.0 if false_alarms_per_account_year is None else float(false_alarms_per_account_year)
        if false_alarms_per_account_year is not None and not alarms:
            raise InvalidError("0 false alarms per account-year cannot be asked for: it is a number above 0, up to 10")
        fault = ffi.new("mailrep_error **")
        monitor = self._open()
        raised(lib.mailrep_monitor_set_tolerance(monitor, ffi.from_buffer(name), len(name), alarms, fault), fault)

    def alarm(self, account: Name) -> Assessment | None:
        """The account's open alarm, and why; None without one. Nothing is counted."""
        name = _octets(account)
        made = ffi.new("mailrep_assessment **")
        _succeeded(lib.mailrep_monitor_alarm(self._open(), ffi.from_buffer(name), len(name), made))
        assessment = _assessment(ffi.gc(made[0], lib.mailrep_assessment_free))
        return assessment if assessment.alarm else None

    @property
    def alarmed(self) -> int:
        """How many accounts have an open alarm."""
        return int(lib.mailrep_monitor_alarmed(self._open()))

    @property
    def accounts(self) -> int:
        """How many accounts are watched."""
        return int(lib.mailrep_monitor_accounts(self._open()))

    @property
    def octets(self) -> int:
        """How many octets of memory all takes that is kept of accounts."""
        return int(lib.mailrep_monitor_octets(self._open()))

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes all that is known into a file, for its owner alone (mode 0600), since the key is in it.

        It takes the file's place when all of it is on the disk: whatever happens, there is the old one or the new one.
        Raises `InputError` if it cannot be written.
        """
        fault = ffi.new("mailrep_error **")
        raised(lib.mailrep_monitor_save(self._open(), _path(path), fault), fault)

    def merge(self, other: Monitor) -> None:
        """Takes in what another host's monitor knows, as if one host had seen the messages of both.

        The other one stays as it is. Raises `InvalidError` if they have different keys, or are one.
        """
        if not isinstance(other, Monitor):
            raise TypeError(f"other is a Monitor, not {type(other).__name__}")
        fault = ffi.new("mailrep_error **")
        raised(lib.mailrep_monitor_merge(self._open(), other._open(), fault), fault)

    def close(self) -> None:
        """Gives the memory back; what is not saved is forgotten.

        A call that is under way in another thread ends well.
        """
        self._monitor = None

    @property
    def closed(self) -> bool:
        """Whether `close` was called."""
        return self._monitor is None

    def _open(self) -> Any:
        # The caller's reference keeps the handle alive when another thread closes the monitor meanwhile.
        monitor = self._monitor
        if monitor is None:
            raise ClosedError("the monitor is closed")
        return monitor

    def _tell(self, what: Any, account: Name) -> bool:
        name, was = _octets(account), ffi.new("int *")
        _succeeded(what(self._open(), ffi.from_buffer(name), len(name), was))
        return bool(was[0])

    def __enter__(self) -> Monitor:
        self._open()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, where: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return "<mailrep.Monitor, closed>" if self.closed else f"<mailrep.Monitor of {self.accounts} accounts>"


class _Batch:
    """Messages in the library's form, all of one kind."""

    def __init__(self, accounts: Sequence[bytes], times: Any, recipients: Any, new: Any, addresses: Any) -> None:
        self.count = len(accounts)
        self.times, self.recipients, self.new = times, recipients, new
        # Octets that are lent have to live until the call is over; each name is lent once.
        lent = {name: (ffi.from_buffer(name), len(name)) for name in {*accounts, *(addresses or ())}}
        self.lent = lent
        self.accounts = ffi.new("mailrep_octets[]", [lent[name] for name in accounts])
        self.addresses = None if addresses is None else ffi.new("mailrep_octets[]", [lent[name] for name in addresses])

    @classmethod
    def of_columns(cls, accounts: Any, times: Any, recipients: Any, new: Any) -> _Batch:
        for what, column in (("accounts", accounts), ("times", times), ("recipients", recipients), ("new", new)):
            if isinstance(column, (str, bytes)):
                raise InvalidError(f"{what} takes a column, such as a list, and not one text")
        names = [_octets(name) for name in accounts]
        addresses = None
        if not _has_buffer(recipients):
            recipients = list(recipients)
            if recipients and not _is_count(recipients[0]):
                if new is not None:
                    raise InvalidError("new cannot be given with addresses: the monitor finds it out")
                lists = [_addresses(one) for one in recipients]
                addresses = [_octets(address) for one in lists for address in one]
                recipients = [len(one) for one in lists]
        columns = {
            "times": _column("times", times, "double[]", "d"),
            "recipients": _column("recipients", recipients, "uint32_t[]", "IL"),
        }
        if new is not None:
            columns["new"] = _column("new", new, "uint32_t[]", "IL")
        for what, column in columns.items():
            if len(column) != len(names):
                raise InvalidError(f"there are {len(names)} accounts, and {what} has {len(column)}")
        return cls(names, columns["times"], columns["recipients"], columns.get("new", ffi.NULL), addresses)

    def observe(self, monitor: Any, results: Any) -> None:
        """Has them observed, and leaves what came out at `results`."""
        fault = ffi.new("mailrep_error **")
        if self.addresses is None:
            status = lib.mailrep_monitor_observe_all(
                monitor, self.accounts, self.times, self.recipients, self.new, self.count, results, fault
            )
        else:
            status = lib.mailrep_monitor_observe_all_addresses(
                monitor,
                self.accounts,
                self.times,
                self.recipients,
                self.count,
                self.addresses,
                len(self.addresses),
                results,
                fault,
            )
        raised(status, fault)


def _observe_events(monitor: Any, events: Iterable[Event]) -> Judgements:
    def kind(event: Event) -> int:
        if not isinstance(event, Event):
            raise TypeError(f"an event is a mailrep.Event, not {type(event).__name__}")
        if not _is_count(event.recipients):
            return 2
        return 0 if event.new is None else 1

    def batch(what: int, run: list[Event]) -> _Batch:
        now = clock.time()
        times = [now if event.time is None else exact(event.time, "time") for event in run]
        if what == 2 and any(event.new is not None for event in run):
            raise InvalidError("new cannot be given with addresses: the monitor finds it out")
        new = [event.new for event in run] if what == 1 else None
        return _Batch.of_columns([event.account for event in run], times, [event.recipients for event in run], new)

    # All is looked at before anything is counted; then those of one kind that follow one another, in one call.
    batches = [batch(what, list(run)) for what, run in itertools.groupby(events, kind)]
    results = ffi.new("mailrep_judged[]", sum(one.count for one in batches))
    begin = 0
    for one in batches:
        one.observe(monitor, results + begin)
        begin += one.count
    return Judgements(results)


def _options(
    tolerance: float, prior: str | os.PathLike[str] | None, novelty_octets: int, accounts: int, forget_days: int
) -> tuple[Any, list[Any]]:
    """The options that `Monitor` and `Monitor.restore` have, and what has to live until the call is over."""
    borrowed: list[Any] = []
    options = ffi.new("mailrep_monitor_options *")
    lib.mailrep_monitor_options_init(options, ffi.sizeof("mailrep_monitor_options"))
    options.false_alarms_per_account_year = tolerance
    options.novelty_octets = _number("novelty_octets", novelty_octets, (1 << 48) - 1)
    options.accounts = _number("accounts", accounts)
    options.forget_days = _number("forget_days", forget_days)
    if prior is not None:
        borrowed.append(ffi.new("char[]", _path(prior)))
        options.prior_file = borrowed[-1]
    return options, borrowed


def _assessment(assessment: Any) -> Assessment:
    alarm = bool(lib.mailrep_assessment_alarm(assessment))
    host_alarm = bool(lib.mailrep_assessment_host_alarm(assessment))
    # Nearly all messages raise none; each question crosses the border.
    some = alarm or host_alarm
    return Assessment(
        alarm=alarm,
        host_alarm=host_alarm,
        score=lib.mailrep_assessment_score(assessment),
        watched=bool(lib.mailrep_assessment_watched(assessment)),
        reason=text(lib.mailrep_assessment_reason(assessment)) if some else None,
        cause=text(lib.mailrep_assessment_cause(assessment)) if some else None,
        since=_moment(lib.mailrep_assessment_since(assessment)) if alarm else None,
        count=lib.mailrep_assessment_count(assessment) if alarm else None,
        limit=lib.mailrep_assessment_limit(assessment) if alarm else None,
        usual=lib.mailrep_assessment_usual(assessment) if alarm else None,
    )


def _moment(milliseconds: int) -> datetime.datetime:
    begin = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
    return begin + datetime.timedelta(milliseconds=milliseconds)


def _column(what: str, values: Any, kind: str, formats: str) -> Any:
    """Numbers as an array of the library's, such as "double[]": the caller's own memory, if it has that form."""
    item = ffi.sizeof(kind[:-2])
    if getattr(getattr(values, "dtype", None), "kind", "") == "M":
        # NumPy's and pandas' moments, which are UTC; NumPy refuses to lend them.
        values = [float(moment) / 1e6 for moment in values.astype("datetime64[us]").astype("int64")]
    try:
        view = memoryview(values)
    except (TypeError, ValueError):
        view = None
    if view is not None and view.format in formats and view.itemsize == item and view.ndim == 1 and view.c_contiguous:
        return ffi.from_buffer(kind, values)
    try:
        return ffi.new(kind, list(values))
    except OverflowError:
        raise InvalidError(f"{what} has a number below 0 or above {_MOST}") from None
    except TypeError:
        raise TypeError(f"{what} takes numbers alone") from None


def _has_buffer(values: Any) -> bool:
    """Whether they are numbers in memory; an array of NumPy may also have Python's objects."""
    kind = getattr(getattr(values, "dtype", None), "kind", None)
    if kind is not None:
        return bool(kind != "O")
    try:
        with memoryview(values) as view:
            return view.format != "O"
    except (TypeError, ValueError):
        return False


def _is_count(recipients: Any) -> bool:
    # An array of NumPy may be an index, too, and is more than one.
    return hasattr(recipients, "__index__") and not hasattr(recipients, "__iter__")


def _addresses(recipients: Any) -> list[Name]:
    if isinstance(recipients, (str, bytes)):
        raise InvalidError("recipients is one address, and takes a list of them, or how many there are")
    return list(recipients)


def _octets(name: Name) -> bytes:
    if isinstance(name, str):
        return name.encode("utf-8", "surrogateescape")
    if isinstance(name, bytes):
        return name
    raise TypeError(f"an account or an address is str or bytes, not {type(name).__name__}")


def _path(path: str | os.PathLike[str]) -> bytes:
    octets = os.fsencode(path)
    if b"\0" in octets:
        raise InvalidError(f"{path!r} cannot be used: it has a NUL in it")
    return octets


def _number(what: str, value: Any, most: int = _MOST) -> int:
    if not hasattr(value, "__index__"):
        raise TypeError(f"{what} is a whole number, not {type(value).__name__}")
    number = int(value)
    if not 0 <= number <= most:
        raise InvalidError(f"{what} cannot be {number}")
    return number


def _succeeded(status: int) -> None:
    if status != lib.MAILREP_OK:
        raise error(status, string(lib.mailrep_status_text(status)))
