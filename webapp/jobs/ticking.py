"""What is looked after every so often, all day long: too small and too frequent to be a job with a row.

The one worker of an installation's data folder does it between its jobs. Several machines may do it at once:
each look decides inside its command whether there is still something to do.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from webapp.settings import Settings

Look = Callable[[Settings], object]
_looks: list[tuple[float, Look]] = []


def every(seconds: float) -> Callable[[Look], Look]:
    """Register a function that a worker calls about that often."""

    def register(look: Look) -> Look:
        _looks.append((seconds, look))
        return look

    return register


@dataclass
class Clock:
    """When one worker last looked after each."""

    looked_at: dict[Look, float]

    def due(self) -> Iterator[Look]:
        """Those whose time has come, all of them at first."""
        now = time.monotonic()
        for seconds, look in _looks:
            if now - self.looked_at.get(look, float("-inf")) >= seconds:
                self.looked_at[look] = now
                yield look
