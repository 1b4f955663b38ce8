"""References: what tells that a row of a file is here already.

A row keeps the reference it came with. One that was made here is given one by an export: its table, its
number and the moment it was made, which no other installation's row shares.
"""

import re
from collections.abc import Collection, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select

from webapp.events.models import Event
from webapp.extensions import db
from webapp.resources.models import Need, Offer

_OURS = re.compile(r"mayday:(event|need|offer):([1-9]\d{0,17}):([0-9a-f]{1,16})")
_START = datetime(1970, 1, 1, tzinfo=UTC)
Model = type[Event] | type[Need] | type[Offer]


def of(table: str, id_: int, created_at: datetime, source_ref: str | None) -> str:
    """The reference of a row: its sender's, or ours."""
    return source_ref or f"mayday:{table}:{id_}:{(created_at - _START) // timedelta(microseconds=1):x}"


def known(model: Model, wanted: Iterable[str]) -> dict[str, int]:
    """The rows that are here, by reference; two statements."""
    refs = set(wanted)
    if not refs:
        return {}
    columns: Any = model.__table__.c
    rows = db.session.execute(select(columns.source_ref, columns.id).where(columns.source_ref.in_(refs)))
    found = {str(row.source_ref): int(row.id) for row in rows}
    return found | _made_here(model, refs - found.keys())


def _made_here(model: Model, refs: Collection[str]) -> dict[str, int]:
    ids = [int(m[2]) for ref in refs if (m := _OURS.fullmatch(ref)) and m[1] == model.__tablename__]
    if not ids:
        return {}
    columns: Any = model.__table__.c
    statement = select(columns.id, columns.created_at).where(
        columns.id.in_(ids), columns.source_ref.is_(None)
    )
    rows = db.session.execute(statement)
    own = {of(model.__tablename__, row.id, row.created_at, None): int(row.id) for row in rows}
    return {ref: id_ for ref, id_ in own.items() if ref in refs}
