"""What can go wrong that is not a verdict."""

from __future__ import annotations

from ._native import lib


class MailrepError(Exception):
    """Something cannot be used, or is not there; its text says what and why.

    >>> from mailrep import Checker, MailrepError
    >>> try:
    ...     Checker(zone=b"", authserv_id="two words")
    ... except MailrepError as fault:
    ...     print(type(fault).__name__)
    InvalidError
    """


class InvalidError(MailrepError, ValueError):
    """An argument or an option cannot be used.

    >>> from mailrep import check
    >>> check(b"", zone=b"")
    Traceback (most recent call last):
    mailrep._errors.InvalidError: the message is empty
    """


class ClosedError(MailrepError, ValueError):
    r"""What is called was closed or stopped before: a checker, a transaction, a server, a monitor.

    >>> from mailrep import Checker
    >>> checker = Checker(zone=b"")
    >>> checker.close()
    >>> checker.check(b"Subject: a\r\n\r\n")
    Traceback (most recent call last):
    mailrep._errors.ClosedError: the checker is closed
    """


class SequenceError(MailrepError):
    """A call came out of its turn; nothing was changed.

    >>> from mailrep import Checker, SequenceError
    >>> try:
    ...     Checker(zone=b"").transaction().body(b"Hello")
    ... except SequenceError:
    ...     print("the header comes first")
    the header comes first
    """


class NoNameserverError(MailrepError):
    """No nameserver was given and the system names none.

    >>> from mailrep import MailrepError, NoNameserverError
    >>> issubclass(NoNameserverError, MailrepError)
    True
    """


class ZoneError(MailrepError, ValueError):
    """A zone has a fault; the text gives line and column.

    >>> from mailrep import Checker, ZoneError
    >>> try:
    ...     Checker(zone=b"@ A nonsense")
    ... except ZoneError as fault:
    ...     print(":1:" in str(fault))
    True
    """


class InputError(MailrepError, OSError):
    """A file cannot be read or written: a zone, secrets, a monitor's state, key or prior.

    >>> from mailrep import Checker, InputError
    >>> try:
    ...     Checker(zone="/nonexistent/zone")
    ... except InputError as fault:
    ...     print("/nonexistent/zone" in str(fault))
    True
    """


class ResolverError(MailrepError):
    r"""A checker's `resolver` raised an exception, which is the cause (`__cause__`), for a question of this check.

    >>> from mailrep import Checker, ResolverError
    >>> def resolver(name, kind):
    ...     return {}[name]
    >>> with Checker(resolver=resolver) as checker:
    ...     try:
    ...         checker.check(b"From: ada@example.org\n\nHello\n")
    ...     except ResolverError as error:
    ...         print(type(error.__cause__).__name__)
    KeyError
    """


class SystemResourceError(MailrepError):
    """The system refused a thread, a socket or memory.

    >>> from mailrep import MailrepError, SystemResourceError
    >>> issubclass(SystemResourceError, MailrepError)
    True
    """


class InternalError(MailrepError):
    """A fault in mailrep itself; please report it.

    >>> from mailrep import InternalError, MailrepError
    >>> issubclass(InternalError, MailrepError)
    True
    """


_KINDS: dict[int, type[MailrepError]] = {
    lib.MAILREP_NULL: InternalError,
    lib.MAILREP_INVALID: InvalidError,
    lib.MAILREP_TRUNCATED: InvalidError,
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
