"""Mailboxes over WebSockets: one thread of each process carries letters out and acknowledgements in.

The hub owns the sockets and never touches the database; what devices say comes to this thread by a queue,
and what they are to get goes back through the hub. A letter that is not acknowledged is sent again, on the
same socket after `AGAIN` seconds, on another one at once.
"""

import json
import logging
import queue
import socket
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from flask import Flask
from pydantic import ValidationError

from webapp.accounts.access_tokens import InvalidToken
from webapp.accounts.identity import as_of_now
from webapp.extensions import db
from webapp.journal import Actor, JournalEntry
from webapp.live.connection import Subscription
from webapp.live.endings import SIGNED_OUT
from webapp.live.frames import CloseCode
from webapp.live.hub import HubClosedError
from webapp.live.reader import refuse
from webapp.live.wire import Wire
from webapp.messages import deliveries, mailbox
from webapp.messages.audience import Box
from webapp.messages.deliveries import Receipt
from webapp.messages.mailbox import Letter
from webapp.messages.models import DeliveryStatus
from webapp.messages.schemas import LetterOut, SocketAck

log = logging.getLogger(__name__)

AGAIN = 30.0  # seconds until an unacknowledged letter is sent again on the same socket
WINDOW = 50  # letters of one frame
FRAME_BYTES = 40_000  # a client's outbox in the hub holds 64 KB
# Words of one device that wait to be written; more, while the database is away, are let go: what they are
# about is sent again.
MOST_RECEIPTS = 1_000
_LOOK_EVERY = 1.0
_PAUSE = 1.0


@dataclass(slots=True)
class Newcomer:
    """A socket after its handshake, and whose it is."""

    sock: socket.socket
    actor: Actor


@dataclass(slots=True)
class _Line:
    """A device's open socket, and when which letters were sent on it."""

    actor: Actor
    box: Box
    sent: dict[int, float] = field(default_factory=dict)
    receipts: list[Receipt] = field(default_factory=list)
    checked: bool = False  # its right was asked for again after the hub had it


_Item = Newcomer | tuple[int, str] | int | list[int] | None


class Carrier:
    """One for each app; `admit` hands it sockets."""

    def __init__(self, app: Flask, wire: Wire) -> None:
        self._app, self._wire = app, wire
        self._items: queue.SimpleQueue[_Item] = queue.SimpleQueue()
        self._lines: dict[int, _Line] = {}
        self._waiting: list[Newcomer] = []
        self._due: set[int] = set()
        self._spoke: set[int] = set()
        self._sent: set[int] = set()
        self._looked_at = 0.0
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def admit(self, newcomer: Newcomer) -> None:
        """Take a socket; the caller must not touch it again. Safe from any thread."""
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="mail-carrier", daemon=True)
                self._thread.start()
        self._items.put(newcomer)

    def heard(self, connection_id: int, text: str) -> None:
        """On the hub's thread: a client said something."""
        if self._thread is not None:
            self._items.put((connection_id, text))

    def gone(self, connection_id: int, _subscription: Subscription) -> None:
        """On the hub's thread: a socket ended."""
        if self._thread is not None:
            self._items.put(connection_id)

    def told(self, entries: Sequence[JournalEntry]) -> None:
        """On the reader's thread: these entries were committed."""
        sent = [e.subject_id for e in entries if e.verb == "message.sent" and e.subject_id is not None]
        if sent and self._thread is not None:
            self._items.put(sent)

    def _run(self) -> None:
        while True:
            self._take(_LOOK_EVERY)
            # Whatever goes wrong (the database restarts, a bug), what is due stays due.
            try:
                with self._app.app_context():
                    self._turn()
            except Exception:
                log.exception("mail.carrier_failed", extra={"lines": len(self._lines)})
                time.sleep(_PAUSE)
            finally:
                with self._app.app_context():
                    db.session.remove()

    def _take(self, seconds: float) -> None:
        """Sort what came, at least one thing or after so long."""
        try:
            self._sort(self._items.get(timeout=seconds))
            while True:
                self._sort(self._items.get_nowait())
        except queue.Empty:
            return

    def _sort(self, item: _Item) -> None:
        match item:
            case Newcomer():
                self._waiting.append(item)
            case int():
                self._lines.pop(item, None)
                self._due.discard(item)
                self._spoke.discard(item)
            case list():
                self._sent.update(item)
            case (int(id_), str(text)) if id_ in self._lines:
                self._hear(id_, text)

    def _hear(self, id_: int, text: str) -> None:
        try:
            ack = SocketAck.model_validate_json(text)
        except ValidationError:
            self._wire.part(id_, CloseCode.POLICY, "not understood")
            return
        self._spoke.add(id_)
        receipts = self._lines[id_].receipts
        room = max(0, MOST_RECEIPTS - len(receipts))
        receipts += [Receipt(message_id, DeliveryStatus(ack.state)) for message_id in ack.ack[:room]]

    def _turn(self) -> None:
        while self._waiting:
            self._welcome(self._waiting.pop())
        while self._spoke:
            id_ = next(iter(self._spoke))
            self._acknowledge(id_, self._lines[id_])
            self._spoke.discard(id_)
        if self._sent:
            boxes = mailbox.boxes_of(list(self._sent))
            self._due |= {id_ for id_, line in self._lines.items() if line.box in boxes}
            self._sent.clear()
        self._look_again()
        while self._due:
            id_ = next(iter(self._due))
            self._fill(id_)
            self._due.discard(id_)

    def _welcome(self, newcomer: Newcomer) -> None:
        """Give the socket to the hub."""
        actor = newcomer.actor
        box = mailbox.box_of(actor)
        subscription = Subscription(frozenset(), "mail", actor.user_id, f"family:{actor.family_id}")
        try:
            id_ = self._wire.adopt(newcomer.sock, subscription)
        except HubClosedError:
            refuse(newcomer.sock, CloseCode.GOING_AWAY, "going away")
            return
        except OSError:
            newcomer.sock.close()
            return
        self._lines[id_] = _Line(actor, box)
        self._due.add(id_)

    def _permitted(self, id_: int, line: _Line) -> bool:
        """Ask for the right again once the hub has the socket: what ends it later closes it there."""
        if not line.checked:
            try:
                as_of_now(line.actor)
            except InvalidToken:
                self._wire.part(id_, SIGNED_OUT, "signed out")
                return False
            line.checked = True
        return True

    def _acknowledge(self, id_: int, line: _Line) -> None:
        receipts = line.receipts[:]
        try:
            deliveries.acknowledge(line.actor, box=line.box, receipts=receipts)
        except InvalidToken:
            self._wire.part(id_, SIGNED_OUT, "signed out")
        for receipt in receipts:
            line.sent.pop(receipt.message_id, None)
        del line.receipts[: len(receipts)]
        self._due.add(id_)

    def _look_again(self) -> None:
        """Lines with a letter that was not acknowledged for too long."""
        now = time.monotonic()
        if now - self._looked_at < _LOOK_EVERY:
            return
        self._looked_at = now
        for id_, line in self._lines.items():
            if any(now - at >= AGAIN for at in line.sent.values()):
                self._due.add(id_)

    def _fill(self, id_: int) -> None:
        """Send what is first in the box and not under way, as one frame in order."""
        line = self._lines.get(id_)
        if line is None or not self._permitted(id_, line):
            return
        now = time.monotonic()
        found = mailbox.waiting(line.box, WINDOW)
        db.session.rollback()
        fresh = [each for each in found if now - line.sent.get(each.id, -AGAIN) >= AGAIN]
        known = {each.id for each in found}
        line.sent = {message_id: at for message_id, at in line.sent.items() if message_id in known}
        written = _frame(fresh)
        if written:
            line.sent.update(dict.fromkeys(written, now))
            self._wire.say(id_, json.dumps({"messages": list(written.values())}, ensure_ascii=False))


def _frame(letters: Sequence[Letter]) -> dict[int, object]:
    """As many of the letters, in order, as one frame may hold."""
    written: dict[int, object] = {}
    size = 0
    for letter in letters:
        shown = LetterOut.model_validate(letter)
        size += len(shown.model_dump_json().encode())
        if written and size > FRAME_BYTES:
            break
        written[letter.id] = shown.model_dump(mode="json")
    return written
