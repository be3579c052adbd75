"""The examples do what they say: each is run as a program."""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import textwrap
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

EXAMPLES = pathlib.Path(__file__).resolve().parents[1] / "examples"
DATA = pathlib.Path(__file__).resolve().parents[3] / "tests/data"
PROGRAMS = ("policy_server.py", "mailbox_audit.py", "pymilter_filter.py")


def run(*command: Any, **more: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603
        [sys.executable, *map(str, command)], capture_output=True, text=True, timeout=60, check=False, **more
    )


def until(condition: Any, what: str) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline, what
        threading.Event().wait(0.01)


@contextlib.contextmanager
def running(*command: Any) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(  # noqa: S603
        [sys.executable, *map(str, command)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_program_says_what_it_does_and_what_is_wrong(program: str) -> None:
    if program == "pymilter_filter.py":
        pytest.importorskip("Milter", reason="pymilter")
    help_ = run(EXAMPLES / program, "--help")
    assert help_.returncode == 0
    assert help_.stdout.startswith("usage: ")
    wrong = run(EXAMPLES / program, "--nonsense")
    assert wrong.returncode == 2
    assert "Traceback" not in wrong.stderr


# The policy server.


class Postfix:
    """Speaks as Postfix does to a policy server."""

    def __init__(self, path: pathlib.Path) -> None:
        self.connection = socket.socket(socket.AF_UNIX)
        self.connection.settimeout(20)
        self.connection.connect(str(path))
        self.file = self.connection.makefile("rb")

    def ask(self, **attributes: Any) -> str:
        told = {"request": "smtpd_access_policy", "protocol_name": "ESMTP", **attributes}
        self.connection.sendall("".join(f"{name}={value}\n" for name, value in told.items()).encode() + b"\n")
        action = self.file.readline().decode().rstrip("\n")
        if action:
            assert self.file.readline() == b"\n"
        return action

    def send(self, account: str, instance: str, recipients: list[str]) -> str:
        for recipient in recipients:
            told = {"protocol_state": "RCPT", "sasl_username": account, "instance": instance, "recipient": recipient}
            assert self.ask(**told) == "action=DUNNO"
        return self.ask(
            protocol_state="DATA", sasl_username=account, instance=instance, recipient_count=len(recipients)
        )

    def close(self) -> None:
        self.file.close()
        self.connection.close()


@contextlib.contextmanager
def policy_server(folder: pathlib.Path, *more: Any) -> Iterator[subprocess.Popen[str]]:
    where = ("--listen", f"unix:{folder}/policy", "--state", folder / "state", "--control", folder / "control")
    with running(EXAMPLES / "policy_server.py", *where, *more) as process:
        assert process.stdout is not None
        assert "listening" in process.stdout.readline()
        yield process


def control(folder: pathlib.Path, command: str) -> str:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(20)
        connection.connect(str(folder / "control"))
        connection.sendall(command.encode() + b"\n")
        return connection.makefile().readline().rstrip("\n")


def ended(process: subprocess.Popen[str]) -> tuple[int, str]:
    process.send_signal(signal.SIGTERM)
    out, _ = process.communicate(timeout=30)
    return process.returncode, out


def test_a_stolen_account_is_deferred_told_of_once_and_still_after_a_restart(tmp_path: pathlib.Path) -> None:
    command = tmp_path / "alarm"
    command.write_text(f'#!/bin/sh\nprintf "%s|%s\\n" "$1" "$2" >> {tmp_path}/alarms\n')
    command.chmod(0o755)
    strangers = [f"stranger{number}@example.net" for number in range(300)]
    with policy_server(tmp_path, "--alarm", command) as process:
        postfix = Postfix(tmp_path / "policy")
        assert postfix.send("ada@example.org", "1", ["bob@example.net"]) == "action=DUNNO"
        assert postfix.send("eve@example.org", "2", strangers).startswith("action=DEFER 4.7.1 ")
        assert postfix.send("eve@example.org", "3", ["x@example.net"]).startswith("action=DEFER 4.7.1 ")
        assert postfix.send("ada@example.org", "4", ["bob@example.net"]) == "action=DUNNO"
        # Who has not logged in, and what is no recipient, is none of our business.
        assert postfix.send("", "5", strangers[:3]) == "action=DUNNO"
        assert postfix.ask(protocol_state="CONNECT", sasl_username="eve@example.org") == "action=DUNNO"
        until((tmp_path / "alarms").exists, "the command is not run")
        postfix.close()
        status, out = ended(process)
        assert status == 0, out
        assert "alarm for 'eve@example.org': " in out
    with policy_server(tmp_path, "--alarm", command) as process:
        postfix = Postfix(tmp_path / "policy")
        assert postfix.send("eve@example.org", "6", ["y@example.net"]).startswith("action=DEFER 4.7.1 ")
        assert control(tmp_path, "status") == "2 accounts, 1 with an alarm"
        assert control(tmp_path, "release eve@example.org") == "done"
        assert control(tmp_path, "release eve@example.org") == "no alarm was open"
        assert control(tmp_path, "nonsense").startswith("there are: ")
        assert postfix.send("eve@example.org", "7", ["z@example.net"]) == "action=DUNNO"
        postfix.close()
        assert ended(process)[0] == 0
    alarms = (tmp_path / "alarms").read_text().splitlines()
    assert len(alarms) == 1
    assert alarms[0].startswith("eve@example.org|")
    assert "recipients" in alarms[0]
    assert (tmp_path / "state").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    "nonsense",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        b"request=junk\n\n",
        b"request=smtpd_access_policy\n" + b"a=b\n" * 200 + b"\n",
        b"request=" + b"x" * 10_000,
        b"\n",
        b"request=smtpd_access_policy\n",
        b"\xff\xfe\n\n",
    ],
)
def test_nonsense_ends_its_connection_alone(tmp_path: pathlib.Path, nonsense: bytes) -> None:
    with policy_server(tmp_path) as process:
        good = Postfix(tmp_path / "policy")
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(20)
            connection.connect(str(tmp_path / "policy"))
            connection.sendall(nonsense)
            connection.shutdown(socket.SHUT_WR)
            with contextlib.suppress(ConnectionError):
                assert connection.recv(1_000) == b""
        assert good.send("ada@example.org", "1", ["bob@example.net"]) == "action=DUNNO"
        # Numbers that are none, and names with what a log must not obey.
        odd = {"sasl_username": "a\x1b[2Jb", "protocol_state": "DATA", "recipient_count": "-1"}
        assert good.ask(**odd) == "action=DUNNO"
        assert good.ask(**{**odd, "recipient_count": "9" * 30}) == "action=DUNNO"
        good.close()
        status, out = ended(process)
        assert status == 0
        assert "Traceback" not in out
        assert "\x1b" not in out


def test_a_state_that_cannot_be_used_is_said(tmp_path: pathlib.Path) -> None:
    (tmp_path / "state").write_bytes(b"no state")
    for state, words in ((tmp_path / "state", "state"), (tmp_path / "none/state", "none/state")):
        refused = run(EXAMPLES / "policy_server.py", "--listen", f"unix:{tmp_path}/p", "--state", state)
        assert refused.returncode == 1
        assert refused.stderr.startswith("policy_server: ")
        assert words in refused.stderr
        assert "Traceback" not in refused.stderr
    assert (tmp_path / "state").read_bytes() == b"no state"
    busy = run(EXAMPLES / "policy_server.py", "--listen", "nonsense", "--state", tmp_path / "other")
    assert (busy.returncode, "neither unix:PATH" in busy.stderr) == (75, True)


# The audit of a mailbox.


def test_an_audit_counts_what_the_messages_are(tmp_path: pathlib.Path) -> None:
    mbox = tmp_path / "mbox"
    received = (
        b"Received: from mail.example.org (mail.example.org [%s])\n\tby mx.example.net (Postfix) with ESMTP id 1\n"
    )
    messages = [
        b"Return-Path: <ada@example.org>\n" + received % ip + b"From: %s\n\nHello\n" % author
        for ip, author in (
            (b"192.0.2.1", b"ada@example.org"),
            (b"192.0.2.1", b"ada@example.org"),
            (b"203.0.113.9", b"ada@example.org"),
            (b"192.0.2.1", b"bob@example.com"),
        )
    ]
    mbox.write_bytes(b"".join(b"From a@b Thu Nov 26 20:17:04 2026\n" + one + b"\n" for one in [*messages, b""]))
    zone = tmp_path / "zone"
    zone.write_text('example.org. TXT "v=spf1 ip4:192.0.2.1 -all"\n_dmarc.example.org. TXT "v=DMARC1; p=reject"\n')
    told = run(EXAMPLES / "mailbox_audit.py", mbox, "--zone", zone)
    assert told.returncode == 1
    lines = told.stdout.splitlines()
    assert lines[0].split() == [
        "author",
        "domain",
        "messages",
        *["SPF", "pass", "DKIM", "pass", "DMARC", "pass", "fail", "none", "error"],
    ]
    assert lines[1].split() == ["example.org", "3", "2", "0", "2", "1", "0", "0"]
    assert lines[2].split() == ["example.com", "1", "1", "0", "0", "0", "1", "0"]
    assert len(lines) == 3
    assert "mailbox_audit: 5: the message is empty" in told.stderr
    assert "1 messages could not be checked" in told.stderr
    told = run(EXAMPLES / "mailbox_audit.py", mbox, "--zone", zone, "--json", "--no-envelope")
    rows = [json.loads(line) for line in told.stdout.splitlines()]
    assert rows[0]["domain"] == "example.org"
    assert rows[0]["spf"] == {"not checked": 3}
    assert rows[0]["dmarc"] == {"fail": 3}


def test_an_audit_draws_a_chart(tmp_path: pathlib.Path) -> None:
    chart = tmp_path / "chart.svg"
    told = run(EXAMPLES / "mailbox_audit.py", DATA, "--zone", DATA / "zone", "--chart", chart)
    if importlib.util.find_spec("matplotlib") is None:
        assert told.returncode == 1
        assert "no chart: No module named 'matplotlib'" in told.stderr
        pytest.skip("the chart (matplotlib is not installed)")
    assert told.returncode == 0, told.stderr
    assert "<svg" in chart.read_text()[:1_000]
    wrong = run(EXAMPLES / "mailbox_audit.py", DATA, "--zone", DATA / "zone", "--chart", tmp_path / "chart.nonsense")
    assert (wrong.returncode, "no chart" in wrong.stderr, "Traceback" in wrong.stderr) == (1, True, False)


def test_an_audit_of_nothing_says_so(tmp_path: pathlib.Path) -> None:
    for arguments in ([tmp_path], [tmp_path / "none"], [DATA, "--trust", "nonsense"], [DATA, "--threads", "0"]):
        told = run(EXAMPLES / "mailbox_audit.py", *arguments, "--zone", DATA / "zone")
        assert told.returncode == 1
        assert told.stderr.startswith("mailbox_audit: ")
        assert "Traceback" not in told.stderr


# The milter.

TOLD_BY_MTA = """
conn = mt.connect("{socket}", 40, 0.25)
if conn == nil then error("no connection") end
if mt.negotiate(conn, 6, {steps}, 255) ~= nil then error("negotiation failed") end
if mt.conninfo(conn, "mail.example.org", "{ip}") ~= nil then error("conninfo failed") end
if mt.helo(conn, "mail.example.org") ~= nil then error("helo failed") end
if mt.mailfrom(conn, "<ada@example.org>") ~= nil then error("mailfrom failed") end
if mt.rcptto(conn, "<bob@example.net>") ~= nil then error("rcptto failed") end
mt.header(conn, "From", "{blank}ada@example.org")
mt.header(conn, "Authentication-Results", "{blank}elsewhere.example; spf=pass")
mt.header(conn, "Authentication-Results", "{blank}mx.example.net; spf=pass smtp.mailfrom=forged.example")
if mt.eoh(conn) ~= nil then error("eoh failed") end
if mt.bodystring(conn, "Hello\\r\\n") ~= nil then error("body failed") end
if mt.eom(conn) ~= nil then error("eom failed") end
if not mt.eom_check(conn, MT_HDRINSERT, "Authentication-Results") then error("no results are inserted") end
if mt.eom_check(conn, MT_HDRDELETE, "Authentication-Results", 1) then error("the foreign one goes") end
if not mt.eom_check(conn, MT_HDRDELETE, "Authentication-Results", 2) then error("the forged one stays") end
if mt.getreply(conn) ~= {reply} then error("not the reply that is wanted") end
mt.disconnect(conn)
"""


@pytest.mark.parametrize(("ip", "reply"), [("192.0.2.1", "SMFIR_ACCEPT"), ("203.0.113.9", "SMFIR_REPLYCODE")])
@pytest.mark.parametrize(("steps", "blank"), [(0x400, ""), (0x100400, " ")])
def test_the_milter_writes_results_and_rejects(
    tmp_path: pathlib.Path, ip: str, reply: str, steps: int, blank: str
) -> None:
    pytest.importorskip("Milter", reason="the milter in Python (pymilter is not installed)")
    miltertest = shutil.which("miltertest")
    if miltertest is None:
        pytest.skip("the milter in Python (miltertest is not installed)")
    zone = tmp_path / "zone"
    zone.write_text('example.org. TXT "v=spf1 ip4:192.0.2.1 -all"\n_dmarc.example.org. TXT "v=DMARC1; p=reject"\n')
    where = f"unix:{tmp_path}/milter"
    script = tmp_path / "mta.lua"
    script.write_text(TOLD_BY_MTA.format(socket=where, ip=ip, reply=reply, steps=steps, blank=blank))
    with running(EXAMPLES / "pymilter_filter.py", where, "--zone", zone, "--authserv-id", "mx.example.net") as process:
        until((tmp_path / "milter").exists, "it does not listen")
        told = subprocess.run(  # noqa: S603
            [miltertest, "-s", str(script)], capture_output=True, text=True, timeout=60, check=False
        )
        process.kill()
        assert told.returncode == 0, (told.stdout, told.stderr, process.communicate()[0])


def test_the_milter_has_60_lines() -> None:
    lines = (EXAMPLES / "pymilter_filter.py").read_text().splitlines()
    assert sum(bool(line.strip()) for line in lines) <= 60


# The fixture.

APPLICATION = """
import smtplib

def send(port, sender, author):
    with smtplib.SMTP("127.0.0.1", port) as server:
        server.sendmail(sender, ["bob@example.net"], f"From: {author}\\r\\nSubject: welcome\\r\\n\\r\\n.Hello\\r\\n")

def test_good(outbox):
    send(outbox.port, "app@example.org", "app@example.org")
    outbox.assert_passes_dmarc()
    assert outbox.messages[0].octets.endswith(b"\\r\\n\\r\\n.Hello\\r\\n")

def test_bad(outbox):
    send(outbox.port, "app@elsewhere.example", "app@example.org")
    outbox.assert_passes_dmarc()

def test_nothing(outbox):
    outbox.assert_passes_dmarc()

def test_no_policy(outbox):
    send(outbox.port, "app@other.example", "app@other.example")
    outbox.assert_passes_dmarc(policy=False)
    outbox.assert_passes_dmarc()
"""


def test_an_applications_mail_is_asserted_to_pass_dmarc(tmp_path: pathlib.Path) -> None:
    (tmp_path / "test_app.py").write_text(APPLICATION)
    (tmp_path / "pytest.ini").write_text(
        "[pytest]\ndmarc_ip = 192.0.2.1\ndmarc_helo = mail.example.org\ndmarc_zone = dns\n"
    )
    (tmp_path / "dns").write_text(
        'example.org. TXT "v=spf1 ip4:192.0.2.1 -all"\n_dmarc.example.org. TXT "v=DMARC1; p=reject"\n'
        'other.example. TXT "v=spf1 ip4:192.0.2.1 -all"\n'
    )
    environment = {**os.environ, "PYTHONPATH": f"{EXAMPLES}:{':'.join(sys.path)}", "PYTEST_ADDOPTS": ""}
    command = ("-m", "pytest", "-p", "pytest_dmarc", "-p", "no:cacheprovider", "-rf", "--tb=short", ".")
    told = run(*command, cwd=tmp_path, env=environment)
    assert "3 failed, 1 passed" in told.stdout, told.stdout + told.stderr
    assert "to bob@example.net does not pass DMARC:" in told.stdout
    assert "dmarc=fail, reject is asked for (" in told.stdout
    assert "has sent nothing" in told.stdout
    (tmp_path / "pytest.ini").write_text(textwrap.dedent("[pytest]\n"))
    told = run(*command, cwd=tmp_path, env=environment)
    assert "pytest.ini has no dmarc_ip" in told.stdout
