"""Counts the SQL statements of what runs inside the ``with``."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import Flask
from sqlalchemy import event

from webapp.extensions import db


@contextmanager
def statements(app: Flask) -> Iterator[list[str]]:
    """The statements that the app's database executes, without BEGIN and COMMIT."""
    seen: list[str] = []

    def note(_conn: Any, _cursor: Any, sql: str, *_more: Any) -> None:
        if not sql.startswith(("BEGIN", "COMMIT", "ROLLBACK", "PRAGMA")):
            seen.append(sql)

    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(engine, "before_cursor_execute", note)
