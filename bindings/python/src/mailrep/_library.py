"""The few ways in which values cross the border to the library."""

from __future__ import annotations

import os
import threading
import weakref
from typing import Any, NoReturn

from ._errors import error
from ._native import ffi, lib


class OfThisProcess:
    """What has a handle of the library, which is worth nothing elsewhere."""

    def __reduce__(self) -> NoReturn:
        raise TypeError(f"a {type(self).__name__} cannot be copied, nor sent to another process: make one there")


_holders: weakref.WeakSet[Any] = weakref.WeakSet()


def renewed_in_children(holder: Any) -> Any:
    """A lock for `holder._lock`; in a child of this process it is another, since nobody there would let go of it."""
    _holders.add(holder)
    return threading.Lock()


def _renew() -> None:
    for holder in list(_holders):
        holder._lock = threading.Lock()


os.register_at_fork(after_in_child=_renew)


def string(pointer: Any) -> str:
    """A C string of the library."""
    octets: bytes = ffi.string(pointer)
    return octets.decode("utf-8", "replace")


def text(view: Any) -> str:
    """A `mailrep_text` that is not absent."""
    octets: bytes = ffi.buffer(view.data, view.length)[:]
    return octets.decode("utf-8", "replace")


def raised(status: int, fault: Any) -> None:
    """Raises what a call left at `fault`, a `mailrep_error **`, if it failed."""
    if status == lib.MAILREP_OK:
        return
    words = string(lib.mailrep_error_text(fault[0]))
    lib.mailrep_error_free(fault[0])
    raise error(status, words)


def version() -> str:
    """The version of the library.

    >>> import mailrep
    >>> mailrep.version() == mailrep.__version__
    True
    """
    return string(lib.mailrep_version())
