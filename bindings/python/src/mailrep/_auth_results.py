"""Authentication-Results (RFC 8601): read, written, and taken out where they are forged."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from . import _lend
from ._errors import InvalidError
from ._lend import Lender, flag, wrong_type
from ._library import raised
from ._message import Message, divide, wire
from ._native import ffi, lib


@dataclass(frozen=True, slots=True)
class Property:
    """What a result is about, such as smtp.mailfrom=ada@example.org.

    >>> from mailrep import Property
    >>> print(Property("smtp", "mailfrom", "ada@example.org"))
    smtp.mailfrom=ada@example.org
    """

    type: str
    """"smtp", "header", "body" or "policy"."""
    name: str
    """Such as "mailfrom"."""
    value: str
    """Such as "ada@example.org", without quotes."""

    def __str__(self) -> str:
        return f"{self.type}.{self.name}={self.value}"


@dataclass(frozen=True, slots=True)
class MethodResult:
    """The result of one method.

    >>> from mailrep import MethodResult, Property, SpfResult
    >>> spf = MethodResult("spf", SpfResult.PASS, (Property("smtp", "mailfrom", "ada@example.org"),))
    >>> print(spf, spf.get("smtp.mailfrom"))
    spf=pass smtp.mailfrom=ada@example.org ada@example.org
    """

    method: str
    """Such as "dkim"."""
    result: str
    """Such as "pass"; it is equal to the members of `DkimResult` and the other enums."""
    properties: tuple[Property, ...] = ()
    """What it is about."""
    reason: str | None = None
    """Why, for programs (reason=)."""
    comment: str | None = None
    """A remark for people: the first comment after the result."""

    def get(self, property: str) -> str | None:  # noqa: A002 (the RFC's word)
        """The value of the first property of this name, such as "smtp.mailfrom"; None if there is none."""
        wanted = property.lower()
        found = (one.value for one in self.properties if f"{one.type}.{one.name}".lower() == wanted)
        return next(found, None)

    def __str__(self) -> str:
        return " ".join([f"{self.method}={self.result}", *map(str, self.properties)])


@dataclass(frozen=True, slots=True)
class AuthenticationResults:
    r"""What one host says about a message: the value of an Authentication-Results field.

    >>> from mailrep import AuthenticationResults, MethodResult, Property
    >>> results = AuthenticationResults.parse(
    ...     "mx.example.net; spf=pass smtp.mailfrom=ada@example.org;\r\n\tdkim=fail (bad) header.d=example.org"
    ... )
    >>> results.authserv_id, [str(one) for one in results.results]
    ('mx.example.net', ['spf=pass smtp.mailfrom=ada@example.org', 'dkim=fail header.d=example.org'])
    >>> results.of("spf")[0].get("smtp.mailfrom"), results.of("dkim")[0].comment
    ('ada@example.org', 'bad')
    >>> made = AuthenticationResults(
    ...     "mx.example.net", (MethodResult("auth", "pass", (Property("smtp", "auth", "ada"),)),)
    ... )
    >>> print(made)
    mx.example.net; auth=pass smtp.auth=ada
    >>> made.field
    b'Authentication-Results: mx.example.net;\r\n    auth=pass smtp.auth=ada\r\n'

    What is written is well-formed whatever the texts hold: what may not stand there is quoted, replaced or left out.
    What is read back is then equal, but for versions and further comments, which are not kept.
    """

    authserv_id: str
    """Who says it, usually the host's name; "" where a field that was read leniently does not say."""
    results: tuple[MethodResult, ...] = ()

    @classmethod
    def parse(cls, value: str | bytes, *, lenient: bool = False) -> AuthenticationResults:
        """Reads what stands after the field's colon, folds included, at most 1 MiB.

        With `lenient` all that can be read of it is read, as fields of large providers need.

        Raises `InvalidError` for what does not follow the grammar of RFC 8601, saying what is missing where.
        """
        octets = _lend.octets("value", value)
        made, fault = ffi.new("mailrep_auth_results **"), ffi.new("mailrep_error **")
        loose = flag("lenient", lenient)
        raised(lib.mailrep_auth_results_parse(octets, len(octets), loose, made, fault), fault)
        handle = ffi.gc(made[0], lib.mailrep_auth_results_free)
        count = lib.mailrep_auth_results_count(handle)
        return cls(
            _text(lib.mailrep_auth_results_authserv_id(handle)), tuple(_result(handle, at) for at in range(count))
        )

    @property
    def value(self) -> str:
        """The field's value, folded with CRLF, to stand after "Authentication-Results: "."""
        handle = self._made()
        return _text(lib.mailrep_auth_results_value(handle))

    @property
    def unfolded(self) -> str:
        """The same value on one line."""
        handle = self._made()
        return _text(lib.mailrep_auth_results_unfolded(handle))

    @property
    def field(self) -> bytes:
        """The whole field with its line end, to be put above all others of the message."""
        return f"Authentication-Results: {self.value}\r\n".encode()

    def of(self, method: str) -> tuple[MethodResult, ...]:
        """The results of one method, such as "dkim"; there may be several."""
        return tuple(one for one in self.results if one.method.lower() == method.lower())

    def __str__(self) -> str:
        return self.unfolded

    def _made(self) -> Any:
        if not isinstance(self.results, Iterable):
            raise wrong_type("results", "a tuple of MethodResult", self.results)
        lender, made, fault = Lender(), ffi.new("mailrep_auth_results **"), ffi.new("mailrep_error **")
        raised(lib.mailrep_auth_results_new(lender.string("authserv_id", self.authserv_id), made, fault), fault)
        handle = ffi.gc(made[0], lib.mailrep_auth_results_free)
        for at, one in enumerate(self.results):
            if not isinstance(one, MethodResult):
                raise wrong_type(f"results[{at}]", "a MethodResult", one)
            method, result = lender.string("method", one.method), lender.string("result", one.result)
            reason, comment = _optional(lender, "reason", one.reason), _optional(lender, "comment", one.comment)
            raised(lib.mailrep_auth_results_add(handle, method, result, reason, comment, fault), fault)
            for about in one.properties:
                if not isinstance(about, Property):
                    raise wrong_type(f"properties of results[{at}]", "each a Property", about)
                value = _lend.octets("value", about.value)
                kind, name = lender.string("type", about.type), lender.string("name", about.name)
                raised(lib.mailrep_auth_results_add_property(handle, kind, name, value, len(value), fault), fault)
        return handle


def claims(value: str | bytes, authserv_id: str) -> bool:
    """Whether the value of an Authentication-Results field says that a host of this name has written it.

    >>> from mailrep import claims
    >>> claims("(a) MX.example.net (b) 1; none", "mx.example.net"), claims("mx.example.org; none", "mx.example.net")
    (True, False)

    Such a field has to be taken out of mail that comes from elsewhere (RFC 8601 section 5). In doubt it is so.
    """
    octets, lender = _lend.octets("value", value), Lender()
    told = lib.mailrep_auth_results_claims(octets, len(octets), lender.string("authserv_id", authserv_id))
    if told == lib.MAILREP_ABSENT:
        raise InvalidError("authserv_id is not UTF-8")
    return bool(told)


def strip_forged(message: Message, authserv_id: str) -> bytes:
    r"""The message as it is sent, without the Authentication-Results fields that claim to be of this host.

    >>> from mailrep import strip_forged
    >>> message = b"Authentication-Results: mx.example.net; dkim=pass\r\nSubject: a\r\n\r\nA\r\n"
    >>> strip_forged(message, "mx.example.net")
    b'Subject: a\r\n\r\nA\r\n'

    All else stays as it is. To be used before one's own field is added; `Verdict.headers_to_remove` says the same of a
    message that was checked.
    """
    octets = wire(message)
    fields, _ = divide(octets)
    kept, at = [], 0
    for one in fields:
        if one.name.lower() == b"authentication-results" and claims(one.value, authserv_id):
            kept.append(octets[at : one.begin])
            at = one.end
    return b"".join([*kept, octets[at:]])


def _optional(lender: Lender, what: str, value: str | None) -> Any:
    return ffi.NULL if value is None else lender.string(what, value)


def _text(view: Any) -> str:
    return _lend.text(view) or ""


def _result(handle: Any, at: int) -> MethodResult:
    properties = tuple(
        Property(
            _text(lib.mailrep_auth_results_property_type(handle, at, place)),
            _text(lib.mailrep_auth_results_property_name(handle, at, place)),
            _text(lib.mailrep_auth_results_property_value(handle, at, place)),
        )
        for place in range(lib.mailrep_auth_results_property_count(handle, at))
    )
    return MethodResult(
        method=_text(lib.mailrep_auth_results_method(handle, at)),
        result=_text(lib.mailrep_auth_results_result(handle, at)),
        properties=properties,
        reason=_lend.text(lib.mailrep_auth_results_reason(handle, at)),
        comment=_lend.text(lib.mailrep_auth_results_comment(handle, at)),
    )
