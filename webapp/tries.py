"""Tries that are counted before they are made, and given back when they were right.

Counting afterwards lets in whatever comes at once: of sixty guesses together twenty-five were tried. So one
step both counts and decides, and who was let in gets it back.
"""

import math
import time
from dataclasses import dataclass
from functools import cache

from flask_babel import gettext as _
from flask_babel import ngettext
from limits import RateLimitItem, parse_many
from werkzeug.exceptions import TooManyRequests

from webapp.extensions import limiter


class TooManyTries(TooManyRequests):
    """No try is left; says when there is one again, and what lets in meanwhile."""

    def __init__(self, wait: int, otherwise: str = "") -> None:
        words = _("Too many tries. Wait a little, then try again: in %(time)s.", time=duration(wait))
        super().__init__(f"{words} {otherwise}".strip(), retry_after=wait)


def duration(seconds: int) -> str:
    """A wait in words."""
    if seconds < 90:
        return str(ngettext("one second", "%(num)s seconds", seconds))
    return str(_("%(num)s minutes", num=math.ceil(seconds / 60)))


@cache
def limits_of(text: str, times: int = 1) -> tuple[RateLimitItem, ...]:
    """The limits that a setting says, ``times`` as wide."""
    found = parse_many(text)
    return tuple(type(item)(item.amount * times, item.multiples, item.namespace) for item in found)


@dataclass(frozen=True, slots=True)
class Count:
    """Tries of one kind by or about somebody, and how many there may be."""

    limits: tuple[RateLimitItem, ...]
    whom: tuple[str, ...]

    def take(self) -> int:
        """Count one more. Gives 0, or the seconds to wait when none is left; then nothing is counted."""
        for number, limit in enumerate(self.limits):
            if not limiter.limiter.hit(limit, *self.whom):
                for counted in self.limits[: number + 1]:
                    _take_off(counted, self.whom, 1)
                return _seconds(limit, self.whom)
        return 0

    def give_back(self, amount: int = 1) -> None:
        """Count so many less, and never below none."""
        for limit in self.limits:
            _take_off(limit, self.whom, amount)


def _take_off(limit: RateLimitItem, whom: tuple[str, ...], amount: int) -> None:
    key = limit.key_for(*whom)
    less = min(amount, limiter.limiter.storage.get(key))
    if less > 0:
        limiter.limiter.storage.incr(key, limit.get_expiry(), amount=-less)


def _seconds(limit: RateLimitItem, whom: tuple[str, ...]) -> int:
    reset_at: float = limiter.limiter.get_window_stats(limit, *whom).reset_time
    return max(1, math.ceil(reset_at - time.time()))
