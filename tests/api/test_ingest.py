"""Taking in an event with its location and needs: all of it or nothing, once."""

import uuid
from typing import Any

import pytest
from flask import Flask

from tests.api.caller import Programs
from tests.api.test_places import Away
from tests.conftest import both_databases
from tests.events.making import number_of_events, verbs
from tests.resources.conftest import Response
from webapp.journal.actor import DeviceKind
from webapp.places.chain import Chain
from webapp.places.gazetteer import world

PLACE = {"latitude": 55.6667, "longitude": 12.5519, "address": "Vesterbrogade 40"}
NEEDS: list[dict[str, Any]] = [
    {"name": "Filled bags", "type": "sandbags", "quantity": 40, "unit": "Sandbags", "priority": 1},
    {"name": "Nurses", "type": "volunteers", "quantity": 2},
    {"name": "Blankets", "description": "Any size"},
]
FLOOD: dict[str, Any] = {"title": "Cellar flooded", "priority": 2, "location": PLACE, "needs": NEEDS}


def test_an_authoritys_event_is_active_at_once_with_its_needs(app: Flask, programs: Programs) -> None:
    answer = programs.ada.post("/events/ingest", FLOOD)
    body = answer.get_json()
    assert (answer.status_code, body["is_new"], body["place"]) == (201, True, None)
    assert answer.headers["Location"] == f"/api/v1/events/{body['event']['id']}"
    assert (body["event"]["status"], body["event"]["source"]) == ("active", "import")
    assert (body["event"]["needs_total"], body["event"]["needs_unmet"]) == (3, 3)
    assert body["event"]["location"] == PLACE | {"place_name": "", "precision": "exact"}
    needs = {need["name"]: need for need in body["needs"]}
    kinds = {kind["id"]: kind["code"] for kind in programs.ada.get("/resource-types").get_json()["items"]}
    found = {
        name: (kinds[need["resource_type_id"]], need["quantity"], need["unit"])
        for name, need in needs.items()
    }
    assert found["Filled bags"] == ("supplies.sandbag", 40, "sandbags")
    assert found["Nurses"][:2] == ("personnel.medical", 2)
    assert found["Blankets"][:2] == ("supplies.bedding", 1)
    assert needs["Blankets"]["description"] == "Any size\n\nThe amount is not stated."
    assert "Type: volunteers" in needs["Nurses"]["description"]
    assert [needs[name]["priority"] for name in ("Filled bags", "Nurses")] == [1, 2]
    assert verbs(app, body["event"]["id"]) == ["event.opened", *["need.added"] * 3]


def test_anybody_elses_is_a_report_whose_needs_are_its_words(app: Flask, programs: Programs) -> None:
    gateway = programs.device(programs.cast.vic, DeviceKind.GATEWAY)
    for caller, source in ((programs.sam, "import"), (programs.vic, "import"), (gateway, "device")):
        answer = caller.post("/events/ingest", FLOOD | {"description": "Rising."})
        event = answer.get_json()["event"]
        assert (answer.status_code, event["status"], event["source"]) == (201, "pending", source)
        assert answer.get_json()["needs"] == []
        assert event["description"].splitlines() == [
            "Rising.",
            "",
            "Needed, as reported:",
            "– 40 Sandbags · Filled bags · sandbags",
            "– 2 · Nurses · volunteers",
            "– Blankets · Any size",
        ]
        assert verbs(app, event["id"]) == ["event.reported"]
    display = programs.device(programs.cast.ada, DeviceKind.DISPLAY)
    assert display.post("/events/ingest", FLOOD).status_code == 403
    assert programs.stranger.post("/events/ingest", FLOOD).status_code == 401


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"name": "Bags", "type": "sandbags", "quantity": 2.5}, "needs.3.quantity"),
        ({"name": "Bags", "type": "sandbags", "unit": "litres"}, "needs.3.unit"),
        ({"name": "Bags", "quantity": 0}, "needs.3.quantity"),
        ({"name": ""}, "needs.3.name"),
        ({"name": "Bags", "priority": 9}, "needs.3.priority"),
        ({"name": "Bags", "needed_by": "1999-01-01T00:00:00Z"}, "needs.3.needed_by"),
        ({"name": "Bags", "colour": "red"}, "needs.3.colour"),
    ],
)
def test_one_need_that_cannot_be_leaves_nothing(
    app: Flask, programs: Programs, wrong: dict[str, Any], field: str
) -> None:
    answer = programs.ada.post("/events/ingest", FLOOD | {"needs": [*NEEDS, wrong]})
    assert answer.status_code == 422
    assert [error["field"] for error in answer.get_json()["data"]["errors"]] == [field]
    assert number_of_events(app) == 0
    assert programs.ada.get("/journal", limit=100).get_json()["items"][-1]["verb"].startswith("user.")
    assert programs.ada.get("/stats").get_json()["unmet_needs"] == 0


def test_more_needs_than_one_event_has_are_refused(programs: Programs) -> None:
    assert programs.ada.post("/events/ingest", FLOOD | {"needs": NEEDS[:1] * 51}).status_code == 422


@both_databases
def test_the_same_key_again_is_the_same_event(app: Flask, programs: Programs) -> None:
    key = uuid.uuid4()
    first, again = (programs.ada.post("/events/ingest", FLOOD, key=key) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.get_json() == again.get_json()
    assert again.headers["Idempotency-Replayed"] == "true"
    assert number_of_events(app) == 1


def test_the_same_reference_again_finds_what_is_here(app: Flask, programs: Programs) -> None:
    sent = FLOOD | {"source_ref": "desk-7:451"}
    first = programs.ada.post("/events/ingest", sent).get_json()
    later = programs.ada.post("/events/ingest", sent | {"title": "Other", "needs": []})
    assert (later.status_code, later.get_json()["is_new"]) == (200, False)
    assert later.get_json()["event"] == first["event"]
    assert later.get_json()["needs"] == first["needs"]
    assert number_of_events(app) == 1
    mine = programs.sam.post("/events/ingest", sent | {"source_ref": "sam:1"})
    assert mine.status_code == 201
    hidden = programs.sue.post("/events/ingest", sent | {"source_ref": "sam:1"})
    assert (hidden.status_code, hidden.get_json()["name"]) == (409, "Conflict")
    assert programs.ada.post("/events", {"title": "x", "source_ref": "sam:1"}).status_code == 409


@pytest.mark.parametrize("name", ["cap:sender,1,2026-11-21T03:00:00-00:00", "mayday:event:1:5f"])
@pytest.mark.parametrize("path", ["/events", "/events/ingest"])
def test_a_volunteer_takes_no_name_that_keeps_an_alert_out(programs: Programs, path: str, name: str) -> None:
    for caller in (programs.sam, programs.vic, programs.device(programs.cast.sam, DeviceKind.PHONE)):
        refused = caller.post(path, {"title": "Mine", "source_ref": name})
        assert (refused.status_code, refused.get_json()["data"]["errors"][0]["field"]) == (422, "source_ref")
    assert programs.ada.post(path, {"title": "Ours", "source_ref": name}).status_code == 201


def test_an_address_without_a_position_is_looked_up(app: Flask, programs: Programs) -> None:
    body = programs.ada.post(
        "/events/ingest", {"title": "Flood", "location": {"address": "Copenhagen"}}
    ).get_json()
    place, where = body["place"], body["event"]["location"]
    assert place["attribution"]
    assert (where["latitude"], where["longitude"]) == pytest.approx(
        (place["latitude"], place["longitude"]), abs=1e-5
    )
    assert (where["address"], where["place_name"]) == ("Copenhagen", place["name"])


def test_what_nobody_can_find_stays_as_words(app: Flask, programs: Programs) -> None:
    app.extensions["geocoder"] = Chain(world(), remote=Away())
    body = programs.ada.post(
        "/events/ingest", {"title": "Flood", "location": {"address": "Qqqxyzzy 9"}}
    ).get_json()
    assert body["place"] is None
    assert body["event"]["location"] == {
        "latitude": None,
        "longitude": None,
        "precision": None,
        "address": "Qqqxyzzy 9",
        "place_name": "",
    }
    wrong = programs.ada.post("/events/ingest", {"title": "Flood", "location": {"address": "99.0, 200.0"}})
    assert wrong.status_code == 422
    assert wrong.get_json()["data"]["errors"][0]["field"] == "location.address"


def test_without_the_type_of_all_supplies_nothing_is_guessed(app: Flask, programs: Programs) -> None:
    kind = Response(app, programs.cast).kind("supplies")
    programs.cast.ada.post(f"/resource-types/{kind}/retire")
    answer = programs.ada.post("/events/ingest", FLOOD)
    assert (answer.status_code, answer.get_json()["name"]) == (409, "Conflict")
    assert number_of_events(app) == 0
