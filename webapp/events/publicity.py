"""Which events everybody may see, without signing in: on the public page, in the feed, as CAP."""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import ColumnElement, and_, or_, select

from webapp.database import utc_now
from webapp.errors import NotFound
from webapp.events.models import Event, EventStatus, Visibility
from webapp.events.queries import after_cursor
from webapp.extensions import db

# How long an event that is over stays public: who was away over a weekend learns that it ended.
SHOWN_AFTER_CLOSING = timedelta(days=7)


def is_public(event: Event) -> bool:
    """Whether everybody may see it now: an authority made it public, and it is active or ended lately."""
    if event.visibility is not Visibility.PUBLIC:
        return False
    if event.status is EventStatus.RESOLVED:
        return event.closed_at is not None and event.closed_at > utc_now() - SHOWN_AFTER_CLOSING
    return event.status is EventStatus.ACTIVE


def public_event(event_id: int) -> Event:
    """The event, if everybody may see it. Raises `NotFound`."""
    event = db.session.get(Event, event_id)
    if event is None or not is_public(event):
        raise NotFound("There is nothing here, or it is over.")
    return event


def public_events(limit: int, after: str | None = None) -> Sequence[Event]:
    """Public events in the order of all lists; ``after`` is the cursor of the last one before.

    Raises `NotFound` when it is none.
    """
    conditions = [_public()]
    if after is not None:
        conditions.append(after_cursor(after))
    ordered = select(Event).where(*conditions).order_by(Event.status_rank, Event.priority, Event.id.desc())
    return db.session.execute(ordered.limit(limit)).scalars().all()


def _public() -> ColumnElement[bool]:
    """As `is_public` says, for many rows at once."""
    over = and_(Event.status == EventStatus.RESOLVED, Event.closed_at > utc_now() - SHOWN_AFTER_CLOSING)
    return and_(Event.visibility == Visibility.PUBLIC, or_(Event.status == EventStatus.ACTIVE, over))
