"""Arguments on their way to the library: their types are looked at here, and what C only borrows is kept."""

from __future__ import annotations

import enum
import ipaddress
import math
import os
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from ._errors import InvalidError
from ._native import ffi

_MOST_32 = (1 << 32) - 1
_MOST_SIZE = (1 << 63) - 1
_ADDRESSES = (str, ipaddress.IPv4Address, ipaddress.IPv6Address)
_NETWORKS = (*_ADDRESSES, ipaddress.IPv4Network, ipaddress.IPv6Network)


def wrong_type(what: str, wanted: str, given: object) -> TypeError:
    """The exception for an argument of a type that cannot be."""
    return TypeError(f"{what} is {wanted}, not {type(given).__name__}")


def octets(what: str, value: str | bytes) -> bytes:
    """The octets of an argument that may be text; surrogates are octets, as in `os.fsdecode`."""
    if isinstance(value, str):
        try:
            return value.encode("utf-8", "surrogateescape")
        except UnicodeEncodeError as why:
            raise InvalidError(f"{what} is no text that can be written: {why}") from None
    if isinstance(value, bytes):
        return value
    raise wrong_type(what, "str or bytes", value)


def address(what: str, value: object) -> bytes:
    """The octets of an address as text."""
    if not isinstance(value, _ADDRESSES):
        raise wrong_type(what, "an address as str or of the module ipaddress", value)
    return octets(what, str(value))


def flag(what: str, value: object) -> bool:
    """A choice of two."""
    if not isinstance(value, bool):
        raise wrong_type(what, "True or False", value)
    return value


def number(what: str, value: object, most: int = _MOST_32) -> int:
    """A whole number from 0."""
    if not isinstance(value, int) or isinstance(value, bool):
        raise wrong_type(what, "a whole number", value)
    if not 0 <= value <= most:
        raise InvalidError(f"{what} cannot be {value}")
    return value


def size(what: str, value: object) -> int:
    """A whole number from 0, as large as memory."""
    return number(what, value, _MOST_SIZE)


def of_type(what: str, words: str, value: object, kind: type | tuple[type, ...]) -> None:
    """Refuses what is of another type; True is no number."""
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise wrong_type(what, words, value)


def duration(what: str, value: object, unit: int) -> int:
    """Seconds in parts of which a second has `unit`, rounded up."""
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        raise wrong_type(what, "a number of seconds", value)
    # Neither not-a-number nor infinity is within.
    if not 0 <= value * unit <= _MOST_32:
        raise InvalidError(f"{what} cannot be {value} seconds")
    return math.ceil(value * unit)


_W = TypeVar("_W", bound=enum.Enum)


def choice(what: str, words: type[_W], value: object) -> _W:
    """One of a few words."""
    if not isinstance(value, str):
        raise wrong_type(what, f"a {words.__name__} or its word", value)
    try:
        return words(value)
    except ValueError:
        known = ", ".join(str(word) for word in words)
        raise InvalidError(f"{what} cannot be {value!r}: it is one of {known}") from None


def text(view: Any) -> str | None:
    """A `mailrep_text` that may be absent."""
    if view.data == ffi.NULL:
        return None
    told: bytes = ffi.buffer(view.data, view.length)[:]
    return told.decode("utf-8", "replace")


class Lender:
    """Makes what C borrows during a call, and keeps it for as long as this lives."""

    def __init__(self) -> None:
        self._kept: list[Any] = []

    def keep(self, made: Any) -> Any:
        """Keeps something that cffi has made."""
        self._kept.append(made)
        return made

    def string(self, what: str, value: str | bytes) -> Any:
        """A C string."""
        given = octets(what, value)
        if b"\0" in given:
            raise InvalidError(f"{what}: {value!r} cannot be used: it has a NUL in it")
        return self.keep(ffi.new("char[]", given))

    def path(self, what: str, value: object) -> Any:
        """The path of a file, as a C string."""
        if not isinstance(value, (str, bytes, os.PathLike)):
            raise wrong_type(what, "a path", value)
        return self.string(what, os.fsencode(value))

    def strings(self, what: str, values: object) -> tuple[Any, int]:
        """A list of C strings, which must not be one text."""
        if isinstance(values, (str, bytes)) or not isinstance(values, Iterable):
            raise wrong_type(what, "a list of texts", values)
        return self._array([self.string(f"{what}[{at}]", value) for at, value in enumerate(values)])

    def one_or_more(self, what: str, given: object) -> tuple[Any, int]:
        """One text, or a list of them."""
        return self.strings(what, [given] if isinstance(given, str) else given)

    def networks(self, what: str, given: object) -> tuple[Any, int]:
        """One network, or a list of them."""
        # A network is iterable, too: over its addresses, which may be many.
        networks = [given] if isinstance(given, _NETWORKS) else given
        if isinstance(networks, bytes) or not isinstance(networks, Iterable):
            raise wrong_type(what, "one network or a list of them", given)
        lent = []
        for at, network in enumerate(networks):
            if not isinstance(network, _NETWORKS):
                raise wrong_type(f"{what}[{at}]", "a network as str or of the module ipaddress", network)
            lent.append(self.string(f"{what}[{at}]", str(network)))
        return self._array(lent)

    def pairs(self, what: str, kind: str, given: object, second: Any) -> tuple[Any, int]:
        """A mapping of texts, as an array of structures of two members."""
        if not isinstance(given, Mapping):
            raise wrong_type(what, "a mapping", given)
        made = [(self.string(what, key), second(f"{what}[{key!r}]", value)) for key, value in given.items()]
        return self.keep(ffi.new(f"{kind}[]", made)), len(made)

    def _array(self, lent: list[Any]) -> tuple[Any, int]:
        return self.keep(ffi.new("const char *[]", lent)), len(lent)
