"""Offers over the API: one's own, and everybody's for coordinators."""

import uuid
from typing import Any

import pytest
from flask import Flask

from tests.api.caller import Caller, Programs
from tests.resources.conftest import Response
from tests.resources.conftest import there as there  # a fixture
from tests.statements import statements
from webapp.journal.actor import DeviceKind


def pumps(there: Response, **more: Any) -> dict[str, Any]:
    kind = there.kind("equipment.pump")
    return {"resource_type_id": kind, "name": "My pumps", "quantity": 3, "unit": "pumps"} | more


def test_a_volunteer_offers_what_is_theirs(programs: Programs, there: Response) -> None:
    key = uuid.uuid4()
    place = {"latitude": 55.6, "longitude": 12.5, "place_name": "Depot"}
    made = programs.sue.post("/offers", pumps(there, **place), key=key)
    body = made.get_json()
    assert made.status_code == 201
    assert body["owner_id"] == programs.cast.sue.id
    assert (body["left"], body["status"], body["place_name"]) == (3, "available", "Depot")
    again = programs.sue.post("/offers", pumps(there, **place), key=key)
    assert (again.get_json(), again.headers["Idempotency-Replayed"]) == (body, "true")
    assert programs.sue.get(made.headers["Location"].removeprefix("/api/v1")).get_json() == body
    assert programs.sam.get(f"/offers/{body['id']}").status_code == 404
    assert programs.vic.get(f"/offers/{body['id']}").status_code == 200


def test_only_coordinators_write_down_anothers_offer(programs: Programs, there: Response) -> None:
    sent = pumps(there, owner_id=programs.cast.sue.id)
    assert programs.sam.post("/offers", sent).status_code == 403
    made = programs.vic.post("/offers", sent).get_json()
    assert (made["owner_id"], made["owner_name"]) == (programs.cast.sue.id, programs.cast.sue.name)
    assert programs.vic.post("/offers", sent | {"owner_id": 9999}).status_code == 422


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"quantity": -1}, "quantity"),
        ({"latitude": 55.0}, "body"),
        ({"latitude": 55.0, "longitude": None}, "longitude"),
        (
            {"available_until": "2027-01-01T00:00:00Z", "available_from": "2027-01-02T00:00:00Z"},
            "available_until",
        ),
        ({"condition": "x" * 81}, "condition"),
        ({"status": "assigned"}, "status"),
    ],
)
def test_an_offer_that_cannot_be_is_refused(
    programs: Programs, there: Response, more: dict[str, Any], field: str
) -> None:
    answer = programs.sam.post("/offers", pumps(there, **more))
    assert answer.status_code == 422
    assert field in [error["field"] for error in answer.get_json()["data"]["errors"]]


def test_an_offer_is_changed_by_its_owner_and_by_coordinators(programs: Programs, there: Response) -> None:
    path = f"/offers/{there.offer}"
    seen = programs.sam.get(path).headers["ETag"]
    assert programs.sam.patch(path, {"quantity": 90}, seen=seen).get_json()["left"] == 90
    assert programs.vic.patch(path, {"quantity": 80}, seen=seen).status_code == 412
    assert programs.vic.patch(path, {"place_name": ""}).get_json()["place_name"] == ""
    assert programs.sue.patch(path, {"quantity": 1}, seen=seen).status_code == 404
    assert programs.sam.patch(path, {"owner_id": 1}).status_code == 422


def test_an_offer_goes_out_of_service_and_back_and_is_withdrawn(programs: Programs, there: Response) -> None:
    path = f"/offers/{there.offer}"
    for step, status in (
        ("out-of-service", "out_of_service"),
        ("back-in-service", "available"),
        ("withdraw", "withdrawn"),
    ):
        assert programs.sue.post(f"{path}/{step}").status_code == 404
        assert programs.sam.post(f"{path}/{step}").get_json()["status"] == status
    again = programs.sam.post(f"{path}/withdraw")
    assert (again.status_code, again.get_json()["name"]) == (409, "WrongTransition")
    assert programs.sam.patch(path, {"quantity": 1}).status_code == 409


def test_what_is_promised_is_not_withdrawn(programs: Programs, there: Response) -> None:
    there.promise(30)
    assert programs.sam.post(f"/offers/{there.offer}/withdraw").status_code == 409


def test_each_sees_the_offers_that_are_theirs_to_see(programs: Programs, there: Response) -> None:
    other = programs.sue.post("/offers", pumps(there)).get_json()["id"]
    assert ids(programs.sam) == {there.offer}
    assert ids(programs.sue) == {other}
    assert ids(programs.vic) == ids(programs.ada) == {there.offer, other}
    assert ids(programs.vic, mine=True) == set()
    assert ids(programs.vic, type=there.kind("equipment")) == {other}
    there.promise(40)
    there.promise(60, need_id=there.add_need(quantity=60))
    assert ids(programs.vic, status="available") == {other}
    assert ids(programs.vic, status="assigned") == {there.offer}
    assert programs.device(programs.cast.sam, DeviceKind.PHONE).get("/offers").status_code == 403


def test_the_list_goes_on_by_cursor(app: Flask, programs: Programs, there: Response) -> None:
    made = [there.add_offer() for _ in range(4)]
    found: list[int] = []
    cursor: dict[str, str] = {}
    while not found or cursor:
        with statements(app) as asked:
            page = programs.vic.get("/offers", limit=2, **cursor).get_json()
        assert len(asked) <= 3
        found += [offer["id"] for offer in page["items"]]
        cursor = {"after": page["next"]} if page["next"] else {}
    assert found == [*reversed(made), there.offer]


def ids(caller: Caller, **query: object) -> set[int]:
    return {offer["id"] for offer in caller.get("/offers", **query).get_json()["items"]}
