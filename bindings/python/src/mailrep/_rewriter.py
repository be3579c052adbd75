"""The Sender Rewriting Scheme: envelope senders of forwarded mail, and bounces back."""

from __future__ import annotations

import dataclasses
import enum
import os
import time
from collections.abc import Iterable, Mapping
from typing import Any, Union

from . import _lend
from ._errors import InvalidError, error
from ._library import OfThisProcess, raised, string, text
from ._native import ffi, lib
from ._time import Time, seconds

Secret = Union[str, bytes]
"""A secret of 16 octets or more."""
Secrets = Union[Secret, Iterable[Secret]]
"""One secret, or several: the first makes hashes, all are tried."""


class SrsResult(enum.Enum):
    """What becomes of an address.

    >>> from mailrep import SrsResult
    >>> print(*SrsResult)
    rewritten unchanged refused
    """

    REWRITTEN = "rewritten"
    """Another address takes its place."""
    UNCHANGED = "unchanged"
    """It stays as it is."""
    REFUSED = "refused"
    """It is no address to rewrite."""

    def __str__(self) -> str:
        return self.value


@dataclasses.dataclass(frozen=True, slots=True)
class SrsOutcome:
    """What became of an address, and why.

    >>> from mailrep import Rewriter
    >>> outcome = Rewriter("club1.fr", secrets="club1-s3cret-key").forward("nobody")
    >>> print(outcome.result, outcome.address, outcome.reason)
    refused None there is no '@' with a domain behind it
    """

    result: SrsResult
    """What becomes of it."""
    octets: bytes | None
    """The address to use; None if it is refused."""
    reason: str
    """Why, in a sentence."""
    cause: str
    """Why, as a code that stays, such as "already_rewritten"."""

    @property
    def address(self) -> str | None:
        """The address to use as text, what is not UTF-8 as surrogates (as `os.fsdecode`); None if it is refused."""
        return None if self.octets is None else self.octets.decode("utf-8", "surrogateescape")


class Rewriter(OfThisProcess):
    """Rewrites envelope senders; any number of threads may use it at a time.

    >>> from mailrep import Rewriter
    >>> rewriter = Rewriter("club1.fr", secrets="club1-s3cret-key")
    >>> there = rewriter.forward("alice@example.com", now=1763812800)
    >>> there.address
    'SRS0=IQfw=56=example.com=alice@club1.fr'
    >>> rewriter.reverse(there.address, now=1763812800).address
    'alice@example.com'
    >>> print(rewriter.reverse("SRS0=AAAA=56=example.com=alice@club1.fr", now=1763812800).cause)
    wrong_hash

    `domain` is the alias domain, in which rewritten addresses are. Its secrets are in `secret_file`, one a line as
    PostSRSd has them, or are given as `secrets`. `further` maps other alias domains to their secrets, whose addresses
    are reversed too.

    Addresses in `local` domains, which are this host's, and in `excluded` ones are left alone: "example.org" is that
    domain alone, ".example.org" all below it. So are those in the alias domain, but not with `always`.

    New addresses have the `separator` "=", "+" or "-" and a hash of `hash_length` letters. With `mac` "strong" they
    have the form of hash that only mailrep knows, and that lets no part be changed; with `accept` "strong", which needs
    that, no other is believed. Other hashes need `hash_minimum` letters. Addresses are valid for `max_age` days. With
    `long_local_parts` "refuse" those are refused whose local part would have more than 64 octets.

    Raises `InvalidError`, and `InputError` if the secret file cannot be read.
    """

    def __init__(
        self,
        domain: str,
        *,
        secrets: Secrets | None = None,
        secret_file: str | os.PathLike[str] | None = None,
        further: Mapping[str, Secrets] | None = None,
        local: Iterable[str] = (),
        excluded: Iterable[str] = (),
        separator: str = "=",
        hash_length: int = 4,
        hash_minimum: int = 4,
        max_age: int = 21,
        always: bool = False,
        long_local_parts: str = "allow",
        mac: str = "compat",
        accept: str = "both",
    ) -> None:
        _lend.of_type("domain", "str", domain, (str, bytes))
        _lend.of_type("separator", "str", separator, str)
        if further is not None:
            _lend.of_type("further", "a mapping of domains to secrets", further, Mapping)
        for what, number in (("hash_length", hash_length), ("hash_minimum", hash_minimum), ("max_age", max_age)):
            _lend.of_type(what, "a number", number, int)
        # What C only borrows has to live until the call is over.
        borrowed: list[Any] = []

        def lend(value: str | bytes) -> Any:
            if not isinstance(value, (str, bytes)):
                raise TypeError(f"domains, secrets and paths are str or bytes, not {type(value).__name__}")
            try:
                octets = os.fsencode(value)
            except UnicodeEncodeError as why:
                raise InvalidError(f"{value!r} is no text that can be written: {why}") from None
            if b"\0" in octets:
                raise InvalidError(f"{value!r} cannot be used: it has a NUL in it")
            borrowed.append(ffi.new("char[]", octets))
            return borrowed[-1]

        def lend_list(what: str, values: Iterable[str]) -> tuple[Any, int]:
            if isinstance(values, str):
                raise InvalidError(f"{what} takes a list of domains, not one text: [{values!r}]")
            given = [lend(value) for value in values]
            borrowed.append(ffi.new("const char *[]", given))
            return borrowed[-1], len(given)

        options = ffi.new("mailrep_srs_options *")
        lib.mailrep_srs_options_init(options, ffi.sizeof("mailrep_srs_options"))
        options.domain = lend(domain)
        if secret_file is not None:
            options.secret_file = lend(os.fspath(secret_file))
        if secrets is not None:
            lines = _lines(secrets)
            options.secrets, options.secrets_length = lend(lines), len(lines)
        aliases = [(lend(name), lend(_lines(its)), len(_lines(its))) for name, its in (further or {}).items()]
        borrowed.append(ffi.new("mailrep_srs_alias[]", aliases))
        options.further, options.further_count = borrowed[-1], len(aliases)
        options.local, options.local_count = lend_list("local", local)
        options.excluded, options.excluded_count = lend_list("excluded", excluded)
        options.separator = ord(separator) if len(separator) == 1 else 0
        options.hash_length = _number("hash_length", hash_length)
        options.hash_minimum = _number("hash_minimum", hash_minimum)
        options.max_age = _number("max_age", max_age)
        options.always = _lend.flag("always", always)
        options.long_local_parts = _word("long_local_parts", long_local_parts, _LONG)
        options.mac = _word("mac", mac, _MAC)
        options.accept = _word("accept", accept, _ACCEPT)

        made, fault = ffi.new("mailrep_srs **"), ffi.new("mailrep_error **")
        raised(lib.mailrep_srs_new(options, made, fault), fault)
        self._srs: Any = ffi.gc(made[0], lib.mailrep_srs_free)

    def forward(self, address: str | bytes, *, now: Time | None = None) -> SrsOutcome:
        """Rewrites the envelope sender of mail that is forwarded; "" or "<>" is the null one.

        `now` is by default the present.
        """
        return self.forward_all([address], now=now)[0]

    def reverse(self, address: str | bytes, *, now: Time | None = None) -> SrsOutcome:
        """Gives back the address that a rewritten one stands for."""
        return self.reverse_all([address], now=now)[0]

    def forward_all(self, addresses: Iterable[str | bytes], *, now: Time | None = None) -> list[SrsOutcome]:
        """As `forward` for many addresses, which is quicker than one by one.

        >>> rewriter = Rewriter("club1.fr", secrets="club1-s3cret-key", local=["club1.example"])
        >>> [outcome.cause for outcome in rewriter.forward_all(["alice@example.com", "bob@club1.example", ""])]
        ['srs0', 'local_domain', 'null_sender']
        """
        return self._all(lib.mailrep_srs_forward_all, addresses, now)

    def reverse_all(self, addresses: Iterable[str | bytes], *, now: Time | None = None) -> list[SrsOutcome]:
        """As `reverse` for many addresses, which is quicker than one by one."""
        return self._all(lib.mailrep_srs_reverse_all, addresses, now)

    def _all(self, way: Any, addresses: Iterable[str | bytes], now: Time | None) -> list[SrsOutcome]:
        if isinstance(addresses, (str, bytes)):
            raise InvalidError("addresses is one address, and takes a list of them")
        moment = int(time.time()) if now is None else seconds(now)
        octets = [_octets(address) for address in addresses]
        lent = [ffi.from_buffer(address) for address in octets]
        views = ffi.new("mailrep_octets[]", [(view, len(view)) for view in lent])
        made = ffi.new("mailrep_srs_outcome **")
        status = way(self._srs, views, len(lent), moment, made)
        if status != lib.MAILREP_OK:
            raise error(status, string(lib.mailrep_status_text(status)))
        outcome = ffi.gc(made[0], lib.mailrep_srs_outcome_free)
        return [_outcome(outcome, at) for at in range(len(lent))]


def create_secret(path: str | os.PathLike[str]) -> None:
    """Makes a secret file: one secret of 32 random octets in base64, for its owner alone (mode 0600).

    Raises `InvalidError` if the file is there already, which is not touched, and `InputError` if it cannot be written.

    >>> import pathlib, tempfile
    >>> from mailrep import Rewriter, create_secret
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     create_secret(pathlib.Path(folder, "secret"))
    ...     print(Rewriter("srs.example.org", secret_file=pathlib.Path(folder, "secret")).forward("a@b.example").result)
    rewritten
    """
    octets = os.fsencode(path)
    if b"\0" in octets:
        raise InvalidError(f"{path!r} cannot be used: it has a NUL in it")
    fault = ffi.new("mailrep_error **")
    raised(lib.mailrep_srs_create_secret(octets, fault), fault)


_RESULTS = {
    lib.MAILREP_SRS_REWRITTEN: SrsResult.REWRITTEN,
    lib.MAILREP_SRS_UNCHANGED: SrsResult.UNCHANGED,
    lib.MAILREP_SRS_REFUSED: SrsResult.REFUSED,
}
_MAC = {"compat": lib.MAILREP_SRS_MAC_COMPAT, "strong": lib.MAILREP_SRS_MAC_STRONG}
_ACCEPT = {"both": lib.MAILREP_SRS_ACCEPT_BOTH, "strong": lib.MAILREP_SRS_ACCEPT_STRONG}
_LONG = {"allow": lib.MAILREP_SRS_LONG_ALLOW, "refuse": lib.MAILREP_SRS_LONG_REFUSE}


def _outcome(outcome: Any, at: int) -> SrsOutcome:
    address = lib.mailrep_srs_outcome_address(outcome, at)
    return SrsOutcome(
        result=_RESULTS[lib.mailrep_srs_outcome_kind(outcome, at)],
        octets=None if address.data == ffi.NULL else ffi.buffer(address.data, address.length)[:],
        reason=text(lib.mailrep_srs_outcome_reason(outcome, at)),
        cause=text(lib.mailrep_srs_outcome_cause(outcome, at)),
    )


def _octets(address: str | bytes) -> bytes:
    if isinstance(address, str):
        return address.encode("utf-8", "surrogateescape")
    if isinstance(address, bytes):
        return address
    raise TypeError(f"an address is str or bytes, not {type(address).__name__}")


def _lines(secrets: Secrets) -> bytes:
    given = [secrets] if isinstance(secrets, (str, bytes)) else list(secrets)
    for secret in given:
        _lend.of_type("a secret", "str or bytes", secret, (str, bytes))
    lines = [_lend.octets("a secret", secret) for secret in given]
    if any(end in line for line in lines for end in (b"\n", b"\r")):
        raise InvalidError("a secret has a line end in it")
    return b"\n".join(lines)


def _number(what: str, value: int) -> int:
    most = (1 << 32) - 1
    if not 0 <= value <= most:
        raise InvalidError(f"{what} cannot be {value}")
    return value


def _word(what: str, value: str, words: Mapping[str, int]) -> int:
    if value not in words:
        raise InvalidError(f"{what} cannot be {value!r}: it takes {' or '.join(words)}")
    return words[value]
