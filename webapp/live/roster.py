"""Who hears what: how many connections of each audience each channel has.

The one part of the hub that other threads read while it runs, so it holds the lock.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable
from threading import Lock

from webapp.live.connection import Subscription


class Roster:
    """Counts subscriptions by channel and audience; safe to use from any thread."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._channels: dict[str, Counter[Hashable]] = {}
        self._total = 0

    def add(self, subscription: Subscription) -> None:
        """Count a connection in."""
        with self._lock:
            self._total += 1
            for channel in subscription.channels:
                self._channels.setdefault(channel, Counter())[subscription.audience] += 1

    def remove(self, subscription: Subscription) -> None:
        """Count a connection out; a channel or audience without any is forgotten."""
        with self._lock:
            self._total -= 1
            for channel in subscription.channels:
                audiences = self._channels[channel]
                audiences[subscription.audience] -= 1
                if not audiences[subscription.audience]:
                    del audiences[subscription.audience]
                if not audiences:
                    del self._channels[channel]

    def audiences(self, channel: str) -> set[Hashable]:
        """Return the audiences that listen to `channel` now."""
        with self._lock:
            return set(self._channels.get(channel, ()))

    def channels(self) -> set[str]:
        """Return the channels that anyone listens to now."""
        with self._lock:
            return set(self._channels)

    def total(self) -> int:
        """Return how many connections are subscribed."""
        with self._lock:
            return self._total
