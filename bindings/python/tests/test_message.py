"""Messages in all the forms that Python has for them."""

from __future__ import annotations

import email
import email.message
import email.mime.multipart
import email.mime.text
import email.policy
import json
import smtplib
import subprocess
from typing import TYPE_CHECKING, Any

import pytest
from test_cases import CASES, DATA
from test_monitor import COMMAND

import mailrep
from mailrep import octets_of

if TYPE_CHECKING:
    import pathlib

READ: list[Any] = [email.policy.compat32, email.policy.default, email.policy.SMTP, email.policy.SMTPUTF8]
SIGNED = ["pass-all.eml", "simple-simple.eml", "folded.eml", "eight-bit.eml", "international.eml", "trailing-lines.eml"]


def crlf(octets: bytes) -> bytes:
    return octets if b"\r\n" in octets else octets.replace(b"\n", b"\r\n")


@pytest.mark.parametrize("policy", READ)
@pytest.mark.parametrize("name", SIGNED)
def test_a_message_that_was_read_is_the_octets_that_were_read(name: str, policy: Any) -> None:
    octets = (DATA / name).read_bytes()
    assert octets_of(email.message_from_bytes(octets, policy=policy)) == crlf(octets)


@pytest.mark.parametrize("policy", READ)
def test_a_signature_is_as_good_through_an_email_object(policy: Any) -> None:
    signed = 0
    with mailrep.Checker(zone=DATA / "zone", authserv_id="mx.example.net") as checker:
        for name in SIGNED:
            octets = (DATA / name).read_bytes()
            read = email.message_from_bytes(octets, policy=policy)
            verdict = checker.check(read, now=1772355660)
            assert verdict == checker.check(octets, now=1772355660)
            assert all(signature.result is mailrep.DkimResult.PASS for signature in verdict.dkim)
            signed += len(verdict.dkim)
    assert signed >= 5


def test_what_reading_has_lost_is_not_given_back() -> None:
    # The limits that octets_of documents.
    assert octets_of(email.message_from_bytes(b"A:x\r\n\r\n")) == b"A: x\r\n\r\n"
    assert octets_of(email.message_from_bytes(b"A: x\r\n\r\na\rb\nc\r\n")) == b"A: x\r\n\r\na\r\nb\r\nc\r\n"


def test_a_multipart_message_without_parts_is_written_as_it_stands() -> None:
    broken = b"Content-Type: multipart/mixed; boundary=q\n\nno parts\nat all\n"
    for policy in READ:
        assert octets_of(email.message_from_bytes(broken, policy=policy)) == broken.replace(b"\n", b"\r\n")


def test_a_message_that_a_program_makes_is_folded_by_its_policy_and_keeps_its_boundary() -> None:
    made = email.message.EmailMessage()
    made["From"] = "Ada Löve <ada@example.org>"
    made["Subject"] = "long " * 40
    made.set_content("From here\n")
    made.add_alternative("<p>From here</p>", subtype="html")
    octets = octets_of(made)
    assert octets == octets_of(made) == made.as_bytes(policy=made.policy.clone(linesep="\r\n"))
    assert b"\r\nFrom here\r\n" in octets
    assert b"\n" not in octets.replace(b"\r\n", b"")
    assert max(map(len, octets.split(b"\r\n"))) <= 78
    old = email.mime.multipart.MIMEMultipart()
    old["Subject"] = "Grüße"
    old.attach(email.mime.text.MIMEText("naïve", _charset="utf-8"))
    assert octets_of(old) == octets_of(old)
    assert octets_of(old).startswith(b"Content-Type: multipart/mixed; boundary=")
    assert b"\r\nSubject: =?utf-8?" in octets_of(old)


def test_what_cannot_be_written_is_an_error() -> None:
    forged = email.message_from_bytes(b"Subject: a\r\n\r\n")
    forged._headers.append(("X", "a\r\nBcc: b"))  # type: ignore[attr-defined]
    with pytest.raises(mailrep.InvalidError, match="the field X has a line end in it that no blank follows"):
        octets_of(forged)
    odd = email.message.Message()
    odd._payload = {"no": "text"}  # type: ignore[attr-defined]
    with pytest.raises(mailrep.InvalidError, match="cannot be written as octets") as caught:
        octets_of(odd)
    assert caught.value.__cause__ is not None
    with pytest.raises(TypeError, match=r"octets_of is called with an email\.message object, not bytes"):
        octets_of(b"a")  # type: ignore[arg-type]


def test_sendmail_sends_what_was_signed_and_send_message_does_not() -> None:
    # What octets_of tells about smtplib.
    class Caught(smtplib.SMTP):
        def ehlo_or_helo_if_needed(self) -> None:
            """There is no server."""

        def sendmail(self, from_addr: Any, to_addrs: Any, msg: Any, *_more: Any, **_options: Any) -> Any:
            del from_addr, to_addrs
            caught.append(msg)

    caught: list[bytes] = []
    made = email.message.EmailMessage()
    made["From"] = made["To"] = "ada@example.org"
    made.set_content("From here\n")
    Caught().send_message(made)
    assert caught[0] == octets_of(made).replace(b"\r\nFrom here", b"\r\n>From here")


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case["name"]))
@pytest.mark.parametrize("trace", [False, True])
def test_a_dictionary_is_what_the_command_line_prints(case: dict[str, Any], trace: bool) -> None:
    options = {"ip": "--ip", "helo": "--helo", "mail_from": "--mail-from", "account": "--login", "now": "--now"}
    command = [str(COMMAND), "--json", "--zone", str(DATA / "zone")]
    told = {name: case[name] for name in options if case.get(name) is not None}
    if "now" in told:
        command.append(f"--now={told['now']}")
    command.append("check")
    command += [f"{options[name]}={value}" for name, value in told.items() if name != "now"]
    command += ["--authserv-id", case["authserv_id"]]
    policy = {name: value for name, value in case.items() if name.startswith(("spf_", "dmarc_"))}
    flags = {"spf_trusted": "--spf-trust", "dmarc_trusted": "--dmarc-trust", "dmarc_lists": "--dmarc-list"}
    flags |= {"spf_records": "--spf-record", "dmarc_exceptions": "--dmarc-except", "dmarc_psl": "--dmarc-psl"}
    for name, value in policy.items():
        flag = flags.get(name, "--spf-explanation")
        given = [f"{domain}={of}" for domain, of in value.items()] if isinstance(value, dict) else value
        if value is True:
            command.append(flag)
        else:
            command += [f"{flag}={one}" for one in ([given] if isinstance(given, str) else given)]
    command += ["--trace"] * trace
    done = subprocess.run([*command, str(DATA / case["file"])], capture_output=True, text=True, check=False)  # noqa: S603
    assert done.stdout, done.stderr
    with mailrep.Checker(zone=DATA / "zone", authserv_id=case["authserv_id"], trace=trace, **policy) as checker:
        ours = checker.check(DATA / case["file"], **told).to_dict()
    printed = json.loads(done.stdout)
    for one in (ours, printed):
        for step in one["trace"] or ():
            del step["microseconds"]
    assert ours == printed


def test_an_empty_message_is_refused_in_every_form(tmp_path: pathlib.Path) -> None:
    (tmp_path / "empty").touch()
    with mailrep.Checker(zone=b"") as checker, (tmp_path / "empty").open("rb") as file:
        for empty in (b"", bytearray(), memoryview(b""), tmp_path / "empty", file):
            with pytest.raises(mailrep.InvalidError, match="the message is empty"):
                checker.check(empty)


def test_octets_that_are_not_one_after_the_other_are_refused() -> None:
    with mailrep.Checker(zone=b"") as checker:
        with pytest.raises(mailrep.InvalidError, match="message has no octets one after the other"):
            checker.check(memoryview(b"Subject: a\r\n\r\n")[::2])
        for wrong in ("text", 1, None, [b"a"]):
            with pytest.raises(TypeError, match="octets is bytes, a bytearray or a memoryview, not "):
                checker.transaction().data(wrong)  # type: ignore[arg-type]
