"""Rate limits: the table of what is bounded by whom, and where it is counted.

Ways in (sign-in, sign-up, codes) are bounded at their views, by `accounts.guarding`; everything else here,
by what a request is. Counts are kept in this process, or in Redis where several processes share them; while
Redis is away each process counts for itself, which is said once in the log.
"""

import ipaddress
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import current_app, request
from limits.storage.base import Storage
from limits.storage.memory import MemoryStorage

from webapp.accounts import known_browsers
from webapp.accounts.access_tokens import InvalidToken
from webapp.accounts.identity import current_actor
from webapp.journal.actor import PUBLIC
from webapp.redis_line import Line
from webapp.settings import Settings
from webapp.tries import Count, TooManyTries, limits_of

SHARED = "mayday-shared:"
_READING = frozenset({"GET", "HEAD", "OPTIONS"})
# Asked by machines each second, and files that browsers keep.
_UNBOUNDED = frozenset({"static", "health.live", "health.ready", "metrics.scrape"})
# Connections that the hub takes over.
_SOCKETS = frozenset({"live.live", "mail_socket.mail"})


@dataclass(frozen=True, slots=True)
class Bound:
    """One line of the table: what it is about, which requests it is about, and the setting of its limit."""

    name: str
    about: Callable[[], bool]
    limit: Callable[[Settings], str]


BOUNDS = (
    Bound("sockets", lambda: request.endpoint in _SOCKETS, lambda settings: settings.limit_sockets),
    Bound("writes", lambda: request.method not in _READING, lambda settings: settings.limit_writes),
    Bound("reads", lambda: True, lambda settings: settings.limit_reads),
)


def check_request() -> None:
    """Count the request under the first line of the table that is about it.

    Raises TooManyTries, with the seconds to wait, when the limit is spent.
    """
    if request.endpoint in _UNBOUNDED:
        return
    bound = next(bound for bound in BOUNDS if bound.about())
    if wait := Count(limits_of(bound.limit(current_app.config["SETTINGS"])), (bound.name, who())).take():
        raise TooManyTries(wait)


def who() -> str:
    """Whom a request counts against: the device, the person, or the address of who is not signed in; of a
    browser that let somebody in before, that person: strangers behind one address do not shut it out."""
    try:
        actor = current_actor()
    except InvalidToken:
        actor = PUBLIC  # refused right after; until then it counts like any stranger
    if actor.device_id is not None:
        return f"device:{actor.device_id}"
    if actor.user_id is not None:
        return f"user:{actor.user_id}"
    _name, people = known_browsers.present()
    return f"known:{people[0]}" if people else f"address:{address()}"


def address() -> str:
    """The address a request counts against. In IPv6 its /64: a customer has all 2^64 of it to try from."""
    text = request.remote_addr or "unknown"
    try:
        found = ipaddress.ip_address(text)
    except ValueError:
        return text
    if isinstance(found, ipaddress.IPv4Address):
        return text
    if found.ipv4_mapped:
        return str(found.ipv4_mapped)
    return str(ipaddress.ip_network((found, 64), strict=False))


class LockedMemoryStorage(MemoryStorage):
    """limits' memory storage with its timer started and its counts made under a lock.

    limits 5.8 can start its expiry timer twice under threads, which is a 500; fixed upstream in a release
    that is not out yet (alisaifee/limits#352). Counts are per process: `docs/deployment` says so.
    """

    STORAGE_SCHEME = ["memory-locked"]  # noqa: RUF012 - the base class declares a plain list

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._starting = threading.Lock()
        self._counting = threading.Lock()
        super().__init__(*args, **kwargs)

    def incr(self, key: str, expiry: float, amount: int = 1) -> int:
        """Add to a count and give the sum, in one step: limits' own reads it after others may have added."""
        with self._counting:
            return super().incr(key, expiry, amount)

    def _MemoryStorage__schedule_expiry(self) -> None:  # noqa: N802 - overrides a name-mangled method
        with self._starting:
            super()._MemoryStorage__schedule_expiry()  # type: ignore[misc]


class SharedStorage(Storage):
    """Counts in Redis, for all processes together; in this process while Redis does not answer.

    Flask-Limiter has a fallback of its own, but what it counts after a view (failed sign-ins) fails the
    request when Redis dies in between, and its memory has the race that `LockedMemoryStorage` closes.
    """

    STORAGE_SCHEME = [SHARED.rstrip(":")]  # noqa: RUF012 - the base class declares a plain list
    PREFIX = "mayday:limit:"

    def __init__(self, uri: str, wrap_exceptions: bool = False, **_options: Any) -> None:
        super().__init__(uri, wrap_exceptions=wrap_exceptions)
        self.line = Line(uri.removeprefix(SHARED), "limits")
        self._own = LockedMemoryStorage()

    @property
    def base_exceptions(self) -> type[Exception] | tuple[type[Exception], ...]:
        """Nothing is raised for a Redis that is away."""
        return ()

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """Add to a count that is forgotten ``expiry`` seconds after its first; gives the sum."""
        count = self.line.ask(lambda redis: self._add(redis, key, expiry, amount), None)
        return self._own.incr(key, expiry, amount) if count is None else count

    def get(self, key: str) -> int:
        """The present count."""
        found = self.line.ask(lambda redis: int(redis.get(self.PREFIX + key) or 0), None)
        return self._own.get(key) if found is None else found

    def get_expiry(self, key: str) -> float:
        """When the count is forgotten, in seconds since 1970; now, when there is none."""
        left: int | None = self.line.ask(lambda redis: redis.pttl(self.PREFIX + key), None)
        return self._own.get_expiry(key) if left is None else time.time() + max(0, left) / 1000

    def check(self) -> bool:
        """Whether Redis answers."""
        return self.line.ask(lambda redis: bool(redis.ping()), False)

    def reset(self) -> int | None:
        """Forget the counts of this process; those of Redis run out by themselves."""
        return self._own.reset()

    def clear(self, key: str) -> None:
        """Forget one count."""
        self.line.ask(lambda redis: redis.delete(self.PREFIX + key), 0)
        self._own.clear(key)

    def _add(self, redis: Any, key: str, expiry: int, amount: int) -> int:
        # One round trip and one step: a count whose expiry was lost in between would never be forgotten.
        with redis.pipeline(transaction=True) as steps:
            steps.set(self.PREFIX + key, 0, ex=expiry, nx=True)
            steps.incrby(self.PREFIX + key, amount)
            count: int = steps.execute()[-1]
        return count


def storage_for(settings: Settings) -> str:
    """Where limits are counted, as Flask-Limiter wants it said."""
    return SHARED + settings.redis_url if settings.redis_url else "memory-locked://"
