"""The loop of the hub: one epoll, one thread, every live socket of the process.

All methods but `call` run on the thread that is in `run`; so nothing here needs a lock but the list
of commands that other threads leave.
"""

from __future__ import annotations

import logging
import os
import select
import socket
from collections import deque
from collections.abc import Callable, Hashable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from threading import Lock
from time import monotonic

from webapp.live.connection import Connection, Subscription, Traffic
from webapp.live.frames import (
    Close,
    CloseCode,
    Message,
    Ping,
    ProtocolError,
    Text,
    close_frame,
    ping_frame,
    pong_frame,
)
from webapp.live.roster import Roster

logger = logging.getLogger(__name__)

OnMessage = Callable[[int, str], None]
OnClose = Callable[[int, Subscription], None]

_PING = ping_frame()

# How many idle connections one turn looks at: after 10,000 came back at once their pings come due
# together, and a broadcast must not wait for all of them.
_CHECKS_PER_TURN = 256


class Ended(StrEnum):
    """Why a connection left the hub; the labels of the `dropped` counter."""

    BY_CLIENT = "by_client"
    LOST = "lost"
    SILENT = "silent"
    SLOW = "slow"
    FLOOD = "flood"
    PROTOCOL = "protocol"
    CLOSED = "closed"
    SHUTDOWN = "shutdown"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class HubLimits:
    """What one connection may cost. Times are in seconds."""

    outbox_bytes: int = 64 * 1024
    """Bytes that may wait for a client that does not read; beyond, it is dropped."""

    kernel_buffer: int = 64 * 1024
    """SO_SNDBUF of each socket: without it the kernel keeps up to 4 MB for one that never reads."""

    frames_per_second: int = 20
    ping_every: float = 20.0
    dead_after: float = 60.0
    """No whole frame for so long ends a connection: half-open ones, and those that drip bytes."""

    goodbye_time: float = 2.0
    """How long a peer has to read its last frames and to close after our close frame."""


class Loop:
    """Owns the epoll, the connections and their time-outs."""

    def __init__(
        self, limits: HubLimits, roster: Roster, on_message: OnMessage | None, on_close: OnClose | None
    ) -> None:
        self.traffic = Traffic()
        self.broadcasts = 0
        self.messages = 0
        self.dropped: dict[Ended, int] = dict.fromkeys(Ended, 0)
        self._limits = limits
        self._roster = roster
        self._on_message = on_message
        self._on_close = on_close
        self._epoll = select.epoll()
        self._wake = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._epoll.register(self._wake, select.EPOLLIN)
        self._lock = Lock()
        self._open = True
        self._commands: list[Callable[[], None]] = []
        self._by_id: dict[int, Connection] = {}
        self._by_fd: dict[int, Connection] = {}
        self._members: dict[str, dict[Hashable, set[Connection]]] = {}
        # Each queue has one fixed delay, so it is in order of time by itself: the head is next.
        self._checks: deque[Connection] = deque()
        self._goodbyes: deque[tuple[float, Connection]] = deque()
        self._stop_at: float | None = None

    def call(self, command: Callable[[], None]) -> bool:
        """Have `command` run on the loop's thread, in the order of calls; false if the loop is over.

        Safe from any thread.
        """
        with self._lock:
            if not self._open:
                return False
            if not self._commands:
                os.eventfd_write(self._wake, 1)
            self._commands.append(command)
            return True

    def run(self) -> None:
        """Serve until a stop is over. Whatever happens, no socket stays open behind it."""
        try:
            while not self._is_over():
                self._turn()
        finally:
            self._shut()

    # Commands

    def take_in(self, connection: Connection, pending: bytes, first: bytes = b"") -> None:
        """Start to serve an adopted connection: push `first`, then read the `pending` bytes of its client."""
        now = monotonic()
        connection.heard_at = now
        connection.check_at = now + self._limits.ping_every
        self._by_id[connection.id] = connection
        self._join(connection)
        try:
            self._epoll.register(connection.sock.fileno(), select.EPOLLIN)
        except OSError:  # the limit of watched descriptors, or one that is watched already
            logger.exception("live.adopt_failed")
            self._lose(connection, Ended.FAILED)
            return
        self._by_fd[connection.sock.fileno()] = connection
        self._checks.append(connection)
        if self._stop_at is not None:
            self._close(connection, CloseCode.GOING_AWAY, "going away", Ended.SHUTDOWN)
            return
        if first:
            self._push(connection, first)
        if pending and connection.id in self._by_id:
            self._read(connection, pending)

    def broadcast(self, channel: str, frames: Mapping[Hashable, bytes]) -> None:
        """Push to each subscriber of `channel` the frame of its audience, if there is one."""
        self.broadcasts += 1
        members = self._members.get(channel, {})
        for audience, frame in frames.items():
            for connection in tuple(members.get(audience, ())):  # a push may end a membership
                self._push(connection, frame)

    def send(self, connection_id: int, frame: bytes) -> None:
        """Push `frame` to one connection, if it is still there."""
        connection = self._by_id.get(connection_id)
        if connection is not None:
            self._push(connection, frame)

    def close_one(self, connection_id: int, code: int, reason: str) -> None:
        """Close one connection, if it is still there."""
        connection = self._by_id.get(connection_id)
        if connection is not None:
            self._close(connection, code, reason, Ended.CLOSED)

    def close_where(self, matches: Callable[[Subscription], bool], code: int, reason: str) -> None:
        """Close each connection whose subscription matches."""
        for connection in tuple(self._by_id.values()):
            if matches(connection.subscription):
                self._close(connection, code, reason, Ended.CLOSED)

    def begin_stop(self, code: int, reason: str, timeout: float) -> None:
        """Say goodbye to all; `run` returns when they are gone or `timeout` is over."""
        self._stop_at = monotonic() + timeout
        for connection in tuple(self._by_id.values()):
            self._close(connection, code, reason, Ended.SHUTDOWN)

    # Turns

    def _turn(self) -> None:
        for fd, mask in self._epoll.poll(self._patience()):
            if fd == self._wake:
                os.eventfd_read(self._wake)
                self._obey()
            elif fd in self._by_fd:  # not if an earlier event of this turn ended it
                self._serve(self._by_fd[fd], mask)
        self._look_after(monotonic())

    def _patience(self) -> float | None:
        """Seconds until something is due; None to wait for an event."""
        due = [] if self._stop_at is None else [self._stop_at]
        if self._checks:
            due.append(self._checks[0].check_at)
        if self._goodbyes:
            due.append(self._goodbyes[0][0])
        return max(0.0, min(due) - monotonic()) if due else None

    def _obey(self) -> None:
        with self._lock:
            commands, self._commands = self._commands, []
        for command in commands:
            command()

    def _is_over(self) -> bool:
        return self._stop_at is not None and (not self._by_id or monotonic() >= self._stop_at)

    def _shut(self) -> None:
        with self._lock:
            self._open = False
        self._stop_at = monotonic()
        try:
            self._obey()  # a socket adopted in the last moment must be closed, too
        finally:
            for connection in tuple(self._by_id.values()):
                self._lose(connection, Ended.SHUTDOWN)
            self._epoll.close()
            os.close(self._wake)

    # Time

    def _look_after(self, now: float) -> None:
        for _ in range(_CHECKS_PER_TURN):
            if not self._checks or self._checks[0].check_at > now:
                break
            self._check(self._checks.popleft(), now)
        while self._goodbyes and self._goodbyes[0][0] <= now:
            self._lose(self._goodbyes.popleft()[1], Ended.LOST)

    def _check(self, connection: Connection, now: float) -> None:
        """Ping a quiet client, let go of a dead one. A connection that is closing is looked at no more."""
        if connection.closing:
            return
        quiet = now - connection.heard_at
        if quiet >= self._limits.dead_after:
            self._close(connection, CloseCode.SERVER_ERROR, "no sign of life", Ended.SILENT)
            return
        # Half, because the answer to the last ping came a little after it.
        if quiet >= self._limits.ping_every / 2:
            self._push(connection, _PING)
        connection.check_at = now + self._limits.ping_every
        self._checks.append(connection)

    # Reading

    def _serve(self, connection: Connection, mask: int) -> None:
        try:
            if mask & select.EPOLLOUT:
                connection.flush()
                self._after_write(connection)
            data = connection.receive() if mask & ~select.EPOLLOUT else None
        except OSError:  # reset, broken pipe, timed out: the peer is gone
            self._lose(connection, Ended.LOST)
            return
        if data == b"":
            self._lose(connection, Ended.LOST)
        elif data and not connection.closing:
            self._read(connection, data)

    def _read(self, connection: Connection, data: bytes) -> None:
        now = monotonic()
        try:
            for message in connection.read(data):
                if connection.speaks_too_fast(now, self._limits.frames_per_second):
                    self._close(connection, CloseCode.POLICY, "too many messages", Ended.FLOOD)
                    return
                connection.heard_at = now
                self._answer(connection, message)
                if connection.closing:
                    return
        except ProtocolError as error:
            self._close(connection, error.code, error.reason, Ended.PROTOCOL)

    def _answer(self, connection: Connection, message: Message | None) -> None:
        match message:
            case Text(text):
                self.messages += 1
                self._hand_over(connection, text)
            case Ping(payload):
                self._push(connection, pong_frame(payload))
            case Close(code, _):
                self._close(connection, code, "", Ended.BY_CLIENT)
            case _:
                pass  # a pong or a fragment: that it came is all that it says

    def _hand_over(self, connection: Connection, text: str) -> None:
        if self._on_message is None:
            return
        # The one catch-all: the callback is not ours, and what it gets wrong about one message must
        # not end the connections of everybody else. It is logged whole and its connection closed.
        try:
            self._on_message(connection.id, text)
        except Exception:
            logger.exception("live.on_message_failed")
            self._close(connection, CloseCode.SERVER_ERROR, "internal error", Ended.FAILED)

    # Writing

    def _push(self, connection: Connection, frame: bytes) -> None:
        if connection.closing:
            return
        try:
            connection.push(frame)
        except OSError:
            self._lose(connection, Ended.LOST)
            return
        if connection.pending > self._limits.outbox_bytes:
            self._close(connection, CloseCode.TRY_LATER, "not reading", Ended.SLOW)
        elif connection.pending:
            self._after_write(connection)

    def _after_write(self, connection: Connection) -> None:
        """Wait for room while something is left; after the last frame say that nothing follows."""
        waits = connection.pending > 0
        if waits != connection.waits_to_write:
            connection.waits_to_write = waits
            wanted = select.EPOLLIN | select.EPOLLOUT if waits else select.EPOLLIN
            self._epoll.modify(connection.sock.fileno(), wanted)
        if connection.closing and not waits:
            # Not close(): with bytes unread that is a reset, and the peer never sees our reason.
            connection.sock.shutdown(socket.SHUT_WR)

    # Coming and going

    def _join(self, connection: Connection) -> None:
        subscription = connection.subscription
        for channel in subscription.channels:
            audiences = self._members.setdefault(channel, {})
            audiences.setdefault(subscription.audience, set()).add(connection)

    def _leave(self, connection: Connection, why: Ended) -> None:
        """End a connection's subscription, count it and tell."""
        subscription = connection.subscription
        for channel in subscription.channels:
            audiences = self._members[channel]
            audiences[subscription.audience].discard(connection)
            if not audiences[subscription.audience]:
                del audiences[subscription.audience]
            if not audiences:
                del self._members[channel]
        self._roster.remove(subscription)
        self.dropped[why] += 1
        if self._on_close is None:
            return
        try:
            self._on_close(connection.id, subscription)
        except Exception:  # as in _hand_over
            logger.exception("live.on_close_failed")

    def _close(self, connection: Connection, code: int | None, reason: str, why: Ended) -> None:
        """Send a close frame behind what is queued and give the peer a moment to read it.

        A slow peer's queue is dropped at once: of that only the rest of a half-sent frame stays.
        """
        if connection.closing:
            return
        connection.closing = True
        self._leave(connection, why)
        last = close_frame(code, reason)
        try:
            if why is Ended.SLOW:
                connection.cut_short(last)
            else:
                connection.push(last)
            self._after_write(connection)
        except OSError:
            self._lose(connection, why)
            return
        self._goodbyes.append((monotonic() + self._limits.goodbye_time, connection))

    def _lose(self, connection: Connection, why: Ended) -> None:
        """Let go of the socket now. `why` counts only if the connection was not closing already."""
        if self._by_id.pop(connection.id, None) is None:
            return
        if not connection.closing:
            connection.closing = True
            self._leave(connection, why)
        fd = connection.sock.fileno()
        if self._by_fd.get(fd) is connection:
            del self._by_fd[fd]
            with suppress(OSError):  # closing alone is not enough where another process holds the fd
                self._epoll.unregister(fd)
        connection.release()
