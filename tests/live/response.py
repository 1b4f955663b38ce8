"""A small response that runs through the services: what happens in it touches every live region."""

from dataclasses import dataclass

from flask import Flask

from tests.people import Cast
from webapp.accounts import service as accounts
from webapp.accounts.models import UserStatus
from webapp.events import service as events
from webapp.resources import allocating as resources
from webapp.resources import service as supplies
from webapp.resources import types
from webapp.volunteers import service as people

# Words that only some may read; a leak is found by looking for them.
NOTES = "Zq-notes-of-coordinators"
REPORT = "Zq-report-not-verified"
OFFER = "Zq-offer-of-somebody-else"


@dataclass
class Response:
    """The rows that the pages of the tests are about."""

    app: Flask
    cast: Cast
    event_id: int = 0
    need_id: int = 0
    offer_id: int = 0
    own_offer_id: int = 0
    assignment_id: int = 0

    def begin(self) -> None:
        """What is there when the pages open: an event with a need, an offer, a volunteer who comes."""
        ada, vic, sam = self.cast.ada.actor, self.cast.vic.actor, self.cast.sam.actor
        with self.app.app_context():
            self.event_id = events.open_event(ada, title="Cellar flooded", priority=2).id
            self.need_id = self._need("Sandbags", 40).id
            self.offer_id = self._offer("Sandbags of the depot", 60).id
            self.own_offer_id = self._offer(OFFER, 10, self.cast.sam.id).id
            self.assignment_id = people.join(sam, event_id=self.event_id).id
            people.write_notes(vic, user_id=self.cast.sam.id, notes=NOTES, seen_version=None)

    def go_on(self) -> None:
        """A busy quarter of an hour: something of everything."""
        with self.app.app_context():
            self._events()
            self._resources()
            self._people()

    def _events(self) -> None:
        ada, sue = self.cast.ada.actor, self.cast.sue.actor
        events.edit_event(
            ada, event_id=self.event_id, seen_version=None, title="Cellar flooded, school", priority=1
        )
        events.report_event(sue, title=REPORT)
        report = events.report_event(sue, title="Tree on the road")
        events.verify(ada, event_id=report.id)
        brief = events.open_event(ada, title="Soon over", priority=3)
        events.close(ada, event_id=brief.id, note="Nothing there")

    def _resources(self) -> None:
        vic, vera = self.cast.vic.actor, self.cast.vera.actor
        sent = resources.allocate(vic, need_id=self.need_id, offer_id=self.offer_id, quantity=25)
        resources.dispatch(vic, allocation_id=sent.id)
        resources.deliver(vic, allocation_id=sent.id)
        freed = resources.allocate(vera, need_id=self.need_id, offer_id=self.offer_id, quantity=10)
        resources.release(vera, allocation_id=freed.id)
        resources.allocate(vera, need_id=self.need_id, offer_id=self.own_offer_id, quantity=5)
        cancelled = self._need("Blankets", 5)
        supplies.cancel_need(vic, need_id=cancelled.id, reason="found some")
        supplies.edit_need(vic, need_id=self._need("Buckets", 12).id, seen_version=None, quantity=14)
        supplies.set_out_of_service(vic, offer_id=self._offer("Broken pump", 1).id)
        supplies.withdraw_offer(vic, offer_id=self._offer("Taken back", 2).id)

    def _people(self) -> None:
        vic, sam, sue = self.cast.vic.actor, self.cast.sam.actor, self.cast.sue.actor
        people.check_in(sam, assignment_id=self.assignment_id)
        asked = people.assign(vic, user_id=self.cast.sue.id, event_id=self.event_id, task="Carry bags")
        people.accept(sue, assignment_id=asked.id)
        people.check_in(sue, assignment_id=asked.id)
        people.mark_no_contact(vic, assignment_id=asked.id)
        people.check_out(sue, assignment_id=asked.id)
        accounts.set_status(sue, user_id=self.cast.sue.id, status=UserStatus.UNAVAILABLE)
        self.cast.person("Newcomer Now")

    def _need(self, name: str, quantity: int) -> supplies.Need:
        kind = types.every()[0]
        return supplies.add_need(
            self.cast.vic.actor,
            event_id=self.event_id,
            resource_type_id=kind.id,
            name=name,
            quantity=quantity,
            unit=kind.units[0],
        )

    def _offer(self, name: str, quantity: int, owner_id: int | None = None) -> supplies.Offer:
        kind = types.every()[0]
        return supplies.make_offer(
            self.cast.vic.actor,
            resource_type_id=kind.id,
            name=name,
            quantity=quantity,
            unit=kind.units[0],
            owner_id=owner_id,
        )
