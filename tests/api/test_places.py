"""Locations from addresses over the API."""

import pytest
from flask import Flask

from tests.api.caller import Programs
from webapp.journal.actor import DeviceKind
from webapp.places.chain import Chain
from webapp.places.gazetteer import world
from webapp.places.geocoder import GeocoderUnavailable, Place, Point


class Away:
    """An address service that does not answer."""

    def search(self, text: str, *, near: Point | None = None, limit: int = 5) -> list[Place]:
        """Refuse."""
        raise GeocoderUnavailable("away")

    def reverse(self, point: Point) -> Place | None:
        """Refuse."""
        raise GeocoderUnavailable("away")


def test_a_name_is_found_with_whom_to_credit(programs: Programs) -> None:
    first = programs.sam.get("/places", q="Copenhagen").get_json()["items"][0]
    assert (round(first["latitude"]), round(first["longitude"])) == (56, 13)
    assert first["country_code"].casefold() == "dk"
    assert first["attribution"]
    assert len(programs.sam.get("/places", q="San Jose", limit=2).get_json()["items"]) == 2


def test_coordinates_are_a_place(programs: Programs) -> None:
    first = programs.sam.get("/places", q="55.5, 12.25").get_json()["items"][0]
    assert (first["latitude"], first["longitude"], first["kind"]) == (55.5, 12.25, "coordinates")


def test_nothing_found_is_no_error(programs: Programs) -> None:
    assert programs.sam.get("/places", q="Qqqxyzzy").get_json() == {"items": []}


def test_while_the_address_service_is_away_towns_are_found(app: Flask, programs: Programs) -> None:
    app.extensions["geocoder"] = Chain(world(), remote=Away())
    assert programs.sam.get("/places", q="Copenhagen").get_json()["items"]


@pytest.mark.parametrize(
    "query",
    [{}, {"q": ""}, {"q": "x" * 201}, {"q": "a", "latitude": 3}, {"q": "a", "limit": 0}, {"q": "99, 200"}],
)
def test_a_question_that_is_not_understood_is_refused(programs: Programs, query: dict[str, object]) -> None:
    assert programs.sam.get("/places", **query).status_code == 422


def test_people_ask_and_devices_do_not(programs: Programs) -> None:
    assert programs.stranger.get("/places", q="Oslo").status_code == 401
    phone = programs.device(programs.cast.sam, DeviceKind.PHONE)
    assert phone.get("/places", q="Oslo").status_code == 403
