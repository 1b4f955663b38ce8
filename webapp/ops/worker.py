"""The HTTP worker: gunicorn's threads, which only ever get requests that have wholly arrived.

gunicorn's own gthread worker gives a connection to a thread at its first byte, and the thread waits for the
rest: sixteen clients that send a byte a second stop the server (tried: no page in 20 seconds). Here the
worker's one poller gathers what arrives, and a thread is busy only while it makes an answer. A proxy in
front does the same; a laptop on a shelter's network has none.
"""

import re
import socket
import struct
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from selectors import EVENT_READ
from typing import Any

from gunicorn.workers.gthread import STOP_KEEPALIVE_LINGER, TConn, ThreadWorker

HEAD_MOST = 32_768  # bytes; browsers send one or two thousand
HEAD_SECONDS = 15.0  # for the head of a request
BODY_SECONDS = 30.0  # for its body, and one second more for each
BODY_PACE = 4096  # bytes: a photo over a bad radio link is slow
BODY_MOST = 16 * 1_048_576  # what is declared larger is for the application to refuse, unread
HELD_MOST = 128 * 1_048_576  # what all unfinished requests of a worker may hold together
GOODBYE_SECONDS = 2.0  # that a client has to close after the last answer
READ_SECONDS = 20  # that a client may leave an answer unread when the kernel's buffers are full

_END = b"\r\n\r\n"
_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d{1,18})[ \t]*(?=\r\n)", re.IGNORECASE)
_CHUNKED = re.compile(rb"\r\ntransfer-encoding:[^\r]*chunked", re.IGNORECASE)
_CONTINUE = re.compile(rb"\r\nexpect:[ \t]*100-continue", re.IGNORECASE)
_PROBE = re.compile(rb"(?:GET|HEAD) /(?:health|readiness)[/? ]")
PROBING = 2  # threads that only answer probes
_LATE = (408, "Request Timeout", "The request did not arrive in time. Send it again.")
_LONG = (431, "Request Header Fields Too Large", "The head of this request is too long.")
_BUSY = (503, "Service Unavailable", "The server holds too many unfinished requests. Try again shortly.")


@dataclass
class Gathered:
    """What has arrived of a connection's next request. ``needed`` is -1 while that is not known."""

    data: bytearray
    until: float
    needed: int = -1
    chunked: bool = False
    searched: int = 0

    @property
    def whole(self) -> bool:
        """Whether the request is all there."""
        if self.chunked:
            return self.data.endswith(b"0" + _END)
        return 0 <= self.needed <= len(self.data)


class GatheringWorker(ThreadWorker):
    """A `gthread` worker whose poller gathers each request before a thread has it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._gathering: dict[Any, Gathered] = {}
        self._leaving: dict[Any, float] = {}
        self._held = 0
        self._looked_at = 0.0
        self._for_probes: ThreadPoolExecutor | None = None

    def init_process(self) -> None:
        """Have threads for probes: whoever watches hears of a worker whose threads all wait for something."""
        self._for_probes = ThreadPoolExecutor(PROBING, thread_name_prefix="probe")
        super().init_process()

    def accept(self, listener: Any) -> None:
        """Take a connection and wait for its request without a thread."""
        try:
            sock, address = listener.accept()
        except (BlockingIOError, ConnectionAbortedError):
            return
        # The kernel ends a write that a client does not read; sockets of the hub never block anyway.
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("ll", READ_SECONDS, 0))
        self.nr_conns += 1
        self._gather(TConn(self.cfg, sock, address, listener.getsockname()))

    def on_client_socket_readable(self, conn: Any, client: Any) -> None:
        """The next request begins on a connection that was kept."""
        self.poller.unregister(client)
        self.keepalived_conns.remove(conn)
        self._gather(conn)

    def finish_request(self, conn: Any, done: Any) -> None:
        """Go on with what the client sent behind the request that was answered, or end the connection."""
        kept = not done.cancelled() and done.exception() is None and done.result()
        rest, conn.rest = conn.rest, b""
        if not kept:
            self._say_goodbye(conn)
        elif rest:
            self._gather(conn, rest)
        else:
            super().finish_request(conn, done)

    def murder_pending(self) -> None:
        """End what did not arrive in time. gunicorn calls this at each turn of its loop."""
        super().murder_pending()
        now = time.monotonic()
        if now - self._looked_at < 0.5:
            return
        self._looked_at = now
        for conn, gathered in list(self._gathering.items()):
            if gathered.until < now:
                self._refuse(conn, _LATE if gathered.data else None)
        for conn, until in list(self._leaving.items()):
            if until < now:
                self._close(conn)

    def _cap_keepalive(self, deadline: float) -> None:
        """Stopping: a connection that has sent nothing is not waited for, a request under way is."""
        super()._cap_keepalive(deadline)
        for gathered in self._gathering.values():
            if not gathered.data:
                gathered.until = min(gathered.until, time.monotonic() + STOP_KEEPALIVE_LINGER)

    def _keepalive_after(self, conn: Any, keepalive: bool) -> bool:
        # The rest of the last request of a connection is not waited for.
        return not getattr(conn, "last", False) and bool(super()._keepalive_after(conn, keepalive))

    def _gather(self, conn: Any, begun: bytes = b"") -> None:
        conn.sock.setblocking(False)
        self._gathering[conn] = Gathered(bytearray(), time.monotonic() + HEAD_SECONDS)
        self.poller.register(conn.sock, EVENT_READ, partial(self._readable, conn))
        if begun:
            self._take(conn, begun)

    def _readable(self, conn: Any, client: socket.socket) -> None:
        try:
            data = client.recv(65_536)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            data = b""
        if data:
            self._take(conn, data)
        else:
            self._refuse(conn, None)

    def _take(self, conn: Any, data: bytes) -> None:
        gathered = self._gathering[conn]
        gathered.data += data
        self._held += len(data)
        if gathered.needed < 0 and not gathered.chunked:
            self._read_head(conn, gathered)
        if gathered.whole or gathered.needed > BODY_MOST or len(gathered.data) > BODY_MOST:
            self._hand_over(conn, gathered)
        elif gathered.needed < 0 and not gathered.chunked and len(gathered.data) > HEAD_MOST:
            self._refuse(conn, _LONG)
        elif self._held > HELD_MOST:
            self._refuse(conn, _BUSY)

    def _read_head(self, conn: Any, gathered: Gathered) -> None:
        """Find out how much belongs to the request, as soon as its head is there."""
        end = gathered.data.find(_END, max(0, gathered.searched - 3))
        gathered.searched = len(gathered.data)
        if end < 0:
            return
        head = bytes(gathered.data[: end + 2])
        length = _LENGTH.search(head)
        gathered.chunked = _CHUNKED.search(head) is not None
        size = int(length[1]) if length else 0
        if not gathered.chunked:
            gathered.needed = end + len(_END) + size
        if size or gathered.chunked:
            gathered.until = time.monotonic() + BODY_SECONDS + size / BODY_PACE
            if not gathered.whole and _CONTINUE.search(head):
                with suppress(OSError):
                    conn.sock.send(b"HTTP/1.1 100 Continue\r\n\r\n")

    def _hand_over(self, conn: Any, gathered: Gathered) -> None:
        """Give a thread exactly one request. What is too large, or of no known length, is the last."""
        self._release(conn)
        conn.last = gathered.chunked or not gathered.whole
        size = len(gathered.data) if conn.last else gathered.needed
        conn.rest = bytes(gathered.data[size:])
        conn.init()
        conn.parser.unreader.unread(bytes(gathered.data[:size]))
        if self._for_probes is not None and _PROBE.match(gathered.data):
            answered = self._for_probes.submit(self.handle, conn)
            answered.add_done_callback(partial(self.method_queue.defer, self.finish_request, conn))
        else:
            self.enqueue_req(conn)

    def _refuse(self, conn: Any, why: tuple[int, str, str] | None) -> None:
        """Close the connection; say why, where somebody may be listening."""
        self._release(conn)
        self.nr_conns -= 1
        if why is not None:
            status, name, words = why
            answer = f"HTTP/1.1 {status} {name}\r\nConnection: close\r\nContent-Type: text/plain\r\n"
            with suppress(OSError):
                conn.sock.send(f"{answer}Content-Length: {len(words)}\r\n\r\n{words}".encode())
        conn.close()

    def _release(self, conn: Any) -> None:
        self._held -= len(self._gathering.pop(conn).data)
        with suppress(KeyError, ValueError, OSError):
            self.poller.unregister(conn.sock)

    def _say_goodbye(self, conn: Any) -> None:
        """Close after the client has: closing at once could tear the answer away from it (RFC 9112, 9.6).

        gunicorn waits for that on this thread, two seconds each, while nobody else is let in.
        """
        self._leaving[conn] = time.monotonic() + GOODBYE_SECONDS
        try:
            conn.sock.setblocking(False)
            conn.sock.shutdown(socket.SHUT_WR)
            self.poller.register(conn.sock, EVENT_READ, partial(self._drain, conn))
        except (OSError, ValueError):  # it is gone, or the live hub has it
            self._close(conn)

    def _drain(self, conn: Any, client: socket.socket) -> None:
        try:
            if client.recv(65_536):
                return
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            pass
        self._close(conn)

    def _close(self, conn: Any) -> None:
        del self._leaving[conn]
        with suppress(KeyError, ValueError, OSError):
            self.poller.unregister(conn.sock)
        self.nr_conns -= 1
        conn.close()
