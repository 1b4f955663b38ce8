"""What the closing of an event does to the people on it: nobody is left behind, nobody is told twice."""

import pytest

from tests.conftest import both_databases
from tests.people import Cast
from tests.volunteers.conftest import Field, words
from webapp.accounts import service as accounts
from webapp.accounts.models import UserStatus
from webapp.board import counters
from webapp.extensions import db
from webapp.journal import JournalEntry
from webapp.volunteers import service

ENDED_AS = {
    "offered": "cancelled",
    "requested": "cancelled",
    "accepted": "cancelled",
    "checked_in": "checked_out",
    "no_contact": "checked_out",
    "declined": "declined",
    "checked_out": "checked_out",
    "cancelled": "cancelled",
}


@pytest.mark.parametrize("state", ENDED_AS)
def test_each_ends_as_it_should(cast: Cast, field: Field, state: str) -> None:
    event, assignment = field.there(state, cast.sam)
    before, ended = field.verbs(event), field.row(assignment).ended_at
    answer = cast.ada.post(f"/events/{event}/close", {"note": "Pumped dry"})
    assert answer.status_code == 303
    row = field.row(assignment)
    assert row.status == ENDED_AS[state]
    assert field.verbs(event) == before + ([f"assignment.{row.status}"] if row.status != state else [])
    assert row.ended_at == ended if ended else row.ended_at is not None
    assert field.people(event) == (0, 0)
    assert field.person_status(cast.sam) == "available"


@both_databases
def test_everybody_on_it_ends_with_one_entry_each_and_the_counters_follow(cast: Cast, field: Field) -> None:
    event = field.event(needs_approval=True)
    asked = field.offered(cast.vera, event)
    wants = field.accepted(cast.sue, event)
    here = field.accepted(cast.sam, event)
    for verb in (service.approve, service.check_in):
        field.do(verb, cast.vic, here)
    comes = field.accepted(cast.vic, event)
    assert field.people(event) == (2, 1)
    before = field.verbs(event)
    assert cast.ada.post(f"/events/{event}/close", {"note": "Pumped dry"}).status_code == 303
    ended = [field.status(one) for one in (asked, wants, here, comes)]
    assert ended == ["cancelled", "cancelled", "checked_out", "cancelled"]
    told = field.verbs(event)[len(before) :]
    assert sorted(told) == ["assignment.cancelled"] * 3 + ["assignment.checked_out"]
    assert field.people(event) == (0, 0)
    with field.app.app_context():
        counted = counters.totals()
        entries = db.select(JournalEntry.user_id).where(JournalEntry.facts["closing"].as_boolean())
        people = sorted(user_id for user_id in db.session.execute(entries).scalars() if user_id is not None)
    left = {name: n for name, n in counted.items() if name.startswith("assignment:") and n}
    assert left == {"assignment:cancelled": 3, "assignment:checked_out": 1}
    assert people == sorted(person.id for person in (cast.vera, cast.sue, cast.sam, cast.vic))


def test_who_is_at_another_event_too_stays_assigned(cast: Cast, field: Field) -> None:
    closing, other = field.event(), field.event("Dam")
    field.present(cast.sam, closing)
    expected = field.accepted(cast.sam, other)
    field.close(closing)
    assert field.person_status(cast.sam) == "assigned"
    assert field.status(expected) == "accepted"
    assert field.people(other) == (1, 0)


def test_who_said_that_they_are_unavailable_stays_so(cast: Cast, field: Field) -> None:
    event = field.event()
    with field.app.app_context():
        accounts.set_status(cast.sam.actor, user_id=cast.sam.id, status=UserStatus.UNAVAILABLE)
    field.present(cast.sam, event)
    field.close(event)
    assert field.person_status(cast.sam) == "unavailable"


def test_the_persons_page_no_longer_shows_it_and_reopening_brings_nobody_back(
    cast: Cast, field: Field
) -> None:
    event, assignment = field.there("checked_in", cast.sam)
    field.close(event)
    assert "You are not on an event" in words(cast.sam.get("/now"))
    cast.ada.post(f"/events/{event}/reopen", {"reason": "Water is back"})
    assert field.status(assignment) == "checked_out"
    assert field.people(event) == (0, 0)
    cast.sam.post(f"/events/{event}/join")
    assert field.of(cast.sam, event) == ["checked_out", "accepted"]


def test_closing_twice_ends_people_once(cast: Cast, field: Field) -> None:
    event, _ = field.there("checked_in", cast.sam)
    form = {"note": "Pumped dry", "command_id": "7d0f7cf5-6a43-4c4b-9a39-5b1f0e6c2b77"}
    answers = [cast.ada.post(f"/events/{event}/close", form).status_code for _ in range(2)]
    assert answers == [303, 303]
    assert field.verbs(event).count("assignment.checked_out") == 1
