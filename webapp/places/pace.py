"""One request a second for the whole machine: processes take turns through a small locked file."""

import fcntl
import time
from pathlib import Path

from webapp.places.geocoder import GeocoderUnavailable

# A turn this far ahead was written before the clock was set back, s: it is not waited for.
_BELIEVABLE_SECONDS = 60.0


class Busy(GeocoderUnavailable):
    """Too many wait for a turn; the service itself may be well."""


class Pace:
    """Gives out turns ``interval`` seconds apart to all processes that use the same file.

    Usage policy of the public Nominatim service: at most one request a second for an application in all.
    """

    def __init__(self, path: Path, *, interval: float = 1.0) -> None:
        self._path, self._interval = path, interval

    def wait(self, *, patience: float) -> None:
        """Sleep until this caller's turn. Raises `Busy` when that is over ``patience`` s away."""
        pause = self._take_turn(patience)
        if pause is None:
            raise Busy("The address service is busy.")
        time.sleep(pause)

    def _take_turn(self, patience: float) -> float | None:
        """Seconds until the turn that is now ours; None when it would be too late, and nothing is taken."""
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with self._path.open("a+", encoding="ascii") as file:
                # The lock is held for the bookkeeping only, never while somebody sleeps.
                fcntl.flock(file, fcntl.LOCK_EX)
                now = time.time()
                file.seek(0)
                turn = max(now, self._next_turn(file.read(40), now))
                if turn - now > patience:
                    return None
                file.truncate(0)
                file.write(repr(turn + self._interval))
                return turn - now
        except OSError as error:
            raise GeocoderUnavailable(
                "The address service cannot be asked: its turn file is lost."
            ) from error

    def _next_turn(self, written: str, now: float) -> float:
        try:
            turn = float(written)
        except ValueError:
            return now
        return turn if turn - now < _BELIEVABLE_SECONDS else now
