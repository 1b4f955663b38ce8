"""What the tests of this feature share: an open event, people on it, and plain looks at the rows."""

import re
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from tests.api.caller import Programs
from tests.people import Cast, Person
from webapp.accounts.models import User
from webapp.events import service as events
from webapp.events.models import Event
from webapp.extensions import db
from webapp.journal import JournalEntry
from webapp.volunteers import service
from webapp.volunteers.models import Assignment

# The steps from having been asked or having joined to each status.
_WAY: dict[str, tuple[Callable[..., Any], ...]] = {
    "offered": (),
    "requested": (),
    "accepted": (),
    "declined": (service.decline,),
    "checked_in": (service.check_in,),
    "no_contact": (service.check_in, service.mark_no_contact),
    "checked_out": (service.check_in, service.check_out),
    "cancelled": (service.cancel,),
}
STATES = tuple(_WAY)
# Numbers in an address that no row has.
NO_ROW = ("999999", "99999999999999999999", "0", "-1", "x")


class Field:
    """Makes events and assignments through the services, and reads what became of them."""

    def __init__(self, app: Flask, cast: Cast) -> None:
        self.app, self.cast = app, cast

    def event(self, title: str = "Cellar flooded", **more: Any) -> int:
        """An active event."""
        with self.app.app_context():
            made: int = events.open_event(self.cast.ada.actor, title=title, **more).id
            return made

    def close(self, event_id: int) -> None:
        """Close the event."""
        with self.app.app_context():
            events.close(self.cast.ada.actor, event_id=event_id, note="Done.")

    def offered(self, person: Person, event_id: int, **more: str) -> int:
        """The person was asked to come."""
        with self.app.app_context():
            vic = self.cast.vic.actor
            made: int = service.assign(vic, user_id=person.id, event_id=event_id, **more).id
            return made

    def accepted(self, person: Person, event_id: int) -> int:
        """The person joined by themselves."""
        with self.app.app_context():
            made: int = service.join(person.actor, event_id=event_id).id
            return made

    def present(self, person: Person, event_id: int) -> int:
        """The person joined and checked in."""
        with self.app.app_context():
            made: int = service.join_and_check_in(person.actor, event_id=event_id).id
            return made

    def there(self, status: str, person: Person) -> tuple[int, int]:
        """An event of its own and the person's assignment to it, in this status; a coordinator saw to it."""
        event = self.event(f"Event where {status}", needs_approval=status == "requested")
        asked = status in ("offered", "declined")
        assignment = self.offered(person, event) if asked else self.accepted(person, event)
        for verb in _WAY[status]:
            self.do(verb, self.cast.vic, assignment)
        return event, assignment

    def do(self, verb: Callable[..., Any], person: Person, assignment_id: int) -> None:
        """A step by the service's own door."""
        with self.app.app_context():
            verb(person.actor, assignment_id=assignment_id)

    def row(self, assignment_id: int) -> Assignment:
        """The assignment as it is stored now."""
        with self.app.app_context():
            found = db.session.get(Assignment, assignment_id)
            assert found is not None
            db.session.expunge(found)
            return found

    def status(self, assignment_id: int) -> str:
        """The assignment's status now."""
        return self.row(assignment_id).status.value

    def of(self, person: Person, event_id: int) -> list[str]:
        """The statuses of all of a person's assignments on an event, oldest first."""
        with self.app.app_context():
            statement = db.select(Assignment.status).where(
                Assignment.user_id == person.id, Assignment.event_id == event_id
            )
            return [
                status.value for status in db.session.execute(statement.order_by(Assignment.id)).scalars()
            ]

    def only(self, person: Person, event_id: int) -> int:
        """The id of the person's newest assignment on the event."""
        with self.app.app_context():
            statement = db.select(Assignment.id).where(
                Assignment.user_id == person.id, Assignment.event_id == event_id
            )
            return db.session.execute(statement.order_by(Assignment.id.desc())).scalars().first() or 0

    def people(self, event_id: int) -> tuple[int, int]:
        """How many the event says are expected and checked in."""
        with self.app.app_context():
            event = db.session.get(Event, event_id)
            assert event is not None
            return event.people_expected, event.people_checked_in

    def person_status(self, person: Person) -> str:
        """Free, assigned or unavailable."""
        with self.app.app_context():
            user = db.session.get(User, person.id)
            assert user is not None
            return user.status.value

    def verbs(self, event_id: int | None = None) -> list[str]:
        """What the journal says of assignments, in order."""
        with self.app.app_context():
            statement = db.select(JournalEntry.verb).where(JournalEntry.verb.startswith("assignment."))
            if event_id is not None:
                statement = statement.where(JournalEntry.event_id == event_id)
            return list(db.session.execute(statement.order_by(JournalEntry.seq)).scalars())


@pytest.fixture
def field(app: Flask, cast: Cast) -> Field:
    """The field of this test."""
    return Field(app, cast)


def words(response: TestResponse) -> str:
    """What a person reads on a page: its text without markup, with single spaces."""
    html = re.sub(r"<(script|style).*?</\1>", " ", response.get_data(as_text=True), flags=re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def step(person: Person, assignment_id: int, name: str, **form: str) -> TestResponse:
    """Press one of the buttons of an assignment."""
    return person.post(f"/assignments/{assignment_id}/{name}", form)


def one_command() -> dict[str, str]:
    """A form whose repetition is the same command."""
    return {"command_id": str(uuid.uuid4())}


@pytest.fixture
def programs(cast: Cast) -> Programs:
    """A program of each of the cast."""
    return Programs(cast)
