"""Long polls: a request that waits for its box to hold something, woken by the journal, not by looking.

Each holds a thread of the server while it waits, so only a quarter of them may; who comes beyond that is
answered at once and told when to come again.
"""

import threading
import time
from collections.abc import Callable
from typing import TypeVar

from webapp.extensions import db
from webapp.journal.queries import head
from webapp.live.wire import Wire

T = TypeVar("T")
# A server that stops does not wait for those who wait.
_LOOK_UP = 1.0


class Waiting:
    """The long polls of one process."""

    def __init__(self, wire: Wire, most: int) -> None:
        self._wire = wire
        self._most = most
        self._lock = threading.Lock()
        self._bells: set[threading.Event] = set()
        # Whether this process goes on serving; a worker that is told to stop says no.
        self.alive: Callable[[], bool] = lambda: True

    def ring(self) -> None:
        """Something was sent: whoever waits looks again. Safe from any thread."""
        with self._lock:
            for bell in self._bells:
                bell.set()

    def until(self, look: Callable[[], list[T]], seconds: float) -> list[T] | None:
        """What ``look`` finds, as soon as it finds something, or nothing after so long.

        None at once when too many wait already. ``look`` reads the database; nothing stays open meanwhile.
        """
        bell = threading.Event()
        with self._lock:
            if len(self._bells) >= self._most:
                return None
            self._bells.add(bell)
        try:
            self._wire.follow(head())
            return self._wait(bell, look, time.monotonic() + seconds)
        finally:
            with self._lock:
                self._bells.discard(bell)

    def _wait(self, bell: threading.Event, look: Callable[[], list[T]], until: float) -> list[T]:
        while True:
            bell.clear()
            found = look()
            db.session.rollback()
            if found:
                return found
            while not bell.is_set():
                left = until - time.monotonic()
                if left <= 0 or not self.alive():
                    return []
                bell.wait(min(left, _LOOK_UP))
