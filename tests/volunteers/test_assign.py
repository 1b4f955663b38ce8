"""Rules of asking a person to come to an event, from the event's own page."""

import uuid

import pytest
from flask import Flask

from tests.people import Cast, Person
from tests.volunteers.conftest import NO_ROW, Field, one_command, words
from webapp.accounts import service as accounts
from webapp.accounts.models import UserStatus
from webapp.errors import Conflict
from webapp.events import service as events
from webapp.volunteers import service

TEXTS = {"task": "Carry bags", "bring": "Boots", "meeting_point": "School gate"}


def form(*people: Person, **more: str) -> dict[str, object]:
    """The form with these people ticked."""
    return {"user_id": [str(person.id) for person in people]} | more


@pytest.mark.parametrize("who", ["vic", "ada"])
def test_a_coordinator_asks_and_the_person_has_yet_to_answer(cast: Cast, field: Field, who: str) -> None:
    event, asking = field.event(), getattr(cast, who)
    answer = asking.post(f"/events/{event}/assign", form(cast.sam, **TEXTS))
    assert (answer.status_code, answer.location) == (303, f"/events/{event}")
    row = field.row(field.only(cast.sam, event))
    assert row.status == "offered"
    assert row.offered_by_id == asking.id
    assert (row.task, row.bring, row.meeting_point) == tuple(TEXTS.values())
    assert field.verbs(event) == ["assignment.offered"]
    assert field.people(event) == (0, 0)
    assert field.person_status(cast.sam) == "available"


@pytest.mark.parametrize("who", ["sam", "sue"])
def test_a_volunteer_asks_nobody_not_even_themselves(cast: Cast, field: Field, who: str) -> None:
    event = field.event()
    assert getattr(cast, who).get(f"/events/{event}/assign").status_code == 403
    assert getattr(cast, who).post(f"/events/{event}/assign", form(cast.sam)).status_code == 403
    assert field.verbs(event) == []


def test_a_stranger_is_sent_to_sign_in_or_refused(cast: Cast, field: Field) -> None:
    event = field.event()
    assert cast.stranger.get(f"/events/{event}/assign").status_code == 302
    assert cast.stranger.post(f"/events/{event}/assign", data=form(cast.sam)).status_code == 403
    assert field.verbs(event) == []


@pytest.mark.parametrize("state", ["offered", "requested", "accepted", "checked_in", "no_contact"])
def test_who_is_on_it_already_is_not_asked_again_and_named(cast: Cast, field: Field, state: str) -> None:
    event, _ = field.there(state, cast.sam)
    answer = cast.vic.post(f"/events/{event}/assign", form(cast.sam))
    assert answer.status_code == 422
    assert "Sam Volunteer is on this event already." in words(answer)
    assert field.of(cast.sam, event) == [state]


@pytest.mark.parametrize("state", ["declined", "checked_out", "cancelled"])
def test_who_was_on_it_may_be_asked_again(cast: Cast, field: Field, state: str) -> None:
    event, _ = field.there(state, cast.sam)
    assert cast.vic.post(f"/events/{event}/assign", form(cast.sam)).status_code == 303
    assert field.of(cast.sam, event) == [state, "offered"]


def test_to_an_event_that_is_not_active_nobody_is_asked(cast: Cast, field: Field) -> None:
    closed = field.event()
    field.close(closed)
    with field.app.app_context():
        pending = events.report_event(cast.sam.actor, title="Smoke").id
    for event in (closed, pending):
        assert cast.vic.get(f"/events/{event}/assign").status_code == 409
        assert cast.vic.post(f"/events/{event}/assign", form(cast.sam)).status_code == 409
        assert field.of(cast.sam, event) == []


def test_an_unknown_event_is_not_found(cast: Cast) -> None:
    for number in NO_ROW:
        assert cast.vic.get(f"/events/{number}/assign").status_code == 404
        assert cast.vic.post(f"/events/{number}/assign", form(cast.sam)).status_code == 404


@pytest.mark.parametrize("number", [*NO_ROW, "", "1.5", "٣x"])
def test_an_unknown_person_is_refused_in_words(cast: Cast, field: Field, number: str) -> None:
    event = field.event()
    answer = cast.vic.post(f"/events/{event}/assign", {"user_id": number, "task": "Dig"})
    assert answer.status_code == 422
    assert "Nobody was asked" in words(answer)
    assert 'value="Dig"' in answer.get_data(as_text=True)
    assert field.verbs(event) == []


def test_nobody_chosen_is_refused(cast: Cast, field: Field) -> None:
    event = field.event()
    answer = cast.vic.post(f"/events/{event}/assign", form())
    assert answer.status_code == 422
    assert "Choose at least one person." in words(answer)


def test_a_deactivated_person_is_refused(cast: Cast, field: Field) -> None:
    event = field.event()
    with field.app.app_context():
        accounts.deactivate(cast.ada.actor, user_id=cast.sam.id)
    answer = cast.vic.post(f"/events/{event}/assign", form(cast.sam))
    assert answer.status_code == 422
    assert "Sam Volunteer is deactivated." in words(answer)
    assert field.verbs(event) == []


@pytest.mark.parametrize(("name", "longest"), [("task", 300), ("bring", 200), ("meeting_point", 200)])
def test_texts_fit_their_columns_or_are_refused_and_kept(
    cast: Cast, field: Field, name: str, longest: int
) -> None:
    event = field.event()
    answer = cast.vic.post(f"/events/{event}/assign", form(cast.sam, **{name: "é" * (longest + 1)}))
    assert answer.status_code == 422
    assert "é" * (longest + 1) in answer.get_data(as_text=True)
    assert field.verbs(event) == []
    cast.vic.post(f"/events/{event}/assign", form(cast.sam, **{name: "é" * longest}))
    assert getattr(field.row(field.only(cast.sam, event)), name) == "é" * longest


def test_a_double_tap_asks_once_and_answers_the_same(cast: Cast, field: Field) -> None:
    event = field.event()
    sent = form(cast.sam, **one_command())
    answers = [cast.vic.post(f"/events/{event}/assign", sent) for _ in range(2)]
    assert [(a.status_code, a.location) for a in answers] == [(303, f"/events/{event}")] * 2
    assert field.verbs(event) == ["assignment.offered"]


def test_the_service_asks_one_person_once_by_the_same_rules(app: Flask, cast: Cast, field: Field) -> None:
    event, command = field.event(), uuid.uuid4()
    with app.app_context():
        first, again = (
            service.assign(cast.vic.actor, user_id=cast.sam.id, event_id=event, command_id=command).id
            for _ in range(2)
        )
        assert first == again
        with pytest.raises(Conflict, match="Sam Volunteer is on this event already"):
            service.assign(cast.vic.actor, user_id=cast.sam.id, event_id=event)
        with pytest.raises(Conflict, match="There is no person number 4711"):
            service.assign(cast.vic.actor, user_id=4711, event_id=event)
    assert field.verbs(event) == ["assignment.offered"]


def test_free_people_come_first_and_who_is_on_it_is_left_out(app: Flask, cast: Cast, field: Field) -> None:
    event = field.event()
    field.offered(cast.vera, event)
    with app.app_context():
        accounts.set_status(cast.sue.actor, user_id=cast.sue.id, status=UserStatus.UNAVAILABLE)
    page = cast.vic.get(f"/events/{event}/assign").get_data(as_text=True)
    assert page.index("Sam Volunteer") < page.index("Sue Volunteer")
    assert "Vera Coordinator" not in page


def test_htmx_gets_a_panel_and_then_the_message(cast: Cast, field: Field) -> None:
    event, htmx = field.event(), {"HX-Request": "true"}
    panel = cast.vic.get(f"/events/{event}/assign", headers=htmx).get_data(as_text=True)
    assert "<html" not in panel
    assert "panel-head" in panel
    answer = cast.vic.post(f"/events/{event}/assign", form(cast.sam), headers=htmx)
    assert answer.headers["HX-Trigger"] == "saved"
    assert "Asked 1 person to come to “Cellar flooded”." in words(answer)
