"""Mailboxes checked by threads: nothing is lost, nothing piles up."""

from __future__ import annotations

import contextlib
import io
import os
import pathlib
import sys
import threading
import time
import types
from typing import TYPE_CHECKING, Any

import pytest

import mailrep
from mailrep import Envelope

if TYPE_CHECKING:
    from collections.abc import Iterator

DATA = pathlib.Path(__file__).resolve().parents[3] / "tests/data"
MESSAGE = b"From: ada@example.org\nSubject: test\n\nHello\n"
RECEIVED = (
    b"Return-Path: <ada@example.org>\nReceived: from mail.example.org (mail.example.org [192.0.2.1])\n"
    b"\tby mx.example.net (Postfix) with ESMTP id 4F1; Thu, 26 Nov 2026 20:17:04 +0000\n"
)
ZONE = b'example.org. TXT "v=spf1 ip4:192.0.2.1 -all"\n_dmarc.example.org. TXT "v=DMARC1; p=reject"\n'


@pytest.fixture(name="checker")
def _checker() -> mailrep.Checker:
    return mailrep.Checker(zone=ZONE, authserv_id="mx.example.net")


def until(condition: Any, what: str) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline, what
        threading.Event().wait(0.01)


def ours() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("mailrep-")]


@pytest.mark.parametrize("ordered", [True, False])
@pytest.mark.parametrize("threads", [1, 2, 7, None])
def test_every_message_gets_the_verdict_it_would_get_alone(ordered: bool, threads: int | None) -> None:
    paths = sorted(DATA.glob("*.eml"))
    with mailrep.Checker(zone=DATA / "zone", authserv_id="mx.example.net") as checker:
        alone = {path.name: checker.check(path, now=1772355660) for path in paths}
        told = list(checker.check_all(DATA, threads=threads, ordered=ordered, now=1772355660))
    assert {one.key: one.verdict for one in told} == alone
    assert all(one.error is None for one in told)
    if ordered:
        assert [one.key for one in told] == [path.name for path in paths]


def test_one_bad_message_loses_nothing(checker: mailrep.Checker, tmp_path: pathlib.Path) -> None:
    class Broken:
        def read(self, _size: int, /) -> bytes:
            raise OSError("the disk is gone")

    messages: list[tuple[Any, Any]] = [
        ("good", MESSAGE),
        ("empty", b""),
        ("missing", tmp_path / "none.eml"),
        ("text", "no message"),
        ("nothing", None),
        ("broken", Broken()),
        ("also good", io.BytesIO(MESSAGE)),
    ]
    told = {one.key: one for one in checker.check_all(messages, threads=3)}
    assert list(told) == [key for key, _ in messages]
    kinds = {key: type(one.error) for key, one in told.items() if one.error is not None}
    assert kinds == {
        "empty": mailrep.InvalidError,
        "missing": FileNotFoundError,
        "text": TypeError,
        "nothing": TypeError,
        "broken": OSError,
    }
    assert all((one.verdict is None) == (one.error is not None) for one in told.values())
    # What is kept of an error keeps no message.
    assert all(one.error is None or one.error.__traceback__ is None for one in told.values())


def test_messages_come_in_their_order_or_as_they_are_there(checker: mailrep.Checker) -> None:
    class Late:
        """A message that can be read when another one has been told."""

        def __init__(self) -> None:
            self.told = threading.Event()
            self.left = MESSAGE

        def read(self, _size: int, /) -> bytes:
            assert self.told.wait(20)
            left, self.left = self.left, b""
            return left

    late = Late()
    keys = []
    for one in checker.check_all([("late", late), ("early", MESSAGE)], threads=2, ordered=False):
        keys.append(one.key)
        late.told.set()
    assert keys == ["early", "late"]
    late = Late()
    late.told.set()
    assert [one.key for one in checker.check_all([("late", late), ("early", MESSAGE)], threads=2)] == ["late", "early"]


@pytest.mark.parametrize("ordered", [True, False])
def test_only_so_many_are_begun(checker: mailrep.Checker, ordered: bool) -> None:
    given = 0

    def messages() -> Iterator[tuple[int, bytes]]:
        nonlocal given
        for at in range(200):
            given += 1
            yield at, MESSAGE

    for taken, _ in enumerate(checker.check_all(messages(), threads=2, ordered=ordered)):
        # For each thread what it takes at once twice, and what was begun last.
        assert given <= taken + 2 * 16 + 8
    assert given == 200


def test_threads_end_with_the_iterator(checker: mailrep.Checker) -> None:
    until(lambda: ours() == [], "threads of another test are left")
    closed = []

    def messages() -> Iterator[tuple[int, bytes]]:
        try:
            for at in range(1_000_000):
                yield at, MESSAGE
        finally:
            closed.append(True)

    with contextlib.closing(checker.check_all(messages(), threads=4, progress=True)) as told:
        assert next(told).verdict is not None
    until(lambda: ours() == [], "threads are left")
    assert closed == [True]
    list(checker.check_all([(1, MESSAGE)], threads=4))
    until(lambda: ours() == [], "threads are left")


def test_a_source_that_fails_is_told_of_when_all_before_it_is_told(checker: mailrep.Checker) -> None:
    def messages() -> Iterator[tuple[int, bytes]]:
        yield 1, MESSAGE
        yield 2, MESSAGE
        raise OSError("the list ends in smoke")

    told = checker.check_all(messages())
    assert [next(told).key, next(told).key] == [1, 2]
    with pytest.raises(OSError, match="smoke"):
        next(told)
    with pytest.raises(TypeError):
        list(checker.check_all([1]))  # type: ignore[list-item]


def test_the_function_says_how_each_message_came(checker: mailrep.Checker, tmp_path: pathlib.Path) -> None:
    path = tmp_path / "a.eml"
    path.write_bytes(RECEIVED + MESSAGE)
    seen: list[tuple[Any, bytes]] = []

    def envelope(key: Any, header: bytes) -> Envelope | None:
        seen.append((key, header))
        if key == "bad":
            raise KeyError(key)
        return None if key == "none" else mailrep.received_envelope(header)

    messages: list[tuple[str, Any]] = [
        ("octets", RECEIVED + MESSAGE),
        ("path", path),
        ("file", io.BytesIO(RECEIVED + MESSAGE)),
        ("view", memoryview(RECEIVED + MESSAGE)),
        ("none", RECEIVED + MESSAGE),
        ("bad", RECEIVED + MESSAGE),
    ]
    told = {one.key: one for one in checker.check_all(messages, envelope=envelope)}
    alone = checker.check(RECEIVED + MESSAGE, ip="192.0.2.1", helo="mail.example.org", mail_from="ada@example.org")
    for key in ("octets", "path", "file", "view"):
        verdict = told[key].verdict
        assert verdict is not None
        assert verdict.spf is not None
        assert verdict.spf.result is mailrep.SpfResult.PASS
        assert verdict == alone
    assert all(header.startswith(RECEIVED) for _, header in seen)
    none = told["none"].verdict
    assert none is not None
    assert none.spf is None
    assert isinstance(told["bad"].error, KeyError)
    wrong = next(checker.check_all([(1, MESSAGE)], envelope=lambda key, header: "ada"))  # type: ignore[arg-type, return-value]
    assert "mailrep.Envelope or None, not str" in str(wrong.error)


def test_the_function_sees_a_bounded_header(checker: mailrep.Checker) -> None:
    seen: list[int] = []

    def envelope(_key: Any, header: bytes) -> None:
        seen.append(len(header))

    long = b"Subject: a\nX: " + b"x" * 900_000 + b"\n\nHello\n"
    for message in (long, io.BytesIO(long)):
        one = next(checker.check_all([(1, message)], envelope=envelope))
        assert one.verdict == checker.check(long)
    assert all(length <= (256 << 10) + (64 << 10) for length in seen)
    text: Any = io.StringIO("Subject: a\n\n")
    assert "'rb'" in str(next(checker.check_all([(1, text)], envelope=envelope)).error)


@pytest.mark.skipif(sys.implementation.name != "cpython", reason="PyPy drops what is forgotten later")
def test_memory_does_not_grow_with_the_mailbox(checker: mailrep.Checker, tmp_path: pathlib.Path) -> None:
    def resident() -> int:
        pages = pathlib.Path("/proc/self/statm").read_text().split()[1]
        return int(pages) * os.sysconf("SC_PAGE_SIZE")

    path = tmp_path / "mbox"
    body = (b"x" * 71 + b"\n") * (4 << 20 >> 6)
    with path.open("wb") as file:
        for _ in range(16):
            file.write(b"From ada@example.org Thu Nov 26 20:17:04 2026\n" + MESSAGE + body + b"\n")
    del body
    list(checker.check_all([(1, MESSAGE)], threads=4))
    before = resident()
    told = list(checker.check_all(path, threads=4))
    assert [one.error for one in told] == [None] * 16
    assert resident() - before < 24 << 20


def test_progress_is_shown_where_tqdm_is(checker: mailrep.Checker, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[dict[str, Any]] = []

    def tqdm(iterable: Any, **options: Any) -> Any:
        calls.append(options)
        return iterable

    module = types.ModuleType("tqdm")
    module.tqdm = tqdm  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "tqdm", module)
    assert len(list(checker.check_all([(1, MESSAGE), (2, MESSAGE)], progress=True))) == 2
    assert len(list(checker.check_all(iter([(1, MESSAGE)]), progress=True))) == 1
    assert len(list(checker.check_all([(1, MESSAGE)]))) == 1
    assert [call["total"] for call in calls] == [2, None]
    # Without it all goes on.
    monkeypatch.setitem(sys.modules, "tqdm", None)
    assert len(list(checker.check_all([(1, MESSAGE)], progress=True))) == 1


def test_what_cannot_be_asked_for_is_said_at_once(checker: mailrep.Checker) -> None:
    with pytest.raises(mailrep.InvalidError, match="threads"):
        checker.check_all([], threads=0)
    with pytest.raises(mailrep.InvalidError, match="one message"):
        checker.check_all(MESSAGE)  # type: ignore[arg-type]
    with pytest.raises(FileNotFoundError):
        checker.check_all("/nonexistent/mbox")
    with pytest.raises(TypeError):
        checker.check_all(1)  # type: ignore[arg-type]
    assert list(checker.check_all([])) == []
    checker.close()
    told = next(checker.check_all([(1, MESSAGE)]))
    assert isinstance(told.error, mailrep.ClosedError)


def test_spf_alone_is_the_spf_of_a_whole_check(checker: mailrep.Checker) -> None:
    for ip, sender in (("192.0.2.1", "ada@example.org"), ("203.0.113.9", "ada@example.org"), ("192.0.2.1", "")):
        whole = checker.check(MESSAGE, ip=ip, helo="example.org", mail_from=sender, now=0)
        assert checker.spf(ip=ip, helo="example.org", mail_from=sender, now=0) == whole.spf
    assert checker.spf(ip="192.0.2.1", helo="example.org").identity is mailrep.Identity.HELO


def test_a_file_that_does_not_block_is_not_taken_for_a_message_that_ends_here(checker: mailrep.Checker) -> None:
    reading, writing = os.pipe()
    os.set_blocking(reading, False)
    os.write(writing, b"Subject: a\r\n\r\nand m")
    with os.fdopen(reading, "rb", buffering=0) as file:
        with pytest.raises(BlockingIOError, match="not at its end"):
            checker.check(file)
        (told,) = checker.check_all([("a", file)], envelope=lambda _key, _header: None)
    os.close(writing)
    assert isinstance(told.error, BlockingIOError)


def test_an_empty_mailbox_has_no_messages(checker: mailrep.Checker, tmp_path: pathlib.Path) -> None:
    path = tmp_path / "ada"
    path.touch()
    assert list(checker.check_all(path)) == []


@pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")
def test_a_child_is_told_that_the_threads_of_check_all_are_its_parents(checker: mailrep.Checker) -> None:
    told = checker.check_all(((at, MESSAGE) for at in range(100)), threads=1)
    next(told)
    pid = os.fork()
    if pid == 0:
        try:
            while True:
                next(told)
        except mailrep.SequenceError:
            os._exit(0)
        except BaseException:
            os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    assert sum(1 for _ in told) == 99
