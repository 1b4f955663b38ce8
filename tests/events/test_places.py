"""Rules of the address search: it works inline and as a plain form, and keeps what was typed."""

import html
import re

import pytest
from flask import Flask

from tests.events.making import number_at, number_of_events, opened, stored, version
from tests.people import Cast


def offered(page: str) -> list[str]:
    """The values of the places to choose from."""
    return [html.unescape(v) for v in re.findall(r'name="place" id="place-[1-9]" value="([^"]+)"', page)]


def test_a_place_is_found_by_its_name(cast: Cast) -> None:
    page = cast.sam.get("/places?address=Copenhagen").get_data(as_text=True)
    first = offered(page)[0].split("|")
    assert abs(float(first[0]) - 55.68) < 0.1
    assert abs(float(first[1]) - 12.57) < 0.1
    assert "<html" not in page


def test_coordinates_are_a_place(cast: Cast) -> None:
    assert offered(cast.sam.get("/places?address=18.54,-72.33").get_data(as_text=True))


@pytest.mark.parametrize(
    ("typed", "words"),
    [("", "Write an address"), ("zzzzqqqqxxxx", "Nothing found"), ("91, 0", "not between -90 and 90")],
)
def test_what_is_not_found_is_said(cast: Cast, typed: str, words: str) -> None:
    answer = cast.sam.get("/places", query_string={"address": typed})
    assert answer.status_code == 200
    assert words in answer.get_data(as_text=True)


def test_a_stranger_cannot_search(cast: Cast) -> None:
    assert cast.stranger.get("/places?address=Oslo").status_code == 302


def test_find_as_a_plain_form_keeps_what_was_typed_and_saves_nothing(app: Flask, cast: Cast) -> None:
    typed = {"title": "Half a ti", "priority": "2", "address": "Copenhagen", "find": "1"}
    answer = cast.ada.post("/events/new", typed)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 200
    assert 'value="Half a ti"' in page
    assert offered(page)
    assert number_of_events(app) == 0


def test_a_chosen_place_becomes_the_position_and_the_address(app: Flask, cast: Cast) -> None:
    typed = {"title": "Fire", "priority": "2", "address": "Copenhagen"}
    page = cast.ada.post("/events/new", typed | {"find": "1"}).get_data(as_text=True)
    answer = cast.ada.post("/events/new", typed | {"place": offered(page)[0]})
    event = stored(app, number_at(answer.location))
    assert event.latitude is not None
    assert event.place_name == "Copenhagen"
    assert "Copenhagen" in event.address


def test_a_chosen_place_is_still_chosen_when_something_else_is_wrong(cast: Cast) -> None:
    place = "55.676100|12.568300|town|Copenhagen|Copenhagen, Denmark"
    page = cast.ada.post("/events/new", {"title": "", "priority": "2", "place": place}).get_data(as_text=True)
    assert f'value="{place}" checked' in page


def test_find_while_editing_saves_nothing(app: Flask, cast: Cast) -> None:
    event = opened(app, cast.ada)
    sent = {"title": "Other", "address": "Copenhagen", "find": "1", "version": version(app, event)}
    page = cast.vic.post(f"/events/{event}/edit", sent).get_data(as_text=True)
    assert offered(page)
    assert 'value="Other"' in page
    assert stored(app, event).title == "Flood"
