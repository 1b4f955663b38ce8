"""What the tests of the graph share."""

from dataclasses import dataclass

import pytest
from flask import Flask

from tests.api.caller import Programs
from tests.people import Cast
from webapp.events import service as events
from webapp.extensions import db
from webapp.journal import SYSTEM
from webapp.resources import service as resources
from webapp.resources.models import ResourceType
from webapp.volunteers import service as volunteers


@pytest.fixture
def programs(cast: Cast) -> Programs:
    """A program of each of the cast, signed in with a token."""
    return Programs(cast)


@dataclass(frozen=True)
class Response:
    """A small response: an active event with a need that Sue's offer serves, and Sue on it; and a report
    that nobody has verified."""

    event_id: int
    report_id: int
    type_id: int
    need_id: int
    offer_id: int
    allocation_id: int
    assignment_id: int


@pytest.fixture
def response(app: Flask, cast: Cast) -> Response:
    """The small response."""
    with app.app_context():
        kind = db.session.execute(db.select(ResourceType.id).where(ResourceType.code == "equipment.pump"))
        type_id = kind.scalar_one()
        event_id = events.open_event(SYSTEM, title="Cellar flooded", priority=2).id
        report_id = events.report_event(cast.sue.actor, title="Smoke").id
        need_id = resources.add_need(
            SYSTEM, event_id=event_id, resource_type_id=type_id, name="Pumps", quantity=5, unit="pumps"
        ).id
        offer_id = resources.make_offer(
            cast.sue.actor, resource_type_id=type_id, name="Sue's pumps", quantity=3, unit="pumps"
        ).id
        allocation_id = resources.allocate(SYSTEM, need_id=need_id, offer_id=offer_id, quantity=2).id
        assignment_id = volunteers.join(cast.sue.actor, event_id=event_id).id
        return Response(event_id, report_id, type_id, need_id, offer_id, allocation_id, assignment_id)
