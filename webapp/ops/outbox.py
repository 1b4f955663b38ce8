"""What a thread writes its answer to: nothing it does there waits for the client.

The kernel takes what it has room for; the rest is kept, a little in memory and more in a file, and the
worker's loop writes it when the client has read. A client that asks and does not read holds a connection,
never a thread.
"""

import errno
import os
import socket
import tempfile
import threading
from collections import deque
from dataclasses import dataclass
from typing import IO

IN_MEMORY = 65_536  # bytes of an answer; more are kept in a file
AT_ONCE = 262_144  # bytes written in one turn, so that others have theirs
ON_DISK_MOST = 1024 * 1_048_576  # bytes that all answers of a worker may keep in files


@dataclass
class _Stretch:
    """Bytes of a file that wait to be written."""

    file: int
    begin: int
    end: int
    spooled: IO[bytes] | None = None

    def close(self) -> None:
        if self.spooled is not None:
            self.spooled.close()
        else:
            os.close(self.file)


class Room:
    """What the answers of a worker keep in files together."""

    def __init__(self, most: int = ON_DISK_MOST) -> None:
        self._left = most
        self._lock = threading.Lock()

    def take(self, size: int) -> None:
        """Take room. Raises OSError when there is none."""
        with self._lock:
            if size > self._left:
                raise OSError(errno.ENOBUFS, "clients leave too many answers unread")
            self._left -= size

    def give(self, size: int) -> None:
        """Give it back."""
        with self._lock:
            self._left += size


class Outbox:
    """Stands where gunicorn and flask-sock expect the socket of a connection, for one answer.

    A thread uses it while it answers, then the loop: never both at once.
    """

    def __init__(self, sock: socket.socket, room: Room) -> None:
        self.sock = sock
        self.pending = 0
        self._room = room
        self._waiting: deque[memoryview | _Stretch] = deque()
        self._in_memory = 0
        self._spooled = 0

    @property
    def family(self) -> int:
        """The family of the socket's address."""
        return self.sock.family

    def fileno(self) -> int:
        """The descriptor of the connection."""
        return self.sock.fileno()

    def dup(self) -> socket.socket:
        """The connection for somebody who keeps it."""
        return self.sock.dup()

    def send(self, data: bytes) -> int:
        """As `sendall`: all of it is taken."""
        self.sendall(data)
        return len(data)

    def sendall(self, data: bytes) -> None:
        """Write what the kernel takes, keep the rest. Raises OSError when the client is gone."""
        if self.pending:
            self.flush()
        view = memoryview(data)
        if not self.pending:
            view = view[self._write(view) :]
        if view:
            self._keep(view)

    def sendfile(self, file: IO[bytes], offset: int = 0, count: int | None = None) -> int:
        """Write these bytes of a file, now or later; it may be closed meanwhile."""
        size = os.fstat(file.fileno()).st_size - offset if count is None else count
        if size > 0:
            self._waiting.append(_Stretch(os.dup(file.fileno()), offset, offset + size))
            self.pending += size
            self.flush()
        return size

    def flush(self) -> int:
        """Write of what is kept, at most `AT_ONCE`; gives how much. Raises OSError as `sendall`."""
        moved = 0
        while self._waiting and moved < AT_ONCE:
            first = self._waiting[0]
            sent = self._write(first) if isinstance(first, memoryview) else self._write_from(first)
            if not sent:
                break
            moved += sent
            self.pending -= sent
            self._shorten(first, sent)
        return moved

    def drop(self) -> None:
        """Forget what is kept."""
        for piece in self._waiting:
            if isinstance(piece, _Stretch):
                piece.close()
        self._waiting.clear()
        self._room.give(self._spooled)
        self.pending = self._in_memory = self._spooled = 0

    # What else gunicorn asks of a socket. The loop sees to all of it when the thread is done.

    def setblocking(self, _flag: bool) -> None:
        """Nothing here blocks."""

    def settimeout(self, _seconds: float | None) -> None:
        """Nothing here waits."""

    def gettimeout(self) -> float:
        """It does not block."""
        return 0.0

    def recv(self, _size: int) -> bytes:
        """The request is read already."""
        return b""

    def shutdown(self, _how: int) -> None:
        """The loop says goodbye."""

    def close(self) -> None:
        """The loop closes."""

    def _write(self, view: memoryview) -> int:
        try:
            return self.sock.send(view)
        except BlockingIOError:
            return 0

    def _write_from(self, stretch: _Stretch) -> int:
        try:
            sent = os.sendfile(
                self.sock.fileno(), stretch.file, stretch.begin, min(AT_ONCE, stretch.end - stretch.begin)
            )
        except BlockingIOError:
            return 0
        if not sent:
            raise OSError(errno.EIO, "the file became shorter while it was sent")
        return sent

    def _shorten(self, first: memoryview | _Stretch, sent: int) -> None:
        if isinstance(first, memoryview):
            self._in_memory -= sent
            self._waiting[0] = first[sent:]
            if sent == len(first):
                self._waiting.popleft()
            return
        first.begin += sent
        if first.begin == first.end:
            self._waiting.popleft()
            first.close()

    def _keep(self, view: memoryview) -> None:
        last = self._waiting[-1] if self._waiting else None
        spool = last if isinstance(last, _Stretch) and last.spooled is not None else None
        if spool is None and self._in_memory + len(view) <= IN_MEMORY:
            self._waiting.append(memoryview(bytes(view)))
            self._in_memory += len(view)
        else:
            self._spool(view, spool)
        self.pending += len(view)

    def _spool(self, view: memoryview, spool: _Stretch | None) -> None:
        self._room.take(len(view))
        self._spooled += len(view)
        if spool is None:
            file = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115 - closed when it is sent
            spool = _Stretch(file.fileno(), 0, 0, file)
            self._waiting.append(spool)
        assert spool.spooled is not None
        spool.spooled.write(view)
        spool.end += len(view)
