"""Events over the API: the pages' rights, replays, preconditions, cursors."""

import uuid

import pytest
from flask import Flask

from tests.api.caller import Caller, Programs
from tests.events.making import closed, number_of_events, opened, reported, verbs
from tests.statements import statements
from webapp.journal.actor import DeviceKind

FLOOD = {"title": "Cellar flooded", "priority": 2, "category": "Met"}


def test_an_authoritys_event_is_active_at_once_and_a_volunteers_waits(programs: Programs) -> None:
    answer = programs.ada.post("/events", FLOOD)
    assert (answer.status_code, answer.get_json()["status"]) == (201, "active")
    assert answer.headers["Location"] == f"/api/v1/events/{answer.get_json()['id']}"
    assert programs.sam.post("/events", FLOOD).get_json()["status"] == "pending"
    assert programs.vic.post("/events", FLOOD).get_json()["status"] == "pending"


@pytest.mark.parametrize(
    ("kind", "status"),
    [("phone", 201), ("gateway", 201), ("tracker", 201), ("display", 403)],
)
def test_devices_report_except_displays(programs: Programs, kind: str, status: int) -> None:
    answer = programs.device(programs.cast.ada, DeviceKind(kind)).post("/events", FLOOD)
    assert answer.status_code == status
    if status == 201:
        assert (answer.get_json()["status"], answer.get_json()["source"]) == ("pending", "device")


def test_the_same_key_again_changes_nothing(app: Flask, programs: Programs) -> None:
    key = uuid.uuid4()
    first = programs.sam.post("/events", FLOOD, key=key)
    again = programs.sam.post("/events", FLOOD, key=key)
    assert again.get_json() == first.get_json()
    assert again.headers["Idempotency-Replayed"] == "true"
    assert "Idempotency-Replayed" not in first.headers
    assert number_of_events(app) == 1
    # A later look is no repetition, whatever the thread did before.
    assert "Idempotency-Replayed" not in programs.sam.get(f"/events/{first.get_json()['id']}").headers
    used = programs.sue.post("/events", FLOOD, key=key)
    assert (used.status_code, used.get_json()["name"]) == (409, "CommandReused")


def test_a_write_needs_a_key_that_is_a_uuid(programs: Programs) -> None:
    sent = programs.sam.client.post(
        "/api/v1/events", json=FLOOD, headers={"Authorization": f"Bearer {programs.sam.token}"}
    )
    assert (sent.status_code, sent.get_json()["name"]) == (400, "IdempotencyKeyMissing")
    assert programs.sam.post("/events", FLOOD, key="no").status_code == 422


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"title": ""}, "title"),
        ({"title": "x" * 201}, "title"),
        ({"title": "a\0b"}, "title"),
        ({"priority": 6}, "priority"),
        ({"priority": "2"}, "priority"),
        ({"category": "Weather"}, "category"),
        ({"colour": "red"}, "colour"),
        ({"location": {"latitude": 91, "longitude": 0}}, "location.latitude"),
        ({"location": {"latitude": 10}}, "location"),
        ({"parent_id": 99}, "parent_id"),
    ],
)
def test_a_value_that_cannot_be_is_named(programs: Programs, more: dict[str, object], field: str) -> None:
    answer = programs.sam.post("/events", FLOOD | more)
    assert answer.status_code == 422
    assert [error["field"] for error in answer.get_json()["data"]["errors"]] == [field]


def test_an_edit_needs_the_version_that_was_read(app: Flask, programs: Programs) -> None:
    path = f"/events/{opened(app, programs.cast.ada, **FLOOD)}"
    seen = programs.vic.get(path).headers["ETag"]
    changed = programs.vic.patch(path, {"priority": 1}, seen=seen)
    assert (changed.status_code, changed.get_json()["priority"]) == (200, 1)
    assert changed.get_json()["title"] == FLOOD["title"]
    assert changed.headers["ETag"] != seen
    late = programs.ada.patch(path, {"priority": 4}, seen=seen)
    assert (late.status_code, late.get_json()["name"]) == (412, "StaleVersion")
    assert programs.ada.patch(path, {"title": "x"}, seen="").status_code == 428
    assert programs.ada.patch(path, {"title": "x"}, seen='"event-99-v1"').status_code == 412
    assert programs.ada.patch(path, {"title": None}).status_code == 422
    assert programs.sam.patch(path, {"title": "x"}).status_code == 403


def test_what_was_read_is_read_again_only_when_it_changed(app: Flask, programs: Programs) -> None:
    path = f"/events/{opened(app, programs.cast.ada)}"
    seen = programs.sam.get(path).headers["ETag"]
    assert programs.sam.get(path, headers={"If-None-Match": seen}).status_code == 304
    programs.ada.patch(path, {"priority": 1})
    assert programs.sam.get(path, headers={"If-None-Match": seen}).status_code == 200


def test_an_event_is_verified_closed_and_reopened_by_an_authority(app: Flask, programs: Programs) -> None:
    event_id = reported(app, programs.cast.sam)
    steps = [("verify", None), ("close", {"note": "Dry"}), ("reopen", {"reason": "Wet"})]
    for step, body in steps:
        assert programs.vic.post(f"/events/{event_id}/{step}", body).status_code == 403
        assert programs.ada.post(f"/events/{event_id}/{step}", body).status_code == 200
    other = reported(app, programs.cast.sam)
    body = {"reason": "The same", "duplicate_of_id": event_id}
    assert programs.ada.post(f"/events/{other}/reject", body).get_json()["status"] == "rejected"
    again = programs.ada.post(f"/events/{other}/verify")
    assert (again.status_code, again.get_json()["name"]) == (409, "WrongTransition")
    assert verbs(app, other) == ["event.reported", "event.rejected"]
    assert programs.ada.post(f"/events/{event_id}/verify", {"extra": 1}).status_code == 422


def test_a_volunteer_sees_active_events_and_their_own(app: Flask, programs: Programs) -> None:
    active = opened(app, programs.cast.ada)
    over = closed(app, programs.cast.ada)
    theirs, own = reported(app, programs.cast.sue), reported(app, programs.cast.sam)
    assert ids(programs.sam) == {active, own}
    assert ids(programs.vic) == {active, over, theirs, own}
    for hidden in (over, theirs):
        assert programs.sam.get(f"/events/{hidden}").status_code == 404
    assert programs.stranger.get("/events").status_code == 401


def test_the_list_goes_on_by_cursor_in_one_statement_a_page(app: Flask, programs: Programs) -> None:
    made = {opened(app, programs.cast.ada, title=f"Event {n}", priority=1 + n % 3) for n in range(7)}
    seen, cursor, pages = [], None, 0
    while cursor is not None or pages == 0:
        with statements(app) as asked:
            page = programs.sam.get("/events", limit=3, **({"after": cursor} if cursor else {})).get_json()
        assert len(asked) == 2  # who asks, and the page
        seen += page["items"]
        cursor, pages = page["next"], pages + 1
    assert pages == 3
    assert {event["id"] for event in seen} == made
    assert [event["priority"] for event in seen] == sorted(event["priority"] for event in seen)


@pytest.mark.parametrize(
    "query",
    [
        {"after": "nowhere"},
        {"limit": 0},
        {"limit": 101},
        {"status": "burning"},
        {"latitude": 3},
        {"sort": "title"},
    ],
)
def test_a_question_that_is_not_understood_is_refused(programs: Programs, query: dict[str, object]) -> None:
    assert programs.sam.get("/events", **query).status_code == 422


def test_the_list_is_narrowed(app: Flask, programs: Programs) -> None:
    near = opened(app, programs.cast.ada, title="Smoke", latitude=55.0, longitude=12.0, priority=1)
    opened(app, programs.cast.ada, title="Flood", latitude=10.0, longitude=12.0)
    assert ids(programs.sam, priority=1) == {near}
    assert ids(programs.sam, text="smo") == {near}
    page = programs.sam.get("/events", latitude=55.01, longitude=12.0, km=5).get_json()
    assert [event["id"] for event in page["items"]] == [near]
    assert page["items"][0]["distance_km"] == pytest.approx(1.1, abs=0.1)


def ids(caller: Caller, **query: object) -> set[int]:
    return {event["id"] for event in caller.get("/events", **query).get_json()["items"]}


def test_only_an_authority_says_who_sees_it_and_who_joins(app: Flask, programs: Programs) -> None:
    larger, path = opened(app, programs.cast.ada), f"/events/{opened(app, programs.cast.ada)}"
    sent = {"visibility": "public", "needs_approval": True, "parent_id": larger}
    for name, value in sent.items():
        assert programs.vic.patch(path, {name: value, "priority": 1}).status_code == 403
    same = {"visibility": "internal", "needs_approval": False, "parent_id": None, "priority": 1}
    assert programs.vic.patch(path, same).status_code == 200
    changed = programs.ada.patch(path, sent).get_json()
    assert {name: changed[name] for name in sent} == sent
    assert programs.ada.patch(path, {"parent_id": None}).get_json()["parent_id"] is None
    assert programs.sam.post("/events", FLOOD | {"visibility": "public"}).status_code == 403


def test_filters_that_would_narrow_nothing_are_refused(app: Flask, programs: Programs) -> None:
    path = f"/events/{opened(app, programs.cast.ada)}/needs"
    refused = programs.sam.get(path, status="open")
    assert (refused.status_code, refused.get_json()["data"]["errors"][0]["field"]) == (422, "status")


def test_a_larger_event_that_one_may_not_see_is_as_none(app: Flask, programs: Programs) -> None:
    hidden, seen = reported(app, programs.cast.sue), opened(app, programs.cast.ada)
    answers = [programs.sam.post("/events", FLOOD | {"parent_id": id_}) for id_ in (hidden, 999_999)]
    assert [answer.status_code for answer in answers] == [422, 422]
    assert answers[0].get_json()["data"] == answers[1].get_json()["data"]
    assert programs.sam.post("/events", FLOOD | {"parent_id": seen}).status_code == 201
    assert programs.sue.post("/events", FLOOD | {"parent_id": hidden}).status_code == 201
