"""One person as coordinators see them, without contact details: those are a deliberate, journalled look."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from webapp.accounts.models import User, UserStatus
from webapp.errors import NotFound
from webapp.extensions import db
from webapp.journal import Role


@dataclass(frozen=True, slots=True)
class Profile:
    """A person's facts; ``owner_id`` is the person, for the policy."""

    id: int
    version: int
    name: str
    role: Role
    status: UserStatus
    languages: list[str]
    home_area: str | None
    availability: str | None
    notes: str | None
    created_at: datetime
    deactivated_at: datetime | None

    @property
    def owner_id(self) -> int:
        """Whom the profile is about."""
        return self.id


def profile(user_id: int) -> Profile:
    """The person. Raises `NotFound`, also for somebody erased."""
    of = User.__table__.c
    statement = select(*(of[name] for name in Profile.__dataclass_fields__))
    row = db.session.execute(statement.where(of.id == user_id, of.erased_at.is_(None))).mappings().first()
    if row is None:
        raise NotFound("There is nothing here, or it is not yours to see.")
    return Profile(**row)
