"""Mailboxes are read as others read them, and as they change."""

from __future__ import annotations

import mailbox as peer
import os
import random
import re
from typing import TYPE_CHECKING

import pytest

import mailrep

if TYPE_CHECKING:
    import pathlib

BEGIN = b"From ada@example.org Thu Nov 26 20:17:04 2026\n"


def read(path: pathlib.Path, size: int = -1, *, unquote: bool = True) -> list[tuple[str, bytes]]:
    told = []
    for key, message in mailrep.mailbox(path, unquote=unquote):
        text = message.read() if size < 0 else b"".join(iter(lambda message=message: message.read(size), b""))  # type: ignore[misc]
        told.append((key, text))
    return told


def test_an_mbox_is_read_as_pythons_own_reads_it(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "mbox"
    chance = random.Random(1)  # noqa: S311
    for ends in (b"\n", b"\r\n"):
        lines = [b"", b"", b"a", b">From x", b">>From y", b">>>", b"From", b">Fro", b"Fromage", b"x" * 70_000]
        for _ in range(60):
            messages = []
            for _ in range(chance.randrange(1, 5)):
                body = ends.join(chance.choice(lines) for _ in range(chance.randrange(30)))
                messages.append(b"Subject: a" + ends + ends + body + ends)
            path.write_bytes(b"".join(BEGIN.replace(b"\n", ends) + message + ends for message in messages))
            theirs = peer.mbox(path)
            assert len(theirs) == len(messages)
            theirs.close()
            expected = [re.sub(rb"(?m)^>(>*From )", rb"\1", message) for message in messages]
            assert [text for _, text in read(path)] == expected
            assert [text for _, text in read(path, unquote=False)] == messages
            for size in (1, 2, 7, 1_000):
                if path.stat().st_size < 10_000:
                    assert [text for _, text in read(path, size)] == expected


def test_prose_begins_no_message(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "mbox"
    # Neither without an empty line before it, nor without a time and a year in it.
    body = b"Subject: a\n\nwe wrote\nFrom ada@example.org Thu Nov 26 20:17:04 2026\n\nFrom here on all is well\n"
    path.write_bytes(BEGIN + body + b"\n" + BEGIN + b"Subject: b\n\n\n")
    assert read(path) == [("1", body), ("2", b"Subject: b\n\n")]


def test_the_ends_of_an_mbox(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "mbox"
    for text, expected in (
        (BEGIN, [b""]),
        (BEGIN + b"Subject: a", [b"Subject: a"]),
        (BEGIN + b"\n", [b""]),
        (BEGIN + b"Subject: a\n\n", [b"Subject: a\n"]),
        (b"From ", [b""]),
        (BEGIN + b"\n" + BEGIN + b"\n", [b"", b""]),
    ):
        path.write_bytes(text)
        assert [message for _, message in read(path)] == expected, text


def test_messages_on_the_borders_of_what_is_read_at_a_time(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "mbox"
    for length in range((1 << 18) - 1_100, (1 << 18) + 60, 37):
        first = b"Subject: a\n\n" + b"x" * (length - len(BEGIN) - 13) + b"\n"
        path.write_bytes(BEGIN + first + b"\n" + BEGIN + b"Subject: b\n\nb\n\n")
        assert [text for _, text in read(path)] == [first, b"Subject: b\n\nb\n"]


def test_a_maildir_is_read_with_its_new_messages(tmp_path: pathlib.Path) -> None:
    for part in ("cur", "new", "tmp"):
        (tmp_path / part).mkdir()
    (tmp_path / "cur/1.host:2,S").write_bytes(b"Subject: 1\n\n")
    (tmp_path / "new/2.host").write_bytes(b"Subject: 2\n\n")
    (tmp_path / "tmp/3.host").write_bytes(b"Subject: 3\n\n")
    (tmp_path / "cur/.hidden").write_bytes(b"x")
    os.mkfifo(tmp_path / "cur/4.fifo")
    assert read(tmp_path) == [("new/2.host", b"Subject: 2\n\n"), ("cur/1.host:2,S", b"Subject: 1\n\n")]
    # Its owner reads one and flags the other while we are at it.
    messages = dict(mailrep.mailbox(tmp_path))
    (tmp_path / "new/2.host").rename(tmp_path / "cur/2.host:2,S")
    (tmp_path / "cur/1.host:2,S").rename(tmp_path / "cur/1.host:2,RS")
    assert [message.read() for message in messages.values()] == [b"Subject: 2\n\n", b"Subject: 1\n\n"]
    messages = dict(mailrep.mailbox(tmp_path))
    (tmp_path / "cur/2.host:2,S").unlink()
    with pytest.raises(FileNotFoundError):
        messages["cur/2.host:2,S"].read()


def test_a_folder_of_files_and_a_file(tmp_path: pathlib.Path) -> None:
    (tmp_path / "b.eml").write_bytes(b"Subject: b\n\n")
    (tmp_path / "a.EML").write_bytes(b"Subject: a\n\n")
    (tmp_path / "notes.txt").write_bytes(b"no mail")
    assert read(tmp_path) == [("a.EML", b"Subject: a\n\n"), ("b.eml", b"Subject: b\n\n")]
    assert read(tmp_path / "b.eml") == [("b.eml", b"Subject: b\n\n")]


def test_what_is_no_mailbox(tmp_path: pathlib.Path) -> None:
    with pytest.raises(mailrep.InvalidError, match="neither cur nor new"):
        mailrep.mailbox(tmp_path)
    with pytest.raises(FileNotFoundError):
        mailrep.mailbox(tmp_path / "none")
    with pytest.raises(mailrep.InvalidError, match="neither a file nor a folder"):
        mailrep.mailbox("/dev/null")
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    with pytest.raises(mailrep.InvalidError, match="neither a file nor a folder"):
        mailrep.mailbox(fifo)


def test_files_are_closed(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "mbox"
    path.write_bytes((BEGIN + b"Subject: a\n\nHello\n\n") * 50)
    open_ = len(os.listdir("/proc/self/fd"))
    kept = list(mailrep.mailbox(path))
    assert len(kept) == 50
    assert len(os.listdir("/proc/self/fd")) == open_
    for _, message in kept[:25]:
        message.read()
    for _, message in kept[25:]:
        message.read(1)
        message.close()
        assert message.read(1) == b""
    assert len(os.listdir("/proc/self/fd")) == open_
    assert "mbox" in repr(kept[0][1])


def test_an_mbox_that_becomes_shorter_is_said(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "mbox"
    path.write_bytes((BEGIN + b"Subject: a\n\n" + b"x" * 400_000 + b"\n\n") * 4)
    messages = mailrep.mailbox(path)
    next(messages)
    os.truncate(path, 100)
    with pytest.raises(mailrep.InvalidError, match="shorter"):
        list(messages)
