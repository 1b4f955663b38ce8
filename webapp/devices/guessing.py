"""Bounds on guessing pairing codes that let in whoever holds the right one, also under attack.

Wrong codes of an address (in IPv6 of a /64) are bounded by MAYDAY_LIMIT_SIGN_IN; a right one pairs all the
same, as one phone that guesses shares its address with a whole shelter. What bounds luck is the number of
guesses of all together: 10,000 a minute for the ten minutes of a code, were a hundred open, hit one with a
chance of one in 60,000. Beyond that an address that has failed within the hour is not listened to any more,
and who guesses on needs a fresh address for each guess.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from limits import parse

from webapp import journal, limits
from webapp.devices.pairing import PairingRefused
from webapp.journal import Actor
from webapp.journal.actor import PUBLIC
from webapp.tries import Count, TooManyTries, limits_of
from webapp.web.viewer import settings

View = Callable[..., Any]
# Failures of all addresses together before an address has only one try an hour.
BUDGET = parse("10000 per minute")
ONE_TRY = parse("1 per hour")
_SCOPE = "pairing"


def bound_guesses(view: View) -> View:
    """Count the failures of this view; refuse, before it runs, an address that has none left."""

    @wraps(view)
    def bounded(*args: Any, **kwargs: Any) -> Any:
        who = limits.address()
        all_together, first = Count((BUDGET,), (_SCOPE,)), Count((ONE_TRY,), (_SCOPE, who))
        # Taken before the try, so that many at once are not all the first.
        spent, again = all_together.take(), first.take()
        if spent:
            _tell_once()
            if again:
                raise TooManyTries(again)
        refused = False
        try:
            return view(*args, **kwargs)
        except PairingRefused:
            refused = True
            if wait := Count(limits_of(settings().limit_sign_in), (_SCOPE, "of", who)).take():
                raise TooManyTries(wait) from None
            raise
        finally:
            if not refused:
                _give_back(all_together, spent)
                _give_back(first, again)

    return bounded


def _give_back(count: Count, wait: int) -> None:
    """Give back what was taken; where one had to wait, nothing was."""
    if not wait:
        count.give_back()


def _tell_once() -> None:
    if not Count((ONE_TRY,), (f"{_SCOPE}-told",)).take():
        _tell(PUBLIC)


@journal.command
def _tell(_actor: Actor) -> None:
    """Say once an hour that somebody guesses from many addresses."""
    journal.append("device.guessed", None, limit=str(BUDGET))
