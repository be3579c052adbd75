"""What can go wrong that is not a verdict."""

from __future__ import annotations

from ._native import lib


class MailrepError(Exception):
    """Something cannot be used, or is not there; its text says what and why."""


class InvalidError(MailrepError, ValueError):
    """An argument or an option cannot be used."""


class ClosedError(MailrepError, ValueError):
    """What is called was closed or stopped before: a checker, a transaction, a server, a monitor."""


class SequenceError(MailrepError):
    """A call came out of its turn; nothing was changed."""


class NoNameserverError(MailrepError):
    """No nameserver was given and the system names none."""


class ZoneError(MailrepError, ValueError):
    """A zone has a fault; the text gives line and column."""


class InputError(MailrepError, OSError):
    """A file cannot be read or written: a zone, secrets, a monitor's state, key or prior."""


class SystemResourceError(MailrepError):
    """The system refused a thread, a socket or memory."""


class InternalError(MailrepError):
    """A fault in mailrep itself; please report it."""


_KINDS: dict[int, type[MailrepError]] = {
    lib.MAILREP_NULL: InternalError,
    lib.MAILREP_INVALID: InvalidError,
    lib.MAILREP_SEQUENCE: SequenceError,
    lib.MAILREP_NO_NAMESERVER: NoNameserverError,
    lib.MAILREP_ZONE: ZoneError,
    lib.MAILREP_IO: InputError,
    lib.MAILREP_SYSTEM: SystemResourceError,
    lib.MAILREP_PANIC: InternalError,
    # When the interpreter ends, it frees what lives in an order of its own.
    lib.MAILREP_HANDLE: ClosedError,
}


def error(status: int, words: str) -> MailrepError:
    """The exception for a status of the library."""
    return _KINDS.get(status, InternalError)(words)
