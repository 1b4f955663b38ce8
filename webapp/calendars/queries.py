"""What a calendar reads: whose link it is, and what they are on."""

from collections.abc import Sequence

from sqlalchemy import Row, select

from webapp.accounts.identity import token_hash
from webapp.accounts.models import User
from webapp.calendars.models import CalendarLink
from webapp.errors import NotFound
from webapp.events.models import Event
from webapp.extensions import db
from webapp.volunteers.models import Assignment

# The newest assignments; who was on more has the older ones in their own calendar already.
MOST = 200


def link_of(user_id: int) -> CalendarLink | None:
    """The person's link, if they have one."""
    return db.session.execute(
        select(CalendarLink).where(CalendarLink.user_id == user_id)
    ).scalar_one_or_none()


def owner_of(token: str) -> User:
    """Whose calendar the link opens. Raises `NotFound` for links that ended and people who left."""
    found = db.session.execute(
        select(User)
        .join(CalendarLink, CalendarLink.user_id == User.id)
        .where(
            CalendarLink.token_hash == token_hash(token),
            User.deactivated_at.is_(None),
            User.erased_at.is_(None),
        )
    ).scalar_one_or_none()
    if found is None:
        raise NotFound("This calendar is not here any more. Make a new link on your own page.")
    return found


def assignments_of(user_id: int) -> Sequence[Row[Assignment, Event]]:
    """What the person is and was on, with the events, the newest first."""
    statement = (
        select(Assignment, Event)
        .join(Event, Event.id == Assignment.event_id)
        .where(Assignment.user_id == user_id)
        .order_by(Assignment.id.desc())
        .limit(MOST)
    )
    return db.session.execute(statement).all()
