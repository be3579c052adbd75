"""The messages of mailboxes: mbox, Maildir, and folders of files."""

from __future__ import annotations

import os
import re
import stat
from typing import TYPE_CHECKING

from ._errors import InvalidError

if TYPE_CHECKING:
    from collections.abc import Iterator

_CHUNK = 1 << 18
# The line that begins a message has a time and a year, which prose that begins with "From " seldom has.
_BEGIN = re.compile(rb"From [^\n]{0,500}?\d\d?:\d\d[^\n]{0,100}?\d{4}[^\n]{0,100}\n")
_MOST_BEGIN = 1_000
# These begin with a line end, for which they look quicker than for anything longer.
_GAP = re.compile(rb"\n(?=From )")
_QUOTED = re.compile(rb"\n>(?=>*From )")
# What may go on as a quoted line in the next piece.
_UNFINISHED = re.compile(rb"\n>{0,1000}(?:F(?:r(?:om?)?)?)?")


class StoredMessage:
    r"""A message of a mailbox, read once: a file for `Checker.check`, opened when it is first read, closed at its end.

    >>> import pathlib, tempfile
    >>> from mailrep import mailbox
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = pathlib.Path(folder, "one.eml").write_bytes(b"Subject: one\r\n\r\n")
    ...     for key, message in mailbox(folder):
    ...         key, message.read()
    ('one.eml', b'Subject: one\r\n\r\n')
    """

    _file: int | None = None

    def __init__(self, path: str, begin: int = 0, end: int | None = None, *, unquote: bool = False) -> None:
        self._path, self._at, self._end, self._unquote = path, begin, end, unquote
        self.over = False
        """Whether all has been read."""
        self._held = b""

    def read(self, size: int = -1, /) -> bytes:
        """The next octets, about `size` of them, or all; none at the end."""
        if size < 0:
            return b"".join(iter(lambda: self.read(_CHUNK), b""))
        while not self.over:
            piece = self._piece(max(size, 1))
            if not piece:
                self.close()
            if not self._unquote:
                return piece
            text, self._held = self._held + piece, b""
            line = text.rfind(b"\n")
            if piece and line >= 0 and _UNFINISHED.fullmatch(text, line):
                text, self._held = text[:line], text[line:]
            if text:
                return _QUOTED.sub(b"\n", text)
        return b""

    def _piece(self, size: int) -> bytes:
        if self._file is None:
            self._file = _opened(self._path)
        if self._end is not None:
            size = min(size, self._end - self._at)
        piece = os.pread(self._file, size, self._at)
        self._at += len(piece)
        return piece

    def close(self) -> None:
        """Gives the file back; there is no more to read."""
        self.over = True
        if self._file is not None:
            file, self._file = self._file, None
            os.close(file)

    def __del__(self) -> None:
        # Whoever lets go of a message half read has no use for a warning.
        self.close()

    def __repr__(self) -> str:
        return f"<mailrep.StoredMessage in {self._path}>"


def mailbox(path: str | os.PathLike[str], *, unquote: bool = True) -> Iterator[tuple[str, StoredMessage]]:
    r"""The messages of a mailbox, one after the other, each with its key: for `Checker.check_all`, or one by one.

    >>> import pathlib, tempfile
    >>> from mailrep import mailbox
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "mbox")
    ...     _ = path.write_text(
    ...         "From ada@example.org Thu Nov 26 20:17:04 2026\n\n>From here\n\n"
    ...         "From bob@example.org Thu Nov 26 20:18:09 2026\nSubject: two\n\nHello\n\n"
    ...     )
    ...     [(key, message.read()) for key, message in mailbox(path)]
    [('1', b'\nFrom here\n'), ('2', b'Subject: two\n\nHello\n')]

    `path` is one of these:

    - an mbox: a file that begins with "From ". A message begins with a line "From ", with a time and a year in it, that
      follows an empty line. Keys are numbers from 1. Lines ">From " lose that sign (mboxrd) unless `unquote` is false,
      which is right for a program that quotes nothing.
    - a Maildir: a folder with cur or new in it. Keys are the names of the files below it.
    - a folder with files that end in .eml. Keys are their names.
    - any other file, which is one message, unless it is empty. The key is its name.

    Messages are read in pieces, never as a whole; of a folder the names of its files are kept. Nothing is locked. A
    message that the Maildir's owner flags or moves from new to cur meanwhile is found there; what is appended to an
    mbox meanwhile is left out.

    Raises `OSError`, and `InvalidError` for what is no mailbox.
    """
    name = os.fsdecode(path)
    mode = os.stat(name).st_mode
    if stat.S_ISDIR(mode):
        return _folder(name)
    # A named pipe would be waited for.
    if not stat.S_ISREG(mode):
        raise InvalidError(f"{name} is neither a file nor a folder")
    with open(name, "rb") as file:
        begin = file.read(5)
    if not begin:
        # As the mailbox of a user who has read all is.
        return iter(())
    if begin == b"From ":
        return _mbox(name, unquote)
    return iter([(os.path.basename(name), StoredMessage(name))])


def _mbox(name: str, unquote: bool) -> Iterator[tuple[str, StoredMessage]]:
    with open(name, "rb") as file:
        size = os.fstat(file.fileno()).st_size
        number, text, place = 1, b"", 0
        # The first line begins a message whatever stands in it.
        begin = len(file.readline(_MOST_BEGIN))
        file.seek(0)
        while place + len(text) < size:
            piece = file.read(min(_CHUNK, size - place - len(text)))
            if not piece:
                raise InvalidError(f"{name} has become shorter while it was read")
            text += piece
            # A line that begins a message is looked at as a whole.
            complete = len(text) if place + len(text) == size else max(len(text) - _MOST_BEGIN, 0)
            for found in _GAP.finditer(text, 0, complete):
                at = found.start()
                # Where the line ends before the empty one.
                gap = at - 1 if text[at - 1 : at] == b"\n" else at - 2 if text[max(at - 2, 0) : at] == b"\n\r" else -1
                line = _BEGIN.match(text, at + 1) if gap >= 0 and place + gap >= begin - 1 else None
                if line is not None:
                    yield str(number), StoredMessage(name, begin, place + gap + 1, unquote=unquote)
                    number += 1
                    begin = place + line.end()
            # The line ends before what comes next are kept.
            keep = max(complete - 3, 0)
            text, place = text[keep:], place + keep
        end = size
        # The empty line at the end belongs to the mbox, too.
        file.seek(max(size - 3, 0))
        last = file.read(3)
        if size > begin and last.endswith(b"\n\n"):
            end -= 1
        elif size > begin + 1 and last == b"\n\r\n":
            end -= 2
        yield str(number), StoredMessage(name, begin, max(end, begin), unquote=unquote)


def _folder(name: str) -> Iterator[tuple[str, StoredMessage]]:
    parts = [part for part in ("new", "cur") if os.path.isdir(os.path.join(name, part))]
    keys = [os.path.join(part, entry) for part in parts for entry in _files(os.path.join(name, part))]
    if not parts:
        keys = [entry for entry in _files(name) if entry.lower().endswith(".eml")]
        if not keys:
            raise InvalidError(
                f"{name} is no mailbox: there is neither cur nor new in it, nor a file that ends in .eml"
            )
    return ((key, StoredMessage(os.path.join(name, key))) for key in keys)


def _files(folder: str) -> list[str]:
    with os.scandir(folder) as entries:
        # Named pipes are no files.
        return sorted(entry.name for entry in entries if not entry.name.startswith(".") and entry.is_file())


def _opened(path: str) -> int:
    try:
        return os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        folder, name = os.path.split(path)
        unique = name.partition(":")[0]
        box, part = os.path.split(folder)
        if part not in ("new", "cur"):
            raise
        # Flags stand behind the colon, and change.
        for entry in _files(os.path.join(box, "cur")):
            if entry.partition(":")[0] == unique:
                return os.open(os.path.join(box, "cur", entry), os.O_RDONLY | os.O_CLOEXEC)
        raise
