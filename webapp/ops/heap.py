"""Memory that was needed once goes back to the system (glibc; elsewhere nothing is done).

Left alone, glibc keeps what sixteen threads freed in many arenas, and learns from large buffers that it
should keep those as well: a worker that had met large requests stayed more than twice its size.
"""

import ctypes
import threading
from collections.abc import Callable
from functools import cache
from typing import Any

_M_MMAP_THRESHOLD, _M_ARENA_MAX = -3, -8  # malloc.h
ARENAS = 2
LARGE = 131_072  # bytes; what is larger is a mapping of its own, and gone when it is freed
EVERY = 5.0  # seconds


@cache
def _libc() -> Any:
    """The C library, where it is one that knows these calls."""
    library = ctypes.CDLL(None)
    return library if hasattr(library, "mallopt") and hasattr(library, "malloc_trim") else None


def keep_little() -> None:
    """Have this process, and those it forks, keep little of what they free. Call it before any thread."""
    if _libc() is not None:
        _libc().mallopt(_M_ARENA_MAX, ARENAS)
        _libc().mallopt(_M_MMAP_THRESHOLD, LARGE)


def give_back(work: Callable[[], int]) -> None:
    """From now on give free pages back every few seconds, when ``work``, a count, has risen meanwhile."""
    if _libc() is not None:
        threading.Thread(target=_repeat, args=(work,), name="heap", daemon=True).start()


def _repeat(work: Callable[[], int]) -> None:
    done, pause = work(), threading.Event()
    while not pause.wait(EVERY):
        before, done = done, work()
        if done != before:
            _libc().malloc_trim(0)
