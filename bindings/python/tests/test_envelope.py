"""How a stored message came, guessed from what its server wrote."""

from __future__ import annotations

import time
from typing import Any

import pytest

import mailrep
from mailrep import Envelope, received_envelope

DATE = "Thu, 26 Nov 2026 20:17:04 +0000"
TIME = 1795724224.0


def received(client: str, protocol: str = "ESMTPS", more: str = "") -> str:
    return (
        f"Received: from {client}\r\n\t(using TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits)){more}\r\n"
        f"\tby mx.example.net (Postfix) with {protocol} id 4F1\r\n\tfor <bob@example.net>; {DATE} (UTC)\r\n"
    )


def guess(*fields: str, **more: Any) -> Envelope:
    return received_envelope(
        "".join(fields).encode() + b"From: ada@example.org\r\n\r\n" + b"Received: no field", **more
    )


CLIENT = received("mail.example.org (mail.example.org [192.0.2.1])")
PATH = "Return-Path: <ada@example.org>\r\n"


@pytest.mark.parametrize(
    ("client", "ip", "helo"),
    [
        ("mail.example.org (mail.example.org [192.0.2.1])", "192.0.2.1", "mail.example.org"),
        ("[192.0.2.1] (unknown [192.0.2.1])", "192.0.2.1", "[192.0.2.1]"),
        ("localhost (unknown [IPv6:2001:db8::1])", "2001:db8::1", "localhost"),
        ("mail.example.org ([192.0.2.1])", "192.0.2.1", "mail.example.org"),
        ("mail.example.org (a.example [IPv6:::ffff:192.0.2.1])", "192.0.2.1", "mail.example.org"),
    ],
)
def test_the_client_is_that_of_the_uppermost_field(client: str, ip: str, helo: str) -> None:
    told = guess(PATH, received(client), received("other.example (other.example [198.51.100.7])"))
    assert told == Envelope(ip, helo, "ada@example.org", None, TIME)


def test_fields_of_ones_own_hosts_are_passed_over() -> None:
    local = received("localhost (localhost [127.0.0.1])", "ESMTP")
    relay = received("relay.example.net (relay.example.net [10.0.0.7])")
    delivery = f"Received: from mx.example.net\r\n\tby imap.example.net with LMTP id xyz; {DATE}\r\n"
    assert guess(PATH, delivery, local, CLIENT).ip == "192.0.2.1"
    assert guess(PATH, relay, CLIENT).ip == "10.0.0.7"
    for trusted in ("10.0.0.0/8", ["10.0.0.7"], "10.0.0.7"):
        assert guess(PATH, relay, CLIENT, trusted=trusted).ip == "192.0.2.1"
    with pytest.raises(mailrep.InvalidError, match="trusted"):
        guess(PATH, trusted="10.0.0.0/99")


@pytest.mark.parametrize(
    "field",
    [
        "Received: by mx.example.net (Postfix, from userid 1000)\r\n\tid 4F1; " + DATE + "\r\n",
        "Received: whatever\r\n",
        "Received: from mail.example.org (mail.example.org [192.0.2.999]) by x with SMTP id 1; " + DATE + "\r\n",
        "Received:\r\n",
    ],
)
def test_a_field_of_another_form_tells_nothing_and_none_below_it_is_believed(field: str) -> None:
    assert guess(PATH, field, CLIENT) == Envelope(mail_from="ada@example.org")


def test_a_reverse_path_counts_above_the_field_of_the_client() -> None:
    assert guess(CLIENT, "Return-Path: <forged@example.org>\r\n").mail_from is None
    assert guess("Return-Path: <>\r\n", CLIENT).mail_from == ""
    assert guess(PATH, "Return-Path: <second@example.org>\r\n", CLIENT).mail_from == "ada@example.org"


def test_who_has_logged_in_is_no_stranger() -> None:
    login = received("laptop (dsl.example [198.51.100.7])", "ESMTPSA", "\r\n\t(Authenticated sender: ada)")
    assert guess(PATH, login) == Envelope("198.51.100.7", "laptop", "ada@example.org", "ada", TIME)
    hidden = received("laptop (dsl.example [198.51.100.7])", "ESMTPSA")
    assert guess(PATH, hidden) == Envelope(mail_from="ada@example.org", time=TIME)


def test_a_time_without_a_zone_names_no_moment() -> None:
    assert guess(CLIENT.replace("+0000 (UTC)", "")).time is None
    assert guess(CLIENT.replace(DATE, "yesterday")).time is None
    assert guess(CLIENT.replace("26 Nov 2026", "99 Nov 999999")).time is None


def test_it_is_bounded() -> None:
    local = received("localhost (localhost [127.0.0.1])")
    assert guess(local * 49, CLIENT).ip == "192.0.2.1"
    assert guess(local * 50, CLIENT).ip is None
    assert guess("X: " + "x" * (256 << 10) + "\r\n", CLIENT).ip is None
    # What is meant to take long does not.
    begun = time.process_time()
    for hostile in (
        b"Received: from " + b"a" * 200_000,
        b"Received: from a (" + b"[" * 200_000,
        b"Received:" + b" by x" * 40_000,
        b"Received: from a (b [192.0.2.1])" + b" by x with" * 20_000,
        b"Received:\n" * 20_000,
        b"received:" + b"\n " * 100_000,
        b"\n" * 200_000,
        b"Received: (Authenticated sender: " * 8_000,
    ):
        received_envelope(hostile)
    assert time.process_time() - begun < 5


def test_both_line_ends_and_no_end_of_the_header() -> None:
    text = (PATH + CLIENT).encode()
    assert received_envelope(text) == received_envelope(text.replace(b"\r\n", b"\n")) == guess(PATH, CLIENT)
    assert received_envelope(b"") == Envelope()
    assert received_envelope(b"\r\n\r\n" + text) == Envelope()
