"""Rules of a found place: what was typed stays, the position says how exact it is, wherever shown."""

import re

import pytest
from flask import Flask

from tests.events.making import number_at, opened, stored, version
from tests.events.test_places import offered
from tests.people import Cast, Person
from webapp.events import service
from webapp.extensions import db

STREET = "Vesterbrogade 40, 2. tv, Copenhagen"
REPORT = {"title": "Cellar flooded", "priority": "2", "address": STREET}
WARNING = "town centre, not exact"


def find(person: Person, typed: dict[str, str], at: str = "/events/new") -> str:
    """The page with the places to choose from."""
    return person.post(at, typed | {"find": "1"}).get_data(as_text=True)


@pytest.fixture
def found(app: Flask, cast: Cast) -> int:
    """A report whose street was not known, at the middle of its town."""
    choice = offered(find(cast.sam, REPORT))[0]
    return number_at(cast.sam.post("/events/new", REPORT | {"place": choice}).location)


def form(app: Flask, event_id: int, **changes: str) -> dict[str, str]:
    """The edit form of the event as a browser sends it back."""
    event = stored(app, event_id)
    same = {name: str(getattr(event, name)) for name in ("title", "address", "place_name", "priority")}
    degrees = {"latitude": str(event.latitude), "longitude": str(event.longitude)}
    return same | degrees | {"version": version(app, event_id)} | changes


def test_the_typed_street_stays_word_for_word_and_the_town_is_no_exact_position(
    app: Flask, found: int
) -> None:
    event = stored(app, found)
    assert event.address == STREET
    assert event.place_name == "Copenhagen"
    assert event.location_precision == "town"
    assert event.latitude is not None


def test_the_choices_say_what_was_typed_and_what_was_found(cast: Cast) -> None:
    inline = cast.sam.get("/places", query_string={"address": STREET}).get_data(as_text=True)
    for page in (inline, find(cast.sam, REPORT)):
        assert f"You wrote “{STREET}”" in page
        assert re.search(rf"Copenhagen[^<]*\({WARNING}\)</label>", page)


def test_coordinates_that_were_searched_for_are_exact(app: Flask, cast: Cast) -> None:
    typed = REPORT | {"address": "55.6712, 12.5541"}
    page = find(cast.sam, typed)
    assert "not exact" not in page
    made = cast.sam.post("/events/new", typed | {"place": offered(page)[0]})
    event = stored(app, number_at(made.location))
    assert (event.location_precision, event.address) == ("exact", "55.6712, 12.5541")


def test_degrees_that_were_typed_or_measured_are_exact(app: Flask, cast: Cast) -> None:
    made = cast.sam.post("/events/new", REPORT | {"latitude": "55.6712", "longitude": "12,5541"})
    assert stored(app, number_at(made.location)).location_precision == "exact"


def test_without_a_position_there_is_nothing_to_be_exact_about(app: Flask, cast: Cast) -> None:
    made = cast.sam.post("/events/new", REPORT)
    event = stored(app, number_at(made.location))
    assert (event.location_precision, event.found_name) == (None, None)


def test_a_name_that_was_typed_stays_and_one_that_was_found_follows_the_next_search(
    app: Flask, cast: Cast, found: int
) -> None:
    at = f"/events/{found}/edit"
    moved = form(app, found, address="Storgata 1, Oslo")
    cast.ada.post(at, moved | {"place": offered(find(cast.ada, moved, at))[0]})
    event = stored(app, found)
    assert (event.address, event.place_name) == ("Storgata 1, Oslo", "Oslo")
    cast.ada.post(at, form(app, found, place_name="Harbour school"))
    back = form(app, found, address=STREET)
    cast.ada.post(at, back | {"place": offered(find(cast.ada, back, at))[0]})
    event = stored(app, found)
    assert (event.address, event.place_name) == (STREET, "Harbour school")


def test_an_edit_that_moves_nothing_keeps_how_exact_it_is(app: Flask, cast: Cast, found: int) -> None:
    assert cast.ada.post(f"/events/{found}/edit", form(app, found, title="Two cellars")).status_code == 303
    event = stored(app, found)
    assert (event.title, event.location_precision) == ("Two cellars", "town")


def test_an_edit_that_moves_it_by_hand_makes_it_exact(app: Flask, cast: Cast, found: int) -> None:
    cast.ada.post(f"/events/{found}/edit", form(app, found, latitude="55.6712"))
    assert stored(app, found).location_precision == "exact"


def test_an_edit_that_takes_the_position_away_takes_this_too(app: Flask, cast: Cast, found: int) -> None:
    cast.ada.post(f"/events/{found}/edit", form(app, found, latitude="", longitude=""))
    assert stored(app, found).location_precision is None


def test_every_page_that_shows_the_place_warns(app: Flask, cast: Cast, found: int) -> None:
    with app.app_context():
        service.verify(cast.ada.actor, event_id=found)
        service.edit_event(cast.ada.actor, event_id=found, seen_version=None, visibility="public")
    cast.sue.post(f"/events/{found}/join", {})
    for person, page in (
        (cast.ada, f"/events/{found}"),
        (cast.ada, "/events"),
        (cast.ada, "/board"),
        (cast.sam, "/nearby"),
        (cast.stranger, "/public"),
        (cast.stranger, f"/public/{found}"),
    ):
        assert WARNING in person.get(page, follow_redirects=True).get_data(as_text=True), page


@pytest.mark.parametrize("known", [None, "exact"])
def test_nothing_is_said_of_exact_and_of_unknown(app: Flask, cast: Cast, known: str | None) -> None:
    event = opened(app, cast.ada, latitude=55.6, longitude=12.5, place_name="Depot")
    with app.app_context():  # as a row that is older than the column
        db.session.execute(db.text("UPDATE event SET location_precision = :known"), {"known": known})
        db.session.commit()
    for page in (f"/events/{event}", "/events"):
        assert "not exact" not in cast.ada.get(page).get_data(as_text=True)
    # An edit of such an event tells nothing new about its position.
    cast.ada.post(f"/events/{event}/edit", form(app, event, title="Fire"))
    assert stored(app, event).location_precision == known


@pytest.mark.parametrize(
    "value", ["55.676100|12.568300|Copenhagen|Denmark", "55.676100|12.568300|near|Copenhagen|Denmark"]
)
def test_a_choice_that_does_not_say_how_exact_it_is_is_no_choice(cast: Cast, value: str) -> None:
    answer = cast.sam.post("/events/new", REPORT | {"place": value})
    assert answer.status_code == 422
    assert "search again" in answer.get_data(as_text=True)
