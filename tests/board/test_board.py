"""The board: who may see it, what is on it, in which order, and what it costs."""

import re

from flask import Flask

from tests.conftest import both_databases
from tests.people import Cast
from tests.statements import statements
from webapp import journal
from webapp.events import service as events
from webapp.events.models import Event
from webapp.extensions import db
from webapp.journal import SYSTEM, Actor
from webapp.resources import service as resources
from webapp.resources.models import ResourceType


@journal.command
def report_many(_actor: Actor, *, count: int) -> None:
    """Many reports at once, as an import makes them."""
    for n in range(count):
        event = Event(title=f"Report {n}", priority=1 + n % 5)
        db.session.add(event)
        db.session.flush()
        journal.append("event.reported", event, event_id=event.id, title=event.title)


def type_id(code: str) -> int:
    return db.session.execute(db.select(ResourceType.id).where(ResourceType.code == code)).scalar_one()


def shown(page: str, prefix: str) -> list[int]:
    return [int(n) for n in re.findall(rf'<li id="{prefix}-(\d+)"', page)]


def test_volunteers_and_strangers_do_not_see_the_board(cast: Cast) -> None:
    assert cast.sam.get("/board").status_code == 403
    answer = cast.stranger.get("/board")
    assert answer.status_code == 302
    assert answer.location.startswith("/sign-in?next=")


def test_coordinators_and_authorities_start_on_the_board(cast: Cast) -> None:
    for person in (cast.ada, cast.vic):
        assert person.get("/").location == "/board"
        assert person.get("/board").status_code == 200


def test_events_come_active_first_then_by_priority_then_newest(app: Flask, cast: Cast) -> None:
    with app.app_context():
        low = events.open_event(SYSTEM, title="Low", priority=4).id
        reported = events.report_event(SYSTEM, title="Reported", priority=1).id
        old = events.open_event(SYSTEM, title="Old", priority=1).id
        new = events.open_event(SYSTEM, title="New", priority=1).id
    page = cast.vic.get("/board").get_data(as_text=True)
    assert shown(page, "board-event") == [new, old, low, reported]


def test_closed_and_rejected_events_are_not_on_the_board(app: Flask, cast: Cast) -> None:
    with app.app_context():
        closed = events.open_event(SYSTEM, title="Closed").id
        events.close(SYSTEM, event_id=closed, note="Done")
        rejected = events.report_event(SYSTEM, title="Rejected").id
        events.reject(SYSTEM, event_id=rejected, reason="False alarm")
    assert shown(cast.vic.get("/board").get_data(as_text=True), "board-event") == []


def test_unmet_needs_show_the_best_offer(app: Flask, cast: Cast) -> None:
    with app.app_context():
        event = events.open_event(SYSTEM, title="Flood").id
        sandbags = type_id("supplies.sandbag")
        need = resources.add_need(
            SYSTEM, event_id=event, resource_type_id=sandbags, name="Sandbags", quantity=40, unit="sandbags"
        ).id
        resources.make_offer(
            SYSTEM,
            resource_type_id=sandbags,
            name="Bags",
            quantity=60,
            unit="sandbags",
            place_name="Depot North",
            owner_id=cast.sam.id,
        )
    page = cast.vic.get("/board").get_data(as_text=True)
    assert shown(page, "board-need") == [need]
    assert "Depot North" in page


@both_databases
def test_the_board_costs_at_most_seven_statements_however_much_there_is(app: Flask, cast: Cast) -> None:
    with app.app_context():
        report_many(SYSTEM, count=80)
        for n in range(8):
            event = events.open_event(SYSTEM, title=f"Flood {n}").id
            resources.add_need(
                SYSTEM,
                event_id=event,
                resource_type_id=type_id("supplies.water"),
                name="Water",
                quantity=10,
                unit="litres",
            )
    with statements(app) as seen:
        answer = cast.vic.get("/board")
    page = answer.get_data(as_text=True)
    assert answer.status_code == 200
    assert len(shown(page, "board-event")) == 50
    assert len(seen) <= 7, "\n".join(seen)


def test_the_counts_are_those_of_the_rows(app: Flask, cast: Cast) -> None:
    with app.app_context():
        report_many(SYSTEM, count=7)
        events.open_event(SYSTEM, title="Flood")
    page = cast.vic.get("/board").get_data(as_text=True)
    counts = re.findall(r'count-number">(\d+)</b> <span class="count-word">([^<]+)', page)
    assert ("1", "active") in counts
    assert ("7", "to verify") in counts


def test_unmet_needs_are_counted_while_their_event_is_active(app: Flask, cast: Cast) -> None:
    def unmet() -> str:
        page = cast.vic.get("/board").get_data(as_text=True)
        return {
            word: n
            for n, word in re.findall(r'count-number">(\d+)</b> <span class="count-word">([^<]+)', page)
        }["unmet needs"]

    with app.app_context():
        event = events.open_event(SYSTEM, title="Flood").id
        for name in ("Water", "More water"):
            resources.add_need(
                SYSTEM,
                event_id=event,
                resource_type_id=type_id("supplies.water"),
                name=name,
                quantity=10,
                unit="litres",
            )
    assert unmet() == "2"
    with app.app_context():
        events.close(SYSTEM, event_id=event, note="Done")
    assert unmet() == "0"
    with app.app_context():
        events.reopen(SYSTEM, event_id=event, reason="Not done")
    assert unmet() == "2"
