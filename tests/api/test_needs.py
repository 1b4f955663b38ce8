"""Resource types and needs over the API."""

import uuid
from typing import Any

import pytest
from flask import Flask

from tests.api.caller import Caller, Programs
from tests.events.making import closed, opened, reported
from tests.resources.conftest import Response
from tests.resources.conftest import there as there  # a fixture
from tests.statements import statements
from webapp.journal.actor import DeviceKind


def sandbags(there: Response, **more: Any) -> dict[str, Any]:
    kind = there.kind("supplies.sandbag")
    return {"resource_type_id": kind, "name": "Bags", "quantity": 40, "unit": "sandbags"} | more


def test_a_coordinator_writes_down_what_an_event_needs(programs: Programs, there: Response) -> None:
    path = f"/events/{there.event}/needs"
    made = programs.vic.post(path, sandbags(there, needed_by="2026-12-01T06:00:00+02:00", priority=1))
    body = made.get_json()
    assert made.status_code == 201
    assert made.headers["Location"] == f"/api/v1/needs/{body['id']}"
    assert made.headers["ETag"] == f'"need-{body["id"]}-v1"'
    assert (body["status"], body["missing"], body["allocated"]) == ("open", 40, 0)
    assert body["needed_by"] == "2026-12-01T04:00:00Z"
    assert programs.sam.get(f"/needs/{body['id']}").get_json() == body
    assert programs.sam.post(path, sandbags(there)).status_code == 403
    assert programs.stranger.post(path, sandbags(there)).status_code == 401


def test_a_need_written_twice_with_one_key_is_one(programs: Programs, there: Response) -> None:
    path, key = f"/events/{there.event}/needs", uuid.uuid4()
    first, again = (programs.ada.post(path, sandbags(there), key=key) for _ in range(2))
    assert first.get_json() == again.get_json()
    assert again.headers["Idempotency-Replayed"] == "true"
    assert len(ids(programs.ada, event_id=there.event)) == 2


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"quantity": 0}, "quantity"),
        ({"quantity": 2.5}, "quantity"),
        ({"quantity": "40"}, "quantity"),
        ({"quantity": True}, "quantity"),
        ({"quantity": 1e9}, "quantity"),
        ({"unit": "litres"}, "unit"),
        ({"resource_type_id": 9999}, "resource_type_id"),
        ({"name": " "}, "name"),
        ({"needed_by": "2026-12-01T06:00:00"}, "needed_by"),
        ({"needed_by": "1980-12-01T06:00:00Z"}, "needed_by"),
        ({"status": "met"}, "status"),
    ],
)
def test_a_need_that_cannot_be_is_refused(
    programs: Programs, there: Response, more: dict[str, Any], field: str
) -> None:
    answer = programs.vic.post(f"/events/{there.event}/needs", sandbags(there, **more))
    assert answer.status_code == 422
    assert field in [error["field"] for error in answer.get_json()["data"]["errors"]]


def test_only_active_events_need_something(app: Flask, programs: Programs, there: Response) -> None:
    for event_id in (closed(app, programs.cast.ada), reported(app, programs.cast.sam)):
        answer = programs.ada.post(f"/events/{event_id}/needs", sandbags(there))
        assert (answer.status_code, answer.get_json()["name"]) == (409, "Conflict")
    assert programs.ada.post("/events/999/needs", sandbags(there)).status_code == 404


def test_the_same_reference_of_a_sender_twice_is_refused(programs: Programs, there: Response) -> None:
    path, body = f"/events/{there.event}/needs", sandbags(there, source_ref="desk:1")
    assert [programs.vic.post(path, body).status_code for _ in range(2)] == [201, 409]


def test_an_edit_keeps_what_is_left_out(programs: Programs, there: Response) -> None:
    path = f"/needs/{there.need}"
    seen = programs.vic.get(path).headers["ETag"]
    edited = programs.vic.patch(path, {"quantity": 60, "needed_by": "2026-12-01T06:00:00Z"}, seen=seen)
    assert (edited.get_json()["quantity"], edited.get_json()["name"]) == (60, "filled bags")
    assert programs.vera.patch(path, {"quantity": 70}, seen=seen).status_code == 412
    assert programs.vic.patch(path, {"needed_by": None}).get_json()["needed_by"] is None
    assert programs.vic.patch(path, {"name": None}).status_code == 422
    assert programs.vic.patch(path, {"event_id": 3}).status_code == 422
    assert programs.sam.patch(path, {"name": "x"}).status_code == 403


def test_what_was_promised_meanwhile_is_no_conflict(programs: Programs, there: Response) -> None:
    seen = programs.vic.get(f"/needs/{there.need}").headers["ETag"]
    there.promise(10)
    edited = programs.vic.patch(f"/needs/{there.need}", {"name": "Bags"}, seen=seen)
    assert (edited.status_code, edited.get_json()["allocated"]) == (200, 10)
    low = programs.vic.patch(f"/needs/{there.need}", {"quantity": 5})
    assert (low.status_code, low.get_json()["data"]["errors"][0]["field"]) == (422, "quantity")


def test_a_need_is_cancelled_with_its_reason(programs: Programs, there: Response) -> None:
    path = f"/needs/{there.need}/cancel"
    assert programs.vic.post(path, {"reason": ""}).status_code == 422
    assert programs.sam.post(path, {"reason": "No"}).status_code == 403
    assert programs.vic.post(path, {"reason": "Dry"}).get_json()["status"] == "cancelled"
    assert programs.vic.post(path, {"reason": "Dry"}).status_code == 409


def test_a_volunteer_sees_needs_of_events_that_they_see(
    app: Flask, programs: Programs, there: Response
) -> None:
    over = opened(app, programs.cast.ada)
    hidden = there.add_need(event_id=over)
    programs.ada.post(f"/events/{over}/close", {"note": "Dry"})
    assert ids(programs.sam) == {there.need}
    assert ids(programs.vic) == {there.need, hidden}
    assert programs.sam.get(f"/needs/{hidden}").status_code == 404
    assert programs.sam.get(f"/events/{over}/needs").status_code == 404
    for kind, status in (("phone", 200), ("gateway", 200), ("display", 200), ("tracker", 403)):
        device = programs.device(programs.cast.vera, DeviceKind(kind))
        assert device.get("/needs").status_code == status
    assert ids(programs.device(programs.cast.vera, DeviceKind.PHONE)) == {there.need}


def test_the_list_is_narrowed(programs: Programs, there: Response) -> None:
    pumps = there.add_need("equipment.pump", name="Pumps", quantity=2, unit="pumps", priority=1)
    assert ids(programs.vic, type=there.kind("equipment")) == {pumps}
    assert ids(programs.vic, type=9999) == set()
    assert ids(programs.vic, priority=1) == {pumps}
    there.promise(40)
    assert ids(programs.vic, status="met") == {there.need}
    assert ids(programs.vic, event_id=there.event + 1) == set()
    assert programs.vic.get("/needs", status="lost").status_code == 422


def test_what_is_missing_comes_in_order_of_urgency(app: Flask, programs: Programs, there: Response) -> None:
    urgent = there.add_need(priority=1)
    later = [there.add_need(priority=4) for _ in range(3)]
    there.promise(40)
    found, cursor = [], None
    while True:
        with statements(app) as asked:
            page = programs.sam.get("/needs/unmet", limit=2, **({"after": cursor} if cursor else {}))
        assert len(asked) <= 3  # who asks, the types, the page
        found += [need["id"] for need in page.get_json()["items"]]
        cursor = page.get_json()["next"]
        if cursor is None:
            break
    assert found == [urgent, *later]
    assert programs.sam.get("/needs/unmet", after="9-1").status_code == 422


def test_a_page_costs_the_same_however_many_needs_there_are(
    app: Flask, programs: Programs, there: Response
) -> None:
    made = [there.add_need() for _ in range(6)]
    found: list[int] = []
    cursor: dict[str, str] = {}
    while not found or cursor:
        with statements(app) as asked:
            page = programs.vic.get("/needs", limit=3, **cursor).get_json()
        assert len(asked) <= 3
        found += [need["id"] for need in page["items"]]
        cursor = {"after": page["next"]} if page["next"] else {}
    assert found == [*reversed(made), there.need]
    with statements(app) as asked:
        items = programs.sam.get(f"/events/{there.event}/needs").get_json()["items"]
    assert (len(items), len(asked)) == (7, 4)  # who asks, the event, its needs, what is promised


def test_the_types_are_a_tree_with_units(programs: Programs, there: Response) -> None:
    kinds = {kind["code"]: kind for kind in programs.sam.get("/resource-types").get_json()["items"]}
    bag = kinds["supplies.sandbag"]
    assert bag["units"][0] == "sandbags"
    assert bag["parent_id"] == kinds["supplies"]["id"]
    assert programs.stranger.get("/resource-types").status_code == 401


def ids(caller: Caller, **query: object) -> set[int]:
    return {need["id"] for need in caller.get("/needs", **query).get_json()["items"]}
