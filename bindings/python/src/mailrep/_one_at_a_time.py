"""Handles of the library that one thread at a time uses: a message, a signing, a connection."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from ._errors import ClosedError, error
from ._library import OfThisProcess, renewed_in_children, string
from ._native import lib

if TYPE_CHECKING:
    import threading
    from types import TracebackType

_Self = TypeVar("_Self", bound="OneAtATime")


class OneAtATime(OfThisProcess):
    """A handle with a lock: the library lets one thread at a time use it, and Python's own is not held in a call."""

    _what: ClassVar[str]
    """What it is, for errors."""
    _error: ClassVar[str]
    """The function that tells the last error of a handle."""
    _lock: threading.Lock

    def __init__(self, handle: Any) -> None:
        self._handle = handle
        self._lock = renewed_in_children(self)

    def _call(self, function: Any, *arguments: Any) -> Any:
        with self._lock:
            self._called(function, *arguments)

    def _called(self, function: Any, *arguments: Any) -> None:
        """As `_call`, for who has the lock."""
        if self._handle is None:
            raise ClosedError(f"the {self._what} is closed")
        status = function(self._handle, *arguments)
        if status != lib.MAILREP_OK:
            raise error(status, string(getattr(lib, self._error)(self._handle)))

    def close(self) -> None:
        """Gives it up, and what is under way. Closing twice does nothing."""
        with self._lock:
            self._handle = None

    def __enter__(self: _Self) -> _Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, where: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<mailrep.{type(self).__name__}{', closed' if self._handle is None else ''}>"
