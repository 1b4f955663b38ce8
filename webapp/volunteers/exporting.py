"""People as rows of an export: those of the roster, in batches by number, two statements each."""

from typing import Any

from sqlalchemy import ColumnElement, func, select

from webapp import searching
from webapp.accounts.models import User, UserSkill
from webapp.extensions import db
from webapp.volunteers.roster import Filters, matching

_COLUMNS = (
    "id",
    "name",
    "role",
    "status",
    "languages",
    "availability",
    "phone",
    "home_area",
    "created_at",
)


def batch(filters: Filters, after: int, limit: int) -> tuple[list[dict[str, Any]], int | None]:
    """The next people after this number, with what they can do."""
    email = func.coalesce(User.email_typed, User.email).label("email")
    columns = [*(User.__table__.c[name] for name in _COLUMNS), email]
    statement = select(*columns).where(User.id > after, *_conditions(filters)).order_by(User.id).limit(limit)
    rows = [dict(row) for row in searching.found(statement, filters.typed).mappings()]
    skills = _skills([row["id"] for row in rows])
    return [row | {"skills": skills.get(row["id"], [])} for row in rows], (
        rows[-1]["id"] if len(rows) == limit else None
    )


def counted(filters: Filters, most: int) -> int:
    """How many people that are, counted no further than ``most``; one statement."""
    found = select(User.id).where(*_conditions(filters)).limit(most).subquery()
    number: int = searching.found(select(func.count()).select_from(found), filters.typed).scalar_one()
    return number


def _conditions(filters: Filters) -> list[ColumnElement[bool]]:
    return [User.deactivated_at.is_(None), User.erased_at.is_(None), *matching(filters)]


def _skills(user_ids: list[int]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    if user_ids:
        statement = select(UserSkill.user_id, UserSkill.name).where(UserSkill.user_id.in_(user_ids))
        for user_id, name in db.session.execute(statement.order_by(UserSkill.name)):
            found.setdefault(user_id, []).append(name)
    return found
