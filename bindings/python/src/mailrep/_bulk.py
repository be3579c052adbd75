"""Many messages checked at a time, by threads."""

from __future__ import annotations

import contextlib
import os
import queue
import threading
from typing import TYPE_CHECKING, Any, NamedTuple

from ._envelope import MOST_HEADER, Envelope
from ._errors import InvalidError, SequenceError
from ._mailbox import StoredMessage, mailbox
from ._message import octets_of, piece_of, whole
from ._pool import thread_count

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator

    from ._message import Message, Octets
    from ._more import MoreChecks
    from ._time import Time
    from ._verdict import Verdict

    _Todo = queue.SimpleQueue[list[tuple[int, Any, Any]] | None]
    _Done = queue.SimpleQueue[list[tuple[int, "Checked | BaseException"]]]

_CHUNK = 1 << 16
# Messages that a thread takes at once, and octets of them: each wait for the lock of Python costs as much as a check.
_AT_ONCE = 8
_MOST_AT_ONCE = 1 << 20
# So many messages for each thread are begun and not handed out: the one that is waited for holds up no other.
_AHEAD = 2 * _AT_ONCE


class Checked(NamedTuple):
    r"""What became of one message of many: a verdict, or why there is none.

    >>> from mailrep import Checker
    >>> for key, verdict, error in Checker(zone=b"").check_all([("a", b"Subject: a\r\n\r\n"), ("b", b"")]):
    ...     print(key, error or verdict.dmarc.result)
    a permerror
    b the message is empty
    """

    key: Any
    """The message's key, as it was given."""
    verdict: Verdict | None
    """The verdict; None if the message could not be checked."""
    error: Exception | None
    """Why it could not be, such as an `OSError` of its file; None if there is a verdict."""


def check_all(
    checker: MoreChecks,
    messages: str | os.PathLike[str] | Iterable[tuple[Any, Message]],
    envelope: Callable[[Any, bytes], Envelope | None] | None,
    threads: int | None,
    *,
    ordered: bool,
    now: Time | None,
) -> Generator[Checked, None, None]:
    """As `Checker.check_all`."""
    if threads is None:
        # Some of them wait for DNS, where there is any.
        threads = min(32, _processors() + 4) if checker._waits else 1
    threads = thread_count("threads", threads)
    if isinstance(messages, (bytes, bytearray, memoryview)):
        raise InvalidError("messages is one message, and takes pairs of a key and a message, or the path of a mailbox")
    pairs = mailbox(messages) if isinstance(messages, (str, os.PathLike)) else iter(messages)

    def prepare(key: Any, message: Any) -> tuple[Any, dict[str, Any]]:
        if envelope is None and not isinstance(message, StoredMessage):
            return message, {"now": now}
        header, message = _header(message)
        told = None if envelope is None else envelope(key, header)
        if told is None:
            return message, {"now": now}
        if not isinstance(told, Envelope):
            raise TypeError(f"the function envelope gives a mailrep.Envelope or None, not {type(told).__name__}")
        came = {"ip": told.ip, "helo": told.helo, "mail_from": told.mail_from, "account": told.account}
        return message, {**came, "now": now if told.time is None else told.time}

    return _checked(_Judge(prepare, checker), pairs, threads, ordered)


class _Judge:
    """How a thread checks what it took: at once, what is there as a whole and is not too much."""

    def __init__(self, prepare: Callable[[Any, Any], tuple[Any, dict[str, Any]]], checker: MoreChecks) -> None:
        self._prepare, self._check, self._judge_all = prepare, checker.check, checker._judge_all

    def __call__(self, taken: list[tuple[int, Any, Any]]) -> list[tuple[int, Checked | BaseException]]:
        told: list[tuple[int, Checked | BaseException]] = []
        waiting: list[tuple[int, Any, Octets, dict[str, Any]]] = []
        octets = 0
        for place, key, message in taken:
            try:
                ready, came = self._prepare(key, message)
                some = whole(ready)
                if some is None:
                    told.append((place, Checked(key, self._check(ready, **came), None)))
                    continue
            except Exception as fault:
                # The traceback would keep the message for as long as the error is kept.
                told.append((place, Checked(key, None, fault.with_traceback(None))))
                continue
            except BaseException as fault:
                told.append((place, fault))
                continue
            waiting.append((place, key, some, came))
            octets += len(some)
            if octets > _MOST_AT_ONCE:
                told += self._judged(waiting)
                waiting, octets = [], 0
        return told + self._judged(waiting)

    def _judged(
        self, waiting: list[tuple[int, Any, Octets, dict[str, Any]]]
    ) -> list[tuple[int, Checked | BaseException]]:
        if not waiting:
            return []
        try:
            verdicts = self._judge_all([(octets, came) for _, _, octets, came in waiting])
        except Exception as fault:
            verdicts = [fault.with_traceback(None)] * len(waiting)
        except BaseException as fault:
            return [(place, fault) for place, _, _, _ in waiting]
        return [
            (place, Checked(key, None, verdict) if isinstance(verdict, Exception) else Checked(key, verdict, None))
            for (place, key, _, _), verdict in zip(waiting, verdicts)
        ]


def _checked(
    judge: _Judge, pairs: Iterator[tuple[Any, Any]], threads: int, ordered: bool
) -> Generator[Checked, None, None]:
    feed, process = _Feed(pairs, threads), os.getpid()
    # If the program ends while they work, it does not wait for them.
    workers = [
        threading.Thread(target=_work, args=(judge, feed.todo, feed.done), name=f"mailrep-{at}", daemon=True)
        for at in range(threads)
    ]
    given = 0
    early: dict[int, Checked] = {}
    try:
        for worker in workers:
            worker.start()
        feed.fill(threads * _AHEAD)
        while feed.open:
            if os.getpid() != process:
                raise SequenceError("check_all was begun before the process forked, and its threads are the parent's")
            for place, outcome in feed.done.get():
                if not isinstance(outcome, Checked):
                    raise outcome
                early[place] = outcome
            while early and (given in early or not ordered):
                feed.open -= 1
                yield early.pop(given if ordered else next(iter(early)))
                given += 1
            feed.fill(threads * _AHEAD)
    finally:
        if os.getpid() == process:
            feed.end(threads)
    if feed.fault is not None:
        raise feed.fault


def _work(judge: _Judge, todo: _Todo, done: _Done) -> None:
    """What a thread does until there is no more."""
    while (taken := todo.get()) is not None:
        outcomes = judge(taken)
        del taken
        done.put(outcomes)
        del outcomes


class _Feed:
    """The messages on their way to the threads; queues, since an executor's futures cost as much as a check does."""

    def __init__(self, pairs: Iterator[tuple[Any, Any]], threads: int) -> None:
        self._threads = threads
        self.todo: _Todo = queue.SimpleQueue()
        self.done: _Done = queue.SimpleQueue()
        self.open = 0
        """How many were begun and not handed out."""
        self.fault: Exception | None = None
        """Why there are no more, if it is not the end; told when all that came before has been."""
        self._pairs, self._begun, self._more = pairs, 0, True

    def fill(self, most: int) -> None:
        """Begins more, until so many are open."""
        while self._more and self.open < most:
            # First each thread gets something to do.
            at_once = 1 if self._begun < 2 * self._threads else _AT_ONCE
            taken: list[tuple[int, Any, Any]] = []
            while self._more and len(taken) < at_once:
                try:
                    key, message = next(self._pairs)
                except StopIteration:
                    self._more = False
                except Exception as fault:
                    self.fault, self._more = fault, False
                else:
                    taken.append((self._begun, key, message))
                    self._begun, self.open = self._begun + 1, self.open + 1
            if taken:
                self.todo.put(taken)

    def end(self, threads: int) -> None:
        """Whether all is done, or the caller has enough: what waits is not begun, and the threads end."""
        with contextlib.suppress(queue.Empty):
            while True:
                self.todo.get_nowait()
        for _ in range(threads):
            self.todo.put(None)
        # A generator gives back what it holds.
        getattr(self._pairs, "close", lambda: None)()


def _stored(message: StoredMessage) -> tuple[bytes, Any]:
    """The same of a stored message: most are not long, and are there as a whole then."""
    begin = message.read(MOST_HEADER)
    pieces, length = [begin], len(begin)
    while piece := message.read(_CHUNK):
        pieces.append(piece)
        length += len(piece)
        if length > _MOST_AT_ONCE:
            return begin, _Again(message, begin, b"".join(pieces[1:]))
    return begin, b"".join(pieces)


def _header(message: Any) -> tuple[bytes, Any]:
    """The header, or what of it is within the bound, and the message to check."""
    if isinstance(message, StoredMessage):
        return _stored(message)
    if isinstance(message, (bytes, bytearray, memoryview)):
        return bytes(message[:MOST_HEADER]), message
    if isinstance(message, os.PathLike):
        with open(message, "rb") as file:
            return file.read(MOST_HEADER), message
    if hasattr(message, "read"):
        some = bytearray()
        while len(some) < MOST_HEADER and b"\n\n" not in some and b"\r\n\r\n" not in some:
            piece = piece_of(message, _CHUNK)
            if not piece:
                break
            some += piece
        return bytes(some), _Again(message, bytes(some))
    if hasattr(message, "as_bytes"):
        octets = octets_of(message)
        return octets[:MOST_HEADER], octets
    return b"", message


class _Again:
    """A file of which something was read already."""

    def __init__(self, rest: Any, *read: bytes) -> None:
        self._rest, self._read = rest, [piece for piece in reversed(read) if piece]

    def read(self, size: int, /) -> bytes:
        piece: bytes = self._read.pop() if self._read else self._rest.read(size)
        return piece


def shown(checked: Generator[Checked, None, None], total: int | None) -> Generator[Checked, None, None]:
    """The same with a bar on a terminal, if tqdm is installed."""
    try:
        from tqdm import tqdm  # type: ignore[import-untyped] # noqa: PLC0415
    except ImportError:
        yield from checked
        return
    with contextlib.closing(checked):
        # None: not where standard error is no terminal.
        yield from tqdm(checked, total=total, unit=" messages", disable=None)


def _processors() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
