"""A service that keeps failing is left alone for a while, so that nobody waits for it again and again."""

import threading
import time


class Breaker:
    """Opens after ``failures`` failures in a row, for ``rest`` seconds; then one caller tries it out."""

    def __init__(self, *, failures: int = 3, rest: float = 30.0) -> None:
        self._most, self._rest = failures, rest
        self._failed, self._asleep_until = 0, 0.0
        self._lock = threading.Lock()

    def allows(self) -> bool:
        """Whether to ask the service now. After a rest this is True for one caller, who tells how it went."""
        with self._lock:
            now = time.monotonic()
            if now < self._asleep_until:
                return False
            if self._failed >= self._most:
                self._asleep_until = now + self._rest
            return True

    def succeeded(self) -> None:
        """The service answered."""
        with self._lock:
            self._failed, self._asleep_until = 0, 0.0

    def failed(self, *, rest: float | None = None) -> None:
        """The service did not answer, or said for how many seconds it wants to be left alone."""
        with self._lock:
            self._failed += 1
            if rest is not None or self._failed >= self._most:
                self._asleep_until = time.monotonic() + (self._rest if rest is None else rest)
