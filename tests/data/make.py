#!/usr/bin/env python3
"""Makes the bundled messages and the zone file that goes with them.

    python3 -m venv venv && venv/bin/pip install dkimpy==1.1.8 pynacl
    venv/bin/python make.py            writes *.eml and zone
    venv/bin/python make.py --check    makes them again and compares; asks dkimpy for its verdict on every signature

The output is committed, so this is needed only to change a message. Times are fixed and Ed25519 and RSA PKCS #1 v1.5
signatures have no randomness, so that the same octets come out each time. The signatures are dkimpy's: mailrep must
agree with somebody else's signer. What is expected of mailrep stands in cases.json, which is written by hand.
"""

import base64
import json
import pathlib
import subprocess
import sys
from unittest import mock

import dkim
import nacl.encoding
import nacl.signing
from dkim.canonicalization import CanonicalizationPolicy
from dkim.crypto import HASH_ALGORITHMS, parse_pem_private_key

HERE = pathlib.Path(__file__).resolve().parent
SIGNED_AT = 1772355600  # 2026-03-01T09:00:00Z
SIGNED = ["from", "to", "subject", "date", "message-id", "mime-version", "content-type"]
# dkimpy accepts rsa-sha1 (RFC 8301 section 3.1 forbids it) and an unsigned From field (RFC 6376 section 5.4).
DKIMPY_IS_LENIENT = {"rsa-sha1.eml", "unsigned-from.eml"}
STAMP = "Sun, 01 Mar 2026 09:00:00 +0000"


def pem(name):
    return (HERE / "keys" / f"{name}.pem").read_bytes()


def der(name, *options):
    command = ["openssl", "pkey", "-in", str(HERE / "keys" / f"{name}.pem"), "-outform", "DER", *options]
    return subprocess.run(command, check=True, capture_output=True).stdout


def message(fields, body="", encoding="utf-8"):
    """A message of (name, value) pairs; lines are written with LF here and become CRLF."""
    text = "".join(f"{name}: {value}\n" for name, value in fields) + "\n" + body
    return text.replace("\n", "\r\n").encode(encoding)


def letter(sender, recipient, subject, body, number, extra=(), before=()):
    domain = sender.rstrip(">").rsplit("@", 1)[1]
    return message(
        [
            *before,
            ("From", sender),
            ("To", recipient),
            ("Subject", subject),
            ("Date", STAMP),
            ("Message-ID", f"<{number}@{domain}>"),
            ("MIME-Version", "1.0"),
            ("Content-Type", "text/plain; charset=utf-8"),
            *extra,
        ],
        body,
    )


def sign(
    octets,
    domain,
    selector="s2026",
    key="rsa2048",
    algorithm="rsa-sha256",
    canonical="relaxed/relaxed",
    fields=SIGNED,
    identity=None,
    expires=None,
):
    """The message with one more DKIM-Signature field on top."""
    signer = dkim.DKIM(octets, signature_algorithm=algorithm.encode())
    signer.hasher = HASH_ALGORITHMS[algorithm.encode()]
    if algorithm == "ed25519-sha256":
        secret = nacl.signing.SigningKey(der(key)[-32:])
    else:
        secret = parse_pem_private_key(pem(key))
    policy = CanonicalizationPolicy.from_c_value(canonical.encode())
    digest = signer.hasher()
    digest.update(policy.canonicalize_body(signer.body))
    tags = [("v", "1"), ("a", algorithm), ("c", canonical), ("d", domain)]
    tags += [("i", identity)] if identity else []
    tags += [("s", selector), ("t", str(SIGNED_AT))]
    tags += [("x", str(expires))] if expires else []
    tags += [("h", ":".join(fields)), ("bh", base64.b64encode(digest.digest()).decode()), ("b", "0" * 60)]
    tags = [(name.encode(), value.encode()) for name, value in tags]
    names = tuple(name.encode() for name in fields)
    value = signer.gen_header(tags, names, policy, b"DKIM-Signature", secret)
    return b"DKIM-Signature: " + value + octets


def both(octets, domain, **options):
    """Signed with RSA and with Ed25519, as RFC 8463 section 3 proposes; the RSA signature is on top."""
    octets = sign(octets, domain, "e2026", "ed25519", "ed25519-sha256", **options)
    return sign(octets, domain, **options)


def change(octets, old, new):
    old, new = old.encode(), new.encode()
    assert octets.count(old) == 1, (old, octets.count(old))
    return octets.replace(old, new)


def add_on_top(octets, name, value):
    return f"{name}: {value}\n".replace("\n", "\r\n").encode() + octets


def messages():
    """Every bundled message by its file name."""
    made = {}
    to_bo = "Bo Lind <bo@example.net>"
    ada = "Ada Quill <ada@example.org>"
    invoice = (
        "Dear Bo,\n\nthe plums are in: eleven crates, two of them bruised. I have counted only nine\non the invoice.\n\nAda\n"
    )
    honest = letter(ada, to_bo, "Eleven crates of plums", invoice, "plums-1")

    # The three of the demo.
    made["pass-all.eml"] = both(honest, "example.org")
    real = both(
        letter(ada, to_bo, "Our bank account", "Dear Bo,\n\nour bank account stays as it is.\n\nAda\n", "bank-1"), "example.org"
    )
    made["forged.eml"] = change(real, "our bank account stays as it is.", "our bank account has changed, see below.")
    made["forwarded.eml"] = add_on_top(
        both(
            letter(
                ada,
                "orchard-friends@example.net",
                "Pruning on Saturday",
                "Bring gloves. The ladder is with Bo.\n\nAda\n",
                "prune-1",
            ),
            "example.org",
        ),
        "Received",
        "from mail.example.org (mail.example.org [192.0.2.1])\n\tby forward.example.net with ESMTP id 7f3a;"
        "\n\tSun, 01 Mar 2026 09:00:02 +0000",
    )

    # Forms of the body and of the header.
    made["simple-simple.eml"] = sign(honest, "example.org", canonical="simple/simple")
    made["trailing-lines.eml"] = sign(honest, "example.org", canonical="simple/simple") + b"\r\n\r\n\r\n"
    made["blanks.eml"] = sign(
        letter(
            ada,
            to_bo,
            "Blanks",
            "Two  spaces,\ta tab, and blanks at the end: \t \n   \nA line of blanks above.\n \t\n\n",
            "blanks-1",
        ),
        "example.org",
        canonical="relaxed/relaxed",
    )
    empty = letter(ada, to_bo, "Nothing to say", "", "empty-1")
    made["empty-body.eml"] = sign(sign(empty, "example.org", canonical="simple/simple"), "example.org")
    made["no-body.eml"] = sign(empty, "example.org", canonical="simple/simple")[:-2]
    made["no-final-line-end.eml"] = sign(honest, "example.org", canonical="relaxed/simple")[:-2]
    made["lf.eml"] = both(honest, "example.org").replace(b"\r\n", b"\n")
    made["eight-bit.eml"] = both(
        letter(
            "Zoë Ångström <zoe@example.org>",
            to_bo,
            "Grüße aus dem Garten",
            "Äpfel, Birnen und Pflaumen – alles reif.\n\nZoë\n",
            "garten-1",
        ),
        "example.org",
    )
    folded = message(
        [
            ("From", "Ada Quill\n <ada@example.org>"),
            ("To", "Bo Lind\n\t<bo@example.net>,\n Cy Marsh <cy@example.net>"),
            ("Subject", "A subject that goes on\n   over three lines\n\tand has a tab"),
            ("Date", STAMP),
            ("Message-ID", "\n <folds-1@example.org>"),
        ],
        "See the header.\n",
    )
    names = ["from", "to", "subject", "date", "message-id"]
    fold_anew = "that goes on\r\n   over three lines\r\n\tand", "that goes on over\r\n three lines and"
    made["folded.eml"] = sign(folded, "example.org", canonical="relaxed/relaxed", fields=names)
    made["refolded.eml"] = change(made["folded.eml"], *fold_anew)
    made["refolded-simple.eml"] = change(sign(folded, "example.org", canonical="simple/simple", fields=names), *fold_anew)

    # What breaks a signature, and what must not be believed.
    made["body-changed.eml"] = change(made["simple-simple.eml"], "eleven crates", "eleven grates")
    made["header-changed.eml"] = change(made["simple-simple.eml"], "Subject: Eleven", "Subject: Twelve")
    made["expired.eml"] = sign(honest, "example.org", expires=SIGNED_AT + 3600)
    made["rsa-sha1.eml"] = sign(honest, "example.org", algorithm="rsa-sha1")
    made["unsigned-from.eml"] = sign(honest, "example.org", fields=["to", "subject", "date"])
    made["revoked.eml"] = sign(honest, "example.org", "gone")
    made["no-key.eml"] = sign(honest, "example.org", "never")
    made["trial-key.eml"] = sign(honest, "example.org", "trial")
    made["small-key.eml"] = sign(honest, "example.org", "small", "rsa1024")
    made["long-key.eml"] = sign(honest, "example.org", "long", "rsa4096")
    made["key-timeout.eml"] = sign(honest, "example.org", "slow")
    made["list.eml"] = sign(
        change(made["simple-simple.eml"], "\r\n\r\nAda\r\n", "\r\n\r\nAda\r\n--\r\nThe orchard list\r\n"),
        "lists.example.net",
        "plain",
    )

    listed = change(both(honest, "example.org"), "Subject: Eleven", "Subject: [orchard] Eleven")
    listed = change(listed, "\r\n\r\nAda\r\n", "\r\n\r\nAda\r\n--\r\nThe orchard list\r\n")
    listed = add_on_top(listed, "List-Id", "The orchard <orchard.lists.example.net>")
    made["list-tag.eml"] = sign(listed, "lists.example.net", "plain")
    made["subject-tag.eml"] = change(both(honest, "example.org"), "Subject: Eleven", "Subject: {Spam?} Eleven")

    # Who is the author?
    made["subdomain.eml"] = both(
        letter("The orchard <news@letters.example.org>", to_bo, "News", "The bees are back.\n", "news-1"), "example.org"
    )
    made["strict.eml"] = sign(
        letter("Accounts <accounts@example.com>", to_bo, "Statement", "Attached is nothing.\n", "statement-1"),
        "mail.example.com",
        "plain",
    )
    made["stranger.eml"] = sign(
        letter(ada, to_bo, "A small favour", "Dear Bo,\n\nplease buy five gift cards.\n\nAda\n", "favour-1"),
        "grift.test",
        "plain",
    )
    bounce = message(
        [
            ("From", "Mail Delivery System <postmaster@mail.example.org>"),
            ("To", "bo@example.net"),
            ("Subject", "Undelivered mail returned to sender"),
            ("Date", STAMP),
            ("Message-ID", "<bounce-1@mail.example.org>"),
        ],
        "The mailbox nobody@example.org does not exist.\n",
    )
    made["bounce.eml"] = bounce
    made["testing.eml"] = letter("Pip <pip@orchard.test>", to_bo, "A trial", "This policy is being tried.\n", "trial-1")
    made["ghost.eml"] = letter("Nobody <nobody@ghost.lighthouse.test>", to_bo, "Boo", "This domain is not there.\n", "ghost-1")
    made["keeper.eml"] = letter("Keeper <keeper@lamp.lighthouse.test>", to_bo, "The lamp", "It is lit.\n", "lamp-1")
    made["dns-failure.eml"] = letter("Foreman <foreman@quarry.test>", to_bo, "Stones", "Forty tons.\n", "stones-1")
    made["no-policy.eml"] = letter("Cow <cow@meadow.test>", to_bo, "Grass", "More of it, please.\n", "grass-1")
    made["two-policies.eml"] = letter("Twin <twin@mirror.test>", to_bo, "Twice", "Two policies, so none.\n", "twice-1")
    made["international.eml"] = letter("Kontor <kontor@bücher.test>", to_bo, "Neue Bücher", "Drei Kisten.\n", "buch-1")
    made["display-name.eml"] = letter(
        '"Doe, \\"Ada\\" (sales) <ada@example.org>" (really) <cow@meadow.test>',
        to_bo,
        "Names",
        "Only the last address is the author's.\n",
        "names-1",
    )
    oversigned = sign(honest, "example.org", fields=["from", "from", "to", "subject", "date"])
    made["several-from.eml"] = add_on_top(oversigned, "From", "Cow <cow@meadow.test>")
    made["two-authors.eml"] = letter(
        "Ada <ada@example.org>, Accounts <accounts@example.com>", to_bo, "We both", "wrote this.\n", "both-1"
    )
    made["no-from.eml"] = message([("To", to_bo), ("Subject", "Guess"), ("Date", STAMP)], "Who wrote this?\n")
    claims = honest
    claims = add_on_top(claims, "Authentication-Results", "other.example.com; spf=fail smtp.mailfrom=example.org")
    claims = add_on_top(
        claims,
        "AUTHENTICATION-RESULTS",
        "(a comment; with a semicolon)\n\tMX.Example.Net 1; dmarc=pass header.from=example.org",
    )
    claims = add_on_top(claims, "Received", "from mail.example.org by mx.example.net; " + STAMP)
    claims = add_on_top(
        claims,
        "Authentication-Results",
        "mx.example.net;\n\tspf=pass smtp.mailfrom=example.org;\n\tdkim=pass header.d=example.org",
    )
    made["forged-results.eml"] = claims

    # No mail at all, or hardly.
    made["not-a-message.eml"] = b"\x7fELF\x02\x01\x01\x00\x00\x00 this is no mail\r\n\r\n"
    made["broken-header.eml"] = honest.replace(b"MIME-Version: 1.0\r\n", b"this line is no field\r\n")
    return made


def character_strings(text):
    """A TXT record's data, in strings of at most 255 octets."""
    return " ".join(f'"{text[at : at + 255]}"' for at in range(0, len(text), 255))


def txt(name, text):
    return f"{name}. TXT {character_strings(text)}\n"


def zone():
    rsa, small, long = (base64.b64encode(der(name, "-pubout")).decode() for name in ("rsa2048", "rsa1024", "rsa4096"))
    ed25519 = base64.b64encode(der("ed25519", "-pubout")[-32:]).decode()
    text = (HERE / "zone.in").read_text()
    text = text.replace(
        "@KEYS@",
        "".join(
            [
                txt("s2026._domainkey.example.org", f"v=DKIM1; k=rsa; p={rsa}"),
                txt("e2026._domainkey.example.org", f"v=DKIM1; k=ed25519; p={ed25519}"),
                txt("long._domainkey.example.org", f"v=DKIM1; k=rsa; p={long}"),
                txt("small._domainkey.example.org", f"v=DKIM1; k=rsa; p={small}"),
                txt("trial._domainkey.example.org", f"v=DKIM1; k=rsa; t=y; p={rsa}"),
                txt("gone._domainkey.example.org", "v=DKIM1; k=rsa; p="),
                txt("plain._domainkey.lists.example.net", f"k=rsa; p={rsa}"),
                txt("plain._domainkey.mail.example.com", f"p={rsa}"),
                txt("plain._domainkey.grift.test", f"v=DKIM1; p={rsa}"),
            ]
        ),
    )
    return text.encode()


def txt_answers(text):
    """What dkimpy is told by DNS: the key records of the zone."""
    answers = {}
    for line in text.decode().splitlines():
        if "._domainkey." in line and " TXT " in line:
            name, data = line.split(" TXT ", 1)
            answers[name] = "".join(data.strip('"').split('" "')).encode()
    return answers


def dkimpy_passes(octets, index, answers, now):
    """dkimpy's own verdict on one signature."""
    with mock.patch("dkim.time.time", return_value=now):
        try:
            verifier = dkim.DKIM(octets, minkey=1024)
            return bool(verifier.verify(index, dnsfunc=lambda name, timeout=5: answers.get(name.decode().lower())))
        except dkim.DKIMException:
            return False


def check(made):
    problems = [
        f"{name} differs from what is committed"
        for name, octets in made.items()
        if not (HERE / name).exists() or (HERE / name).read_bytes() != octets
    ]
    answers = txt_answers(made["zone"])
    signatures = 0
    for case in json.loads((HERE / "cases.json").read_text()):
        octets = made[case["file"]].replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
        for index, expected in enumerate(case["expect"].get("dkim", [])):
            if case["file"] in DKIMPY_IS_LENIENT:
                continue
            signatures += 1
            if dkimpy_passes(octets, index, answers, case["now"]) != (expected["result"] == "pass"):
                problems.append(f"{case['name']}: dkimpy does not say {expected['result']} of signature {index}")
    unused = set(made) - {case["file"] for case in json.loads((HERE / "cases.json").read_text())} - {"zone"}
    problems += [f"{name} is in no case" for name in sorted(unused)]
    print("\n".join(problems + [f"{len(made)} files, {signatures} signatures, {len(problems)} problems"]))
    return 1 if problems else 0


def main():
    made = messages()
    made["zone"] = zone()
    if sys.argv[1:] == ["--check"]:
        return check(made)
    for name, octets in made.items():
        (HERE / name).write_bytes(octets)
    return 0


if __name__ == "__main__":
    sys.exit(main())
