"""Rules over the API: a position says how exact it is, in and out, for events and offers alike."""

from typing import Any

import pytest

from tests.api.caller import Programs
from tests.resources.conftest import Response
from tests.resources.conftest import there as there  # a fixture

PLACE = {"latitude": 55.67, "longitude": 12.55}


def event_at(programs: Programs, place: dict[str, Any]) -> str:
    made = programs.ada.post("/events", {"title": "Flood", "location": place})
    assert made.status_code == 201, made.get_json()
    return f"/events/{made.get_json()['id']}"


def precision(programs: Programs, path: str) -> object:
    return programs.ada.get(path).get_json()["location"]["precision"]


@pytest.mark.parametrize(
    ("place", "known"),
    [
        (PLACE, "exact"),
        (PLACE | {"precision": None}, "exact"),
        (PLACE | {"precision": "street"}, "street"),
        ({"address": "Vesterbrogade 40"}, None),
    ],
)
def test_an_event_says_how_exact_its_position_is(
    programs: Programs, place: dict[str, Any], known: str | None
) -> None:
    path = event_at(programs, place)
    assert precision(programs, path) == known
    (listed,) = programs.ada.get("/events").get_json()["items"]
    assert listed["location_precision"] == known


def test_an_edit_keeps_it_where_nothing_moves_and_says_exact_where_it_moves(programs: Programs) -> None:
    path = event_at(programs, PLACE | {"precision": "town"})

    def edit(**location: Any) -> int:
        return programs.ada.patch(path, {"location": location}).status_code

    assert edit(**PLACE, address="Vesterbrogade 40") == 200
    assert precision(programs, path) == "town"
    assert edit(**PLACE, precision="district") == 200
    assert precision(programs, path) == "district"
    assert edit(latitude=55.68, longitude=12.55) == 200
    assert precision(programs, path) == "exact"
    assert edit(address="Vesterbrogade 40", latitude=None, longitude=None) == 200
    assert precision(programs, path) is None


@pytest.mark.parametrize("place", [{"precision": "town"}, PLACE | {"precision": "roughly"}])
def test_what_cannot_be_is_refused_by_its_name(programs: Programs, place: dict[str, Any]) -> None:
    refused = programs.ada.post("/events", {"title": "Flood", "location": place})
    assert refused.status_code == 422
    assert "precision" in refused.get_data(as_text=True)


def test_an_offer_says_it_too(programs: Programs, there: Response) -> None:
    kind = there.kind("equipment.pump")
    pumps = {"resource_type_id": kind, "name": "Pumps", "quantity": 3, "unit": "pumps"} | PLACE
    made = programs.sue.post("/offers", pumps | {"location_precision": "town"})
    assert made.get_json()["location_precision"] == "town"
    path = f"/offers/{made.get_json()['id']}"
    kept = programs.sue.patch(path, PLACE | {"name": "Big pumps"})
    assert kept.get_json()["location_precision"] == "town"
    moved = programs.sue.patch(path, PLACE | {"latitude": 55.7})
    assert moved.get_json()["location_precision"] == "exact"
    assert programs.sue.post("/offers", pumps).get_json()["location_precision"] == "exact"


def test_a_place_that_is_found_says_it(programs: Programs) -> None:
    (found, *_) = programs.sam.get("/places", q="Vesterbrogade 40, Copenhagen").get_json()["items"]
    assert (found["name"], found["precision"]) == ("Copenhagen", "town")
    (point,) = programs.sam.get("/places", q="55.67, 12.55").get_json()["items"]
    assert point["precision"] == "exact"


def test_a_report_of_another_system_with_only_an_address_is_as_exact_as_what_was_found(
    programs: Programs,
) -> None:
    sent = {"title": "Flood", "location": {"address": "Vesterbrogade 40, Copenhagen"}}
    made = programs.ada.post("/events/ingest", sent)
    assert made.status_code == 201, made.get_json()
    location = programs.ada.get(f"/events/{made.get_json()['event']['id']}").get_json()["location"]
    assert (location["address"], location["precision"]) == ("Vesterbrogade 40, Copenhagen", "town")
