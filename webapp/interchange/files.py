"""Files that somebody hands to an import: opened and looked at before anything is read into memory."""

import codecs
import io
import stat
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, TextIO

CHUNK = 262_144
# Text files hold no zero bytes; binary ones nearly always do near their beginning.
_LOOK = 8192
_WIDE = ("utf-16", "utf-32")
_WIDE_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_BE)


class Unreadable(Exception):
    """A file that cannot be imported at all; the message says why and what to do."""


def open_file(path: Path) -> tuple[BinaryIO, int]:
    """The file and its size in bytes. Raises `Unreadable` unless it is a file with something in it."""
    try:
        stream = path.open("rb")
        found = path.stat()
    except FileNotFoundError:
        raise Unreadable(f"{path} is not there.") from None
    except IsADirectoryError:
        raise Unreadable(f"{path} is a folder. Name the file in it.") from None
    except OSError as error:
        raise Unreadable(f"{path} cannot be read: {error.strerror}.") from None
    if not stat.S_ISREG(found.st_mode):
        raise Unreadable(f"{path} is not a file that can be read twice. Save it as a file first.")
    if found.st_size == 0:
        raise Unreadable(f"{path} is empty.")
    return stream, found.st_size


def check_encoding(stream: BinaryIO, encoding: str, advance: Callable[[int], None]) -> None:
    """Read the whole file once, so that a wrong encoding is known before anything is imported.

    Raises `Unreadable` that names the first byte which does not fit, or says that it is no text.
    """
    _require_text(stream, encoding)
    decoder = codecs.getincrementaldecoder(encoding)()
    before = 0
    while True:
        chunk = stream.read(CHUNK)
        kept = len(decoder.getstate()[0])
        try:
            decoder.decode(chunk, final=not chunk)
        except UnicodeDecodeError as error:
            raise Unreadable(_misfit(before - kept + error.start, encoding)) from None
        if not chunk:
            break
        before += len(chunk)
        advance(len(chunk))
    stream.seek(0)


def as_text(stream: BinaryIO, encoding: str) -> TextIO:
    """The file as text, with its line ends as they are; a mark of the byte order is not part of it."""
    name = codecs.lookup(encoding).name
    return io.TextIOWrapper(stream, "utf-8-sig" if name == "utf-8" else encoding, newline="")


def known_encoding(name: str) -> str:
    """The name, if it is that of a text encoding. Raises `Unreadable` otherwise."""
    try:
        b"a".decode(name)
    except LookupError:
        raise Unreadable(f"{name} is no text encoding. Usual ones: utf-8, cp1252, latin-1, utf-16.") from None
    except UnicodeError:
        return name  # one byte is half a character in it
    return name


def _require_text(stream: BinaryIO, encoding: str) -> None:
    start = stream.read(_LOOK)
    stream.seek(0)
    if codecs.lookup(encoding).name.startswith(_WIDE):
        return
    if start.startswith(_WIDE_MARKS):
        raise Unreadable("This file is UTF-16 or UTF-32. Add: --encoding utf-16 (or utf-32)")
    zero = start.find(b"\0")
    if zero >= 0:
        raise Unreadable(f"This is no text file: byte {zero} is zero. Export the table as CSV first.")


def _misfit(position: int, encoding: str) -> str:
    return (
        f"The file is not {encoding}: byte {position} does not fit. "
        "Name its encoding, often: --encoding cp1252"
    )
