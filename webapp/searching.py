"""A text that people search for: read in one place for pages, programs and the graph, bounded in its cost.

Each word is one condition, so words are few; and a statement that looks through many rows ends when its time
is over.
"""

import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from flask import current_app
from flask_babel import gettext as _
from sqlalchemy import Executable, text
from sqlalchemy.engine import Result
from sqlalchemy.exc import OperationalError
from sqlalchemy.sql.elements import ColumnElement, SQLColumnExpression

from webapp.errors import Invalid, TookTooLong
from webapp.extensions import db

LONGEST = 100  # characters
MOST_WORDS = 8
_STEPS = 10_000  # of SQLite, between two looks at the clock: about a millisecond
_CANCELLED = "57014"  # SQLSTATE of PostgreSQL


def words(typed: str) -> list[str]:
    """The words of a search, in small letters. Raises `Invalid` for more than a search may have."""
    if len(typed) > LONGEST:
        raise Invalid(_("Search for at most %(most)d characters.", most=LONGEST))
    found = typed.lower().split()
    if len(found) > MOST_WORDS:
        raise Invalid(_("Search for at most %(most)d words.", most=MOST_WORDS))
    return found


def has_words(column: SQLColumnExpression[str], typed: str) -> list[ColumnElement[bool]]:
    """That a text in small letters has each of these words, or parts of words. Raises `Invalid`."""
    return [column.contains(word, autoescape=True) for word in words(typed)]


def found(statement: Executable, typed: Sequence[str]) -> Result[Any]:
    """What the statement finds; where something was typed, in a search's time. Raises `TookTooLong`."""
    if not any(typed):
        return db.session.execute(statement)
    with _in_time(current_app.config["SETTINGS"].search_seconds):
        return db.session.execute(statement)


@contextmanager
def _in_time(seconds: float) -> Iterator[None]:
    connection = db.session.connection()
    try:
        if connection.dialect.name == "sqlite":
            driver = connection.connection.driver_connection
            assert isinstance(driver, sqlite3.Connection)
            until = time.monotonic() + seconds
            driver.set_progress_handler(lambda: time.monotonic() > until, _STEPS)
            try:
                yield
            finally:
                driver.set_progress_handler(None, 0)
        else:
            connection.execute(text(f"SET LOCAL statement_timeout = {max(1, int(seconds * 1000))}"))
            yield
            connection.execute(text("SET LOCAL statement_timeout TO DEFAULT"))
    except OperationalError as error:
        if getattr(error.orig, "sqlstate", None) != _CANCELLED and str(error.orig) != "interrupted":
            raise
        db.session.rollback()
        raise TookTooLong(_("This search takes too long. Search for fewer or longer words.")) from None
