"""What a device stored while it was offline, sent in one batch: each item once, none stops the others."""

import base64
import uuid
from datetime import timedelta
from typing import Any

import pytest

from tests.api.caller import Caller, Programs
from tests.attachments.making import picture
from tests.conftest import both_databases
from webapp.attachments.models import Attachment
from webapp.database import utc_now
from webapp.events import service as events
from webapp.events.models import Event, EventStatus, Source
from webapp.extensions import db
from webapp.journal import SYSTEM, JournalEntry
from webapp.journal.actor import DeviceKind
from webapp.volunteers import service as volunteers
from webapp.volunteers.models import Assignment, AssignmentStatus

HERE = {"latitude": 55.6667, "longitude": 12.5519}


def item(kind: str, **more: Any) -> dict[str, Any]:
    return {"id": str(uuid.uuid4()), "kind": kind} | more


def report(caller: Caller, *items: dict[str, Any]) -> list[dict[str, Any]]:
    answer = caller.post("/devices/me/reports", {"items": list(items)})
    assert answer.status_code == 200, answer.json
    assert [it["id"] for it in answer.json["items"]] == [it["id"] for it in items]
    found: list[dict[str, Any]] = answer.json["items"]
    return found


@both_databases
def test_an_observation_is_a_pending_event_with_its_photo(programs: Programs) -> None:
    phone = programs.device(programs.cast.sam, DeviceKind.PHONE)
    at = utc_now() - timedelta(hours=2)
    photo = base64.b64encode(picture()).decode()
    seen = item("observation", text="Bridge gone\nall of it", position=HERE, at=at.isoformat(), photo=photo)
    for status in ("done", "known"):
        (answer,) = report(phone, seen)
        assert answer["status"] == status
    with programs.app.app_context():
        event = db.session.execute(db.select(Event)).scalar_one()
        assert (event.id, event.title, event.status) == (
            answer["subject"]["id"],
            "Bridge gone",
            EventStatus.PENDING,
        )
        assert (event.source, event.reported_by_id) == (Source.DEVICE, programs.cast.sam.id)
        assert (event.latitude, event.longitude) == (HERE["latitude"], HERE["longitude"])
        assert abs((event.reported_at - at).total_seconds()) < 1
        assert len(db.session.execute(db.select(Attachment.id)).all()) == 1


def test_a_clock_that_runs_ahead_reports_no_future(programs: Programs) -> None:
    tracker = programs.device(programs.cast.sam, DeviceKind.TRACKER)
    report(tracker, item("observation", text="Fire", at=(utc_now() + timedelta(days=1)).isoformat()))
    with programs.app.app_context():
        assert db.session.execute(db.select(Event.reported_at)).scalar_one() <= utc_now()


@both_databases
def test_one_bad_item_does_not_stop_the_others_and_a_replay_changes_nothing(programs: Programs) -> None:
    phone = programs.device(programs.cast.sam, DeviceKind.PHONE)
    with programs.app.app_context():
        event = events.open_event(SYSTEM, title="Mill").id
        volunteers.join(programs.cast.sam.actor, event_id=event)
    batch = [
        item("message", text="All fine here", event_id=event),
        item("check_in"),
        item("observation", text="Tree down", photo="?"),
        item("position"),
        item("message", text="", event_id=event),
        item("position", position=HERE),
        item("distress", text="Leg broken", position=HERE),
    ]
    answers = report(phone, *batch)
    refused = ["refused"] * 4
    assert [it["status"] for it in answers] == ["done", *refused, "done", "done"]
    assert [it["error"]["name"] for it in answers[1:5]] == ["Invalid"] * 4
    again = report(phone, *batch)
    assert [it["status"] for it in again] == ["known", *refused, "done", "known"]
    with programs.app.app_context():
        found = db.session.execute(db.select(Event.id)).scalars().all()
        assert found == [event], "a refused item leaves nothing"
    bodies = [it["body"] for it in programs.vic.get("/mailbox").json["items"]]
    assert bodies == ["Sam needs help at “Mill”: Leg broken", "All fine here"]


def test_a_call_from_the_owners_phone_is_theirs_and_from_a_gateway_nobodys(programs: Programs) -> None:
    phone = programs.device(programs.cast.sam, DeviceKind.PHONE)
    gateway = programs.device(programs.cast.ada, DeviceKind.GATEWAY)
    report(phone, item("distress", text="First"), item("distress", text="Second"))
    report(gateway, item("distress", text="Boat sinking", position=HERE))
    with programs.app.app_context():
        verbs = db.select(JournalEntry.verb).where(JournalEntry.verb.like("%.distress"))
        found = list(db.session.execute(verbs.order_by(JournalEntry.seq)).scalars())
    assert found == ["assignment.distress", "assignment.distress", "device.distress"]
    first = programs.ada.get("/mailbox").json["items"]
    assert [it["body"] for it in first] == ["Sam needs help: First", "Sam needs help: Second", "Boat sinking"]
    assert (first[2]["latitude"], first[2]["sender"]) == (HERE["latitude"], "The gateway")


def test_a_call_is_never_refused_over_a_wrong_event(programs: Programs) -> None:
    gateway = programs.device(programs.cast.ada, DeviceKind.GATEWAY)
    (answer,) = report(gateway, item("distress", event_id=10**9))
    assert answer["status"] == "done"


@both_databases
def test_the_owner_checks_in_and_out_by_their_phone(programs: Programs) -> None:
    with programs.app.app_context():
        event = events.open_event(SYSTEM, title="Cellar flooded").id
    phone = programs.device(programs.cast.sam, DeviceKind.PHONE)
    batch = [item("check_in", event_id=event), item("check_out", event_id=event)]
    assert [it["status"] for it in report(phone, *batch)] == ["done", "done"]
    assert [it["status"] for it in report(phone, *batch)] == ["known", "known"]
    with programs.app.app_context():
        found = db.session.execute(db.select(Assignment)).scalar_one()
        assert (found.user_id, found.status) == (programs.cast.sam.id, AssignmentStatus.CHECKED_OUT)


@pytest.mark.parametrize("kind", [DeviceKind.GATEWAY, DeviceKind.TRACKER, DeviceKind.DISPLAY])
def test_other_devices_check_nobody_in(programs: Programs, kind: DeviceKind) -> None:
    with programs.app.app_context():
        event = events.open_event(SYSTEM, title="Cellar flooded").id
    (answer,) = report(programs.device(programs.cast.sam, kind), item("check_in", event_id=event))
    assert answer["status"] == "refused"
    assert answer["error"]["statusCode"] in (403, 404)


def test_a_display_reports_nothing_but_itself(programs: Programs) -> None:
    display = programs.device(programs.cast.ada, DeviceKind.DISPLAY)
    batch = [item(kind, text="A") for kind in ("observation", "message", "distress")]
    assert [it["status"] for it in report(display, *batch)] == ["refused"] * 3


def test_an_id_of_somebody_elses_deed_is_refused(programs: Programs) -> None:
    one, other = (
        programs.device(person, DeviceKind.GATEWAY) for person in (programs.cast.sam, programs.cast.sue)
    )
    seen = item("observation", text="Fire")
    assert report(one, seen)[0]["status"] == "done"
    (answer,) = report(other, seen)
    assert (answer["status"], answer["error"]["name"]) == ("refused", "CommandReused")


@pytest.mark.parametrize(
    "body",
    [
        {"items": []},
        {"items": [{"kind": "observation"}]},
        {"items": [{"id": "1", "kind": "observation"}]},
        {"items": [item("dance")]},
        {"items": [item("message", text="x" * 2001)]},
        {"items": [item("position", position={"latitude": 200, "longitude": 0})]},
        {"items": [item("message", priority="distress", text="A")]},
        {"items": [item("message", text="A")] * 101},
        {"items": [item("observation", text="A", photo="AAAA")] * 11},
    ],
)
def test_a_batch_that_does_not_fit_is_refused_whole(programs: Programs, body: dict[str, Any]) -> None:
    phone = programs.device(programs.cast.sam, DeviceKind.PHONE)
    assert phone.post("/devices/me/reports", body).status_code == 422


def test_only_devices_report(programs: Programs) -> None:
    body = {"items": [item("observation", text="Fire")]}
    assert programs.ada.post("/devices/me/reports", body).status_code == 403
    assert programs.stranger.post("/devices/me/reports", body).status_code == 401
