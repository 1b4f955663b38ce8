"""Rules of opening an event: an authority opens it at once; wrong values are refused beside their inputs."""

import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask

from tests.conftest import both_databases
from tests.events.making import number_at, number_of_events, opened, stored, verbs
from tests.people import Cast, Person
from webapp.events.models import Category, EventStatus, Visibility

GOOD = {"title": "Cellar flooded", "priority": "2", "category": "Met"}


def form(**fields: Any) -> dict[str, Any]:
    """A form filled in well, but for these fields."""
    return GOOD | fields


def test_an_authority_opens_an_event_that_is_active_at_once(app: Flask, cast: Cast) -> None:
    typed = form(latitude="55,67", longitude="12.55", needs_approval="y", place_name="Vesterbro")
    answer = cast.ada.post("/events/new", typed)
    assert answer.status_code == 303
    event = stored(app, number_at(answer.location))
    assert (event.status, event.priority, event.category) == (EventStatus.ACTIVE, 2, Category.MET)
    assert (event.latitude, event.longitude) == (55.67, 12.55)
    assert event.needs_approval
    assert event.opened_at is not None
    assert event.reported_by_id == cast.ada.id
    assert verbs(app, event.id) == ["event.opened"]


def test_join_codes_differ_and_are_long(app: Flask, cast: Cast) -> None:
    codes = {stored(app, opened(app, cast.ada)).join_code for _ in range(5)}
    assert len(codes) == 5
    assert all(code is not None and len(code) == 12 for code in codes)


def test_htmx_goes_on_to_the_new_event(cast: Cast) -> None:
    answer = cast.ada.post("/events/new", form(), headers={"HX-Request": "true"})
    assert answer.status_code == 204
    assert answer.headers["HX-Redirect"].startswith("/events/")


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("title", "", "Write what has happened"),
        ("title", "   ", "Write what has happened"),
        ("title", "x" * 201, "at most 200 characters"),
        ("description", "x" * 10_001, "at most 10000 characters"),
        ("kind", "x" * 81, "at most 80 characters"),
        ("priority", "9", "from 1 (highest) to 5"),
        ("priority", "high", "from 1 (highest) to 5"),
        ("priority", "", "from 1 (highest) to 5"),
        ("category", "Meteor", "choice"),
        ("severity", "Awful", "choice"),
        ("latitude", "91", "from −90 to 90"),
        ("longitude", "-180.5", "from −180 to 180"),
        ("latitude", "nan", "as a number"),
        ("latitude", "1e1", "as a number"),
        ("latitude", "inf", "as a number"),
        ("latitude", "12", "Write both the latitude and the longitude"),
        ("parent_id", "999999", "no such event"),
        ("parent_id", "0", "no event with this number"),
        ("parent_id", "99999999999999999999", "no event with this number"),
        ("parent_id", "x", "valid integer"),
        ("place", "91.000000|0.000000|a|b", "Choose one of the places"),
        ("place", "junk", "Choose one of the places"),
        ("command_id", "x", "damaged"),
    ],
)
def test_wrong_values_are_named_and_nothing_is_made(
    app: Flask, cast: Cast, field: str, value: str, words: str
) -> None:
    answer = cast.ada.post("/events/new", form(**{field: value}))
    assert answer.status_code == 422
    assert words in answer.get_data(as_text=True)
    assert number_of_events(app) == 0


def test_what_was_typed_is_kept_when_something_is_wrong(cast: Cast) -> None:
    page = cast.ada.post("/events/new", form(priority="9", description="Two <b>cars</b>")).get_data(
        as_text=True
    )
    assert 'value="Cellar flooded"' in page
    assert "Two &lt;b&gt;cars&lt;/b&gt;" in page


def test_control_and_direction_characters_are_taken_out(app: Flask, cast: Cast) -> None:
    answer = cast.ada.post("/events/new", form(title="Fire\u202e at\u0000  school\n"))
    assert stored(app, number_at(answer.location)).title == "Fire at school"


def test_arabic_digits_are_numbers(app: Flask, cast: Cast) -> None:
    answer = cast.ada.post("/events/new", form(latitude="١٨٫٥", longitude="-٧٢٫٣"))
    event = stored(app, number_at(answer.location))
    assert (event.latitude, event.longitude) == (18.5, -72.3)


def test_the_same_form_twice_makes_one_event_and_gives_the_same_answer(app: Flask, cast: Cast) -> None:
    typed = form(command_id=str(uuid.uuid4()))
    answers = [cast.ada.post("/events/new", typed) for _ in range(2)]
    assert answers[0].location == answers[1].location
    assert number_of_events(app) == 1


@both_databases
def test_the_same_form_twice_at_once_makes_one_event(app: Flask, cast: Cast) -> None:
    typed = form(command_id=str(uuid.uuid4()), csrf_token=cast.ada.csrf)

    def send(_number: int) -> str:
        browser = app.test_client()
        with browser.session_transaction() as cookie:
            cookie["_user_id"], cookie["_fresh"] = cast.ada.token, True
        answer = browser.post("/events/new", data=typed)
        assert answer.status_code == 303
        return answer.location

    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(send, range(8)))) == 1
    assert number_of_events(app) == 1


def test_a_form_without_its_token_is_refused(app: Flask, cast: Cast) -> None:
    assert cast.ada.client.post("/events/new", data=form()).status_code == 403
    assert number_of_events(app) == 0


def test_a_stranger_is_sent_to_sign_in(app: Flask, cast: Cast) -> None:
    assert cast.stranger.get("/events/new").status_code == 302
    assert cast.stranger.post("/events/new", data=form()).status_code in (302, 403)
    assert number_of_events(app) == 0


def test_nobody_else_opens_events_whatever_they_send(app: Flask, cast: Cast) -> None:
    person: Person
    for person in (cast.vic, cast.sam):
        answer = person.post("/events/new", form(status="active", visibility="public", needs_approval="y"))
        event = stored(app, number_at(answer.location))
        assert event.status is EventStatus.PENDING
        assert event.visibility is Visibility.INTERNAL
        assert not event.needs_approval
        assert event.join_code is None
