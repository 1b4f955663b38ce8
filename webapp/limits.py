"""Rate limits: the in-memory storage with its race closed, and how limits are counted."""

import threading
from typing import Any

from limits.storage.memory import MemoryStorage


class LockedMemoryStorage(MemoryStorage):
    """limits' memory storage with its timer started under a lock.

    limits 5.8 can start its expiry timer twice under threads, which is a 500; fixed upstream in a release
    that is not out yet (alisaifee/limits#352). Counts are per process: `docs/deployment` says so.
    """

    STORAGE_SCHEME = ["memory-locked"]  # noqa: RUF012 - the base class declares a plain list

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._starting = threading.Lock()
        super().__init__(*args, **kwargs)

    def _MemoryStorage__schedule_expiry(self) -> None:  # noqa: N802 - overrides a name-mangled method
        with self._starting:
            super()._MemoryStorage__schedule_expiry()  # type: ignore[misc]


def register_storage() -> None:
    """Make ``memory-locked://`` known; subclassing registers the scheme."""
    assert LockedMemoryStorage.STORAGE_SCHEME
