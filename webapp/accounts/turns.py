"""Turns at hashing: few at a time, so that sign-ins leave processor and threads to everybody's pages.

Hashing is slow on purpose (30 ms and 19 MiB). Thirty-two at once on two cores made every other page take
seconds. Here two run, a few wait for a moment, and who finds the queue full is told to come back at once.
"""

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from werkzeug.exceptions import ServiceUnavailable, TooManyRequests

AT_ONCE = 2
PATIENCE = 5.0  # seconds in the queue
# Of one person: the second half of a double tap waits for the first.
OF_PERSON = 2


class Turns:
    """The turns of one process. Safe from any thread; inside a turn another one is had at once."""

    def __init__(self) -> None:
        self._running = threading.BoundedSemaphore(AT_ONCE)
        self._lock = threading.Lock()
        self._inside = 0
        self._of: Counter[str] = Counter()
        self._mine = threading.local()
        self.most = 8

    def leave_to_pages(self, threads: int) -> None:
        """Have at most half of a worker's threads hash or wait for it."""
        self.most = max(AT_ONCE, threads // 2)

    @contextmanager
    def turn(self, person: str = "", address: str = "") -> Iterator[None]:
        """Run inside when it is one's turn. ``person`` and ``address`` say whose tries these are, so that
        nobody's fill the queue. Raises `TooManyRequests` for too many of one person, `ServiceUnavailable` for
        a queue that is full or does not move."""
        if getattr(self._mine, "had", False):
            yield
            return
        whose = {f"person:{person}": OF_PERSON} if person else {}
        whose |= {f"address:{address}": max(AT_ONCE, self.most - 1)} if address else {}
        self._enter(whose)
        try:
            if not self._running.acquire(timeout=PATIENCE):
                raise _full()
            self._mine.had = True
            try:
                yield
            finally:
                self._mine.had = False
                self._running.release()
        finally:
            with self._lock:
                self._inside -= 1
                self._of.subtract(whose.keys())
                self._of += Counter()  # forgets who has none left

    def _enter(self, whose: dict[str, int]) -> None:
        with self._lock:
            if self._inside >= self.most:
                raise _full()
            if any(self._of[name] >= most for name, most in whose.items()):
                raise TooManyRequests(retry_after=1)
            self._inside += 1
            self._of.update(whose.keys())


def _full() -> ServiceUnavailable:
    return ServiceUnavailable(retry_after=1)


turns = Turns()
