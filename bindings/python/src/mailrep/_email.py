"""Objects of the standard library's `email`, written as octets without changing what was read."""

from __future__ import annotations

import email.policy
import re
from typing import Any

from ._errors import InvalidError

# A line end that no blank follows would end the field.
_ENDS = re.compile(r"(?:\r\n|\r(?!\n)|(?<!\r)\n)(?![ \t])")
_BARE_LF = re.compile(rb"(?<!\r)\n")
_LINE_ENDS = re.compile(r"\r\n|\r|\n")


class _AsRead(email.policy.Policy):
    """Writes fields that were read as they were read; for all else it asks the message's own policy."""

    _own: email.policy.Policy

    def __init__(self, own: email.policy.Policy) -> None:
        super().__init__(linesep="\r\n", cte_type="8bit", max_line_length=own.max_line_length, mangle_from_=False)
        object.__setattr__(self, "_own", own.clone(linesep="\r\n", cte_type="8bit"))

    def fold_binary(self, name: str, value: Any) -> bytes:
        # Fields that a program has set are header objects, or text that is not ASCII.
        if isinstance(value, str) and not hasattr(value, "fold"):
            try:
                octets = value.encode("ascii", "surrogateescape")
            except UnicodeEncodeError:
                pass
            else:
                if _ENDS.search(value):
                    raise InvalidError(f"the field {name} has a line end in it that no blank follows")
                lines = _LINE_ENDS.sub("\r\n", octets.decode("latin-1"))
                return f"{name}: {lines}\r\n".encode("latin-1")
        folded: bytes = self._own.fold_binary(name, value)
        return folded

    def fold(self, name: str, value: Any) -> str:
        folded: str = self._own.fold(name, value)
        return folded

    def header_source_parse(self, sourcelines: list[str]) -> tuple[str, str]:
        parsed: tuple[str, str] = self._own.header_source_parse(sourcelines)
        return parsed

    def header_store_parse(self, name: str, value: Any) -> tuple[str, Any]:
        parsed: tuple[str, Any] = self._own.header_store_parse(name, value)
        return parsed

    def header_fetch_parse(self, name: str, value: Any) -> Any:
        return self._own.header_fetch_parse(name, value)

    def header_max_count(self, name: str) -> int | None:
        most: int | None = self._own.header_max_count(name)
        return most


def written(message: Any) -> bytes:
    """The octets of a message with CRLF."""
    try:
        octets: bytes = message.as_bytes(policy=_AsRead(message.policy))
    except InvalidError:
        raise
    except Exception as why:
        # Whatever a program has put in: a payload of another kind, an unknown character set, a header without text.
        raise InvalidError(f"the message cannot be written as octets: {why}") from why
    # What is called multipart and has no parts is written without looking at its lines.
    return _BARE_LF.sub(b"\r\n", octets)
