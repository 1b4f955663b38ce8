"""Pictures as Mayday keeps them: decoded and drawn anew, so that nothing but the picture is left.

What a camera writes beside the picture (the place, the owner, comments) goes, and so does whatever else
was hidden in the file. The way up that the camera noted is applied first.

Drawing is done by a process of its own, one for each picture, few at a time (`drawing`): a picture of
150 kB can take 160 MB and seconds. Threads that make pages wait for few of them; who comes when enough
wait is asked to come again.
"""

import contextlib
import json
import logging
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from flask import current_app

from webapp.errors import Problem

MEDIA_TYPES = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp"}
_PROGRAM = Path(__file__).with_name("drawing.py")
_TOO_LARGE = 3  # `drawing.TOO_LARGE`: it is not imported, as no server has to hold a decoder
_SECONDS = 30  # that one picture may take on a busy machine
PATIENCE = 20  # seconds that a picture waits for its turn
AT_ONCE = 2  # pictures drawn at once by a process of the server

log = logging.getLogger(__name__)


class _Room:
    """The threads of this process that are taken up by pictures, drawn or waiting for their turn."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._taken = 0
        self._turns = threading.BoundedSemaphore(AT_ONCE)

    @contextlib.contextmanager
    def turn(self) -> Iterator[None]:
        """Wait for a turn and have it. Raises `Busy` when half of the threads are taken up already."""
        with self._lock:
            if self._taken >= max(1, current_app.config["SETTINGS"].threads // 2):
                raise Busy()
            self._taken += 1
        try:
            if not self._turns.acquire(timeout=PATIENCE):
                raise Busy()
            try:
                yield
            finally:
                self._turns.release()
        finally:
            with self._lock:
                self._taken -= 1


_room = _Room()


class TooManyPixels(ValueError):
    """Decoding it would take more memory than a picture is worth."""


class Damaged(ValueError):
    """It cannot be decoded to its end."""


class Busy(Problem):
    """Enough pictures are being read just now; the same one is worth another try."""

    status = 503
    name = "PicturesBusy"

    def __init__(self) -> None:
        words = "Many pictures are being read just now. Send this one again in a moment."
        super().__init__(words, fields={"file": words})


class Picture(NamedTuple):
    """A picture drawn anew, and a smaller one of it."""

    media_type: str
    data: bytes
    small: bytes
    width: int
    height: int


def redraw(data: bytes) -> Picture:
    """The picture anew, its longest side 2,048 pixels at most.

    Raises `TooManyPixels` or `Damaged`, and `Busy` when too many are being drawn.
    """
    with _room.turn():
        return _drawn(data)


def _drawn(data: bytes) -> Picture:
    """What the program makes of it. Whatever ends it without a picture is the picture's fault."""
    command = [sys.executable, "-P", str(_PROGRAM)]
    try:
        done = subprocess.run(command, input=data, capture_output=True, timeout=_SECONDS, check=False)  # noqa: S603
    except subprocess.TimeoutExpired:
        log.warning("picture took too long", extra={"bytes": len(data)})
        raise TooManyPixels from None
    if done.returncode == _TOO_LARGE:
        raise TooManyPixels
    if done.returncode != 0:
        last = done.stderr.decode("utf-8", "replace").strip().rpartition("\n")[2]
        log.info("picture not read", extra={"bytes": len(data), "code": done.returncode, "error": last[:200]})
        raise TooManyPixels if "MemoryError" in last else Damaged
    head, _, written = done.stdout.partition(b"\n")
    told = json.loads(head)
    length = told["lengths"][0]
    return Picture(
        MEDIA_TYPES[told["kind"]], written[:length], written[length:], told["width"], told["height"]
    )
