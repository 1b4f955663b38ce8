"""The live wire of a process: its hub, its reader and its wake-up, started with the first socket.

Threads do not survive a fork, so nothing starts before a worker has its first socket; at the end of the
process every socket is told goodbye (1001), and pages come back to whichever process is there then.
"""

import atexit
import os
import socket
import threading
from collections.abc import Sequence

from flask import Flask

from webapp.live.connection import Subscription
from webapp.live.drawing import seq_frame
from webapp.live.fragments import Fragment
from webapp.live.frames import CloseCode, text_frame
from webapp.live.hub import Hub, HubClosedError, HubStats
from webapp.live.loop import OnClose, OnMessage
from webapp.live.peers import Listener
from webapp.live.reader import Arrival, Reader, refuse
from webapp.live.wake import Bell
from webapp.settings import Settings

ASK = "p"  # what a page sends to hear whether the wire is alive; the answer is the present seq


class Wire:
    """One for each app; `join` hands it sockets."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._settings: Settings = app.config["SETTINGS"]
        self._lock = threading.Lock()
        self._pid = 0
        self._hub: Hub | None = None
        self._reader: Reader | None = None
        self._bell: Bell | None = None
        self._listener: Listener | None = None
        self._stopped = False
        # What other sockets than pages' say, and that they ended: set before the wire starts.
        self._heard: OnMessage | None = None
        self._gone: OnClose | None = None

    def listen(self, heard: OnMessage, gone: OnClose) -> None:
        """Register what hears sockets that are no pages (`adopt`). Both run on the hub's thread: they must
        not wait. They also hear of pages, whose ids they do not know."""
        self._heard, self._gone = heard, gone

    def follow(self, since: int) -> None:
        """Have this process follow the journal from ``since`` on, if it does not yet."""
        with self._lock:
            if not self._stopped and self._pid != os.getpid():
                self._start(since)

    def adopt(self, sock: socket.socket, subscription: Subscription) -> int:
        """Take a socket that is no page's: nothing is drawn for it. Gives its connection id.

        Raises `HubClosedError`, or OSError for a dead socket; it stays the caller's.
        """
        if self._hub is None or self._stopped:
            raise HubClosedError("the wire does not run")
        return self._hub.adopt(sock, subscription)

    def say(self, connection_id: int, text: str) -> None:
        """Send a text to one adopted socket."""
        if self._hub is not None:
            self._hub.send(connection_id, text_frame(text))

    def part(self, connection_id: int, code: int, reason: str) -> None:
        """Close one adopted socket."""
        if self._hub is not None:
            self._hub.close(connection_id, code, reason)

    def join(self, arrival: Arrival) -> None:
        """Take a socket after its handshake; the caller must not touch it again."""
        with self._lock:
            if self._stopped:
                refuse(arrival.sock, CloseCode.GOING_AWAY, "going away")
                return
            if self._pid != os.getpid():
                self._start(arrival.checked_at)
            reader = self._reader
        assert reader is not None
        reader.admit(arrival)

    def stop(self) -> None:
        """Say goodbye to every socket and end the threads. Harmless when nothing runs."""
        with self._lock:
            runs = self._pid == os.getpid() and not self._stopped
            self._stopped = True
        if not runs:
            return
        if self._listener is not None:
            self._listener.stop()
        if self._reader is not None:
            self._reader.stop()
        if self._hub is not None:
            self._hub.stop()
        if self._bell is not None:
            self._bell.close()
        atexit.unregister(self.stop)

    @property
    def started(self) -> bool:
        """Whether this process has a hub: from its first socket on."""
        return self._pid == os.getpid()

    @property
    def running(self) -> bool:
        """Whether the hub serves and its reader follows the journal; for the readiness probe."""
        hub, reader = self._hub, self._reader
        return self.started and hub is not None and hub.running and reader is not None and reader.running

    @property
    def seq(self) -> int:
        """The last journal entry that every open page of this process has been sent."""
        return self._reader.seq if self.started and self._reader is not None else 0

    def listened(self) -> set[str]:
        """The channels that open pages of this process hear."""
        return self._hub.channels() if self.started and self._hub is not None else set()

    def show(self, found: Sequence[Fragment]) -> None:
        """Send drawings that no entry caused; on the reader's thread, as what hears `reader.turned`."""
        if self.started and self._reader is not None:
            self._reader.show(found)

    def stats(self) -> HubStats:
        """What the hub of this process did."""
        hub = self._hub if self._pid == os.getpid() else None
        return hub.stats() if hub is not None else HubStats(0, 0, 0, 0, 0, {})

    def _start(self, since: int) -> None:
        self._bell = Bell(self._settings.run_dir)
        self._hub = Hub(on_message=self._answer, on_close=self._gone)
        self._reader = Reader(
            self._app,
            self._hub,
            self._bell,
            since=since,
            check_seconds=self._settings.live_check_seconds,
            most=self._settings.live_catch_up,
        )
        self._hub.start()
        self._reader.start()
        if self._settings.redis_url:
            self._listener = Listener(self._settings.redis_url, self._bell.ring)
            self._listener.start()
        self._pid = os.getpid()
        atexit.register(self.stop)

    def _answer(self, connection_id: int, text: str) -> None:
        """On the hub's thread: what was handed over before this answer is sent before it."""
        if text == ASK and self._hub is not None and self._reader is not None:
            self._hub.send(connection_id, seq_frame(self._reader.seq))
        elif self._heard is not None:
            self._heard(connection_id, text)
