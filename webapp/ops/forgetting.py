"""SQLite's files hold nothing that was taken out of the database.

Freed places are overwritten (``secure_delete``, see `database`), but the write-ahead log keeps pages as they
were until it is emptied. That is done at once after whatever takes away something about a person; where
somebody reads from the log just then, again and again until it is done, and by the clean-up each night.

Pages that were split while they were filled can keep a stale copy between their entries, which
``secure_delete`` does not reach (seen of 1 person in 150): so each night the database is written anew.
"""

import logging
import sqlite3
import threading
from collections.abc import Collection
from contextlib import closing
from pathlib import Path
from typing import Any

from flask import Flask, current_app
from sqlalchemy import make_url

from webapp.extensions import db
from webapp.journal import committed
from webapp.journal.order import one_writer
from webapp.settings import Settings

log = logging.getLogger(__name__)

_TAKE_AWAY = frozenset(
    {"user.erased", "user.edited", "identity.unlinked", "invitation.forgotten", "attachment.removed"}
)
# Bytes; about three seconds, for which writers wait. Nobody waits for larger ones.
_REWRITTEN_UP_TO = 256 * 1_048_576
_PATIENCE = 0.2  # seconds that writers may have to wait for it
_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 60.0  # seconds between tries
_again: dict[str, threading.Timer] = {}
_guard = threading.Lock()


def init_app(_app: Flask) -> None:
    """Empty the log whenever something about a person was taken away."""
    committed.connect(_after)


def rewrite(settings: Settings) -> None:
    """Write the embedded database anew, without what is no row any more, if that is quick; empty its log."""
    path = make_url(settings.sqlalchemy_url).database
    if not settings.is_sqlite or not path:
        return
    if Path(path).stat().st_size <= _REWRITTEN_UP_TO:
        db.session.rollback()  # one's own reading would keep the log as it is
        with one_writer(db.session()):
            _rewrite(path)
    empty_log(settings)


def empty_log(settings: Settings) -> bool:
    """Empty the log now, or soon if that cannot be; whether it is empty. True where there is no log."""
    path = make_url(settings.sqlalchemy_url).database
    if not settings.is_sqlite or not path or _empty(path):
        return True
    _try_again(path, _FIRST_PAUSE)
    return False


def _after(_sender: object, *, verbs: Collection[str], **_more: Any) -> None:
    if not _TAKE_AWAY.isdisjoint(verbs):
        empty_log(current_app.config["SETTINGS"])


def _rewrite(path: str) -> None:
    try:
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            connection.execute("VACUUM")
    except sqlite3.OperationalError as error:  # no room for a second copy, or a writer that is not ours
        log.warning("database not written anew", extra={"reason": str(error)})


def _empty(path: str) -> bool:
    """Whether all of the log is in the database and its file holds nothing more."""
    try:
        with closing(sqlite3.connect(path, timeout=_PATIENCE, isolation_level=None)) as connection:
            busy = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
    except sqlite3.OperationalError as error:
        log.info("log of the database not emptied", extra={"reason": str(error)})
        return False
    return not busy


def _try_again(path: str, pause: float) -> None:
    with _guard:
        if path in _again:
            return
        timer = _again[path] = threading.Timer(pause, _once_more, (path, pause))
        timer.daemon = True
        timer.start()


def _once_more(path: str, pause: float) -> None:
    with _guard:
        del _again[path]
    if not _empty(path):
        _try_again(path, min(pause * 2, _LONGEST_PAUSE))
