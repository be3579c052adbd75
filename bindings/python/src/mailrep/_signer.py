"""DKIM signatures."""

from __future__ import annotations

import datetime
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from . import _lend
from ._errors import InvalidError, error
from ._lend import Lender, text, wrong_type
from ._library import OfThisProcess, raised, renewed_in_children, string
from ._message import Message, Octets, buffer, tell, wire
from ._native import ffi, lib
from ._one_at_a_time import OneAtATime
from ._signing_key import SigningKey, made_signer
from ._time import Time, seconds
from ._verdict import _Word

_CANONICALIZATIONS = {"relaxed": lib.MAILREP_RELAXED, "simple": lib.MAILREP_SIMPLE}
_MOST_SECONDS = (1 << 63) - 1


@dataclass(frozen=True, slots=True)
class Signed:
    r"""The signatures of a message, or why it has none.

    >>> from mailrep import Signer, SigningKey, SigningTable
    >>> table = SigningTable()
    >>> table.add("example.org", Signer("example.org", {"e": SigningKey.generate("ed25519")}), senders="anyone")
    >>> signed = table.sign(b"From: ada@example.org\n\nHello\n")
    >>> len(signed.signatures), signed.on(b"From: ada@example.org\n\nHello\n").startswith(b"DKIM-Signature: ")
    (1, True)
    """

    signatures: tuple[str, ...]
    """The values of the DKIM-Signature fields, in the order of the keys, with CRLF in their folds."""
    refusal: str | None = None
    """Why nobody signs the message, in words; None if somebody does."""
    refusal_code: str | None = None
    """The same as a code that stays: "no_rule" or "not_allowed"."""

    @property
    def header(self) -> bytes:
        """The fields, to be put above all others of the message; nothing if nobody signs."""
        return b"".join(f"DKIM-Signature: {value}\r\n".encode() for value in self.signatures)

    def on(self, message: Message) -> bytes:
        """The message as it is to be sent, with the signatures on top: the octets that were signed."""
        return self.header + wire(message)


class Signer(OfThisProcess):
    r"""Signs for one domain with one key or several; any number of threads may use it at a time.

    >>> from mailrep import Signer, SigningKey, check
    >>> rsa, ed25519 = SigningKey.generate(), SigningKey.generate("ed25519")
    >>> signer = Signer("example.org", {"s2026": rsa, "e2026": ed25519})
    >>> message = b"From: ada@example.org\r\nSubject: test\r\n\r\nHello\r\n"
    >>> field = signer.sign(message)
    >>> field.count(b"DKIM-Signature: v=1; "), field.endswith(b"\r\n")
    (2, True)
    >>> [str(one.result) for one in check(field + message, zone="\n".join(signer.zone_entries).encode()).dkim]
    ['pass', 'pass']

    `keys` maps selectors to keys, each of which adds a signature. `identity` is on whose behalf is signed (i=): an
    address, or "@" and a domain, at the signing domain or below it. `signed_names` are the fields that are signed where
    they are present, `oversigned_names` those of which no more can be added either; by default those of RFC 6376
    section 5.4.1 and a few. `expires_after` is how long signatures are valid, in seconds or as a timedelta; by default
    for ever. `canonicalization` is how much header and body may change on the way (c=): "relaxed" or "simple" for each.

    Raises `InvalidError` for an option that cannot be used.
    """

    def __init__(
        self,
        domain: str,
        keys: Mapping[str, SigningKey],
        *,
        identity: str | None = None,
        signed_names: Iterable[str] | None = None,
        oversigned_names: Iterable[str] | None = None,
        expires_after: float | datetime.timedelta | None = None,
        canonicalization: str = "relaxed/relaxed",
    ) -> None:
        if not isinstance(keys, Mapping):
            raise wrong_type("keys", "a mapping of selectors to keys", keys)
        if not keys:
            raise InvalidError("keys is empty; at least one signs")
        # They are told to each signer, and may be read once only.
        names = [
            list(given) if isinstance(given, Iterable) and not isinstance(given, (str, bytes)) else given
            for given in (signed_names, oversigned_names)
        ]
        ways = _canonicalization(canonicalization)

        def fill(options: Any, lender: Lender) -> None:
            if identity is not None:
                options.identity = lender.string("identity", identity)
            if names[0] is not None:
                options.signed_names, options.signed_count = lender.strings("signed_names", names[0])
            if names[1] is not None:
                options.oversigned_names, options.oversigned_count = lender.strings("oversigned_names", names[1])
            if expires_after is not None:
                options.expires_after_s = _lifetime(expires_after)
            options.header, options.body = ways

        self._domain = domain
        self._signers = [made_signer(domain, selector, key, fill) for selector, key in keys.items()]

    @property
    def domain(self) -> str:
        """The signing domain."""
        return self._domain

    @property
    def key_names(self) -> tuple[str, ...]:
        """Where the keys have to be published, such as "s2026._domainkey.example.org"."""
        return tuple(text(lib.mailrep_signer_key_name(signer)) or "" for signer in self._signers)

    @property
    def zone_entries(self) -> tuple[str, ...]:
        """The records to publish, as lines for a zone file (RFC 1035 section 5.1)."""
        return tuple(text(lib.mailrep_signer_zone_entry(signer)) or "" for signer in self._signers)

    def sign(self, message: Message, *, now: Time | None = None) -> bytes:
        """The DKIM-Signature fields for a message, to be put above all its others.

        What is signed is the message as it is sent: as for `Checker.check`, LF becomes CRLF where the first line end is
        LF, and an `email.message` object is written as `octets_of` does. `now` is when it is signed (t=); by default
        the present.

        Raises `InvalidError` if the message cannot be signed, such as one without From.
        """
        with self.signing() as signing:
            tell(message, signing.file_data)
            return signing.finish(now=now).header

    def signed(self, message: Message, *, now: Time | None = None) -> bytes:
        r"""The whole message as it is to be sent, with its signatures on top.

        >>> from email.message import EmailMessage
        >>> from mailrep import Signer, SigningKey
        >>> message = EmailMessage()
        >>> message["From"], message["Subject"] = "ada@example.org", "test"
        >>> message.set_content("Hello")
        >>> octets = Signer("example.org", {"e2026": SigningKey.generate("ed25519")}).signed(message)
        >>> octets.startswith(b"DKIM-Signature: "), octets.endswith(b"\r\n\r\nHello\r\n")
        (True, True)

        Give these octets to `smtplib.SMTP.sendmail`, not the object to `send_message`, which changes lines.
        """
        octets = wire(message)
        return self.sign(octets, now=now) + octets

    def signing(self) -> Signing:
        """Begins a message that is told piece by piece."""
        signers, made = ffi.new("const mailrep_signer *[]", self._signers), ffi.new("mailrep_signing **")
        return Signing(lib.mailrep_signing_new(signers, len(self._signers), made), made)

    def __repr__(self) -> str:
        return f"<mailrep.Signer for {self._domain}: {', '.join(self.key_names)}>"


class Signing(OneAtATime):
    r"""A message that is being signed, from `Signer.signing` or `SigningTable.signing`.

    >>> from mailrep import Signer, SigningKey
    >>> with Signer("example.org", {"e2026": SigningKey.generate("ed25519")}).signing() as signing:
    ...     signing.header("From", " ada@example.org")
    ...     signing.end_of_headers()
    ...     signing.body(b"Hello\r\n")
    ...     signed = signing.finish()
    >>> len(signed.signatures), signed.refusal
    (1, None)

    The calls come in the order of the message; one out of turn raises `SequenceError` and changes nothing. It has to be
    the message that goes over the wire: line ends are CRLF, no dots are doubled, and nothing is changed afterwards.
    """

    _what, _error = "signing", "mailrep_signing_error"

    def __init__(self, status: int, made: Any) -> None:
        if status != lib.MAILREP_OK:
            raise error(status, string(lib.mailrep_status_text(status)))
        super().__init__(ffi.gc(made[0], lib.mailrep_signing_free))

    def header(self, name: str | bytes, value: str | bytes) -> None:
        """A header field: the value as it stands after the colon, with its blank and with CRLF in its folds."""
        name, value = _lend.octets("name", name), _lend.octets("value", value)
        self._call(lib.mailrep_signing_header, name, len(name), value, len(value))

    def end_of_headers(self) -> None:
        """The header is complete."""
        self._call(lib.mailrep_signing_end_of_headers)

    def body(self, octets: Octets) -> None:
        """Octets of the body, after `end_of_headers`, in pieces of any size."""
        view = buffer("octets", octets)
        self._call(lib.mailrep_signing_body, view, len(view))

    def data(self, octets: Octets) -> None:
        """Octets of the whole message as they will be sent, in pieces of any size, in place of header and body."""
        view = buffer("octets", octets)
        self._call(lib.mailrep_signing_data, view, len(view))

    def file_data(self, octets: Octets) -> None:
        """Like `data`, for a message from a file: if its first line end is LF, every LF becomes CRLF."""
        view = buffer("octets", octets)
        self._call(lib.mailrep_signing_file_data, view, len(view))

    def finish(self, *, now: Time | None = None) -> Signed:
        """The message is complete: makes the signatures. `now` is when (t=); by default the present.

        Raises `InvalidError` if the message cannot be signed.
        """
        moment = int(time.time()) if now is None else seconds(now)
        with self._lock:
            self._called(lib.mailrep_signing_finish, moment)
            count = lib.mailrep_signing_count(self._handle)
            return Signed(
                tuple(text(lib.mailrep_signing_field(self._handle, at)) or "" for at in range(count)),
                text(lib.mailrep_signing_refusal(self._handle)),
                text(lib.mailrep_signing_refusal_code(self._handle)),
            )

    # Documented as its own.
    close = OneAtATime.close


class Senders(_Word):
    """Who may send as an author domain.

    >>> from mailrep import Senders
    >>> print(*Senders)
    anyone own_domain
    """

    ANYONE = "anyone"
    """Whoever may submit mail at all."""
    OWN_DOMAIN = "own_domain"
    """Accounts whose name is an address at the author domain, or at a domain above it."""


_SENDERS = {Senders.ANYONE: lib.MAILREP_SENDERS_ANYONE, Senders.OWN_DOMAIN: lib.MAILREP_SENDERS_OWN_DOMAIN}


class SigningTable(OfThisProcess):
    r"""Who signs for which author domain, and on whose behalf.

    >>> from mailrep import Signer, SigningKey, SigningTable
    >>> table = SigningTable()
    >>> signer = Signer("example.org", {"e2026": SigningKey.generate("ed25519")})
    >>> table.add("example.org", signer)
    >>> table.add("*.example.org", signer, senders=["news@example.org"])
    >>> message = b"From: ada@example.org\r\n\r\nHello\r\n"
    >>> signed = table.sign(message, account="ada@example.org")
    >>> len(signed.signatures), signed.on(message).endswith(message)
    (1, True)
    >>> table.sign(message, account="eve@example.net").refusal_code
    'not_allowed'
    >>> print(table.sign(b"From: bob@example.net\r\n\r\n").refusal)
    nobody signs for example.net here

    Any number of threads may use it at a time. A message keeps the table as it was when the message began.
    """

    def __init__(self) -> None:
        made = ffi.new("mailrep_signing_table **")
        status = lib.mailrep_signing_table_new(made)
        if status != lib.MAILREP_OK:
            raise error(status, string(lib.mailrep_status_text(status)))
        self._table = ffi.gc(made[0], lib.mailrep_signing_table_free)
        self._lock = renewed_in_children(self)

    def add(self, pattern: str, *signers: Signer, senders: Senders | str | Iterable[str] = Senders.OWN_DOMAIN) -> None:
        """Adds a rule. Of several that a domain is within the most specific one counts, and only that one.

        `pattern` is an author domain; "*.example.org" is all below it, "*" all that no other rule is for. `senders` may
        send as these domains: `Senders`, or a list of accounts, such as "ada@example.org" or "@example.org" for all
        accounts of a domain.

        Raises `InvalidError` for what is no pattern, or has a rule already.
        """
        for signer in signers:
            if not isinstance(signer, Signer):
                raise wrong_type("signers", "one Signer or more", signer)
        lender = Lender()
        accounts, count = ffi.NULL, 0
        if isinstance(senders, str):
            code = _SENDERS[_lend.choice("senders", Senders, senders)]
        else:
            code = lib.MAILREP_SENDERS_ACCOUNTS
            accounts, count = lender.strings("senders", senders)
        handles = [handle for signer in signers for handle in signer._signers]
        given = ffi.new("const mailrep_signer *[]", handles)
        fault = ffi.new("mailrep_error **")
        domain = lender.string("pattern", pattern)
        with self._lock:
            status = lib.mailrep_signing_table_add(
                self._table, domain, given, len(handles), code, accounts, count, fault
            )
        raised(status, fault)

    def sign(self, message: Message, *, account: str | bytes | None = None, now: Time | None = None) -> Signed:
        """The signatures for a message of its author domain, or why there are none. `account` is who has logged in.

        Raises `InvalidError` if the message cannot be signed, such as one with two authors' domains.
        """
        with self.signing(account) as signing:
            tell(message, signing.file_data)
            return signing.finish(now=now)

    def signing(self, account: str | bytes | None = None) -> Signing:
        """Begins a message that is told piece by piece."""
        made = ffi.new("mailrep_signing **")
        octets = ffi.NULL if account is None else _lend.octets("account", account)
        length = 0 if account is None else len(octets)
        with self._lock:
            status = lib.mailrep_signing_new_by_table(self._table, octets, length, made)
        if status == lib.MAILREP_INVALID:
            raise InvalidError(f"account cannot be {account!r:.80}: it is too long")
        return Signing(status, made)


def _canonicalization(given: object) -> tuple[int, int]:
    if not isinstance(given, str):
        raise wrong_type("canonicalization", 'a text such as "relaxed/simple"', given)
    header, slash, body = given.partition("/")
    if not slash or header not in _CANONICALIZATIONS or body not in _CANONICALIZATIONS:
        raise InvalidError(f"canonicalization cannot be {given!r}: it is relaxed or simple for header/body")
    return _CANONICALIZATIONS[header], _CANONICALIZATIONS[body]


def _lifetime(given: object) -> int:
    value = given.total_seconds() if isinstance(given, datetime.timedelta) else given
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        raise wrong_type("expires_after", "a number of seconds or a timedelta", given)
    if not 1 <= value < _MOST_SECONDS:
        raise InvalidError(f"expires_after cannot be {given}: it is a second or more")
    return int(value)
