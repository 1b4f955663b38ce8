"""A worker whose master is gone ends soon, and lets go of the port at once.

The kernel tells it (Linux, ``PR_SET_PDEATHSIG``); elsewhere gunicorn looks for its parent at each turn.
"""

import ctypes
import os
import signal
import sys
import threading

GRACE = 3  # seconds for the answers under way
LAST = 5.0  # seconds after which nothing is waited for: what was not acknowledged is sent again
_PR_SET_PDEATHSIG = 1


def end_with(parent: int) -> None:
    """Have this process told to stop when its parent ends, however that comes about."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
        if is_one(parent):  # it ended before that was said
            os._exit(1)


def is_one(parent: int) -> bool:
    """Whether the parent is gone; then this process ends within `LAST` seconds, whatever its threads do."""
    if os.getppid() == parent:
        return False
    last = threading.Timer(LAST, os._exit, (1,))
    last.daemon = True
    last.start()
    return True
