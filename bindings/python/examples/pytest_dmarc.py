"""A pytest plugin: the fixture `outbox` is a mail server, and asserts that what an application sends will pass DMARC.

Load it by `pytest_plugins = ["pytest_dmarc"]` in conftest.py, or by `pytest -p pytest_dmarc`, and say in pytest.ini how
the application will be seen from outside:

    [pytest]
    dmarc_ip = 192.0.2.1
    dmarc_helo = mail.example.org
    dmarc_zone = dns.zone

`dmarc_zone` is a master file with the records that are (to be) published; without it the system's nameservers are
asked. Then, in a test:

    def test_the_welcome_letter_passes_dmarc(outbox):
        myapp.send_welcome("bob@example.net", smtp=("127.0.0.1", outbox.port))
        outbox.assert_passes_dmarc()
"""

from __future__ import annotations

import dataclasses
import pathlib
import socketserver
import threading
from typing import TYPE_CHECKING, Any

import pytest

import mailrep

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST_OCTETS = 50 << 20


@dataclasses.dataclass
class Sent:
    """A message that the application has sent."""

    mail_from: str
    recipients: list[str]
    octets: bytes


class Outbox:
    """What the application has sent, and how it would be judged."""

    def __init__(self, checker: mailrep.Checker, ip: str, helo: str | None) -> None:
        self.checker, self.ip, self.helo = checker, ip, helo
        self.messages: list[Sent] = []
        self.port = 0

    def verdicts(self) -> list[mailrep.Verdict]:
        """The verdict on each message, as a receiver would make it."""
        return [
            self.checker.check(message.octets, ip=self.ip, helo=self.helo, mail_from=message.mail_from)
            for message in self.messages
        ]

    def assert_passes_dmarc(self, *, policy: bool = True) -> None:
        """Fails if nothing was sent, if a message does not pass, or, unless not `policy`, if there is no policy."""
        __tracebackhide__ = True
        if not self.messages:
            pytest.fail("the application has sent nothing to the outbox")
        for message, verdict in zip(self.messages, self.verdicts()):
            whom = f"the message of {message.mail_from or '<>'} to {', '.join(message.recipients)}"
            advice = "".join(f"\n- {one}" for one in verdict.story.advice)
            if verdict.dmarc.result is mailrep.DmarcResult.NONE and not policy:
                continue
            if verdict.dmarc.result is not mailrep.DmarcResult.PASS:
                pytest.fail(f"{whom} does not pass DMARC:\n{verdict}{advice}")


class _Session(socketserver.StreamRequestHandler):
    """As much of SMTP (RFC 5321) as applications speak."""

    timeout = 60

    def handle(self) -> None:
        sent = Sent("", [], b"")
        self.say("220 outbox")
        while line := self.rfile.readline(4_096):
            word, text = line[:4].upper(), line.decode("utf-8", "surrogateescape")
            address = text.partition("<")[2].partition(">")[0]
            if word == b"EHLO":
                self.say("250-outbox", "250-8BITMIME", "250 SMTPUTF8")
            elif word == b"MAIL":
                sent = Sent(address, [], b"")
                self.say("250 2.1.0 ok")
            elif word == b"RCPT":
                sent.recipients.append(address)
                self.say("250 2.1.5 ok")
            elif word == b"DATA":
                self.say("354 go on")
                sent.octets = self.data()
                self.server.outbox.messages.append(sent)  # type: ignore[attr-defined]
                self.say("250 2.0.0 ok")
            elif word == b"QUIT":
                return self.say("221 bye")
            else:
                self.say("250 2.0.0 ok" if word in (b"HELO", b"RSET", b"NOOP") else "502 5.5.1 no")
        return None

    def data(self) -> bytes:
        lines, length = [], 0
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            length += len(line)
            if length > MOST_OCTETS:
                raise ValueError(f"a message has more than {MOST_OCTETS} octets")
            lines.append(line[1:] if line.startswith(b".") else line)
        return b"".join(lines)

    def say(self, *lines: str) -> None:
        self.wfile.write("".join(f"{line}\r\n" for line in lines).encode())


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    block_on_close = False
    outbox: Outbox


def pytest_addoption(parser: Any) -> None:
    """What pytest.ini may say."""
    parser.addini("dmarc_ip", "the address that the application's mail will come from")
    parser.addini("dmarc_helo", "the name that its server will give")
    parser.addini("dmarc_zone", "a master file with the records to be published, from the root of the project")


@pytest.fixture
def outbox(pytestconfig: Any) -> Iterator[Outbox]:
    """A mail server on 127.0.0.1, `outbox.port`, that keeps what it gets in `outbox.messages`."""
    ip, helo, zone = (pytestconfig.getini(f"dmarc_{name}") or None for name in ("ip", "helo", "zone"))
    if ip is None:
        pytest.fail("pytest.ini has no dmarc_ip: from which address will the mail come?")
    path = None if zone is None else pathlib.Path(pytestconfig.rootpath, zone)
    with mailrep.Checker(zone=path) as checker, _Server(("127.0.0.1", 0), _Session) as server:
        server.outbox = Outbox(checker, ip, helo)
        server.outbox.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield server.outbox
        server.shutdown()
        thread.join()
