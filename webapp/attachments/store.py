"""Where the bytes of files are: a folder, or a bucket of an S3-compatible service. Same calls for both.

A store is opened by the process that uses it, at its first use: its threads do not survive a fork.
"""

import errno
import hashlib
import logging
import os
import re
import secrets
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, cast
from urllib.parse import urlsplit

import obstore
from flask import current_app
from obstore.exceptions import BaseError
from obstore.store import LocalStore, S3Store

from webapp.errors import NotFound, Problem
from webapp.settings import Settings

if TYPE_CHECKING:
    from obstore.store import S3Config

log = logging.getLogger(__name__)

MARK = ".store"  # in a folder of files: by it machines know that they share the folder
FOLDER = "files"  # in the data folder; `mayday backup` takes it along
# Bounds of one call to a bucket: a request thread waits for it.
_CONNECT = timedelta(seconds=3)
_REQUEST = timedelta(seconds=15)
_RETRIES = timedelta(seconds=8)
_NO_ROOM = re.compile(rf"os error ({errno.ENOSPC}|{errno.EDQUOT}|{errno.EROFS}|{errno.EFBIG})\b")


class StoreAway(Problem):
    """The store does not take or give files just now."""

    status: ClassVar[int] = 503
    name: ClassVar[str] = "StoreAway"


class Store:
    """Bytes by key."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._opened: tuple[int, LocalStore | S3Store] | None = None

    def put(self, key: str, data: bytes) -> None:
        """Keep these bytes; on return they are on disk. Raises `StoreAway`, or OSError for a full disk."""
        try:
            obstore.put(self._store(), key, data)
            self._settle(key)
        except (BaseError, OSError) as error:
            raise _away(error) from error

    def get(self, key: str) -> bytes:
        """The bytes. Raises `NotFound`, or `StoreAway`."""
        try:
            return obstore.get(self._store(), key).bytes().to_bytes()
        except FileNotFoundError:
            log.error("files.missing")  # a row tells of it: somebody should look
            raise NotFound("This file is gone from the store. Tell whoever runs the server.") from None
        except (BaseError, OSError) as error:
            raise _away(error) from error

    def remove(self, *keys: str) -> None:
        """Forget these, as far as the store answers: what stays behind is for the sweep."""
        for key in keys:
            try:
                obstore.delete(self._store(), key)
            except FileNotFoundError:
                continue
            except (BaseError, OSError) as error:
                log.warning("files.left_behind", extra={"cause": type(error).__name__})

    def all(self) -> Iterator[tuple[str, datetime]]:
        """Every key with when it was written. Raises `StoreAway`."""
        try:
            for batch in obstore.list(self._store()):
                yield from (
                    (one["path"], one["last_modified"]) for one in batch if not one["path"].startswith(".")
                )
        except (BaseError, OSError) as error:
            raise _away(error) from error

    def remove_partial(self, before: datetime) -> int:
        """Remove what a killed server had begun to write into a folder; gives how many were removed.

        Raises `StoreAway`. A bucket shows only what is whole.
        """
        if self._settings.files_url:
            return 0
        try:
            begun = [path for path in _folder(self._settings).glob("*#*") if _written(path) < before]
            for path in begun:
                path.unlink(missing_ok=True)
        except OSError as error:
            raise _away(error) from error
        return len(begun)

    def probe(self, key: str | None = None) -> None:
        """Ask for ``key``, or for something that is not there; a folder has to take a file as well.

        Raises `StoreAway`, or `NotFound` where the key is not there.
        """
        try:
            if not self._settings.files_url:
                _write_a_little(_folder(self._settings), make=key is None)
            obstore.head(self._store(), key or "probe")
        except FileNotFoundError as error:
            if error.errno is not None:  # of the folder, not of the store
                raise _away(error) from error
            if key:
                raise NotFound("This file is not in the store.") from None
        except (BaseError, OSError) as error:
            raise _away(error) from error

    def identity(self) -> str:
        """A name for the place that two machines agree on only where they mean the same one.

        Raises `StoreAway`.
        """
        if self._settings.files_url:
            place = f"{self._settings.files_endpoint} {self._settings.files_url}"
            return hashlib.sha256(place.encode()).hexdigest()[:16]
        mark = _folder(self._settings) / MARK
        try:
            mark.parent.mkdir(parents=True, exist_ok=True)
            try:
                with mark.open("x") as made:
                    made.write(secrets.token_hex(8))
            except FileExistsError:
                pass
            return mark.read_text()
        except OSError as error:
            raise _away(error) from error

    def _store(self) -> LocalStore | S3Store:
        with self._lock:
            if self._opened is None or self._opened[0] != os.getpid():
                self._opened = (os.getpid(), _open(self._settings))
            return self._opened[1]

    def _settle(self, key: str) -> None:
        """Have a folder's file and its name on disk before anybody is told that it is kept."""
        if self._settings.files_url:
            return
        folder = _folder(self._settings)
        for path in (folder / key, folder):
            descriptor = os.open(path, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)


def store() -> Store:
    """The store of the present app."""
    return cast("Store", current_app.extensions["files"])


def _folder(settings: Settings) -> Path:
    return settings.data_dir.resolve() / FOLDER


def _write_a_little(folder: Path, *, make: bool) -> None:
    if make:
        folder.mkdir(parents=True, exist_ok=True)
    probe = folder / f".probe-{os.getpid()}"
    probe.write_bytes(b"mayday")
    probe.unlink()


def _written(path: Path) -> datetime:
    return datetime.fromtimestamp(path.stat().st_mtime, UTC)


def _open(settings: Settings) -> LocalStore | S3Store:
    if not settings.files_url:
        return LocalStore(_folder(settings), mkdir=True)
    address = urlsplit(settings.files_url)
    return S3Store(
        address.netloc,
        prefix=address.path.strip("/") or None,
        config=_bucket(settings),
        client_options={
            "connect_timeout": _CONNECT,
            "timeout": _REQUEST,
            "allow_http": settings.files_endpoint.startswith("http://"),
        },
        retry_config={"max_retries": 3, "retry_timeout": _RETRIES},
    )


def _bucket(settings: Settings) -> "S3Config":
    """Where the bucket is, and the keys that are set; without any the machine's own rights are used."""
    config: S3Config = {"region": settings.files_region, "virtual_hosted_style_request": False}
    if settings.files_endpoint:
        config["endpoint"] = settings.files_endpoint
    if settings.files_access_key.get_secret_value():
        config["access_key_id"] = settings.files_access_key.get_secret_value()
        config["secret_access_key"] = settings.files_secret_key.get_secret_value()
    return config


def _away(error: Exception) -> Exception:
    """The refusal for people; what a store says (addresses, paths) is for the log."""
    full = _NO_ROOM.search(str(error))
    if full:
        return OSError(errno.ENOSPC, "no room for files")
    log.error("files.store_away", extra={"cause": type(error).__name__, "said": str(error).split("\n")[0]})
    return StoreAway("The place where files are kept does not answer just now. Try again in a moment.")
