"""The hub: the door through which the rest of the app reaches the live sockets.

The route that does the handshake gives its socket to `adopt` and is done with it; the live reader
asks `audiences`, renders once for each and calls `broadcast`. All methods may be called from any
thread. What one thread hands over reaches a connection in that order.

A socket counts in `audiences` from the moment `adopt` returns. So a thread that adopts between two
of its broadcasts can be sure that the second one knows the newcomer's audience.
"""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import count

from webapp.live.connection import Connection, Subscription
from webapp.live.frames import CloseCode
from webapp.live.loop import HubLimits, Loop, OnClose, OnMessage
from webapp.live.roster import Roster

__all__ = ["Hub", "HubClosedError", "HubLimits", "HubStats", "Subscription"]

logger = logging.getLogger(__name__)


class HubClosedError(RuntimeError):
    """The hub does not run: not started yet, or stopped."""


@dataclass(frozen=True, slots=True)
class HubStats:
    """What the hub did since its start. `sockets` is now, all others only grow."""

    sockets: int
    broadcasts: int
    messages: int
    frames_sent: int
    bytes_sent: int
    dropped: Mapping[str, int]


class Hub:
    """Owns detached WebSocket sockets in one thread of its own.

    The callbacks run on that thread: they must not wait for anything. They may call the hub.
    """

    def __init__(
        self,
        *,
        on_message: OnMessage | None = None,
        on_close: OnClose | None = None,
        limits: HubLimits | None = None,
    ) -> None:
        self._limits = limits or HubLimits()
        self._on_message = on_message
        self._on_close = on_close
        self._roster = Roster()
        self._ids = count(1)
        self._loop: Loop | None = None
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Start the thread. Call it after a fork, once. Raises RuntimeError if it was started before."""
        if self._loop is not None:
            raise RuntimeError("a hub is started once")
        self._loop = Loop(self._limits, self._roster, self._on_message, self._on_close)
        self._thread = threading.Thread(target=self._loop.run, name="live-hub", daemon=True)
        self._thread.start()

    def stop(
        self, code: int = CloseCode.GOING_AWAY, reason: str = "going away", timeout: float = 2.0
    ) -> None:
        """Close every connection with `code`, wait at most `timeout` seconds for them, end the thread.

        What was handed over before is sent first. Harmless if the hub does not run.
        """
        if self._loop is None or self._thread is None:
            return
        self._loop.call(partial(self._loop.begin_stop, code, reason, timeout))
        self._thread.join(timeout + 1.0)
        if self._thread.is_alive():
            logger.warning("live.hub_does_not_stop")

    @property
    def running(self) -> bool:
        """Whether the thread is there to serve; for the readiness probe."""
        return self._thread is not None and self._thread.is_alive()

    def adopt(
        self, sock: socket.socket, subscription: Subscription, pending: bytes = b"", first: bytes = b""
    ) -> int:
        """Take over a socket after its handshake and return its connection id.

        `pending` holds bytes of the client that were read beyond the handshake. `first` is an encoded
        frame that is sent before anything else, also before an answer to what the client said
        meanwhile. The caller must not touch the socket again. Raises HubClosedError (the socket stays
        the caller's) or OSError (the socket is of no use).
        """
        if self._loop is None:
            raise HubClosedError("the hub was not started")
        self._prepare(sock)
        connection = Connection(next(self._ids), sock, subscription, self._loop.traffic)
        self._roster.add(subscription)
        if not self._loop.call(partial(self._loop.take_in, connection, pending, first)):
            self._roster.remove(subscription)
            raise HubClosedError("the hub has stopped")
        return connection.id

    def broadcast(self, channel: str, frames_by_audience: Mapping[Hashable, bytes]) -> None:
        """Send each subscriber of `channel` the encoded frame of its audience; others get nothing.

        The bytes are shared by all sockets, never copied. Nothing happens if the hub does not run.
        """
        if self._loop is not None:
            self._loop.call(partial(self._loop.broadcast, channel, dict(frames_by_audience)))

    def send(self, connection_id: int, payload: bytes) -> None:
        """Send encoded frames to one connection; nothing happens if it is gone."""
        if self._loop is not None:
            self._loop.call(partial(self._loop.send, connection_id, payload))

    def close(self, connection_id: int, code: int, reason: str) -> None:
        """Close one connection; nothing happens if it is gone."""
        if self._loop is not None:
            self._loop.call(partial(self._loop.close_one, connection_id, code, reason))

    def close_user(self, user_id: int, code: int = CloseCode.FORBIDDEN, reason: str = "") -> None:
        """Close every connection of a person: demoted, deactivated, signed out everywhere."""
        self.close_where(lambda subscription: subscription.user_id == user_id, code, reason)

    def close_session(self, session_id: str, code: int = CloseCode.FORBIDDEN, reason: str = "") -> None:
        """Close every connection of one sign-in."""
        self.close_where(lambda subscription: subscription.session_id == session_id, code, reason)

    def close_where(self, matches: Callable[[Subscription], bool], code: int, reason: str) -> None:
        """Close every connection whose subscription matches; `matches` runs on the hub's thread."""
        if self._loop is not None:
            self._loop.call(partial(self._loop.close_where, matches, code, reason))

    def audiences(self, channel: str) -> set[Hashable]:
        """Return the audiences that listen to `channel` now: who a fragment is rendered for."""
        return self._roster.audiences(channel)

    def channels(self) -> set[str]:
        """Return the channels that anyone listens to now."""
        return self._roster.channels()

    def stats(self) -> HubStats:
        """Return the counters; each is right by itself, a moment may lie between two of them."""
        loop = self._loop
        if loop is None:
            return HubStats(0, 0, 0, 0, 0, {})
        return HubStats(
            sockets=self._roster.total(),
            broadcasts=loop.broadcasts,
            messages=loop.messages,
            frames_sent=loop.traffic.frames_sent,
            bytes_sent=loop.traffic.bytes_sent,
            dropped={str(why): number for why, number in loop.dropped.items()},
        )

    def _prepare(self, sock: socket.socket) -> None:
        """Set what the loop relies on. Raises OSError on a dead socket."""
        sock.setblocking(False)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, self._limits.kernel_buffer)
        if sock.family in (socket.AF_INET, socket.AF_INET6):
            # Nagle would hold a fragment back until the one before is acknowledged.
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
