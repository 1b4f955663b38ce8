"""Pictures as Mayday keeps them: decoded and drawn anew, so that nothing but the picture is left.

What a camera writes beside the picture (the place, the owner, comments) goes, and so does whatever else
was hidden in the file. The way up that the camera noted is applied first.
"""

import io
import struct
import threading
import warnings
import zlib
from typing import NamedTuple

from PIL import Image, ImageOps

LONGEST = 2048  # pixels of the longest side
SMALL = 320
# A larger picture is refused before it is decoded: 40 million pixels take 160 MB of memory.
MOST_PIXELS = 40_000_000
MEDIA_TYPES = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp"}
_QUALITY = 85
# Modes that can hold transparency, and what each format is kept in.
_CLEAR = frozenset({"RGBA", "LA", "PA", "La", "RGBa"})
_WRONG = (OSError, SyntaxError, ValueError, EOFError, OverflowError, struct.error, zlib.error)
# Pictures decoded at once by a process: what bounds its memory.
_decoding = threading.BoundedSemaphore(2)

Image.MAX_IMAGE_PIXELS = MOST_PIXELS
warnings.filterwarnings("error", category=Image.DecompressionBombWarning)


class TooManyPixels(ValueError):
    """Decoding it would take more memory than a picture is worth."""


class Damaged(ValueError):
    """It cannot be decoded to its end."""


class Picture(NamedTuple):
    """A picture drawn anew, and a smaller one of it."""

    media_type: str
    data: bytes
    small: bytes
    width: int
    height: int


def redraw(data: bytes) -> Picture:
    """The picture anew, its longest side `LONGEST` at most. Raises `TooManyPixels` or `Damaged`."""
    with _decoding:
        try:
            return _redrawn(data)
        except (Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
            raise TooManyPixels from error
        except TooManyPixels:
            raise
        except _WRONG as error:
            raise Damaged from error


def _redrawn(data: bytes) -> Picture:
    with Image.open(io.BytesIO(data), formats=tuple(MEDIA_TYPES)) as opened:
        kind = opened.format or ""
        if opened.width * opened.height > MOST_PIXELS:
            raise TooManyPixels
        opened.draft("RGB", (LONGEST, LONGEST))  # a large JPEG is decoded at a fraction of its size
        opened.load()
        upright = ImageOps.exif_transpose(opened)
    large = _clean(upright, kind, LONGEST)
    small = _clean(large, kind, SMALL)
    return Picture(MEDIA_TYPES[kind], _encoded(large, kind), _encoded(small, kind), large.width, large.height)


def _clean(image: Image.Image, kind: str, longest: int) -> Image.Image:
    """Only its pixels, in a mode that the format can be written in, no side longer than ``longest``."""
    clear = kind != "JPEG" and (image.mode in _CLEAR or "transparency" in image.info)
    pixels = image.convert("RGBA" if clear else "RGB")
    pixels.thumbnail((longest, longest), Image.Resampling.LANCZOS)
    clean = Image.new(pixels.mode, pixels.size)
    clean.paste(pixels)
    return clean


def _encoded(image: Image.Image, kind: str) -> bytes:
    out = io.BytesIO()
    if kind == "PNG":
        image.save(out, kind)
    else:
        image.save(out, kind, quality=_QUALITY)
    return out.getvalue()
