"""How a stored message came here: what its server wrote into the header."""

from __future__ import annotations

import dataclasses
import datetime
import ipaddress
import re
from typing import TYPE_CHECKING, Any, Union

from ._errors import InvalidError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ._checker import Address, Network
    from ._time import Time

_Networks = list[Union[ipaddress.IPv4Network, ipaddress.IPv6Network]]


@dataclasses.dataclass(frozen=True)
class Envelope:
    """How a message came: what SMTP told beside it. All of it may be left out.

    >>> from mailrep import Envelope
    >>> Envelope(ip="192.0.2.1", mail_from="ada@example.org")
    Envelope(ip='192.0.2.1', helo=None, mail_from='ada@example.org', account=None, time=None)
    """

    ip: Address | None = None
    """The client's address."""
    helo: str | bytes | None = None
    """The name that the client gave."""
    mail_from: str | bytes | None = None
    """The reverse-path; "" is the null one."""
    account: str | bytes | None = None
    """What the client had logged in to."""
    time: Time | None = None
    """When the message came; None is the present."""


MOST_HEADER = 256 << 10
"""Octets of a header that are looked at."""
_MOST_FIELD = 2_000
_MOST_RECEIVED = 50

_EMPTY_LINE = re.compile(rb"\n\r?\n")
_FIELD = re.compile(rb"(?i)^(received|return-path):([^\n]*(?:\n[ \t][^\n]*)*)", re.MULTILINE)
# Postfix and sendmail: from HELO (NAME [ADDRESS]); the name is "unknown" or not there if the address has none.
_FROM = re.compile(r"from (\S{1,255}) \((?:[^\s()\[\]]{1,255} )?\[(?:IPv6:)?([0-9A-Fa-f:.]{2,45})\]\)")
_LOGIN = re.compile(r"\(Authenticated sender: ([^()\s]{1,320})\)")
# RFC 5322 section 3.3, at the end, before a comment.
_DATE = re.compile(
    r"; ?(?:[A-Za-z]{3}, ?)?(\d{1,2}) ([A-Za-z]{3}) (\d{4}) (\d\d):(\d\d):(\d\d) ([+-])(\d\d)(\d\d)(?: \([^()]*\))?$"
)
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_BEGIN = datetime.datetime(1970, 1, 1)
_WITH = re.compile(r" by \S{1,255} (?:\([^()]{0,200}\) )?with (\w{1,20})")


def received_envelope(header: bytes, *, trusted: Network | Iterable[Network] = ()) -> Envelope:
    r"""Guesses how a stored message came, from the Received and Return-Path fields that its server wrote.

    It is a guess: whoever writes a message can write such fields, too. It is right where the uppermost Received field
    is that of the host's own server, in the form of Postfix or sendmail, as it is in mailboxes that such a host
    delivers to. Fields from the host itself (the loopback), and from the networks `trusted`, such as a relay or filter
    of one's own, are passed over, as are those of LMTP that name no client; the first other one tells of the client.
    One of another form tells nothing. Return-Path counts where it stands above that field.

    >>> from mailrep import received_envelope
    >>> header = (
    ...     b"Return-Path: <ada@example.org>\r\n"
    ...     b"Received: from mail.example.org (mail.example.org [192.0.2.1])\r\n"
    ...     b"\tby mx.example.net (Postfix) with ESMTP id 4F1\r\n"
    ...     b"\tfor <bob@example.net>; Thu, 26 Nov 2026 20:17:04 +0000\r\n"
    ...     b"From: ada@example.org\r\n\r\n"
    ... )
    >>> received_envelope(header)
    Envelope(ip='192.0.2.1', helo='mail.example.org', mail_from='ada@example.org', account=None, time=1795724224.0)

    At most the first 256 KiB of the header are looked at, and 50 fields of it. Without a field that tells of a client,
    `ip` and `helo` are None, and SPF is not checked.
    """
    networks = _networks(trusted)
    mail_from: str | None = None
    looked_at = 0
    for field in _FIELD.finditer(_header(header)):
        value = b" ".join(field[2][:_MOST_FIELD].split()).decode("utf-8", "surrogateescape")
        if field[1].lower() == b"return-path":
            if mail_from is None:
                mail_from = value.strip().removeprefix("<").removesuffix(">")
            continue
        looked_at += 1
        if looked_at > _MOST_RECEIVED:
            break
        protocol = _WITH.search(value)
        client = _FROM.match(value)
        address = None if client is None else _address(client[2])
        if client is None or address is None:
            if protocol is not None and protocol[1].upper().startswith("LMTP"):
                continue
            break
        if address.is_loopback or any(address in network for network in networks):
            continue
        login = _LOGIN.search(value)
        if login is not None:
            return Envelope(str(address), client[1], mail_from, login[1], _time(value))
        if protocol is not None and protocol[1].upper().endswith("A"):
            # RFC 3848: somebody had logged in, and the field does not say as whom. He is no server of his domain.
            return Envelope(mail_from=mail_from, time=_time(value))
        return Envelope(str(address), client[1], mail_from, None, _time(value))
    return Envelope(mail_from=mail_from)


def _header(octets: bytes) -> bytes:
    """What stands before the first empty line."""
    octets = bytes(octets[:MOST_HEADER])
    if octets.startswith((b"\n", b"\r\n")):
        # All of it is body.
        return b""
    end = _EMPTY_LINE.search(octets)
    # The line end of the last field stays.
    return (octets if end is None else octets[: end.start() + 1]).replace(b"\r\n", b"\n")


def _networks(trusted: Any) -> _Networks:
    one = (str, ipaddress.IPv4Address, ipaddress.IPv6Address, ipaddress.IPv4Network, ipaddress.IPv6Network)
    networks: _Networks = []
    if isinstance(trusted, (bytes, bytearray)):
        raise TypeError("trusted is addresses or networks as str or of the module ipaddress, not bytes")
    for given in [trusted] if isinstance(trusted, one) else trusted:
        if not isinstance(given, one):
            raise TypeError(f"trusted has addresses or networks as str or of ipaddress, not {type(given).__name__}")
        try:
            networks.append(ipaddress.ip_network(given, strict=False))
        except ValueError as fault:
            raise InvalidError(f"trusted: {fault}") from None
    return networks


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    # A socket of IPv6 tells clients of IPv4 so.
    return getattr(address, "ipv4_mapped", None) or address


def _time(value: str) -> float | None:
    date = _DATE.search(value)
    # Without a zone it names no moment.
    if date is None:
        return None
    day, month, year, hour, minute, second, sign, hours, minutes = date.groups()
    offset = datetime.timedelta(hours=int(hours), minutes=int(minutes)) * (-1 if sign == "-" else 1)
    try:
        there = datetime.datetime(
            int(year), _MONTHS.index(month.capitalize()) + 1, int(day), int(hour), int(minute), min(int(second), 59)
        )
        return ((there - offset) - _BEGIN).total_seconds()
    except (ValueError, OverflowError):
        return None
