"""What a checker does beside one message at a time: SPF alone, whole mailboxes, and twins for event loops."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from . import _bulk, _verdict
from ._errors import ClosedError
from ._library import OfThisProcess, raised, text
from ._native import ffi, lib
from ._time import PRESENT, seconds

if TYPE_CHECKING:
    import os
    from collections.abc import AsyncIterator, Callable, Generator, Iterable, Sequence

    from ._bulk import Checked
    from ._checker import Address, Message
    from ._envelope import Envelope
    from ._message import Octets
    from ._pool import Pool
    from ._resolver import Answering
    from ._time import Time
    from ._verdict import Spf, Verdict


class MoreChecks(OfThisProcess):
    """What `Checker` inherits."""

    _pool: Pool
    _context: Any
    _answering: Answering | None
    _waits: bool

    if TYPE_CHECKING:

        def check(
            self,
            message: Message,
            *,
            ip: Address | None = None,
            helo: str | bytes | None = None,
            mail_from: str | bytes | None = None,
            account: str | bytes | None = None,
            now: Time | None = None,
        ) -> Verdict:
            """`Checker.check`."""
            ...

        def _judge_all(self, wanted: Sequence[tuple[Octets, dict[str, Any]]]) -> list[Verdict | Exception]:
            """`Checker._judge_all`."""
            ...

    def spf(
        self,
        *,
        ip: Address,
        helo: str | bytes | None = None,
        mail_from: str | bytes | None = None,
        now: Time | None = None,
    ) -> Spf:
        r"""Checks SPF alone, before there is a message: for the reverse-path, and for the HELO name.

        >>> from mailrep import Checker
        >>> checker = Checker(zone=b'example.org. TXT "v=spf1 ip4:192.0.2.0/24 -all"')
        >>> spf = checker.spf(ip="203.0.113.9", helo="mail.example.org", mail_from="ada@example.org")
        >>> print(spf.result, spf.mechanism, spf.helo.result)
        fail -all none

        All is as for `check`. The client's name is not looked up.
        """
        context = self._context
        if context is None:
            raise ClosedError("the checker is closed")
        address, name, sender = str(ip).encode(), _octets(helo), _octets(mail_from)
        made, fault = ffi.new("mailrep_spf **"), ffi.new("mailrep_error **")
        moment = PRESENT if now is None else seconds(now)
        raised(
            lib.mailrep_spf_check(
                context, address, len(address), name, len(name), sender, len(sender), moment, made, fault
            ),
            fault,
        )
        handle = ffi.gc(made[0], lib.mailrep_spf_free)
        told = text(lib.mailrep_spf_json(handle))
        if self._answering is not None:
            self._answering.blame(told)
        return _verdict.spf(told)

    def check_all(
        self,
        messages: str | os.PathLike[str] | Iterable[tuple[Any, Message]],
        *,
        envelope: Callable[[Any, bytes], Envelope | None] | None = None,
        threads: int | None = None,
        ordered: bool = True,
        progress: bool = False,
        now: Time | None = None,
    ) -> Generator[Checked, None, None]:
        r"""Checks the messages of a mailbox, several at a time; tells of each what became of it.

        >>> import pathlib, tempfile
        >>> from mailrep import Checker
        >>> with tempfile.TemporaryDirectory() as folder, Checker(zone=b"") as checker:
        ...     _ = pathlib.Path(folder, "a.eml").write_text("From: ada@example.org\n\nHello\n")
        ...     _ = pathlib.Path(folder, "b.eml").touch()
        ...     for key, verdict, error in checker.check_all(folder):
        ...         print(key, error or verdict.dmarc.result)
        a.eml none
        b.eml the message is empty

        `messages` is the path of an mbox, a Maildir or a folder of files (see `mailbox`), or gives pairs of a key and a
        message, as `check` takes it. A message that cannot be read or checked is told of as a `Checked` with its error,
        and stops no other. If `messages` itself fails, that is raised when all that it gave before has been told.

        `envelope` says how each came, which a file does not: it gets the key and the beginning of the message with its
        header (at most 256 KiB), from several threads, and gives an `Envelope`, or None. Without it SPF is not checked.
        `received_envelope` guesses it:

        >>> from mailrep import received_envelope
        >>> message = (
        ...     b"Return-Path: <ada@example.org>\n"
        ...     b"Received: from mail.example.org (unknown [192.0.2.1]) by mx.example.net (Postfix) with ESMTP id 1\n\n"
        ... )
        >>> with Checker(zone=b'example.org. TXT "v=spf1 ip4:192.0.2.1 -all"') as checker:
        ...     guess = lambda key, header: received_envelope(header)
        ...     for key, verdict, error in checker.check_all([(1, message)], envelope=guess):
        ...         print(verdict.spf.result)
        pass

        `threads` check at a time: by default some more than there are processors, for they wait for DNS, and one with a
        `zone`, where nothing is waited for and Python's own lock would have them wait for each other. What they give
        comes in the order of `messages`, or with `ordered=False` as it is there. Some 16 messages a thread are begun
        and not handed out at most, however many there are. With `progress` a bar is shown on a terminal, if tqdm is
        installed. `now` is the time of messages whose envelope has none.

        Whoever ends early closes the iterator (`contextlib.closing`): what is under way ends by itself. CPython does so
        when it is dropped.
        """
        checked = _bulk.check_all(self, messages, envelope, threads, ordered=ordered, now=now)
        if not progress:
            return checked
        countable = hasattr(messages, "__len__") and not isinstance(messages, str)
        return _bulk.shown(checked, len(messages) if countable else None)  # type: ignore[arg-type]

    async def acheck(
        self,
        message: Message,
        *,
        ip: Address | None = None,
        helo: str | bytes | None = None,
        mail_from: str | bytes | None = None,
        account: str | bytes | None = None,
        now: Time | None = None,
    ) -> Verdict:
        r"""As `check`, for event loops: it does not block the loop.

        >>> import asyncio
        >>> from mailrep import Checker
        >>> async def main() -> None:
        ...     with Checker(zone=b'example.org. TXT "v=spf1 -all"') as checker:
        ...         senders = ("ada@example.org", "bob@example.net")
        ...         told = [checker.acheck(b"Subject: a\n\n", ip="192.0.2.1", mail_from=sender) for sender in senders]
        ...         print(*(verdict.spf.result for verdict in await asyncio.gather(*told)))
        >>> asyncio.run(main())
        fail none

        A thread makes the check; there are at most `async_threads` of them, and what comes meanwhile waits for its
        turn. When the task is cancelled, a check that waits is never made; one that was begun ends by itself, no later
        than the checker's timeout, and nobody hears of it. A file is read by that thread.
        """
        return await self._pool.run(
            self.check, message, ip=ip, helo=helo, mail_from=mail_from, account=account, now=now
        )

    async def aspf(
        self,
        *,
        ip: Address,
        helo: str | bytes | None = None,
        mail_from: str | bytes | None = None,
        now: Time | None = None,
    ) -> Spf:
        r"""As `spf`, for event loops, as `acheck` is.

        >>> import asyncio
        >>> from mailrep import Checker
        >>> checker = Checker(zone=b'example.org. TXT "v=spf1 -all"')
        >>> print(asyncio.run(checker.aspf(ip="192.0.2.1", mail_from="ada@example.org")).result)
        fail
        """
        return await self._pool.run(self.spf, ip=ip, helo=helo, mail_from=mail_from, now=now)

    async def acheck_all(
        self,
        messages: str | os.PathLike[str] | Iterable[tuple[Any, Message]],
        *,
        envelope: Callable[[Any, bytes], Envelope | None] | None = None,
        threads: int | None = None,
        ordered: bool = True,
        now: Time | None = None,
    ) -> AsyncIterator[Checked]:
        r"""As `check_all`, for event loops: an asynchronous iterator, whose work is done by threads.

        >>> import asyncio
        >>> from mailrep import Checker
        >>> async def main() -> None:
        ...     with Checker(zone=b"") as checker:
        ...         async for key, verdict, error in checker.acheck_all([("a", b"Subject: a\n\n"), ("b", b"")]):
        ...             print(key, error or verdict.dmarc.result)
        >>> asyncio.run(main())
        a permerror
        b the message is empty
        """
        checked = _bulk.check_all(self, messages, envelope, threads, ordered=ordered, now=now)

        def following() -> Checked | None:
            return next(checked, None)

        try:
            while (one := await self._pool.run(following)) is not None:
                yield one
        finally:
            # If the task was cancelled, a thread still has it, and ends it by dropping it.
            with contextlib.suppress(ValueError):
                checked.close()


def _octets(given: str | bytes | None) -> bytes:
    """What a client said, as it said it."""
    return given.encode("utf-8", "surrogateescape") if isinstance(given, str) else bytes(given or b"")
