"""One client of the hub: its socket, what it wants to hear and what it has not yet been sent.

Only the hub's thread touches a connection after it was made. There may be 10,000, so one is small:
slots, no outbox while the client keeps up, no reader until it speaks.
"""

from __future__ import annotations

import socket
from collections import deque
from collections.abc import Hashable, Iterator
from dataclasses import dataclass

from webapp.live.frames import FrameReader, Message

_READ_SIZE = 8192


@dataclass(frozen=True, slots=True)
class Subscription:
    """What a connection hears and whose it is.

    `audience` says which rendering of a fragment its person may see; the hub only compares it.
    """

    channels: frozenset[str]
    audience: Hashable
    user_id: int | None = None
    session_id: str | None = None


class Traffic:
    """Counts what left through all connections of a hub."""

    __slots__ = ("bytes_sent", "frames_sent")

    def __init__(self) -> None:
        self.frames_sent = 0
        self.bytes_sent = 0


class Connection:
    """A socket after the handshake, with its outbox."""

    __slots__ = (
        "_half_sent",
        "_outbox",
        "_reader",
        "_traffic",
        "_window_frames",
        "_window_start",
        "check_at",
        "closing",
        "heard_at",
        "id",
        "pending",
        "sock",
        "subscription",
        "waits_to_write",
    )

    def __init__(self, id_: int, sock: socket.socket, subscription: Subscription, traffic: Traffic) -> None:
        self.id = id_
        self.sock = sock
        self.subscription = subscription
        self.pending = 0  # bytes in the outbox
        self.waits_to_write = False  # epoll is asked for EPOLLOUT
        self.closing = False  # our close frame is sent or queued; nothing goes out after it
        self.heard_at = 0.0  # when the last whole frame came in (monotonic seconds)
        self.check_at = 0.0  # when the hub looks at it again
        self._traffic = traffic
        self._outbox: deque[memoryview] | None = None
        self._half_sent = False  # a part of the first frame in the outbox has left
        self._reader: FrameReader | None = None
        self._window_start = 0.0
        self._window_frames = 0

    def push(self, frame: bytes) -> None:
        """Write what the kernel takes at once and queue the rest. Raises OSError if the peer is gone."""
        if self._outbox:
            self._queue(memoryview(frame))
            return
        try:
            sent = self.sock.send(frame)
        except BlockingIOError:
            sent = 0
        self._traffic.bytes_sent += sent
        if sent == len(frame):
            self._traffic.frames_sent += 1
        else:
            self._half_sent = sent > 0
            self._queue(memoryview(frame)[sent:])

    def flush(self) -> None:
        """Write from the outbox until it is empty or the kernel is full. Raises OSError as `push`."""
        outbox = self._outbox
        while outbox:
            view = outbox[0]
            try:
                sent = self.sock.send(view)
            except BlockingIOError:
                return
            self.pending -= sent
            self._traffic.bytes_sent += sent
            if sent < view.nbytes:
                self._half_sent = True
                outbox[0] = view[sent:]
                return
            self._half_sent = False
            outbox.popleft()
            self._traffic.frames_sent += 1
        self._outbox = None  # an empty deque still costs 700 bytes

    def cut_short(self, last: bytes) -> None:
        """Forget every queued frame that has not begun to leave, then queue `last`.

        What remains of a half-sent frame stays: without it the peer could not read `last`.
        """
        queued, self._outbox, self.pending = self._outbox, None, 0
        if queued and self._half_sent:
            self._queue(queued[0])
        self._queue(memoryview(last))

    def release(self) -> None:
        """Close the socket and let go of all that waits: a check that is due later may still hold us."""
        self._outbox, self._reader, self.pending = None, None, 0
        self.sock.close()

    def _queue(self, view: memoryview) -> None:
        if self._outbox is None:
            self._outbox = deque()
        self._outbox.append(view)
        self.pending += view.nbytes

    def receive(self) -> bytes | None:
        """Return what came in, b"" at the end of the stream, None if there was nothing after all.

        Raises OSError if the peer is gone.
        """
        try:
            return self.sock.recv(_READ_SIZE)
        except BlockingIOError:
            return None

    def read(self, data: bytes) -> Iterator[Message | None]:
        """Yield one item a frame, as `FrameReader.feed`; raises ProtocolError."""
        if self._reader is None:
            self._reader = FrameReader()
        return self._reader.feed(data)

    def speaks_too_fast(self, now: float, limit: int) -> bool:
        """Count one frame; true if it is more than `limit` within one second."""
        if now - self._window_start >= 1.0:
            self._window_start, self._window_frames = now, 0
        self._window_frames += 1
        return self._window_frames > limit
