"""Events for tests, made through the services so that they are always possible ones."""

from typing import Any

from flask import Flask

from tests.people import Person
from webapp.events import service
from webapp.events.models import Event
from webapp.extensions import db
from webapp.journal import JournalEntry


def opened(app: Flask, person: Person, **fields: Any) -> int:
    """An active event."""
    with app.app_context():
        return service.open_event(person.actor, **({"title": "Flood"} | fields)).id


def reported(app: Flask, person: Person, **fields: Any) -> int:
    """A pending event."""
    with app.app_context():
        return service.report_event(person.actor, **({"title": "Smoke"} | fields)).id


def closed(app: Flask, person: Person, **fields: Any) -> int:
    """A resolved event."""
    event_id = opened(app, person, **fields)
    with app.app_context():
        service.close(person.actor, event_id=event_id, note="Pumped dry")
    return event_id


def stored(app: Flask, event_id: int) -> Event:
    """The event as the database has it now."""
    with app.app_context():
        found = db.session.get(Event, event_id)
        assert found is not None
        return found


def version(app: Flask, event_id: int) -> str:
    """The event's version as a form carries it."""
    return str(stored(app, event_id).version)


def verbs(app: Flask, event_id: int) -> list[str]:
    """What the journal says of the event, oldest first."""
    with app.app_context():
        statement = db.select(JournalEntry.verb).where(JournalEntry.event_id == event_id)
        return list(db.session.execute(statement.order_by(JournalEntry.seq)).scalars())


def number_of_events(app: Flask) -> int:
    """How many events there are."""
    with app.app_context():
        return len(db.session.execute(db.select(Event.id)).all())


def number_at(location: str) -> int:
    """The event's number in a redirect's address."""
    return int(location.rsplit("/", 1)[1])
