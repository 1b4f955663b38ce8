"""What was sent, judged by its content alone: a picture, a PDF or plain text; everything else is refused."""

import hashlib
import io
import re
import unicodedata
import zipfile
from dataclasses import dataclass
from pathlib import PurePosixPath

import puremagic

from webapp.attachments import images
from webapp.errors import Invalid
from webapp.web.forms import clean_line

PDF, TEXT = "application/pdf", "text/plain"
_SUFFIX = {"image/jpeg": ".jpg", "image/png": ".png", "image/webp": ".webp", PDF: ".pdf", TEXT: ".txt"}
ACCEPTED = ",".join(_SUFFIX)  # for the browser's file chooser
_HEAD = 1024  # bytes at the start that programs look at to guess a type
_TAIL = 1024  # bytes at the end in which a PDF says that it ends
_MARKUP = re.compile(rb"<\s*(!doctype|html|head|body|script|svg|iframe|\?xml)", re.IGNORECASE)
# How the pictures begin that are taken: JPEG whatever follows its first marker (JFIF, EXIF, several pictures
# in one), PNG, WebP.
_PICTURE = re.compile(rb"\xff\xd8\xff|\x89PNG\r\n\x1a\n|RIFF....WEBP", re.DOTALL)
_UNSUITED = re.compile(r'[<>:"/\\|?*]')
# Names that are devices on Windows, whatever follows the dot.
_DEVICE = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)
NAME_LENGTH = 100

_NOT_TAKEN = "Only photos (JPEG, PNG, WebP), PDF and plain text can be added. This is something else."
_HEIF = "This is a HEIC photo, which most browsers cannot show. Send it as JPEG."
_TWO_KINDS = "This file pretends to be two kinds at once. Save it anew and send that."


@dataclass(frozen=True, slots=True)
class Content:
    """What is kept of a file: its bytes and, of a picture, a smaller one and its measures."""

    media_type: str
    data: bytes
    small: bytes | None = None
    width: int | None = None
    height: int | None = None

    @property
    def sha256(self) -> str:
        """The hash of the bytes that are kept."""
        return hashlib.sha256(self.data).hexdigest()


def examined(data: bytes) -> Content:
    """What is kept of these bytes. Raises `Invalid`, with words for the person, for what is not taken.

    Raises `images.Busy` for a picture while too many others are being read.
    """
    if not data:
        raise _refusal("This file is empty.")
    if _PICTURE.match(data):
        return _picture(data)
    found = _media_type(data)
    if found == PDF:
        return _pdf(data)
    if found in ("image/heif", "image/heic"):
        raise _refusal(_HEIF)
    return _text(data)


def shown_name(name: str | None, media_type: str) -> str:
    """The name as it is shown: the last part of what was sent, harmless, with the ending of its content."""
    last = (clean_line(name) or "").replace("\\", "/").rsplit("/", 1)[-1]
    plain = "".join(c for c in _UNSUITED.sub("", last) if unicodedata.category(c)[0] != "C")
    stem = PurePosixPath(plain).stem.strip(". ") or "file"
    if _DEVICE.fullmatch(stem):
        stem = f"file {stem}"
    return stem[:NAME_LENGTH].strip() + _SUFFIX[media_type]


def _refusal(words: str) -> Invalid:
    return Invalid(words, fields={"file": words})


def _media_type(data: bytes) -> str:
    """What the first bytes say; empty where they say nothing."""
    try:
        return str(puremagic.from_string(data[:65536], mime=True))
    except (puremagic.PureError, ValueError):
        return ""


def _picture(data: bytes) -> Content:
    if _is_archive(data) or b"%PDF-" in data[:_HEAD]:
        raise _refusal(_TWO_KINDS)
    try:
        drawn = images.redraw(data)
    except images.TooManyPixels:
        raise _refusal("This picture has too many million pixels to be read. Send a smaller one.") from None
    except images.Damaged:
        raise _refusal("This picture is damaged or cut short. Send it again.") from None
    return Content(drawn.media_type, drawn.data, drawn.small, drawn.width, drawn.height)


def _pdf(data: bytes) -> Content:
    if not data.startswith(b"%PDF-"):
        raise _refusal(_NOT_TAKEN)
    if b"%%EOF" not in data[-_TAIL:]:
        raise _refusal("This PDF is damaged or cut short. Send it again.")
    if _is_archive(data) or _MARKUP.search(data[:_HEAD]):
        raise _refusal(_TWO_KINDS)
    return Content(PDF, data)


def _text(data: bytes) -> Content:
    """Text is what decodes as UTF-8 without control characters and does not begin like a web page."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise _refusal(_NOT_TAKEN) from None
    if any(unicodedata.category(c) == "Cc" and c not in "\t\n\r\f" for c in text):
        raise _refusal(_NOT_TAKEN)
    if text.lstrip().startswith("<") or _MARKUP.search(data[:_HEAD]) or "%PDF-" in text[:_HEAD]:
        raise _refusal(_NOT_TAKEN)
    return Content(TEXT, data)


def _is_archive(data: bytes) -> bool:
    return zipfile.is_zipfile(io.BytesIO(data))
