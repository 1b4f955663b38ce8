"""The guard: collects what a command changes, and refuses changes of the situation outside one.

Collecting is always on. Refusing is on in tests and development; in production an unjournalled change
would already have failed there.
"""

from typing import Any

from sqlalchemy import event, inspect
from sqlalchemy.orm import ORMExecuteState, Session

from webapp.extensions import db
from webapp.journal.models import Journalled
from webapp.journal.plain import plain
from webapp.journal.transaction import Open, Unjournalled, current

HIDDEN = "•"  # stands for a private value that is there
_strict = False


def watch(*, strict: bool) -> None:
    """Listen to every flush of the app's sessions. ``strict`` refuses unjournalled changes."""
    global _strict
    _strict = strict
    if not event.contains(db.session, "before_flush", _before_flush):
        event.listen(db.session, "before_flush", _before_flush)
        event.listen(db.session, "after_flush", _after_flush)
        event.listen(db.session, "do_orm_execute", _before_bulk)


def _before_flush(session: Session, _context: object, _instances: object) -> None:
    rows = [row for row in (*session.new, *session.dirty, *session.deleted) if isinstance(row, Journalled)]
    transaction = current()
    if transaction is None:
        situation = [row for row in rows if row in session.deleted or _changes(row)]
        if situation and _strict:
            raise Unjournalled(f"{type(situation[0]).__name__} changed outside a command")
        return
    # Made anew by each flush: what a failed one left must not be counted again when its command is rerun.
    session.info["journal_pending"] = [
        (row, {"deleted": [False, True]} if row in session.deleted else _changes(row)) for row in rows
    ]


def _after_flush(session: Session, _context: object) -> None:
    """New rows have their ids now: keep what was collected under them."""
    transaction = current()
    pending = session.info.pop("journal_pending", [])
    if transaction is not None:
        for row, changes in pending:
            if changes:
                _merge(transaction, row, changes)


def _merge(transaction: Open, row: Journalled, changes: dict[str, list[Any]]) -> None:
    transaction.changed[id(row)] = row
    known = transaction.changes.setdefault((row.__tablename__, row.id), {})  # type: ignore[attr-defined]
    for name, (before, after) in changes.items():
        known[name] = [known[name][0] if name in known else before, after]


def _changes(row: Journalled) -> dict[str, list[Any]]:
    """{field: [before, after]} of what this flush will write."""
    state = inspect(row)
    found: dict[str, list[Any]] = {}
    for column in state.mapper.column_attrs:
        history = state.attrs[column.key].history
        if column.key in row.journal_ignored or not history.has_changes():
            continue
        before = history.deleted[0] if history.deleted else None
        after = history.added[0] if history.added else None
        if before != after:
            found[column.key] = [_shown(row, column.key, before), _shown(row, column.key, after)]
    found.pop("id", None)
    return found


def _shown(row: Journalled, name: str, value: object) -> object:
    if name in row.journal_private:
        return None if value in (None, "", [], {}) else HIDDEN
    return plain(value)


def _before_bulk(state: ORMExecuteState) -> None:
    """Bulk statements would pass the journal by: the situation changes row by row."""
    if not (state.is_update or state.is_delete or state.is_insert):
        return
    mapper = state.bind_mapper
    if mapper is not None and issubclass(mapper.class_, Journalled):
        raise Unjournalled(f"bulk statement on {mapper.class_.__name__}")
