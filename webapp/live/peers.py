"""Wake-ups between machines: Redis pub/sub says only that an entry exists; the journal stays the truth.

Redis may be gone: that is logged once, tried again with growing pauses, and nothing else fails. Until it
is back the readers of other machines find new entries by their own slow look at the journal.
"""

import threading
from collections.abc import Callable

from webapp.redis_line import Line

CHANNEL = "mayday:journal"
_lines: dict[str, Line] = {}
_lines_lock = threading.Lock()


def tell(url: str, seq: int) -> None:
    """Say that entry ``seq`` exists. Never raises and never waits long."""
    with _lines_lock:
        line = _lines.setdefault(url, Line(url, "wake-ups"))
    line.ask(lambda redis: redis.publish(CHANNEL, seq), 0)


class Listener:
    """A thread that calls back whenever another machine has told of an entry."""

    def __init__(self, url: str, heard: Callable[[], None]) -> None:
        self._line = Line(url, "wake-ups of others")
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
                self._over.wait(self._line.wait)

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
