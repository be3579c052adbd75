"""Stolen accounts: what the Python face promises, and that it judges as the command line does."""

from __future__ import annotations

import array
import dataclasses
import datetime
import json
import os
import pathlib
import random
import stat
import struct
import subprocess
import threading
from typing import Any

import pytest

import mailrep
from mailrep import Event, Monitor

ROOT = pathlib.Path(__file__).resolve().parents[3]
COMMAND = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "debug/mailrep"
BEGIN = 1_700_000_000
DAY = 86_400
KEY = bytes(16)


def theft(monitor: Monitor, account: str, begin: float, *, most: int = 600) -> int:
    """A message a second to strangers: how many until the alarm."""
    for second in range(most):
        if monitor.observe(account, 1, new=1, time=begin + second).alarm:
            return second + 1
    return most


def test_failed_recipients_lower_the_limits_of_an_account_that_is_known() -> None:
    def messages(failing: bool) -> int:
        with Monitor(key=KEY) as monitor:
            monitor.failed("nobody", 5)
            assert monitor.accounts == 0
            for number in range(100):
                assessment = monitor.observe("ada@example.org", 1, new=1, time=BEGIN + 60 * number)
                if assessment.alarm:
                    return number
                if failing:
                    monitor.failed("ada@example.org", 1)
        raise AssertionError("no alarm")

    assert messages(True) < messages(False)


def test_a_theft_is_an_alarm_with_its_reason() -> None:
    monitor = Monitor()
    first = monitor.observe("ada", ["bob@example.net"], time=BEGIN)
    assert (first.alarm, first.host_alarm, first.watched) == (False, False, True)
    assert (first.reason, first.cause, first.since, first.count, first.limit, first.usual) == (None,) * 6
    assert 0 < first.score <= 1
    last = first
    for second in range(30):
        last = monitor.observe(b"ada", [f"v{second}@example.net", b"bob@example.net"], time=BEGIN + 60 + second)
    assert last.alarm
    assert last.score > 1
    assert str(last.cause).startswith("new_")
    assert "too many" in str(last.reason)
    assert last.since is not None
    assert last.since.tzinfo is datetime.timezone.utc
    assert BEGIN + 60 <= last.since.timestamp() < BEGIN + 90
    assert last.count is not None
    assert last.limit is not None
    assert last.count > last.limit
    told = monitor.alarm("ada")
    assert told is not None
    assert (told.alarm, told.reason, told.since, told.watched) == (True, last.reason, last.since, True)
    assert monitor.alarm("bob") is None
    assert (monitor.alarmed, monitor.accounts) == (1, 1)
    assert monitor.octets > 100
    with pytest.raises(dataclasses.FrozenInstanceError):
        last.alarm = False  # type: ignore[misc]


def test_time_is_a_number_or_a_moment_and_by_default_the_present() -> None:
    one, two = Monitor(), Monitor()
    moment = datetime.datetime.fromtimestamp(BEGIN + 0.25, datetime.timezone.utc)
    for second in range(20):
        later = moment + datetime.timedelta(seconds=second)
        assert one.observe("ada", 1, time=later) == two.observe("ada", 1, time=BEGIN + 0.25 + second)
    before = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(milliseconds=2)
    spray = Monitor().observe("ada", 500)
    assert spray.since is not None
    assert before <= spray.since <= datetime.datetime.now(datetime.timezone.utc)


def test_what_administrators_say() -> None:
    monitor = Monitor()
    assert not monitor.release("ada")
    first = theft(monitor, "ada", BEGIN)
    assert monitor.release("ada")
    assert not monitor.observe("ada", 1, new=1, time=BEGIN + 60).alarm
    assert theft(monitor, "ada", BEGIN + 3_600) <= first
    assert monitor.acknowledge("ada")
    assert not monitor.acknowledge("ada")
    assert theft(monitor, "ada", BEGIN + 2 * DAY) > first
    assert monitor.reset("ada")
    assert not monitor.reset("ada")
    monitor.allow("news", 1_000)
    assert not monitor.observe("news", 1_000, new=1_000, time=BEGIN).alarm
    monitor.allow("news", 0)
    assert monitor.observe("news", 1_000, new=1_000, time=BEGIN + 1).alarm
    monitor.set_tolerance("eve", 10)
    monitor.set_tolerance("bob", 1e-6)
    assert theft(monitor, "eve", BEGIN) < first < theft(monitor, "bob", BEGIN)
    monitor.reset("eve")
    monitor.set_tolerance("eve", None)
    assert theft(monitor, "eve", BEGIN) == first


def test_a_state_is_kept_and_two_become_one(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "state"
    with Monitor(key=KEY) as monitor:
        theft(monitor, "ada", BEGIN)
        monitor.save(path)
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        restored = Monitor.restore(str(path), accounts=100)
        assert (restored.accounts, restored.alarm("ada")) == (1, monitor.alarm("ada"))
        other = Monitor(key=KEY)
        other.observe("bob", 1, time=BEGIN)
        restored.merge(other)
        assert (restored.accounts, other.accounts) == (2, 1)
        for stranger, words in ((Monitor(), "different keys"), (restored, "the same monitor")):
            with pytest.raises(mailrep.InvalidError, match=words):
                restored.merge(stranger)
        with pytest.raises(mailrep.InputError, match="cannot be written"):
            monitor.save(tmp_path / "none" / "state")
    with pytest.raises(mailrep.InputError, match="none cannot be read"):
        Monitor.restore(tmp_path / "none")
    (tmp_path / "foreign").write_text("hello")
    with pytest.raises(mailrep.InvalidError, match="no snapshot"):
        Monitor.restore(tmp_path / "foreign")
    assert (tmp_path / "foreign").read_text() == "hello"


def test_a_key_file_is_made_once(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "key"
    one, two = Monitor(key_file=path), Monitor(key_file=str(path))
    one.merge(two)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"false_alarms_per_account_year": 0}, "0 false alarms"),
        ({"false_alarms_per_account_year": float("nan")}, "false alarms"),
        ({"key": b"short"}, "5 octets, and needs 16"),
        ({"key": b""}, "0 octets"),
        ({"key": KEY, "key_file": "x"}, "both"),
        ({"key_file": "a\0b"}, "NUL"),
        ({"prior": __file__}, "it is no prior"),
        ({"novelty_octets": -1}, "novelty_octets cannot be -1"),
        ({"accounts": 1 << 40}, "accounts cannot be"),
        ({"forget_days": 70_000}, "at most 65,535"),
    ],
)
def test_options_that_cannot_be_used_are_told(options: dict[str, Any], words: str) -> None:
    with pytest.raises(mailrep.InvalidError, match=words):
        Monitor(**options)


def test_files_that_are_not_there_are_told(tmp_path: pathlib.Path) -> None:
    with pytest.raises(mailrep.InputError, match="no-prior"):
        Monitor(prior=tmp_path / "no-prior")
    with pytest.raises(mailrep.InputError, match="none/key"):
        Monitor(key_file=tmp_path / "none/key")


def test_messages_that_cannot_be_are_refused_and_count_nothing() -> None:
    monitor = Monitor()
    refused: list[tuple[Any, Any, dict[str, Any], type[Exception], str]] = [
        ("", 1, {}, mailrep.InvalidError, "name is empty"),
        ("a" * 2_000, 1, {}, mailrep.InvalidError, "2000 octets"),
        (7, 1, {}, TypeError, "str or bytes, not int"),
        ("ada", 0, {}, mailrep.InvalidError, "no recipients"),
        ("ada", [], {}, mailrep.InvalidError, "no recipients"),
        ("ada", -1, {}, mailrep.InvalidError, "recipients cannot be -1"),
        ("ada", 1 << 32, {}, mailrep.InvalidError, "cannot be 4294967296"),
        ("ada", 1.5, {}, TypeError, "not iterable"),
        ("ada", "bob@example.net", {}, mailrep.InvalidError, "takes a list"),
        ("ada", [7], {}, TypeError, "str or bytes, not int"),
        ("ada", 1, {"new": -1}, mailrep.InvalidError, "new cannot be -1"),
        ("ada", 1, {"new": "1"}, TypeError, "whole number, not str"),
        ("ada", ["bob@example.net"], {"new": 1}, mailrep.InvalidError, "finds it out"),
        ("ada", 1, {"time": -1}, mailrep.InvalidError, "no moment"),
        ("ada", 1, {"time": float("nan")}, mailrep.InvalidError, "time cannot be nan"),
        ("ada", 1, {"time": "today"}, TypeError, "time is Unix seconds.*, not str"),
        ("ada", 1, {"time": datetime.datetime(2026, 1, 1)}, mailrep.InvalidError, "time has no time zone"),
    ]
    for account, recipients, more, kind, words in refused:
        with pytest.raises(kind, match=words):
            monitor.observe(account, recipients, **{"time": BEGIN, **more})
    for call in ("acknowledge", "release", "reset", "alarm"):
        with pytest.raises(TypeError, match="str or bytes, not NoneType"):
            getattr(monitor, call)(None)
    with pytest.raises(mailrep.InvalidError, match="recipients cannot be -1"):
        monitor.allow("ada", -1)
    for tolerance in (0, -1, 11, float("nan")):
        with pytest.raises(mailrep.InvalidError, match="false alarms"):
            monitor.set_tolerance("ada", tolerance)
    with pytest.raises(TypeError, match="a Monitor, not str"):
        monitor.merge("x")  # type: ignore[arg-type]
    assert monitor.accounts == 0


def test_a_closed_monitor_is_told(tmp_path: pathlib.Path) -> None:
    monitor = Monitor()
    with monitor as same:
        assert same is monitor
        assert repr(monitor) == "<mailrep.Monitor of 0 accounts>"
    monitor.close()
    assert repr(monitor) == "<mailrep.Monitor, closed>"
    other = Monitor()
    assert (monitor.closed, other.closed) == (True, False)
    calls: list[Any] = [
        lambda: monitor.observe("ada", 1),
        lambda: monitor.observe_all([]),
        lambda: monitor.acknowledge("ada"),
        lambda: monitor.release("ada"),
        lambda: monitor.reset("ada"),
        lambda: monitor.allow("ada", 1),
        lambda: monitor.set_tolerance("ada", 1),
        lambda: monitor.alarm("ada"),
        lambda: monitor.alarmed,
        lambda: monitor.accounts,
        lambda: monitor.octets,
        lambda: monitor.save(tmp_path / "state"),
        lambda: monitor.merge(other),
        lambda: other.merge(monitor),
        monitor.__enter__,
    ]
    for call in calls:
        with pytest.raises(mailrep.ClosedError, match="the monitor is closed"):
            call()


def sending(seed: int, count: int = 400) -> list[Event]:
    """Messages of some accounts in each of the three forms; bursts, quiet days, and a theft or two."""
    chance = random.Random(seed)  # noqa: S311
    events, time = [], float(BEGIN)
    for message in range(count):
        time += 1.0 if message % 100 > 60 else chance.random() * 40_000
        account = "stolen@example.org" if message % 100 > 60 else f"user{chance.randrange(5)}"
        form, many = chance.randrange(3), chance.randrange(1, 30)
        if form == 0:
            events.append(Event(account, many, time))
        elif form == 1:
            events.append(Event(account, many, time, chance.randrange(many + 1)))
        else:
            events.append(Event(account, [f"r{chance.randrange(99)}@example.net" for _ in range(many)], time))
    return events


def as_line(event: Event) -> str:
    line: dict[str, Any] = {"time": event.time, "account": event.account}
    line["recipients" if isinstance(event.recipients, int) else "recipient_list"] = event.recipients
    if event.new is not None:
        line["new_recipients"] = event.new
    return json.dumps(line)


@pytest.mark.skipif(not COMMAND.exists(), reason=f"the command line's replay: {COMMAND} is not there")
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_it_judges_as_the_command_line_does(seed: int) -> None:
    events = sending(seed)
    controls = {150: "release", 250: "acknowledge", 350: "reset"}
    lines = ['{"control":"allow","account":"user1","recipients":20}']
    lines.append('{"control":"tolerance","account":"user2","false_alarms_per_account_year":1.5}')
    monitor = Monitor(key=KEY, false_alarms_per_account_year=0.05)
    monitor.allow("user1", 20)
    monitor.set_tolerance("user2", 1.5)
    told = []
    for at, event in enumerate(events):
        if at in controls:
            lines.append(json.dumps({"control": controls[at], "account": "stolen@example.org"}))
            getattr(monitor, controls[at])("stolen@example.org")
        lines.append(as_line(event))
        told.append(monitor.observe(event.account, event.recipients, new=event.new, time=event.time))
    command = [str(COMMAND), "--json", "outbound", "replay", "--false-alarms", "0.05", "-"]
    done = subprocess.run(command, input="\n".join(lines), capture_output=True, text=True, check=True)  # noqa: S603
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    end = answers.pop()
    assert len(answers) == len(told)
    for answer, ours in zip(answers, told):
        assert (answer["alarm"], answer["host_alarm"], answer["watched"]) == (ours.alarm, ours.host_alarm, ours.watched)
        assert (answer["reason"], answer["cause"]) == (ours.reason, ours.cause)
        assert struct.pack("f", answer["score"]) == struct.pack("f", ours.score)
    assert end["stats"]["accounts"] == monitor.accounts
    assert any(ours.alarm for ours in told)
    assert not all(ours.alarm for ours in told)


@pytest.mark.parametrize("seed", [4, 5])
def test_many_at_once_are_judged_as_one_by_one(seed: int) -> None:
    events = sending(seed)
    one_by_one, together = Monitor(key=KEY), Monitor(key=KEY)
    expected = [one_by_one.observe(one.account, one.recipients, new=one.new, time=one.time) for one in events]
    told = together.observe_all(iter(events))
    assert len(told) == len(events)
    assert [(one.alarm, one.host_alarm, one.watched, one.score) for one in told] == [
        (one.alarm, one.host_alarm, one.watched, one.score) for one in expected
    ]
    assert all(one.usable for one in told)
    assert told.alarms == [at for at, one in enumerate(expected) if one.alarm]
    assert told.alarms
    assert together.octets == one_by_one.octets


def test_columns_are_judged_as_events() -> None:
    events = [event for event in sending(6) if event.new is not None]
    expected = list(Monitor(key=KEY).observe_all(events))
    names = [event.account for event in events]
    times = [float(str(event.time)) for event in events]
    counts = [int(str(event.recipients)) for event in events]
    fresh = [int(str(event.new)) for event in events]
    forms: list[tuple[Any, Any, Any]] = [
        (times, counts, fresh),
        (iter(times), iter(counts), iter(fresh)),
        (array.array("d", times), array.array("I", counts), array.array("I", fresh)),
        (array.array("d", times), array.array("q", counts), array.array("B", fresh)),
    ]
    for time, count, new in forms:
        told = Monitor(key=KEY).observe_all(accounts=iter(names), times=time, recipients=count, new=new)
        assert list(told) == expected
    lists = [[f"r{at % 7}@example.net"] for at in range(len(names))]
    one_by_one = Monitor(key=KEY)
    told = Monitor(key=KEY).observe_all(accounts=names, times=times, recipients=lists)
    scores = [one_by_one.observe(name, one, time=time).score for name, one, time in zip(names, lists, times)]
    assert [one.score for one in told] == scores


def test_columns_of_numpy_are_lent_and_results_are_an_array() -> None:
    np = pytest.importorskip("numpy", reason="columns of NumPy: it is not installed")
    count = 1_000
    names = np.array([f"user{at % 10}" for at in range(count)])
    times = BEGIN + np.arange(count, dtype=np.float64)
    counts, fresh = np.ones(count, np.uint32), (np.arange(count) % 10 == 3).astype(np.uint32)
    told = Monitor(key=KEY).observe_all(accounts=names, times=times, recipients=counts, new=fresh)
    expected = list(told)
    results = told.numpy()
    assert results.dtype.names == ("status", "alarm", "host_alarm", "watched", "score")
    assert [bool(alarm) for alarm in results["alarm"]] == [one.alarm for one in expected]
    assert np.flatnonzero(results["alarm"]).tolist() == told.alarms
    assert told.alarms
    assert all(at % 10 == 3 for at in told.alarms)
    assert results["score"].tolist() == [one.score for one in told]
    # Other kinds of number, and arrays that are not contiguous, are copied.
    twice = np.repeat(times, 2)[::2]
    for time, all_of_it, new in (
        (twice, counts.astype(np.int64), fresh.astype(np.uint8)),
        (times.astype(">f8"), counts.astype(object), fresh.astype(np.int16)[::1]),
    ):
        again = Monitor(key=KEY).observe_all(accounts=names.astype(object), times=time, recipients=all_of_it, new=new)
        assert list(again) == expected
    assert len(Monitor().observe_all([]).numpy()) == 0
    one, two = Monitor(key=KEY), Monitor(key=KEY)
    addresses = ["bob@example.net", "eve@example.net"]
    first = one.observe("ada", np.array(addresses), time=BEGIN)
    assert first == two.observe("ada", addresses, time=np.float64(BEGIN))
    assert one.observe("ada", np.uint8(9), new=np.int64(3), time=BEGIN) == two.observe("ada", 9, new=3, time=BEGIN)
    with pytest.raises(TypeError, match="numbers alone"):
        Monitor().observe_all(accounts=["a"], times=np.zeros((1, 2)), recipients=[1])


def test_messages_that_cannot_be_stop_no_others() -> None:
    monitor = Monitor()
    good = Event("ada", 1, BEGIN)
    told = monitor.observe_all([good, Event("", 1, BEGIN), Event("ada", 0, BEGIN), Event("ada", [], BEGIN), good])
    assert [one.usable for one in told] == [True, False, False, False, True]
    assert told[1] == mailrep.Judgement(usable=False, alarm=False, host_alarm=False, watched=False, score=0.0)
    told = monitor.observe_all(accounts=["ada"] * 3, times=[float("nan"), BEGIN, -1], recipients=[1] * 3)
    assert [one.usable for one in told] == [False, True, False]
    assert told[-2] == told[1] == told[:2][1]
    with pytest.raises(IndexError, match="3 judgements"):
        told[3]
    assert repr(told) == "<mailrep.Judgements of 3 messages>"


@pytest.mark.parametrize(
    ("columns", "kind", "words"),
    [
        ({}, mailrep.InvalidError, "are needed"),
        ({"events": [], "accounts": ["ada"]}, mailrep.InvalidError, "give one of them"),
        ({"events": ["ada"]}, TypeError, "mailrep.Event, not str"),
        ({"events": [Event("ada", "bob@example.net")]}, mailrep.InvalidError, "takes a list"),
        ({"events": [Event("ada", 1), Event("ada", -1)]}, mailrep.InvalidError, "below 0"),
        ({"events": [Event("ada", ["bob@example.net"], new=1)]}, mailrep.InvalidError, "finds it out"),
        ({"events": [Event("ada", 1), Event(7, 1)]}, TypeError, "str or bytes, not int"),  # type: ignore[arg-type]
        ({"accounts": "ada", "times": [1], "recipients": [1]}, mailrep.InvalidError, "accounts takes a column"),
        ({"accounts": ["ada"], "times": [1, 2], "recipients": [1]}, mailrep.InvalidError, "times has 2"),
        ({"accounts": ["ada"], "times": [1], "recipients": []}, mailrep.InvalidError, "recipients has 0"),
        ({"accounts": ["ada"], "times": [1], "recipients": [1], "new": [1, 1]}, mailrep.InvalidError, "new has 2"),
        ({"accounts": ["ada"], "times": ["now"], "recipients": [1]}, TypeError, "times takes numbers"),
        ({"accounts": ["ada"], "times": [1], "recipients": [1 << 32]}, mailrep.InvalidError, "above 4294967295"),
        ({"accounts": ["ada"], "times": [1], "recipients": [["b"]], "new": [1]}, mailrep.InvalidError, "finds it out"),
        ({"accounts": ["ada", "ada"], "times": [1, 1], "recipients": [1, ["b"]]}, TypeError, "numbers alone"),
    ],
)
def test_columns_that_do_not_fit_are_refused_and_count_nothing(
    columns: dict[str, Any], kind: type[Exception], words: str
) -> None:
    monitor = Monitor()
    with pytest.raises(kind, match=words):
        monitor.observe_all(**columns)
    assert monitor.accounts == 0


def test_threads_share_a_monitor_and_one_may_close_it() -> None:
    monitor = Monitor()
    alarms: list[int] = []
    closed: list[int] = []

    def watch(number: int) -> None:
        events = [Event(f"user{number}-{at % 20}", 1, BEGIN + at / 20, int(at % 20 == 7)) for at in range(600)]
        alarms.append(len(monitor.observe_all(events).alarms))

    def watch_until_closed() -> None:
        time = float(BEGIN)
        try:
            while True:
                time += 1
                monitor.observe("ada", 1, time=time)
        except mailrep.ClosedError:
            closed.append(1)

    threads = [threading.Thread(target=watch, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(alarms)) == 1
    assert len(alarms) == 6
    assert alarms[0] > 10
    assert (monitor.accounts, monitor.alarmed) == (120, 6)
    threads = [threading.Thread(target=watch_until_closed) for _ in range(3)]
    for thread in threads:
        thread.start()
    monitor.close()
    for thread in threads:
        thread.join(30)
    assert closed == [1, 1, 1]


def test_moments_of_numpy_are_times() -> None:
    numpy = pytest.importorskip("numpy")
    moments = numpy.array(["2026-11-26T10:00:00", "2026-11-26T10:00:01.5"], dtype="datetime64[ms]")
    times = numpy.array([1795687200.0, 1795687201.5])
    for given in (moments, times):
        told = Monitor().observe_all(accounts=["ada", "ada"], times=given, recipients=[3, 3], new=[3, 3])
        assert [judgement.score for judgement in told] == [
            Monitor().observe_all(accounts=["ada", "ada"], times=list(times), recipients=[3, 3], new=[3, 3])[at].score
            for at in range(2)
        ]
    for column in ("recipients", "new"):
        given = {"accounts": ["ada"], "times": [1.0], "recipients": [1], "new": [1]}
        given[column] = numpy.array([1], dtype="timedelta64[s]")
        with pytest.raises(TypeError, match=f"{column} takes numbers alone"):
            Monitor().observe_all(**given)
