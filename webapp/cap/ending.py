"""Alerts end by the clock alone; a look each minute tells open pages, once for each."""

from sqlalchemy import select

from webapp import journal
from webapp.database import utc_now
from webapp.events.models import Event
from webapp.events.service import facts
from webapp.extensions import db
from webapp.jobs.ticking import every
from webapp.journal import SYSTEM, Actor
from webapp.settings import Settings

LOOK_EVERY = 60.0  # seconds
_AT_ONCE = 200


@every(LOOK_EVERY)
def tell_ended(_settings: Settings) -> int:
    """Have every page show which alerts are over since the last look. Gives how many."""
    ended = select(Event.id).where(Event.alert_expires_at <= utc_now(), Event.alert_end_told.is_(False))
    ids = db.session.execute(ended.order_by(Event.id).limit(_AT_ONCE)).scalars().all()
    db.session.rollback()
    return sum(bool(_tell(SYSTEM, event_id=id_)) for id_ in ids)


@journal.command
def _tell(_actor: Actor, *, event_id: int) -> Event | None:
    event = db.session.get_one(Event, event_id, with_for_update=True)
    if event.alert_end_told or not event.alert_over:
        return None  # another worker was faster, or its sender said something newer
    event.alert_end_told = True
    journal.append("event.alert_ended", event, event_id=event.id, **facts(event))
    return event
