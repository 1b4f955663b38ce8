"""What a device stored while it was offline, sent in one batch: each item once, none stops the others."""

import base64
import json
import uuid
from datetime import timedelta
from typing import Any

import pytest

from tests.api.caller import Caller, Programs
from tests.attachments.making import picture, several_pictures
from tests.conftest import both_databases
from webapp.attachments.models import Attachment
from webapp.database import utc_now
from webapp.events import service as events
from webapp.events.models import Event, EventStatus, Source
from webapp.extensions import db
from webapp.journal import SYSTEM, Actor, JournalEntry
from webapp.journal.actor import DeviceKind
from webapp.messages import reports
from webapp.messages.schemas import ReportIn, Subject
from webapp.volunteers import service as volunteers
from webapp.volunteers.models import Assignment, AssignmentStatus

HERE = {"latitude": 55.6667, "longitude": 12.5519}


def _deep(levels: int) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for _ in range(levels):
        found = {"a": found}
    return found


def item(kind: str, **more: Any) -> dict[str, Any]:
    return {"id": str(uuid.uuid4()), "kind": kind} | more


def send(caller: Caller, items: list[Any] | bytes) -> list[dict[str, Any]]:
    """Send a batch as it is, and give what is said of each item."""
    body = items if isinstance(items, bytes) else json.dumps({"items": items}).encode()
    answer = caller.client.post(
        "/api/v1/devices/me/reports",
        data=body,
        content_type="application/json",
        headers={"Authorization": f"Bearer {caller.token}"},
    )
    assert answer.status_code == 200, answer.json
    assert answer.json is not None
    found: list[dict[str, Any]] = answer.json["items"]
    return found


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


@pytest.mark.parametrize("body", [{}, {"items": []}, {"items": {}}, {"items": [1] * 1001}, {"more": 1}])
def test_only_a_batch_that_is_none_is_refused_whole(programs: Programs, body: dict[str, Any]) -> None:
    phone = programs.device(programs.cast.sam, DeviceKind.PHONE)
    assert phone.post("/devices/me/reports", body).status_code == 422


MISFITS: dict[str, tuple[object, str]] = {
    "not an object": (7, "item"),
    "null": (None, "item"),
    "a list": ([item("observation")], "item"),
    "no id": ({"kind": "observation", "text": "A"}, "id"),
    "no UUID": ({"id": "1", "kind": "observation"}, "id"),
    "an id of another type": ({"id": 1, "kind": "observation"}, "id"),
    "no kind": ({"id": str(uuid.uuid4())}, "kind"),
    "unknown kind": (item("dance"), "kind"),
    "a kind of another type": (item("dance") | {"kind": {"a": 1}}, "kind"),
    "unknown name": (item("observation", txet="A"), "txet"),
    "too long": (item("message", text="x" * 2001), "text"),
    "text of another type": (item("message", text=5), "text"),
    "control characters": (item("message", text="a\u0000b"), "text"),
    "half a character": (item("message", text="\ud800"), "text"),
    "outside the globe": (
        item("position", position={"latitude": 200, "longitude": 0}),
        "position.latitude",
    ),
    "position of another type": (item("position", position=[55, 12]), "position"),
    "no such priority": (item("message", priority="distress", text="A"), "priority"),
    "huge number": (item("check_in", event_id=10**30), "event_id"),
    "a fraction": (item("check_in", event_id=1.5), "event_id"),
    "no moment": (item("observation", text="A", at=1234567890), "at"),
    "far moment": (item("observation", text="A", at="0001-01-01T00:00:00+14:00"), "at"),
    "photo too large": (item("observation", text="A", photo="A" * 2_800_001), "photo"),
    "photo of another type": (item("observation", text="A", photo={}), "photo"),
    "deep": (item("observation", text="A", event_id=_deep(150)), "event_id"),
}


def test_a_misfit_is_refused_by_itself_and_the_call_behind_it_goes_out(programs: Programs) -> None:
    phone = programs.device(programs.cast.sam, DeviceKind.PHONE)
    call = item("distress", text="Leg broken")
    sent = [misfit for misfit, _field in MISFITS.values()]
    answers = send(phone, [*sent, call])
    for (kind, (misfit, field)), answer in zip(MISFITS.items(), answers, strict=False):
        assert (answer["status"], answer["retry"]) == ("refused", False), kind
        assert answer["error"]["statusCode"] == 422, kind
        assert answer["error"]["correlationId"], kind
        assert [it["field"] for it in answer["error"]["data"]["errors"]] in ([field], []), kind
        known = isinstance(misfit, dict) and isinstance(misfit.get("id"), str) and len(misfit["id"]) > 1
        assert (answer["id"] is not None) == known, kind
    assert (answers[-1]["status"], answers[-1]["id"], answers[-1]["retry"]) == ("done", call["id"], False)


@pytest.mark.parametrize(
    "raw",
    [
        b'{"id": "%s", "kind": "position", "position": {"latitude": NaN, "longitude": 0}}',
        b'{"id": "%s", "kind": "position", "position": {"latitude": 1e999, "longitude": 0}}',
        b'{"id": "%s", "kind": "check_in", "event_id": ' + b"9" * 5000 + b"}",
        b'{"id": "%s", "kind": "message", "kind": "position"}',
        b'{"id": "%s", "kind": "position", "position": {"latitude": 1, "latitude": 2, "longitude": 0}}',
        b'{"id": "%s", "kind": "message", "text": "a\x01b"}',
    ],
)
def test_what_is_hardly_json_is_that_items_too(programs: Programs, raw: bytes) -> None:
    phone = programs.device(programs.cast.sam, DeviceKind.PHONE)
    call = json.dumps(item("distress", text="Leg broken")).encode()
    bad = raw % str(uuid.uuid4()).encode()
    answers = send(phone, b'{"items": [' + bad + b"," + call + b"]}")
    assert [it["status"] for it in answers] == ["refused", "done"]
    assert answers[0]["error"]["statusCode"] == 422


def test_text_of_another_encoding_is_taken_as_far_as_it_can_be_read(programs: Programs) -> None:
    phone = programs.device(programs.cast.sam, DeviceKind.PHONE)
    words = json.dumps(item("distress", text="Brondby")).encode().replace(b"o", b"\xf8")
    assert send(phone, b'{"items": [' + words.replace(b"n\xf8", b"no") + b"]}")[0]["status"] == "done"


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"text": "x" * 5000}, "x" * 1900),
        ({"text": 5}, "Sam needs help"),
        ({"text": "Help\u0000me"}, "Helpme"),
        ({"position": {"latitude": 200, "longitude": 0}, "text": "Leg"}, "Leg"),
        ({"event_id": "mill", "text": "Leg"}, "Leg"),
        ({"at": "yesterday", "text": "Leg"}, "Leg"),
        ({"photo": "?" * 3_000_000, "battery": 3, "text": "Leg"}, "Leg"),
        ({"id": "7", "text": "Leg"}, "Leg"),
        ({"id": None, "text": "Leg"}, "Leg"),
        ({"kind": " Distress", "text": "Leg"}, "Leg"),
    ],
)
def test_a_call_is_never_refused_over_anything_in_it(
    programs: Programs, more: dict[str, Any], said: str
) -> None:
    phone = programs.device(programs.cast.sam, DeviceKind.PHONE)
    call = item("distress") | more
    for status in ("done", "known"):
        assert [(it["status"], it["retry"]) for it in send(phone, [call])] == [(status, False)]
    (letter,) = programs.vic.get("/mailbox").json["items"]
    assert said in letter["body"]


def test_calls_go_out_before_all_that_lies_before_them(programs: Programs) -> None:
    gateway = programs.device(programs.cast.ada, DeviceKind.GATEWAY)
    answers = report(
        gateway, *(item("message", text=f"{n}") for n in range(3)), item("distress", text="Boat")
    )
    assert [it["status"] for it in answers] == ["done"] * 4
    ids = [it["subject"]["id"] for it in answers]
    assert min(ids) == ids[-1]


def test_what_is_too_much_for_one_batch_is_to_be_sent_again(programs: Programs) -> None:
    gateway = programs.device(programs.cast.ada, DeviceKind.GATEWAY)
    batch = [item("position", position=HERE) for _ in range(100)] + [item("distress", text="Boat")] * 1
    answers = report(gateway, *batch)
    assert [it["status"] for it in answers] == ["done"] * 99 + ["refused", "done"]
    assert (answers[99]["error"]["name"], answers[99]["retry"]) == ("SendLater", True)
    photos = report(gateway, *(item("observation", text="A", photo="AAAA") for _ in range(11)))
    assert [it["retry"] for it in photos] == [False] * 10 + [True]


def test_ids_that_stand_twice(programs: Programs) -> None:
    gateway = programs.device(programs.cast.ada, DeviceKind.GATEWAY)
    one = item("observation", text="Tree down")
    other = item("observation", text="Bridge gone") | {"id": one["id"]}
    call = item("distress", text="Boat") | {"id": one["id"]}
    answers = report(gateway, one, one, other)
    assert [it["status"] for it in answers] == ["done", "known", "refused"]
    assert answers[2]["error"]["statusCode"] == 422
    assert [it["status"] for it in report(gateway, one, call)] == ["known", "done"]
    assert [it["status"] for it in report(gateway, call)] == ["known"]


@both_databases
def test_a_fault_of_ours_is_that_items_and_worth_another_try(
    programs: Programs, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The one part of ours that is replaced: nobody knows how the next fault of ours will be met."""
    gateway = programs.device(programs.cast.ada, DeviceKind.GATEWAY)
    whole = reports._DEEDS["observation"]

    def faulty(actor: Actor, it: ReportIn) -> Subject | None:
        whole(actor, it)
        raise KeyError("MPO")

    monkeypatch.setitem(reports._DEEDS, "observation", faulty)
    batch = [item("observation", text="A"), item("message", text="B"), item("distress", text="C")]
    answers = report(gateway, *batch)
    assert [(it["status"], it["retry"]) for it in answers] == [
        ("refused", True),
        ("done", False),
        ("done", False),
    ]
    assert answers[0]["error"]["statusCode"] == 500
    assert "MPO" not in json.dumps(answers[0])
    assert "KeyError" in caplog.text
    monkeypatch.undo()
    assert report(gateway, *batch)[0]["status"] == "known"


@both_databases
def test_a_photo_of_several_pictures_is_kept_by_its_first(programs: Programs) -> None:
    phone = programs.device(programs.cast.sam, DeviceKind.PHONE)
    photo = base64.b64encode(several_pictures()).decode()
    (answer,) = report(phone, item("observation", text="Bridge gone", photo=photo))
    assert answer["status"] == "done"
    with programs.app.app_context():
        kept = db.session.execute(db.select(Attachment)).scalar_one()
        assert (kept.media_type, kept.width, kept.height) == ("image/jpeg", 400, 300)


def test_only_devices_report(programs: Programs) -> None:
    body = {"items": [item("observation", text="Fire")]}
    assert programs.ada.post("/devices/me/reports", body).status_code == 403
    assert programs.stranger.post("/devices/me/reports", body).status_code == 401
