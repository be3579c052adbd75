"""Authentication-Results, read and written."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from test_cases import DATA

import mailrep
from mailrep import AuthenticationResults, Checker, InvalidError, MethodResult, Property, claims, strip_forged

RESULTS = AuthenticationResults(
    "mx.example.net",
    (
        MethodResult("spf", "pass", (Property("smtp", "mailfrom", "ada@example.org"),)),
        MethodResult("dkim", "fail", (Property("header", "d", "example.org"), Property("header", "s", "a")), "why; so"),
        MethodResult("x-odd", "none", (Property("policy", "p", 'a "b" \\ c'),), None, "for (people)"),
        MethodResult("iprev", "permerror"),
    ),
)


def test_what_is_written_is_read_back() -> None:
    assert AuthenticationResults.parse(RESULTS.value) == RESULTS
    assert AuthenticationResults.parse(RESULTS.unfolded) == RESULTS
    assert AuthenticationResults.parse(RESULTS.value.encode(), lenient=True) == RESULTS
    assert RESULTS.field == b"Authentication-Results: " + RESULTS.value.encode() + b"\r\n"
    assert "\r\n" not in str(RESULTS)
    nothing = AuthenticationResults("mx.example.net")
    assert AuthenticationResults.parse(nothing.value) == nothing
    assert str(nothing) == "mx.example.net; none"


@pytest.mark.parametrize("name", ["pass-all.eml", "forged.eml", "two-authors.eml", "international.eml", "list.eml"])
def test_a_verdicts_field_is_read_as_the_verdict_says(name: str) -> None:
    with Checker(zone=DATA / "zone", authserv_id="mx.example.net") as checker:
        verdict = checker.check(DATA / name, ip="192.0.2.1", helo="mail.example.org", mail_from="ada@example.org")
    results = AuthenticationResults.parse(verdict.authentication_results)
    assert results.authserv_id == "mx.example.net"
    assert verdict.spf is not None
    assert results.of("spf")[0].result == verdict.spf.result
    assert results.of("DMARC")[0].result == verdict.dmarc.result
    assert [one.result for one in results.of("dkim")] == ([str(one.result) for one in verdict.dkim] or ["none"])
    assert AuthenticationResults.parse(results.value) == results


def test_results_are_frozen_and_compare_by_value() -> None:
    assert hash(RESULTS) == hash(AuthenticationResults.parse(RESULTS.value))
    with pytest.raises(dataclasses.FrozenInstanceError):
        RESULTS.authserv_id = "other"  # type: ignore[misc]
    assert RESULTS.of("spf")[0].get("SMTP.mailfrom") == "ada@example.org"
    assert RESULTS.of("spf")[0].get("smtp.helo") is None
    assert RESULTS.of("arc") == ()


def test_lenience_reads_what_can_be_read() -> None:
    odd = "spf=pass (google.com: domain of a@example.org) smtp.mailfrom=a@example.org; dkim=pass header.i=@example.org"
    with pytest.raises(InvalidError):
        AuthenticationResults.parse(odd)
    read = AuthenticationResults.parse(odd, lenient=True)
    assert read.authserv_id == ""
    assert [one.method for one in read.results] == ["spf", "dkim"]


@pytest.mark.parametrize(
    ("hostile", "shown"),
    [
        ("a\r\nBcc: eve@example.com", "a  Bcc: eve@example.com"),
        ("\xff\N{SNOWMAN}", None),
        ('"', '"'),
        ("a;b=c", "a;b=c"),
        ("x" * 5_000, None),
    ],
)
def test_what_is_written_is_well_formed_whatever_it_holds(hostile: str, shown: str | None) -> None:
    made = AuthenticationResults(
        "mx.example.net", (MethodResult("spf", "fail", (Property("smtp", "mailfrom", hostile),), hostile, hostile),)
    )
    lines = made.field.decode("ascii").split("\r\n")
    assert lines.pop() == ""
    assert lines[0] == "Authentication-Results: mx.example.net;"
    assert all(line.startswith(" ") for line in lines[1:])
    read = AuthenticationResults.parse(made.value)
    assert [one.result for one in read.results] == ["fail"]
    if shown is not None:
        assert (read.results[0].get("smtp.mailfrom") or "").replace("?", " ") == shown


@pytest.mark.parametrize(
    ("value", "kind", "words"),
    [
        ("", InvalidError, ""),
        ("mx.example.net", InvalidError, ""),
        ("mx.example.net; spf", InvalidError, ""),
        (b"\xff\0", InvalidError, ""),
        ("mx;" + " " * (1 << 20), InvalidError, ""),
        ("\ud800", InvalidError, "value is no text"),
        (5, TypeError, "value is str or bytes, not int"),
        (None, TypeError, "value is str or bytes, not NoneType"),
    ],
)
def test_what_cannot_be_read_is_an_exception(value: Any, kind: type[Exception], words: str) -> None:
    with pytest.raises(kind, match=words or None):
        AuthenticationResults.parse(value)


@pytest.mark.parametrize(
    ("made", "kind", "words"),
    [
        (AuthenticationResults(""), InvalidError, "authserv"),
        (AuthenticationResults("a\0b"), InvalidError, "authserv_id: .* NUL"),
        (AuthenticationResults(5), TypeError, "authserv_id is str or bytes, not int"),  # type: ignore[arg-type]
        (AuthenticationResults("a", (5,)), TypeError, r"results\[0\] is a MethodResult, not int"),  # type: ignore[arg-type]
        (AuthenticationResults("a", 5), TypeError, "results is a tuple of MethodResult, not int"),  # type: ignore[arg-type]
        (AuthenticationResults("a", (MethodResult("a", "b", (5,)),)), TypeError, "each a Property"),  # type: ignore[arg-type]
        (AuthenticationResults("a", (MethodResult("a", None),)), TypeError, "result is str or bytes"),  # type: ignore[arg-type]
        (AuthenticationResults("a", (MethodResult("a", "b"),) * 1_025), InvalidError, "1024|1,024"),
    ],
)
def test_what_cannot_be_written_is_an_exception(made: AuthenticationResults, kind: type[Exception], words: str) -> None:
    with pytest.raises(kind, match=words):
        str(made)
    assert repr(made).startswith("AuthenticationResults(")


def test_forged_fields_are_taken_out_and_all_else_stays() -> None:
    message = (
        b"Received: from a\r\n\tby b\r\n"
        b"Authentication-Results: mx.example.net; dkim=pass\r\n"
        b'AUTHENTICATION-RESULTS : (x) "mx.example.NET" 1;\r\n dkim=pass\r\n'
        b"Authentication-Results: other.example; dkim=pass\r\n"
        b"Authentication-Results: ;;;\r\n"
        b"X-Authentication-Results: mx.example.net; dkim=pass\r\n"
        b"\r\nAuthentication-Results: mx.example.net; none\r\n"
    )
    left = strip_forged(message, "mx.example.net")
    assert left.count(b"other.example") == left.count(b"X-Authentication-Results") == 1
    assert left.endswith(b"\r\n\r\nAuthentication-Results: mx.example.net; none\r\n")
    assert left.startswith(b"Received: from a\r\n\tby b\r\nAuth")
    assert b"AUTHENTICATION" not in left
    assert strip_forged(message.replace(b"\r\n", b"\n"), "mx.example.net") == left
    assert strip_forged(left, "mx.example.net") == left
    with pytest.raises(InvalidError, match="empty"):
        strip_forged(b"", "mx.example.net")
    with pytest.raises(TypeError, match="authserv_id is str or bytes"):
        claims("a", 5)  # type: ignore[arg-type]


@pytest.mark.parametrize("path", sorted(DATA.glob("*.eml")), ids=lambda path: str(path.name))
def test_what_is_taken_out_is_what_a_verdict_says(path: Any) -> None:
    octets = path.read_bytes()
    octets = octets if b"\r\n" in octets else octets.replace(b"\n", b"\r\n")
    with Checker(zone=b"", authserv_id="mx.example.net") as checker:
        places = checker.check(path).headers_to_remove
    left = strip_forged(path, "mx.example.net")
    assert (left == octets) is (places == ())
    with mailrep.Checker(zone=b"", authserv_id="mx.example.net") as checker:
        assert checker.check(left).headers_to_remove == ()
