"""Bounds on guessing pairing codes that let in whoever holds the right one, also under attack.

Each address (in IPv6 each /64) has its failures bounded by MAYDAY_LIMIT_SIGN_IN. An attacker with many
addresses spends one budget of failures for all of them: beyond it an address that has failed within the hour
is not listened to any more. A device that types the right code the first time has not failed, so nobody can
be shut out by somebody else's guesses, and who guesses needs a fresh address for each.
"""

import math
import time
from collections.abc import Callable
from functools import wraps
from typing import Any

from limits import RateLimitItem, parse, parse_many
from werkzeug.exceptions import TooManyRequests

from webapp import journal, limits
from webapp.devices.pairing import PairingRefused
from webapp.extensions import limiter
from webapp.journal import Actor
from webapp.journal.actor import PUBLIC
from webapp.web.viewer import settings

View = Callable[..., Any]
# Failures of all addresses together before an address has only one try an hour.
BUDGET = parse("100 per minute")
ONE_TRY = parse("1 per hour")
_TOLD = parse("1 per hour")
_SCOPE = "pairing"


def bound_guesses(view: View) -> View:
    """Count the failures of this view; refuse, before it runs, an address that has none left."""

    @wraps(view)
    def bounded(*args: Any, **kwargs: Any) -> Any:
        who = limits.address()
        for item in _of_address():
            if not limiter.limiter.test(item, _SCOPE, who):
                raise _wait(item, who)
        if not limiter.limiter.test(BUDGET, _SCOPE) and not limiter.limiter.test(ONE_TRY, _SCOPE, who):
            raise _wait(ONE_TRY, who)
        try:
            return view(*args, **kwargs)
        except PairingRefused:
            _failed(who)
            raise

    return bounded


def _of_address() -> list[RateLimitItem]:
    return parse_many(settings().limit_sign_in)


def _failed(who: str) -> None:
    for item in (*_of_address(), ONE_TRY):
        limiter.limiter.hit(item, _SCOPE, who)
    if not limiter.limiter.hit(BUDGET, _SCOPE) and limiter.limiter.hit(_TOLD, f"{_SCOPE}-told"):
        _tell(PUBLIC)


@journal.command
def _tell(_actor: Actor) -> None:
    """Say once an hour that somebody guesses from many addresses."""
    journal.append("device.guessed", None, limit=str(BUDGET))


def _wait(item: RateLimitItem, who: str) -> TooManyRequests:
    resets_at = limiter.limiter.get_window_stats(item, _SCOPE, who).reset_time
    return TooManyRequests(retry_after=max(1, math.ceil(resets_at - time.time())))
