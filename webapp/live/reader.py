"""The live reader: one thread of each process that follows the journal and feeds the hub.

It reads what came after the last entry that it handled, draws each changed element once per audience
and broadcasts it. Newcomers pass through the same thread, between two batches: first what they missed,
then their place among the others, so that nothing is lost or out of order.

The seq on a frame says: this page knows everything up to here. A batch may reach a page in several
frames, one per channel, so only the last of them carries the batch's own seq. Each drawing in it carries
the seq of the snapshot it was drawn from, as a page does: of two drawings of one thing, the page shows the
later, in whatever order they come.
"""

import logging
import queue
import socket
import threading
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from blinker import signal
from cachetools import LRUCache
from flask import Flask

from webapp.extensions import db
from webapp.journal import JournalEntry
from webapp.journal.queries import after, head
from webapp.live import drawing, endings
from webapp.live.endings import Ending
from webapp.live.fragments import Fragment
from webapp.live.frames import close_frame
from webapp.live.hub import Hub, HubClosedError, Subscription
from webapp.live.wake import Bell
from webapp.web.viewer import Audience

log = logging.getLogger(__name__)

# Sent on the reader's thread, by the app: after each turn, and after entries were handed to the hub.
turned = signal("live-turned")
passed_on = signal("live-passed-on")

BATCH = 200  # entries that are drawn together
_KEPT_CATCH_UPS = 256
_KEPT_ENDINGS = 1000
_PAUSE = 1.0  # seconds after a failure


@dataclass(frozen=True, slots=True)
class Arrival:
    """A socket after its handshake: what it wants to hear, and what its page knows already."""

    sock: socket.socket
    subscription: Subscription
    audience: Audience
    since: int
    # The seq at which its rights were checked.
    checked_at: int


class Reader:
    """Follows the journal for one process. `start` after the fork, `stop` at its end."""

    def __init__(
        self, app: Flask, hub: Hub, bell: Bell, *, since: int, check_seconds: float, most: int
    ) -> None:
        self._app = app
        self._hub = hub
        self._bell = bell
        self._seq = since
        self._check_seconds = check_seconds
        self._most = most
        self._arrivals: queue.SimpleQueue[Arrival] = queue.SimpleQueue()
        self._waiting: deque[Arrival] = deque()
        self._endings: deque[Ending] = deque(maxlen=_KEPT_ENDINGS)
        self._catch_ups: LRUCache[tuple[object, ...], bytes] = LRUCache(_KEPT_CATCH_UPS)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="live-reader", daemon=True)

    @property
    def seq(self) -> int:
        """The last entry that every connected page has been sent."""
        return self._seq

    @property
    def running(self) -> bool:
        """Whether the thread is there to follow."""
        return self._thread.is_alive()

    def start(self) -> None:
        """Begin to follow."""
        self._thread.start()

    def stop(self) -> None:
        """Stop following; the thread ends before this returns, or soon after."""
        self._over.set()
        self._bell.ring()
        self._thread.join(2.0)

    def admit(self, arrival: Arrival) -> None:
        """Take a newcomer; from here on the socket is the reader's. Safe from any thread."""
        self._arrivals.put(arrival)
        self._bell.ring()

    def show(self, found: Sequence[Fragment]) -> None:
        """Send drawings that no entry caused (how far a job is). Only on this reader's thread."""
        heard = self._hub.channels() & {each.channel for each in found}
        at = head() if heard else 0
        for channel in heard:
            kept: list[Fragment] | None = [each for each in found if each.channel == channel]
            self._hub.broadcast(channel, self._frames(channel, self._seq, kept, at))

    def _run(self) -> None:
        while not self._over.is_set():
            # Whatever goes wrong (the database restarts, a bug), the wire goes on from where it was.
            try:
                with self._app.app_context():
                    self._turn()
            except Exception:
                log.exception("live.reader_failed", extra={"seq": self._seq})
                self._over.wait(_PAUSE)
            else:
                self._bell.wait(self._check_seconds)

    def _turn(self) -> None:
        """Bring everybody up to date, then let the newcomers in."""
        while not self._arrivals.empty():
            self._waiting.append(self._arrivals.get())
        while not self._over.is_set() and self._read_batch() == BATCH:
            pass
        while self._waiting:
            self._welcome(self._waiting[0])
            self._waiting.popleft()
        db.session.remove()
        turned.send(self._app)

    def _read_batch(self) -> int:
        """Handle the next entries; return how many they were."""
        try:
            entries = after(self._seq, BATCH)
            if entries:
                self._broadcast(entries)
            return len(entries)
        finally:
            db.session.remove()

    def _broadcast(self, entries: Sequence[JournalEntry]) -> None:
        last = entries[-1].seq
        listened = self._hub.channels()
        batches = self._drawn(entries, listened, last) if listened else []
        for channel, frames in batches:
            self._hub.broadcast(channel, frames)
        self._seq = last
        for ending in endings.of(entries):
            self._endings.append(ending)
            self._hub.close_where(ending.matches, ending.code, ending.reason)
        passed_on.send(self._app, entries=entries)

    def _drawn(
        self, entries: Sequence[JournalEntry], listened: set[str], last: int
    ) -> list[tuple[str, dict[object, bytes]]]:
        """The frames of each channel by audience, in the order they are sent. Nothing is sent before all
        is drawn, so that a failure can be tried again."""
        found = drawing.of(entries)
        by_channel: dict[str, list[Fragment] | None] = {}
        if found is None:
            by_channel = dict.fromkeys(listened)
        else:
            for fragment in found:
                if fragment.channel in listened:
                    kept = by_channel.setdefault(fragment.channel, [])
                    if kept is not None:
                        kept.append(fragment)
        at = head()
        return [
            (channel, self._frames(channel, last if place == len(by_channel) else self._seq, kept, at))
            for place, (channel, kept) in enumerate(by_channel.items(), start=1)
        ]

    def _frames(self, channel: str, seq: int, found: list[Fragment] | None, at: int) -> dict[object, bytes]:
        frames: dict[object, bytes] = {}
        for audience in self._hub.audiences(channel):
            if isinstance(audience, Audience):
                frame = drawing.frame(seq, audience, found, at)
                if frame is not None:
                    frames[audience] = frame
        return frames

    def _welcome(self, arrival: Arrival) -> None:
        """Send a newcomer what it missed and let it in, unless its rights ended meanwhile."""
        missed = self._missed(arrival)
        ended = self._ended(arrival)
        try:
            # What it missed goes first: an answer to its heart-beat must not say that it knows all.
            id_ = self._hub.adopt(arrival.sock, arrival.subscription, first=b"" if ended else missed)
        except (OSError, HubClosedError):
            arrival.sock.close()
            return
        if ended:
            self._hub.close(id_, ended.code, ended.reason)

    def _ended(self, arrival: Arrival) -> Ending | None:
        after_check = (e for e in self._endings if e.seq > arrival.checked_at)
        return next((e for e in after_check if e.matches(arrival.subscription)), None)

    def _missed(self, arrival: Arrival) -> bytes:
        """The frame with what happened since the page was drawn, or was last connected."""
        if arrival.since == self._seq:
            return drawing.seq_frame(self._seq)
        key = (arrival.since, self._seq, arrival.subscription.channels, arrival.audience)
        frame = self._catch_ups.get(key)
        if frame is None:
            frame = self._catch_ups[key] = self._catch_up(arrival)
        return frame

    def _catch_up(self, arrival: Arrival) -> bytes:
        if arrival.since > self._seq:  # a page of another database, or of one restored from a backup
            return drawing.refresh_frame(self._seq)
        entries = [e for e in after(arrival.since, self._most + 1) if e.seq <= self._seq]
        if len(entries) > self._most:
            return drawing.refresh_frame(self._seq)
        found = drawing.of(entries) if entries else []
        if found is not None:
            found = [f for f in found if f.channel in arrival.subscription.channels]
        frame = drawing.frame(self._seq, arrival.audience, found, head())
        return frame or drawing.seq_frame(self._seq)


def refuse(sock: socket.socket, code: int, reason: str) -> None:
    """Close a socket that no hub took: with a code where it still can be told."""
    try:
        sock.sendall(close_frame(code, reason))
        sock.shutdown(socket.SHUT_WR)
    except OSError:
        pass
    finally:
        sock.close()
