"""Waking the live readers: after a commit every process hears that the journal has grown.

On one machine each reader waits on a Unix datagram socket ``live-*.sock`` in the run folder; whoever
commits (a page, an import, the command line) sends a byte to each. Other machines hear by Redis, if it
is set (`peers`). A lost wake-up costs milliseconds, not an update: the reader also looks by itself every
``live_check_seconds``.
"""

import contextlib
import logging
import os
import secrets
import select
import socket
from collections.abc import Iterator
from pathlib import Path

from flask import current_app

from webapp.journal import committed
from webapp.live import peers
from webapp.settings import Settings

log = logging.getLogger(__name__)

_PATTERN = "live-*.sock"
_BYTE = b"\x01"


class Bell:
    """The socket on which the reader of this process is woken."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._path = folder / f"live-{os.getpid()}-{secrets.token_hex(3)}.sock"
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        with _address(self._path) as address:
            self._socket.bind(address)
        self._own, self._own_end = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._own.setblocking(False)
        self._own_end.setblocking(False)

    def ring(self) -> None:
        """Wake the reader of this process. Safe from any thread."""
        with contextlib.suppress(BlockingIOError):  # full: it is being woken already
            self._own.send(_BYTE)

    def wait(self, seconds: float) -> bool:
        """Wait for a wake-up, at most so long; true if one came."""
        ready, _, _ = select.select([self._socket, self._own_end], [], [], seconds)
        for heard in ready:
            with contextlib.suppress(BlockingIOError):
                while heard.recv(8):
                    pass  # a hundred wake-ups are one
        return bool(ready)

    def close(self) -> None:
        """Stop listening; whoever commits next does not find the socket any more."""
        self._path.unlink(missing_ok=True)
        for each in (self._socket, self._own, self._own_end):
            each.close()


def ring_all(folder: Path) -> None:
    """Wake every reader of this machine. What its process left behind when it died is removed."""
    for path in folder.glob(_PATTERN):
        try:
            with _address(path) as address, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
                sender.setblocking(False)
                sender.sendto(_BYTE, address)
        except BlockingIOError:
            pass  # it has wake-ups waiting
        except ConnectionRefusedError:
            path.unlink(missing_ok=True)
        except OSError as error:
            log.debug("live.wake_failed", extra={"path": path.name, "error": str(error)})


@contextlib.contextmanager
def _address(path: Path) -> Iterator[str]:
    """A Unix address holds 107 bytes; a data folder may be deeper, so the folder goes by its descriptor."""
    folder = os.open(path.parent, os.O_PATH | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)


def tell(_sender: object, *, seq: int, **_more: object) -> None:
    """After a commit: wake the readers of this machine, and by Redis those of others."""
    settings: Settings = current_app.config["SETTINGS"]
    ring_all(settings.run_dir)
    if settings.redis_url:
        peers.tell(settings.redis_url, seq)


def listen_to_commits() -> None:
    """Have every commit of this process wake the readers. Harmless when done twice."""
    committed.connect(tell)
