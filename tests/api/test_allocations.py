"""Allocations over the API: promise, send, deliver, take back, release; never more than there is."""

import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask

from tests.api.caller import Caller, Programs
from tests.conftest import both_databases
from tests.resources.conftest import Response
from tests.resources.conftest import there as there  # a fixture
from tests.statements import statements


def test_so_much_of_an_offer_is_promised_to_a_need(programs: Programs, there: Response) -> None:
    key, sent = uuid.uuid4(), {"need_id": there.need, "offer_id": there.offer, "quantity": 30}
    made = programs.vic.post("/allocations", sent, key=key)
    body = made.get_json()
    assert made.status_code == 201
    assert made.headers["Location"] == f"/api/v1/allocations/{body['id']}"
    assert (body["status"], body["quantity"], body["unit"]) == ("reserved", 30, "sandbags")
    again = programs.vic.post("/allocations", sent, key=key)
    assert (again.get_json(), again.headers["Idempotency-Replayed"]) == (body, "true")
    assert programs.vic.get(f"/needs/{there.need}").get_json()["missing"] == 10
    assert programs.vic.get(f"/offers/{there.offer}").get_json()["left"] == 70
    assert programs.sam.post("/allocations", sent).status_code == 403


def test_more_than_there_is_is_refused_with_what_is_left(programs: Programs, there: Response) -> None:
    there.promise(30)
    sent = {"need_id": there.need, "offer_id": there.offer, "quantity": 20}
    refused = programs.vic.post("/allocations", sent)
    assert (refused.status_code, refused.get_json()["name"]) == (409, "NotEnough")
    assert refused.get_json()["data"]["facts"] == {"left": 70, "missing": 10}
    assert programs.vic.post("/allocations", sent | {"oversupply": True}).status_code == 201
    too_much = programs.vic.post("/allocations", sent | {"quantity": 51, "oversupply": True})
    assert too_much.get_json()["data"]["facts"]["left"] == 50
    assert there.entries("allocation.made")[-1].facts["oversupply"] is True


@pytest.mark.parametrize(
    ("more", "status"),
    [
        ({"need_id": 999}, 404),
        ({"offer_id": 999}, 404),
        ({"quantity": 0}, 422),
        ({"quantity": 1.5}, 422),
        ({"oversupply": "yes"}, 422),
        ({"note": "x"}, 422),
    ],
)
def test_what_cannot_be_promised_is_refused(
    programs: Programs, there: Response, more: dict[str, object], status: int
) -> None:
    sent = {"need_id": there.need, "offer_id": there.offer, "quantity": 1} | more
    assert programs.vic.post("/allocations", sent).status_code == status


def test_an_allocation_goes_its_way(programs: Programs, there: Response) -> None:
    path = f"/allocations/{there.promise(30)}"
    for step, status in (("dispatch", "dispatched"), ("deliver", "delivered")):
        assert programs.vic.post(f"{path}/{step}").get_json()["status"] == status
    used = programs.vic.post(f"{path}/return")
    assert (used.status_code, used.get_json()["name"]) == (409, "Conflict")  # sandbags do not come back
    late = programs.vic.post(f"{path}/release")
    assert (late.status_code, late.get_json()["name"]) == (409, "WrongTransition")
    assert programs.vic.post(f"/allocations/{there.promise(5)}/release").get_json()["status"] == "released"
    pumps = there.add_offer("equipment.pump", unit="pumps", quantity=2)
    need = there.add_need("equipment.pump", unit="pumps", quantity=2)
    lent = there.delivered(2, need_id=need, offer_id=pumps)
    assert programs.vic.post(f"/allocations/{lent}/return").get_json()["status"] == "returned"


def test_an_owner_says_that_it_was_delivered_and_nothing_else(programs: Programs, there: Response) -> None:
    sent = there.sent(30)
    assert programs.sue.get(f"/allocations/{sent}").status_code == 404
    assert programs.sue.post(f"/allocations/{sent}/deliver").status_code == 404
    assert programs.sam.get(f"/allocations/{sent}").get_json()["status"] == "dispatched"
    assert programs.sam.post(f"/allocations/{sent}/release").status_code == 403
    assert programs.sam.post(f"/allocations/{sent}/deliver").get_json()["status"] == "delivered"


def test_allocations_are_listed_by_what_they_join(app: Flask, programs: Programs, there: Response) -> None:
    other = there.add_need(event_id=there.add_event())
    first, second = there.promise(5), there.promise(6)
    elsewhere = there.promise(7, need_id=other)
    assert ids(programs.vic) == [elsewhere, second, first]
    assert ids(programs.vic, need_id=there.need) == [second, first]
    assert ids(programs.vic, event_id=there.event) == [second, first]
    assert ids(programs.sam, offer_id=there.offer) == [elsewhere, second, first]
    assert ids(programs.sue) == []
    programs.vic.post(f"/allocations/{first}/dispatch")
    assert ids(programs.vic, status="dispatched") == [first]
    with statements(app) as asked:
        page = programs.vic.get("/allocations", limit=2).get_json()
    assert len(asked) == 3  # who asks, the page, the names
    rest = programs.vic.get("/allocations", limit=2, after=page["next"]).get_json()
    assert [row["id"] for row in page["items"] + rest["items"]] == [elsewhere, second, first]


@both_databases
def test_programs_at_the_same_moment_promise_no_more_than_there_is(
    programs: Programs, there: Response
) -> None:
    sent = {"need_id": there.need, "offer_id": there.offer, "quantity": 15}
    callers = [programs.vic, programs.vera, programs.ada, programs.vic]
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda caller: caller.post("/allocations", sent), callers))
    assert sorted(answer.status_code for answer in answers) == [201, 201, 409, 409]
    assert programs.vic.get(f"/needs/{there.need}").get_json()["missing"] == 10


def ids(caller: Caller, **query: object) -> list[int]:
    return [row["id"] for row in caller.get("/allocations", **query).get_json()["items"]]
