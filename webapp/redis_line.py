"""The way to Redis: never waited for long, and left alone for a growing while after each failure.

Redis carries nothing that cannot be had otherwise: limits are counted in the process, readers look at the
journal, cards are drawn again. So a failure costs a fraction of a second once, not at every request.
"""

import logging
import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import Any, TypeVar

log = logging.getLogger(__name__)

T = TypeVar("T")

PATIENCE = 0.25  # seconds to connect, and seconds to answer
_LEAST, _MOST = 1.0, 30.0  # seconds between tries

# How often Redis did not answer, by purpose, since this process began; for the metrics.
failures: Counter[str] = Counter()


def redis_client(url: str, **more: Any) -> Any:
    """A client of this Redis with its waits bounded. redis-py is only imported where Redis is used."""
    import redis
    from redis.backoff import NoBackoff
    from redis.retry import Retry

    # redis-py tries several times with pauses of seconds unless it is told not to.
    bounds = {"socket_timeout": PATIENCE, "socket_connect_timeout": PATIENCE, "retry": Retry(NoBackoff(), 0)}
    return redis.Redis.from_url(url, **(bounds | more))


class Line:
    """The way to one Redis for one purpose, with a pause after each failure. Safe from any thread."""

    def __init__(self, url: str, purpose: str, **more: Any) -> None:
        self.url = url
        self.failures = 0
        self._purpose = purpose
        self._more = more
        self._pause = _LEAST
        self._again_at = 0.0
        self._client: Any = None
        self._lock = threading.Lock()

    def client(self) -> Any:
        """The client with its connection pool."""
        with self._lock:
            if self._client is None:
                self._client = redis_client(self.url, **self._more)
            return self._client

    def ask(self, work: Callable[[Any], T], otherwise: T) -> T:
        """What ``work(client)`` gives; ``otherwise`` while Redis is away. Never raises for its absence."""
        import redis

        if not self._my_turn():
            return otherwise
        try:
            answer = work(self.client())
        except (redis.RedisError, OSError) as error:
            self.failed(error)
            return otherwise
        self.works()
        return answer

    @property
    def wait(self) -> float:
        """Seconds until the next try makes sense."""
        return max(0.0, self._again_at - time.monotonic())

    def failed(self, error: Exception) -> None:
        """Note a failure; the first of a row is logged."""
        with self._lock:
            first = self._pause == _LEAST
            self.failures += 1
            failures[self._purpose] += 1
            self._again_at = time.monotonic() + self._pause * random.uniform(0.5, 1)  # noqa: S311 - jitter
            self._pause = min(_MOST, self._pause * 2)
        if first:
            log.warning("redis.gone", extra={"purpose": self._purpose, "error": type(error).__name__})

    def works(self) -> None:
        """Note that it works."""
        if self._pause == _LEAST:
            return
        with self._lock:
            self._pause, self._again_at = _LEAST, 0.0
        log.info("redis.back", extra={"purpose": self._purpose})

    def _my_turn(self) -> bool:
        """Whether to try now. After a failure one thread tries; the others go on without."""
        with self._lock:
            now = time.monotonic()
            if now < self._again_at:
                return False
            if self._pause > _LEAST:
                self._again_at = now + PATIENCE * 4
            return True
