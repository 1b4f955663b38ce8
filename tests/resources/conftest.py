"""A small response for the tests of resources: an active event, sandbags needed, sandbags offered."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask

from tests.people import Cast
from webapp.events.models import Event
from webapp.events.service import open_event
from webapp.extensions import db
from webapp.journal import JournalEntry
from webapp.resources import service, types
from webapp.resources.models import Allocation, Need, Offer, ResourceType


@dataclass
class Response:
    """What is there, by id, and ways to look at it and to add to it through the services."""

    app: Flask
    cast: Cast
    event: int = 0
    need: int = 0  # 40 sandbags
    offer: int = 0  # 100 sandbags, Sam's

    def kind(self, code: str) -> int:
        """The id of a resource type."""
        with self.app.app_context():
            return next(kind.id for kind in types.every(with_retired=True) if kind.code == code)

    def add_event(self, **fields: Any) -> int:
        """One more active event."""
        given = {"title": "Cellar flooded", "latitude": 55.67, "longitude": 12.55} | fields
        with self.app.app_context():
            return open_event(self.cast.ada.actor, **given).id

    def add_need(self, code: str = "supplies.sandbag", **fields: Any) -> int:
        """One more need on the event."""
        given = {"event_id": self.event, "name": "filled bags", "quantity": 40, "unit": "sandbags"} | fields
        kind = self.kind(code)
        with self.app.app_context():
            return service.add_need(self.cast.vic.actor, resource_type_id=kind, **given).id

    def add_offer(self, code: str = "supplies.sandbag", **fields: Any) -> int:
        """One more offer, of Sam's."""
        given = {"name": "bags", "quantity": 100, "unit": "sandbags", "place_name": "Depot N"} | fields
        kind = self.kind(code)
        with self.app.app_context():
            return service.make_offer(self.cast.sam.actor, resource_type_id=kind, **given).id

    def promise(self, quantity: int | Decimal = 30, **ids: int) -> int:
        """Allocate, as Vic."""
        given = {"need_id": self.need, "offer_id": self.offer} | ids
        with self.app.app_context():
            return service.allocate(self.cast.vic.actor, quantity=quantity, **given).id

    def sent(self, quantity: int | Decimal = 30, **ids: int) -> int:
        """Allocate and send on the way."""
        made = self.promise(quantity, **ids)
        with self.app.app_context():
            service.dispatch(self.cast.vic.actor, allocation_id=made)
        return made

    def delivered(self, quantity: int | Decimal = 30, **ids: int) -> int:
        """Allocate, send and deliver."""
        made = self.sent(quantity, **ids)
        with self.app.app_context():
            service.deliver(self.cast.vic.actor, allocation_id=made)
        return made

    def look(self, model: type[Any], id_: int) -> Any:
        """The row as it is now."""
        with self.app.app_context():
            db.session.expire_all()
            return db.session.get_one(model, id_)

    def the_need(self, id_: int | None = None) -> Need:
        """The need as it is now."""
        found: Need = self.look(Need, id_ or self.need)
        return found

    def the_offer(self, id_: int | None = None) -> Offer:
        """The offer as it is now."""
        found: Offer = self.look(Offer, id_ or self.offer)
        return found

    def the_event(self) -> Event:
        """The event as it is now."""
        found: Event = self.look(Event, self.event)
        return found

    def allocation(self, id_: int) -> Allocation:
        """An allocation as it is now."""
        found: Allocation = self.look(Allocation, id_)
        return found

    def allocations(self) -> list[Allocation]:
        """All allocations."""
        with self.app.app_context():
            return list(db.session.execute(db.select(Allocation).order_by(Allocation.id)).scalars())

    def the_kind(self, code: str) -> ResourceType:
        """A resource type as it is now."""
        found: ResourceType = self.look(ResourceType, self.kind(code))
        return found

    def entries(self, verb: str) -> list[JournalEntry]:
        """The journal's entries of this verb."""
        with self.app.app_context():
            chosen = db.select(JournalEntry).where(JournalEntry.verb == verb).order_by(JournalEntry.seq)
            return list(db.session.execute(chosen).scalars())


@pytest.fixture
def there(app: Flask, cast: Cast) -> Response:
    """An active event that needs 40 sandbags; Sam offers 100."""
    response = Response(app, cast)
    response.event = response.add_event()
    response.need = response.add_need()
    response.offer = response.add_offer()
    return response
