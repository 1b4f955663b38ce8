"""A queue that fails is tried again and again: each failure is counted, and one a minute is logged."""

import logging
import threading
import time

from webapp import redis_line

log = logging.getLogger(__name__)

TOLD_EVERY = 60.0  # seconds
_LOGGERS = ("huey", "huey.consumer", "huey.consumer.Worker", "huey.consumer.Scheduler")


class QueueTrouble(logging.Filter):
    """Takes what the queue and huey's own log say about failures of these kinds; lets all else pass."""

    def __init__(self, kinds: tuple[type[Exception], ...]) -> None:
        super().__init__()
        self._kinds = kinds
        self._lock = threading.Lock()
        self._told_at = float("-inf")
        self._untold = 0

    def watch_huey(self) -> None:
        """Hear what huey logs: a traceback for each try, more than once a second."""
        for name in _LOGGERS:
            logging.getLogger(name).addFilter(self)

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether huey's line may be written."""
        error = record.exc_info[1] if record.exc_info else None
        if not isinstance(error, self._kinds):
            return True
        self.tell(error)
        return False

    def tell(self, error: BaseException) -> None:
        """Count a failure; log it unless one was logged within the last minute."""
        redis_line.failures["jobs"] += 1
        with self._lock:
            now = time.monotonic()
            self._untold += 1
            if now - self._told_at < TOLD_EVERY:
                return
            failures, self._untold, self._told_at = self._untold, 0, now
        facts = {"error": type(error).__name__, "said": str(error)[:200], "failures": failures}
        log.warning("jobs.queue_away", extra=facts)
