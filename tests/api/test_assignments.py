"""Assignments over the API: each step by who may take it, and by nobody else."""

import uuid

import pytest
from flask import Flask

from tests.api.caller import Caller, Programs
from tests.events.making import closed, opened, reported
from tests.statements import statements
from webapp.journal.actor import DeviceKind


def test_a_volunteer_joins_comes_and_goes(app: Flask, programs: Programs) -> None:
    event_id, key = opened(app, programs.cast.ada), uuid.uuid4()
    joined = programs.sam.post(f"/events/{event_id}/join", key=key)
    body = joined.get_json()
    assert (joined.status_code, body["status"]) == (200, "accepted")
    assert (body["user_id"], body["event_title"]) == (programs.cast.sam.id, "Flood")
    again = programs.sam.post(f"/events/{event_id}/join", key=key)
    assert (again.get_json(), again.headers["Idempotency-Replayed"]) == (body, "true")
    path = f"/assignments/{body['id']}"
    here = programs.sam.post(f"{path}/check-in").get_json()
    assert (here["status"], here["checked_in_at"] is not None) == ("checked_in", True)
    assert programs.sam.post(f"{path}/cancel").status_code == 409
    gone = programs.sam.post(f"{path}/check-out").get_json()
    assert (gone["status"], gone["checked_out_at"] is not None) == ("checked_out", True)
    twice = programs.sam.post(f"{path}/check-out")
    assert (twice.status_code, twice.get_json()["name"]) == (409, "WrongTransition")


def test_joining_with_check_in_is_being_there(app: Flask, programs: Programs) -> None:
    first, second = opened(app, programs.cast.ada), opened(app, programs.cast.ada, title="Fire")
    joined = programs.sam.post(f"/events/{first}/join", {"check_in": True}).get_json()
    assert joined["status"] == "checked_in"
    elsewhere = programs.sam.post(f"/events/{second}/join", {"check_in": True})
    assert (elsewhere.status_code, elsewhere.get_json()["name"]) == (409, "Elsewhere")
    facts = elsewhere.get_json()["data"]["facts"]
    assert facts == {"title": "Flood", "event_id": first, "assignment_id": joined["id"]}
    assert programs.sam.post(f"/events/{second}/join", {"check_in": "yes"}).status_code == 422


def test_where_approval_is_wanted_a_coordinator_gives_it(app: Flask, programs: Programs) -> None:
    event_id = opened(app, programs.cast.ada, needs_approval=True)
    asked = programs.sam.post(f"/events/{event_id}/join", {"check_in": True}).get_json()
    path = f"/assignments/{asked['id']}"
    assert asked["status"] == "requested"
    assert programs.sam.post(f"{path}/approve").status_code == 403
    assert programs.sam.post(f"{path}/accept").status_code == 409
    assert programs.vic.post(f"{path}/approve").get_json()["status"] == "accepted"


def test_a_coordinator_asks_and_the_person_answers(app: Flask, programs: Programs) -> None:
    event_id = opened(app, programs.cast.ada)
    sent = {"user_id": programs.cast.sam.id, "task": "Fill bags", "meeting_point": "Gate"}
    path = f"/events/{event_id}/assignments"
    assert programs.sam.post(path, sent).status_code == 403
    offered = programs.vic.post(path, sent)
    body = offered.get_json()
    assert (offered.status_code, body["status"], body["task"]) == (201, "offered", "Fill bags")
    assert offered.headers["Location"] == f"/api/v1/assignments/{body['id']}"
    assert programs.vic.post(path, sent).status_code == 409
    assert programs.vic.post(path, sent | {"user_id": 9999}).status_code == 409
    assert programs.vic.post(path, sent | {"task": "x" * 301}).status_code == 422
    assert programs.sue.post(f"/assignments/{body['id']}/accept").status_code == 404
    assert programs.sam.post(f"/assignments/{body['id']}/decline").get_json()["status"] == "declined"
    second = programs.vic.post(path, sent).get_json()
    assert programs.sam.post(f"/assignments/{second['id']}/accept").get_json()["status"] == "accepted"


def test_a_coordinator_acts_for_anybody(app: Flask, programs: Programs) -> None:
    event_id = opened(app, programs.cast.ada)
    joined = programs.sam.post(f"/events/{event_id}/join").get_json()["id"]
    path = f"/assignments/{joined}"
    steps = [
        ("check-in", "checked_in"),
        ("no-contact", "no_contact"),
        ("check-in", "checked_in"),
        ("cancel", "cancelled"),
    ]
    assert programs.sam.post(f"{path}/no-contact").status_code == 403
    for step, status in steps:
        assert programs.vic.post(f"{path}/{step}").get_json()["status"] == status


@pytest.mark.parametrize("step", ["accept", "decline", "check-in", "check-out", "cancel"])
def test_nobody_elses_assignment_is_there(app: Flask, programs: Programs, step: str) -> None:
    event_id = opened(app, programs.cast.ada)
    joined = programs.sam.post(f"/events/{event_id}/join").get_json()["id"]
    assert programs.sue.get(f"/assignments/{joined}").status_code == 404
    assert programs.sue.post(f"/assignments/{joined}/{step}").status_code == 404
    assert programs.sam.post(f"/assignments/999/{step}").status_code == 404


def test_one_joins_what_one_sees_and_what_is_active(app: Flask, programs: Programs) -> None:
    assert programs.sam.post(f"/events/{closed(app, programs.cast.ada)}/join").status_code == 409
    assert programs.sam.post(f"/events/{reported(app, programs.cast.sue)}/join").status_code == 404
    assert programs.sam.post("/events/999/join").status_code == 404


def test_each_sees_the_assignments_that_are_theirs_to_see(app: Flask, programs: Programs) -> None:
    first, second = opened(app, programs.cast.ada), opened(app, programs.cast.ada)
    made = [
        caller.post(f"/events/{event_id}/join").get_json()["id"]
        for caller, event_id in ((programs.sam, first), (programs.sue, first), (programs.sam, second))
    ]
    assert ids(programs.sam) == [made[2], made[0]]
    assert ids(programs.vic) == [*reversed(made)]
    assert ids(programs.vic, event_id=first) == [made[1], made[0]]
    assert ids(programs.vic, user_id=programs.cast.sue.id) == [made[1]]
    assert ids(programs.sam, user_id=programs.cast.sue.id) == []
    assert ids(programs.vic, status="declined") == []
    assert ids(programs.device(programs.cast.sam, DeviceKind.PHONE)) == [made[2], made[0]]
    assert programs.device(programs.cast.sam, DeviceKind.GATEWAY).get("/assignments").status_code == 403
    with statements(app) as asked:
        page = programs.vic.get("/assignments", limit=2).get_json()
    assert (len(asked), len(page["items"])) == (2, 2)
    assert ids(programs.vic, after=page["next"]) == [made[0]]


def test_a_phone_checks_its_owner_in_and_nobody_else(app: Flask, programs: Programs) -> None:
    event_id = opened(app, programs.cast.ada)
    phone = programs.device(programs.cast.sam, DeviceKind.PHONE)
    joined = phone.post(f"/events/{event_id}/join").get_json()
    assert joined["user_id"] == programs.cast.sam.id
    assert phone.post(f"/assignments/{joined['id']}/check-in").get_json()["status"] == "checked_in"
    theirs = programs.sue.post(f"/events/{event_id}/join").get_json()["id"]
    assert phone.post(f"/assignments/{theirs}/check-in").status_code == 404
    # Even a coordinator's phone has no more rights than a volunteer's.
    vics = programs.device(programs.cast.vic, DeviceKind.PHONE)
    assert vics.post(f"/assignments/{theirs}/check-in").status_code == 404
    assert vics.post(f"/events/{event_id}/assignments", {"user_id": 1}).status_code == 403


def test_volunteers_see_first_names_of_those_on_their_event(app: Flask, programs: Programs) -> None:
    event_id = opened(app, programs.cast.ada)
    programs.sue.post(f"/events/{event_id}/join")
    path = f"/events/{event_id}/people"
    assert programs.sam.get(path).get_json()["items"] == []
    programs.sam.post(f"/events/{event_id}/join")
    seen = programs.sam.get(path).get_json()["items"]
    assert [(one["name"], one["user_id"], one["assignment_id"]) for one in seen] == [
        ("Sue", None, None),
        ("Sam", None, None),
    ]
    whole = programs.vic.get(path).get_json()["items"]
    assert [one["name"] for one in whole] == ["Sue Volunteer", "Sam Volunteer"]
    assert {one["user_id"] for one in whole} == {programs.cast.sam.id, programs.cast.sue.id}
    programs.ada.post(f"/events/{event_id}/close", {"note": "Dry"})
    assert programs.sue.get(path).status_code == 404


def ids(caller: Caller, **query: object) -> list[int]:
    return [row["id"] for row in caller.get("/assignments", **query).get_json()["items"]]
