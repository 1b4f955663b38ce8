"""A program that draws one picture anew and ends: ``python -P drawing.py``, the picture on its input.

It runs by itself (see `images`), so that whatever a picture costs is given back, and whatever a decoder
gets wrong ends this process and no other. It knows nothing of Mayday. On its output: one line of JSON with
the format, the measures and the lengths of both pictures, then their bytes.
"""

import io
import json
import os
import resource
import sys

from PIL import Image, JpegImagePlugin, MpoImagePlugin, PngImagePlugin, WebPImagePlugin

LONGEST = 2048  # pixels of the longest side
SMALL = 320
# What a picture may take when it is decoded, in bytes: 40 million pixels of four bytes.
MOST_MEMORY = 160_000_000
TOO_LARGE = 3  # the exit code for a picture that would take more
# Whatever a decoder takes beside the pixels; a library that goes beyond is ended by the system.
_ADDRESS_SPACE = 1_000_000_000
_SECONDS = 20  # of the processor
_NICE = 10  # pages come first
_QUALITY = 85
_FORMATS = ("JPEG", "PNG", "WEBP")
# Modes that can hold transparency.
_CLEAR = frozenset({"RGBA", "LA", "PA", "La", "RGBa"})
_PIXEL = 4  # bytes, in the modes that every other is converted to
# A progressive JPEG is held as coefficients, all of them, of two bytes each, whatever its size when drawn.
_COEFFICIENT = 2
# What the camera says of the way up (EXIF 2.32, tag 274), and how the picture is turned.
_ORIENTATION = 0x0112
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
# Importing them is what makes these formats known; no other is ever tried.
_DECODERS = (JpegImagePlugin, MpoImagePlugin, PngImagePlugin, WebPImagePlugin)


def main() -> None:
    """Read, draw, write."""
    os.nice(_NICE)
    resource.setrlimit(resource.RLIMIT_AS, (_ADDRESS_SPACE, _ADDRESS_SPACE))
    resource.setrlimit(resource.RLIMIT_CPU, (_SECONDS, _SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    Image.MAX_IMAGE_PIXELS = None  # what it costs is reckoned below
    data = sys.stdin.buffer.read()
    with Image.open(io.BytesIO(data), formats=_FORMATS) as opened:
        # Several pictures in one file (MPO): the first is the photo, the others are its previews.
        kind = "JPEG" if opened.format == "MPO" else opened.format or ""
        _draft(opened)
        if _cost(opened, data) > MOST_MEMORY:
            sys.exit(TOO_LARGE)
        large = _upright(_clean(opened, kind, LONGEST), _orientation(opened))
    small = _clean(large.copy(), kind, SMALL)
    written = _encoded(large, kind), _encoded(small, kind)
    told = {"kind": kind, "width": large.width, "height": large.height, "lengths": [*map(len, written)]}
    sys.stdout.buffer.write(json.dumps(told).encode() + b"\n" + b"".join(written))


def _draft(opened: Image.Image) -> None:
    """Have a large JPEG decoded at the smallest fraction of its size that is large enough."""
    share = LONGEST / max(opened.size)
    if share < 1:
        opened.draft("RGB", (int(opened.width * share), int(opened.height * share)))


def _cost(opened: Image.Image, data: bytes) -> int:
    """Bytes that decoding takes, from what the header says; ``opened`` has its drafted size."""
    pixels = opened.width * opened.height * _PIXEL
    if "progressive" not in opened.info:
        return pixels
    with Image.open(io.BytesIO(data), formats=_FORMATS) as whole:
        layers: list[tuple[int, int, int, int]] = getattr(whole, "layer", [])
        across, down = max(layer[1] for layer in layers), max(layer[2] for layer in layers)
        share = sum(layer[1] * layer[2] for layer in layers) / (across * down)
        return pixels + int(whole.width * whole.height * share * _COEFFICIENT)


def _orientation(opened: Image.Image) -> int:
    """What the camera noted; the way that it lies where the note cannot be read."""
    try:
        noted = opened.getexif().get(_ORIENTATION, 1)
    except (OSError, SyntaxError, ValueError, LookupError, TypeError, OverflowError):
        return 1
    return noted if isinstance(noted, int) else 1


def _upright(image: Image.Image, orientation: int) -> Image.Image:
    turn = _TURNS.get(orientation)
    return image if turn is None else image.transpose(turn)


def _clean(image: Image.Image, kind: str, longest: int) -> Image.Image:
    """Only its pixels, in a mode that the format can be written in, no side longer than ``longest``."""
    clear = kind != "JPEG" and (image.mode in _CLEAR or "transparency" in image.info)
    wanted = "RGBA" if clear else "RGB"
    if image.mode != wanted:
        image = image.convert(wanted)
    image.thumbnail((longest, longest), Image.Resampling.LANCZOS)
    clean = Image.new(wanted, image.size)
    clean.paste(image)
    return clean


def _encoded(image: Image.Image, kind: str) -> bytes:
    out = io.BytesIO()
    if kind == "PNG":
        image.save(out, kind)
    else:
        image.save(out, kind, quality=_QUALITY)
    return out.getvalue()


if __name__ == "__main__":
    main()
