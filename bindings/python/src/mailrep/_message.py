"""Messages in the forms that Python has for them, as the octets that are checked and signed."""

from __future__ import annotations

import os
import re
import sys
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, Union

from ._errors import InvalidError
from ._lend import wrong_type
from ._native import ffi

if TYPE_CHECKING:
    import email.message
    from collections.abc import Callable, Generator, Iterator


class Readable(Protocol):
    """A file opened for reading octets, or what can be read like one."""

    def read(self, size: int, /) -> bytes:
        """The next octets, at most `size`; none at the end."""
        ...


Octets = Union[bytes, bytearray, memoryview]
"""What Python has for octets."""
Message = Union[Octets, "os.PathLike[str]", Readable, "email.message.Message[Any, Any]"]
"""A message: its octets, the path of a file, a file opened for reading octets, or an `email.message` object."""

_CHUNK = 1 << 16


def octets_of(message: email.message.Message[Any, Any]) -> bytes:
    r"""The octets of an `email.message` object, as they are checked and signed: with CRLF, and nothing refolded.

    >>> import email, email.message, email.policy
    >>> from mailrep import octets_of
    >>> made = email.message.EmailMessage()
    >>> made["From"], made["Subject"] = "ada@example.org", "Grüße"
    >>> made.set_content("From here on")
    >>> print(octets_of(made).decode().partition("\r\n\r\n")[2].strip())
    From here on
    >>> received = b"DKIM-Signature: v=1;  b=a\r\n\tb\r\nSubject: \xff " + b"long " * 30 + b"\r\n\r\nA\r\n"
    >>> octets_of(email.message_from_bytes(received)) == received
    True
    >>> octets_of(email.message_from_bytes(received, policy=email.policy.default)) == received
    True

    Header fields that were read are written as they were read, and so is other ASCII text; what a program has set else
    is folded by the message's policy. Lines that begin with "From " stay, and nothing is made 7bit.

    What reading has already lost cannot be given back, so that some signatures of received mail are broken in such an
    object: more or fewer than one blank after a field's colon (with header canonicalization simple), blanks after the
    boundaries of parts, line ends that are not all the same. Give the octets themselves where you have them. A
    message without a boundary gets one here, which stays. Send what was signed by `smtplib.SMTP.sendmail` with these
    octets: `send_message` puts ">" before lines that begin with "From ".

    Raises `InvalidError` for an object that cannot be written.
    """
    if not is_email(message):
        raise wrong_type("octets_of", "called with an email.message object", message)
    from ._email import written  # noqa: PLC0415 (email takes longer to import than all of mailrep)

    return written(message)


def is_email(message: object) -> bool:
    """Whether this is a message of the standard library, which is then loaded."""
    module = sys.modules.get("email.message")
    return module is not None and isinstance(message, module.Message)


def chunks(message: Any) -> Iterator[Octets]:
    """The octets of a message in pieces, refusing an empty one as the command line does."""
    if isinstance(message, (bytes, bytearray, memoryview)):
        some = len(message) > 0
        yield message
    elif isinstance(message, os.PathLike):
        with open(message, "rb") as file:
            some = yield from _read(file)
    elif is_email(message):
        some = True
        yield octets_of(message)
    elif callable(getattr(message, "read", None)):
        some = yield from _read(message)
    else:
        raise TypeError(
            "message is bytes, a pathlib.Path, a file opened with 'rb' or an email.message object, "
            f"not {type(message).__name__}"
            + ("; for the name of a file give pathlib.Path(name)" if isinstance(message, str) else "")
        )
    if not some:
        raise InvalidError("the message is empty")


def _read(file: Any) -> Generator[bytes, None, bool]:
    some = False
    while piece := piece_of(file, _CHUNK):
        yield piece
        some = True
    return some


def piece_of(file: Any, size: int) -> bytes:
    """The next octets of a file, none at its end; refuses one that gives others, or that has to be waited for."""
    piece = file.read(size)
    if piece is None:
        raise BlockingIOError(
            "the file of the message does not block, and has no more octets yet: it is not at its end"
        )
    if not isinstance(piece, bytes):
        raise TypeError(
            f"message is a file that gives {type(piece).__name__}; open it with 'rb', for a message is octets"
        )
    return piece


def whole(message: Any) -> Octets | None:
    """The octets of a message that is there as a whole, refusing an empty one; None for a file and for what is none."""
    if isinstance(message, (bytes, bytearray, memoryview)):
        if len(message) == 0:
            raise InvalidError("the message is empty")
        return message
    return octets_of(message) if is_email(message) else None


def tell(message: Any, take: Callable[[Octets], None]) -> None:
    """Tells a whole message to a function that takes its octets piece by piece."""
    for chunk in chunks(message):
        take(chunk)


def wire(message: Any) -> bytes:
    """The whole message as it is sent: where the first line end is LF, every LF becomes CRLF."""
    octets = b"".join(chunks(message))
    at = octets.find(b"\n")
    if at < 0 or octets[at - 1 : at] == b"\r":
        return octets
    return re.sub(rb"(?<!\r)\n", b"\r\n", octets)


class Field(NamedTuple):
    """A header field where it stands in a message."""

    name: bytes
    value: bytes
    """What stands after the colon, without the last line end."""
    begin: int
    end: int


# RFC 5322 sections 2.2 and 4.5, as the library divides messages: a line that does not begin so belongs to the body.
_NAME = re.compile(rb"([!-9;-~]+)[ \t\r\n\f]*:")
_LONGEST_NAME = 1_000


def divide(octets: bytes) -> tuple[list[Field], int]:
    """The header fields of a message with the line ends of mail, and where its body begins."""
    fields: list[Field] = []
    at = 0
    while at < len(octets):
        if octets.startswith(b"\r\n", at):
            return fields, at + 2
        end = _line_end(octets, at)
        named = _NAME.match(octets, at, min(end, at + _LONGEST_NAME))
        if named is None:
            break
        while octets[end : end + 1] in (b" ", b"\t"):
            end = _line_end(octets, end)
        value = octets[named.end() : end]
        fields.append(Field(named[1], value.removesuffix(b"\r\n"), at, end))
        at = end
    return fields, at


def _line_end(octets: bytes, begin: int) -> int:
    at = octets.find(b"\r\n", begin)
    return len(octets) if at < 0 else at + 2


def buffer(what: str, octets: Any) -> Any:
    """Octets in place, which cffi keeps from moving for as long as this lives."""
    if not isinstance(octets, (bytes, bytearray, memoryview)):
        raise TypeError(f"{what} is bytes, a bytearray or a memoryview, not {type(octets).__name__}")
    try:
        return ffi.from_buffer(octets)
    except (BufferError, ValueError) as why:
        raise InvalidError(f"{what} has no octets one after the other: {why}") from None
