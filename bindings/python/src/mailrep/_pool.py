"""Threads for event loops: blocking calls run in a bounded number of them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, TypeVar

from ._errors import ClosedError, InvalidError

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import ThreadPoolExecutor

T = TypeVar("T")

_MOST_THREADS = 1_000


class Pool:
    """At most so many threads, made when they are needed; what comes meanwhile waits for its turn."""

    def __init__(self, threads: int) -> None:
        self._threads = thread_count("async_threads", threads)
        # By process: the threads of a parent are not there after a fork. Without a lock, which might be held then.
        self._made: dict[int, ThreadPoolExecutor] = {}
        self._closed = False

    async def run(self, call: Callable[..., T], /, *arguments: Any, **more: Any) -> T:
        """Has a thread make the call, while the event loop goes on.

        When the awaiting task is cancelled, a call that waits for its turn is never made, and of one that was begun
        nobody hears.
        """
        # Whoever is here has asyncio already.
        import asyncio  # noqa: PLC0415
        import contextvars  # noqa: PLC0415

        if self._closed:
            raise ClosedError("the checker is closed")
        context = contextvars.copy_context()
        try:
            begun = asyncio.get_running_loop().run_in_executor(
                self._executor(), lambda: context.run(call, *arguments, **more)
            )
        except RuntimeError:
            # Another thread has closed it since.
            if self._closed:
                raise ClosedError("the checker is closed") from None
            raise
        return await begun

    def close(self) -> None:
        """Takes nothing new; what was begun ends."""
        self._closed = True
        executor = self._made.pop(os.getpid(), None)
        if executor is not None:
            executor.shutdown(wait=False)

    def _executor(self) -> ThreadPoolExecutor:
        from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415

        present = self._made.get(os.getpid())
        if present is None:
            # Of two threads that come here at once, the second takes what the first has made; no thread runs yet.
            made = ThreadPoolExecutor(self._threads, thread_name_prefix="mailrep")
            present = self._made.setdefault(os.getpid(), made)
        return present


def thread_count(what: str, threads: int) -> int:
    """A number of threads that can be had."""
    if not hasattr(threads, "__index__"):
        raise TypeError(f"{what} is a whole number, not {type(threads).__name__}")
    if not 1 <= threads <= _MOST_THREADS:
        raise InvalidError(f"{what} cannot be {threads}: it is a number from 1 to {_MOST_THREADS}")
    return int(threads)
