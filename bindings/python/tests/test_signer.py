"""Signing, keys, and who signs for whom."""

from __future__ import annotations

import copy
import datetime
import email
import email.message
import email.policy
import io
import pickle
import re
import stat
import subprocess
import threading
from typing import TYPE_CHECKING, Any

import pytest
from test_cases import DATA
from test_monitor import COMMAND

import mailrep
from mailrep import (
    Checker,
    ClosedError,
    InvalidError,
    KeyKind,
    Senders,
    SequenceError,
    Signer,
    SigningKey,
    SigningTable,
)

if TYPE_CHECKING:
    import pathlib

MESSAGE = b"From: ada@example.org\r\nSubject: test\r\n\r\nHello\r\n"
KEYS = DATA / "keys"
NOW = 1772355660


@pytest.fixture(name="rsa", scope="module")
def _rsa() -> SigningKey:
    return SigningKey.read(KEYS / "rsa2048.pem")


@pytest.fixture(name="ed25519", scope="module")
def _ed25519() -> SigningKey:
    return SigningKey.read(KEYS / "ed25519.pem")


@pytest.fixture(name="signer")
def _signer(rsa: SigningKey, ed25519: SigningKey) -> Signer:
    return Signer("example.org", {"s2026": rsa, "e2026": ed25519})


def results(signer: Signer, message: Any, now: int = NOW) -> list[str]:
    with Checker(zone="\n".join(signer.zone_entries).encode()) as checker:
        return [str(one.result) for one in checker.check(message, now=now).dkim]


def unfolded(field: bytes) -> str:
    return re.sub(r"\s+", "", field.decode())


@pytest.mark.parametrize("kind", list(KeyKind))
def test_a_key_of_each_kind_signs_and_is_the_same_from_its_file(kind: KeyKind, tmp_path: pathlib.Path) -> None:
    key = SigningKey.generate(kind)
    assert key.bits == (256 if kind is KeyKind.ED25519 else int(kind.partition("-")[2]))
    assert key.algorithm == ("ed25519-sha256" if kind is KeyKind.ED25519 else "rsa-sha256")
    file = tmp_path / "key.pem"
    key.write(file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    again = SigningKey.read(file)
    assert (again.record, again.open_to_others) == (key.record, False)
    assert SigningKey.parse(file.read_bytes()).record == SigningKey.parse(file.read_text()).record == key.record
    signer = Signer("example.org", {"s": key})
    assert results(signer, signer.signed(MESSAGE, now=NOW)) == ["pass"]
    with pytest.raises(InvalidError, match=r"key\.pem"):
        key.write(file)
    file.chmod(0o644)
    assert SigningKey.read(file).open_to_others


def test_a_key_is_never_shown_nor_copied(rsa: SigningKey) -> None:
    secret = re.sub(rb"\s|-----[^-]*-----", b"", (KEYS / "rsa2048.pem").read_bytes()).decode()
    assert repr(rsa) == str(rsa) == "<mailrep.SigningKey rsa-sha256, 2048 bits>"
    signer = Signer("example.org", {"s": rsa})
    assert repr(signer) == "<mailrep.Signer for example.org: s._domainkey.example.org>"
    shown = repr(vars(rsa)) + repr(vars(signer)) + repr(signer.signing())
    assert not any(secret[at : at + 16] in shown for at in range(len(secret) - 16))
    for way in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError, match="a private key is not copied or pickled"):
            way(rsa)
    for handle in (signer, signer.signing(), SigningTable()):
        with pytest.raises(TypeError, match="cannot be copied, nor sent to another process"):
            pickle.dumps(handle)
    with pytest.raises(TypeError, match=r"made by SigningKey\.generate"):
        SigningKey()


@pytest.mark.parametrize(
    ("octets", "words"),
    [
        (b"", "empty"),
        (b"hello", "no key|not|is no"),
        ("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n", "public"),
        ("\ud800", "octets is no text"),
        (b"\0" * 100, "a"),
        (b"x" * 5_000_000, "a"),
    ],
)
def test_what_holds_no_key_is_refused_without_showing_it(octets: Any, words: str) -> None:
    with pytest.raises(InvalidError, match=words) as caught:
        SigningKey.parse(octets)
    assert len(str(caught.value)) < 400


def test_key_files_that_cannot_be_read_are_told_apart(tmp_path: pathlib.Path) -> None:
    with pytest.raises(mailrep.InputError, match="none"):
        SigningKey.read(tmp_path / "none.pem")
    with pytest.raises(mailrep.InputError):
        SigningKey.read(tmp_path)
    for wrong in (5, None):
        with pytest.raises(TypeError, match="path is a path, not"):
            SigningKey.read(wrong)  # type: ignore[arg-type]
    with pytest.raises(InvalidError, match="NUL"):
        SigningKey.read("a\0b")
    with pytest.raises(TypeError, match="octets is bytes"):
        SigningKey.parse(5)  # type: ignore[arg-type]
    with pytest.raises(InvalidError, match="kind cannot be 'rsa': it is one of rsa-2048, "):
        SigningKey.generate("rsa")
    with pytest.raises(TypeError, match="kind is a KeyKind or its word, not int"):
        SigningKey.generate(2048)  # type: ignore[arg-type]


def test_the_record_and_its_place_are_those_of_the_command_line(rsa: SigningKey, tmp_path: pathlib.Path) -> None:
    command = [str(COMMAND), "keygen", "--domain", "example.org", "--selector", "s1", "--algorithm", "ed25519"]
    file = tmp_path / "key.pem"
    done = subprocess.run([*command, "--out", str(file)], capture_output=True, text=True, check=True)  # noqa: S603
    assert SigningKey.read(file).zone_entry("example.org", "s1") == done.stdout.rstrip("\n")
    signer = Signer("example.org", {"a": rsa, "b": rsa})
    assert signer.key_names == ("a._domainkey.example.org", "b._domainkey.example.org")
    assert [entry.split()[0] for entry in signer.zone_entries] == [f"{name}." for name in signer.key_names]
    assert signer.domain == "example.org"


@pytest.mark.parametrize("name", ["pass-all.eml", "lf.eml", "eight-bit.eml", "no-body.eml", "no-final-line-end.eml"])
def test_a_signature_is_that_of_the_command_line(signer: Signer, name: str) -> None:
    command = [str(COMMAND), f"--now={NOW}", "sign", "--domain=example.org", "--selector=s2026"]
    command += [f"--key={KEYS / 'rsa2048.pem'}", f"--also=e2026:{KEYS / 'ed25519.pem'}", str(DATA / name)]
    done = subprocess.run(command, capture_output=True, check=False)  # noqa: S603
    assert done.returncode == 0, done.stderr
    signed = signer.signed(DATA / name, now=NOW)
    # The command leaves the file's line ends as they are.
    assert signed.replace(b"\r\n", b"\n") == done.stdout.replace(b"\r\n", b"\n")
    assert signed.startswith(signer.sign(DATA / name, now=NOW))
    assert results(signer, signed)[:2] == ["pass", "pass"]


def test_every_form_of_a_message_has_the_same_signature(signer: Signer, tmp_path: pathlib.Path) -> None:
    lf = MESSAGE.replace(b"\r\n", b"\n")
    (tmp_path / "message.eml").write_bytes(lf)
    parsed = [email.message_from_bytes(lf, policy=policy) for policy in (email.policy.compat32, email.policy.default)]
    field = signer.sign(MESSAGE, now=NOW)
    forms: list[Any] = [lf, bytearray(lf), memoryview(MESSAGE), tmp_path / "message.eml", io.BytesIO(lf), *parsed]
    for form in forms:
        assert signer.sign(form, now=NOW) == field
        if isinstance(form, io.BytesIO):
            form.seek(0)
        assert signer.signed(form, now=NOW) == field + MESSAGE
    with signer.signing() as signing:
        signing.header("From", " ada@example.org")
        signing.header(b"Subject", b" test")
        signing.end_of_headers()
        for octet in b"Hello\r\n":
            signing.body(bytes([octet]))
        assert signing.finish(now=NOW).header == field
    with signer.signing() as signing:
        signing.data(MESSAGE)
        assert signing.finish(now=datetime.datetime.fromtimestamp(NOW, datetime.timezone.utc)).header == field


def test_a_message_that_a_program_makes_passes_as_it_is_sent(signer: Signer) -> None:
    made = email.message.EmailMessage()
    made["From"] = "Ada Löve <ada@example.org>"
    made["Subject"] = "Grüße " * 30
    made.set_content("From here\nnaïve\n")
    made.add_alternative("<p>From here</p>", subtype="html")
    made.add_attachment(b"\0\r\n\xff" * 100, maintype="application", subtype="octet-stream", filename="a.bin")
    assert results(signer, signer.signed(made, now=NOW)) == ["pass", "pass"]


def test_options_are_in_the_signature(rsa: SigningKey) -> None:
    signer = Signer(
        "example.org",
        {"s": rsa},
        identity="@mail.example.org",
        signed_names=["From", "Subject"],
        oversigned_names=["From"],
        expires_after=datetime.timedelta(days=7),
        canonicalization="simple/relaxed",
    )
    field = unfolded(signer.sign(MESSAGE, now=NOW))
    for tag in ("c=simple/relaxed;", "i=@mail.example.org;", f"t={NOW};", f"x={NOW + 7 * 86_400};", "d=example.org;"):
        assert tag in field
    assert re.search(r";h=([^;]*);", field)[1].lower().split(":").count("from") == 2  # type: ignore[index]
    assert results(signer, signer.signed(MESSAGE, now=NOW)) == ["pass"]
    assert results(signer, signer.signed(MESSAGE, now=NOW), NOW + 8 * 86_400) != ["pass"]
    assert "x=" not in unfolded(Signer("example.org", {"s": rsa}).sign(MESSAGE)).partition("bh=")[0]


@pytest.mark.parametrize(
    ("change", "kind", "words"),
    [
        ({"domain": "a..b"}, InvalidError, "a..b"),
        ({"domain": 5}, TypeError, "domain is str or bytes, not int"),
        ({"domain": "a\0b"}, InvalidError, "domain: .* NUL"),
        ({"keys": {}}, InvalidError, "keys is empty"),
        ({"keys": []}, TypeError, "keys is a mapping of selectors to keys, not list"),
        ({"keys": {"s": b"PEM"}}, TypeError, "the key of selector 's' is a SigningKey, not bytes"),
        ({"keys": "key"}, TypeError, "keys is a mapping"),
        ({"selector": "-_-."}, InvalidError, "selector"),
        ({"identity": "ada@example.net"}, InvalidError, "example.net"),
        ({"identity": 5}, TypeError, "identity is str or bytes, not int"),
        ({"signed_names": "From"}, TypeError, "signed_names is a list of texts, not str"),
        ({"signed_names": ["Subject", 5]}, TypeError, r"signed_names\[1\] is str or bytes, not int"),
        ({"signed_names": ["From"] * 1_025}, InvalidError, "1024"),
        ({"oversigned_names": ["a b"]}, InvalidError, "a b"),
        ({"expires_after": 0}, InvalidError, "expires_after cannot be 0"),
        ({"expires_after": -5}, InvalidError, "expires_after cannot be -5"),
        ({"expires_after": float("nan")}, InvalidError, "expires_after cannot be nan"),
        ({"expires_after": "week"}, TypeError, "expires_after is a number of seconds or a timedelta, not str"),
        ({"canonicalization": "relaxed"}, InvalidError, "canonicalization cannot be 'relaxed'"),
        ({"canonicalization": "relaxed/strict"}, InvalidError, "canonicalization cannot be"),
        ({"canonicalization": ("relaxed", "simple")}, TypeError, "canonicalization is a text"),
    ],
)
def test_an_option_that_cannot_be_names_itself(
    ed25519: SigningKey, change: dict[str, Any], kind: type[Exception], words: str
) -> None:
    selector = change.pop("selector", "s")
    with pytest.raises(kind, match=words):
        Signer(**{"domain": "example.org", "keys": {selector: ed25519}, **change})


@pytest.mark.parametrize(
    ("message", "kind", "words"),
    [
        (b"", InvalidError, "the message is empty"),
        (b"Subject: a\r\n\r\n", InvalidError, "From"),
        (b"this is no message\r\n", InvalidError, "no header field"),
        ("From: a@example.org\n\n", TypeError, "message is bytes"),
        (io.StringIO("From: a@example.org\n\n"), TypeError, "message is a file that gives str"),
        (5, TypeError, "message is bytes"),
        (b"From: a@example.org\r\n" + b"X: y\r\n" * 400_000 + b"\r\n", InvalidError, "header"),
    ],
)
def test_a_message_that_cannot_be_signed_is_an_exception(
    signer: Signer, message: Any, kind: type[Exception], words: str
) -> None:
    for way in (signer.sign, signer.signed):
        if hasattr(message, "seek"):
            message.seek(0)
        with pytest.raises(kind, match=words):
            way(message)


def test_calls_out_of_turn_and_after_the_end(signer: Signer) -> None:
    with signer.signing() as signing:
        with pytest.raises(SequenceError, match="body"):
            signing.body(b"a")
        signing.header("From", " ada@example.org")
        signing.end_of_headers()
        with pytest.raises(SequenceError, match="header"):
            signing.header("To", " b")
        with pytest.raises(SequenceError):
            signing.data(b"a")
        for wrong in ("text", None):
            with pytest.raises(TypeError, match="octets is bytes"):
                signing.body(wrong)  # type: ignore[arg-type]
        with pytest.raises(TypeError, match="name is str or bytes, not int"):
            signing.header(5, "a")  # type: ignore[arg-type]
        with pytest.raises(InvalidError, match="time zone"):
            signing.finish(now=datetime.datetime(2026, 1, 1))
        assert len(signing.finish().signatures) == 2
        with pytest.raises(SequenceError):
            signing.finish()
    assert repr(signing) == "<mailrep.Signing, closed>"
    with pytest.raises(ClosedError, match="the signing is closed"):
        signing.finish()
    signing.close()


def test_many_threads_share_a_signer_and_a_table_and_one_signing_takes_them_in_turn(signer: Signer) -> None:
    table = SigningTable()
    table.add("example.org", signer)
    field = signer.sign(MESSAGE, now=NOW)
    shared = signer.signing()
    shared.header("From", " ada@example.org")
    shared.end_of_headers()
    good: list[bool] = []

    def run(number: int) -> None:
        for at in range(10):
            good.append(signer.sign(MESSAGE, now=NOW) == field)
            good.append(table.sign(MESSAGE, account="ada@example.org", now=NOW).header == field)
            table.add(f"d{number}x{at}.example.net", signer)
            shared.body(b"x" * 10_000)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert good == [True] * 80
    assert len(shared.finish().signatures) == 2


@pytest.mark.parametrize(
    ("author", "account", "told"),
    [
        ("ada@example.org", "ada@example.org", 2),
        ("ada@example.org", "eve@example.net", "not_allowed"),
        ("ada@example.org", None, "not_allowed"),
        ("ada@news.example.org", "news@example.org", 1),
        ("ada@news.example.org", "ada@example.org", "not_allowed"),
        ("ada@open.test", None, 1),
        ("ada@elsewhere.test", "ada@elsewhere.test", "no_rule"),
    ],
)
def test_a_table_says_who_signs_or_why_nobody_does(
    signer: Signer, ed25519: SigningKey, author: str, account: str | None, told: str | int
) -> None:
    table = SigningTable()
    table.add("example.org", signer)
    table.add("*.example.org", Signer("example.org", {"e2026": ed25519}), senders=["news@example.org"])
    table.add("open.test", Signer("open.test", {"e": ed25519}), senders=Senders.ANYONE)
    message = b"From: " + author.encode() + b"\nSubject: a\n\nHello\n"
    signed = table.sign(message, account=account, now=NOW)
    count = told if isinstance(told, int) else 0
    assert len(signed.signatures) == count
    assert (signed.refusal_code or count) == told
    assert (signed.refusal is None) == (count > 0)
    assert signed.on(message) == signed.header + message.replace(b"\n", b"\r\n")
    assert signed.header.count(b"DKIM-Signature: ") == count


def test_a_rule_that_cannot_be_is_refused(signer: Signer) -> None:
    table = SigningTable()
    table.add("example.org", signer)
    with pytest.raises(InvalidError, match=r"example\.org"):
        table.add("example.org", signer)
    with pytest.raises(InvalidError, match=r"a\.\.b"):
        table.add("a..b", signer)
    with pytest.raises(InvalidError, match="NUL"):
        table.add("a\0b", signer)
    with pytest.raises(InvalidError, match="senders cannot be 'everybody': it is one of anyone, own_domain"):
        table.add("b.test", signer, senders="everybody")
    with pytest.raises(TypeError, match="senders is a list of texts, not int"):
        table.add("b.test", signer, senders=5)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="signers is one Signer or more, not SigningKey"):
        table.add("b.test", SigningKey.generate("ed25519"))  # type: ignore[arg-type]
    with pytest.raises(InvalidError, match="account cannot be"):
        table.sign(MESSAGE, account="a" * 1_025)
    with pytest.raises(TypeError, match="account is str or bytes, not int"):
        table.sign(MESSAGE, account=5)  # type: ignore[arg-type]
    with pytest.raises(InvalidError):
        table.add("b.test", *[signer] * 33)
