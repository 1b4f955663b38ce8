"""Wake-ups between machines: Redis pub/sub says only that an entry exists; the journal stays the truth.

Redis may be gone: that is logged once, tried again with growing pauses, and nothing else fails. Until it
is back the readers of other machines find new entries by their own slow look at the journal.
"""

import logging
import random
import threading
import time
from collections.abc import Callable
from typing import Any

log = logging.getLogger(__name__)

CHANNEL = "mayday:journal"
PATIENCE = 0.25  # seconds that a commit may wait for Redis
_LEAST, _MOST = 1.0, 30.0  # seconds between tries


class _Line:
    """The way to one Redis, with a pause after each failure."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.pause = _LEAST
        self.again_at = 0.0
        self._client: Any = None
        self._lock = threading.Lock()

    def client(self) -> Any:
        """The connection pool; redis-py is only imported where Redis is used."""
        with self._lock:
            if self._client is None:
                import redis

                self._client = redis.Redis.from_url(
                    self.url, socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE
                )
            return self._client

    def failed(self, error: Exception) -> None:
        """Note a failure; the first of a row is logged."""
        if self.pause == _LEAST:
            log.warning("live.redis_gone", extra={"error": type(error).__name__})
        self.again_at = time.monotonic() + self.pause * random.uniform(0.5, 1)  # noqa: S311 - jitter
        self.pause = min(_MOST, self.pause * 2)

    def works(self) -> None:
        """Note that it works again."""
        if self.pause > _LEAST:
            log.info("live.redis_back")
        self.pause, self.again_at = _LEAST, 0.0


_lines: dict[str, _Line] = {}
_lines_lock = threading.Lock()


def _line(url: str) -> _Line:
    with _lines_lock:
        return _lines.setdefault(url, _Line(url))


def tell(url: str, seq: int) -> None:
    """Say that entry ``seq`` exists. Never raises and never waits long."""
    import redis

    line = _line(url)
    if time.monotonic() < line.again_at:
        return
    try:
        line.client().publish(CHANNEL, seq)
    except (redis.RedisError, OSError) as error:
        line.failed(error)
    else:
        line.works()


class Listener:
    """A thread that calls back whenever another machine has told of an entry."""

    def __init__(self, url: str, heard: Callable[[], None]) -> None:
        self._line = _Line(url)
        self._heard = heard
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="live-redis", daemon=True)

    def start(self) -> None:
        """Begin to listen."""
        self._thread.start()

    def stop(self) -> None:
        """Stop listening, soon."""
        self._over.set()

    def _run(self) -> None:
        import redis

        while not self._over.is_set():
            try:
                self._listen()
            except (redis.RedisError, OSError) as error:
                self._line.failed(error)
                self._over.wait(max(0.0, self._line.again_at - time.monotonic()))

    def _listen(self) -> None:
        subscription = self._line.client().pubsub(ignore_subscribe_messages=False)
        try:
            subscription.subscribe(CHANNEL)
            while not self._over.is_set():
                message = subscription.get_message(timeout=1.0)
                if message is not None:  # a wake-up, or the subscription itself: look in both cases
                    self._line.works()
                    self._heard()
        finally:
            subscription.close()
