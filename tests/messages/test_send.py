"""Who may write to whom, who gets it, and what is refused."""

import uuid
from typing import Any

import pytest

from tests.api.caller import Programs
from tests.conftest import both_databases
from tests.statements import statements
from webapp.accounts.contact import Contact
from webapp.accounts.service import create_user
from webapp.board.counters import totals
from webapp.events import service as events
from webapp.extensions import db
from webapp.journal import SYSTEM, JournalEntry, Role
from webapp.journal.actor import DeviceKind
from webapp.messages.models import Delivery, Message
from webapp.volunteers import service as volunteers

VESTERBRO = {"latitude": 55.6667, "longitude": 12.5519}


def sent(caller: Any, audience: dict[str, Any], **more: Any) -> Any:
    return caller.post("/messages", {"audience": audience, "body": "Come."} | more)


def event_with(programs: Programs, *names: str) -> int:
    with programs.app.app_context():
        event_id = events.open_event(SYSTEM, title="Cellar flooded", **VESTERBRO).id
        for name in names:
            volunteers.join(getattr(programs.cast, name).actor, event_id=event_id)
        return event_id


def who_has(programs: Programs, message_id: int) -> set[tuple[int, int | None]]:
    with programs.app.app_context():
        rows = db.session.execute(
            db.select(Delivery.user_id, Delivery.device_id).where(Delivery.message_id == message_id)
        )
        return {(row.user_id, row.device_id) for row in rows}


@both_databases
def test_a_person_gets_it_in_their_inbox_and_on_their_phones(programs: Programs) -> None:
    phone = programs.device(programs.cast.sam, DeviceKind.PHONE).get("/devices/me").json["id"]
    programs.device(programs.cast.sam, DeviceKind.GATEWAY)
    sam = programs.cast.sam.id
    answer = sent(programs.vic, {"kind": "person", "user_id": sam})
    assert answer.status_code == 201
    assert who_has(programs, answer.json["id"]) == {(sam, None), (sam, phone)}
    assert (answer.json["recipients"], answer.json["queued"]) == (1, 1), "one person, however many copies"


@both_databases
def test_each_audience_is_who_it_says(programs: Programs) -> None:
    cast = programs.cast
    event = event_with(programs, "sam", "sue")
    gateway = programs.device(cast.ada, DeviceKind.GATEWAY)
    gateway.post("/devices/me/heartbeat", {"position": VESTERBRO})
    device = gateway.get("/devices/me").json["id"]
    far = programs.device(cast.ada, DeviceKind.TRACKER)
    far.post("/devices/me/heartbeat", {"position": {"latitude": 10, "longitude": 10}})
    expected = {
        "event": ({"event_id": event}, {(cast.sam.id, None), (cast.sue.id, None)}),
        "device": ({"device_id": device}, {(cast.ada.id, device)}),
        "role": ({"role": "SUV"}, {(cast.sam.id, None), (cast.sue.id, None)}),
        "coordinators": ({}, {(cast.vera.id, None), (cast.ada.id, None)}),
        "circle": (VESTERBRO | {"km": 2}, {(cast.sam.id, None), (cast.sue.id, None), (cast.ada.id, device)}),
    }
    for kind, (values, people) in expected.items():
        answer = sent(programs.vic, {"kind": kind} | values)
        assert who_has(programs, answer.json["id"]) == people, kind
        assert answer.json["recipients"] == len(people)


def test_the_coordinators_of_an_event_are_those_who_work_on_it(programs: Programs) -> None:
    event = event_with(programs, "sam")
    everybody = sent(programs.sam, {"kind": "coordinators", "event_id": event})
    assert everybody.json["recipients"] == 3, "while nobody works on it, all of them"
    with programs.app.app_context():
        events.edit_event(programs.cast.vera.actor, event_id=event, seen_version=None, kind="flood")
    answer = sent(programs.sam, {"kind": "coordinators", "event_id": event})
    assert who_has(programs, answer.json["id"]) == {(programs.cast.vera.id, None)}


@pytest.mark.parametrize("kind", ["person", "device", "event", "role", "circle"])
def test_volunteers_and_devices_write_to_coordinators_only(programs: Programs, kind: str) -> None:
    event = event_with(programs, "sam")
    values = {"user_id": programs.cast.sue.id, "device_id": 1, "event_id": event, "role": "SUV"}
    audience = {"kind": kind, **values, **VESTERBRO, "km": 2}
    phone = programs.device(programs.cast.ada, DeviceKind.PHONE)
    for caller in (programs.sam, phone):
        assert sent(caller, audience).status_code == 403
    assert sent(programs.stranger, audience).status_code == 401


def test_a_volunteer_writes_about_an_event_that_they_are_on(programs: Programs) -> None:
    event = event_with(programs, "sam")
    assert sent(programs.sue, {"kind": "coordinators", "event_id": event}).status_code == 403
    assert sent(programs.sam, {"kind": "coordinators"}).status_code == 403
    assert sent(programs.sam, {"kind": "coordinators", "event_id": event}).status_code == 201


def test_a_phone_writes_about_what_its_owner_may_write_about(programs: Programs) -> None:
    event = event_with(programs, "sam")
    to_event, to_all = {"kind": "coordinators", "event_id": event}, {"kind": "coordinators"}
    for owner, kind, statuses in (
        (programs.cast.sam, DeviceKind.PHONE, [201, 403]),
        (programs.cast.sue, DeviceKind.PHONE, [403, 403]),
        (programs.cast.vic, DeviceKind.PHONE, [201, 201]),
        (programs.cast.sue, DeviceKind.GATEWAY, [201, 201]),
    ):
        device = programs.device(owner, kind)
        assert [sent(device, audience).status_code for audience in (to_event, to_all)] == statuses


def test_a_display_writes_nothing(programs: Programs) -> None:
    display = programs.device(programs.cast.ada, DeviceKind.DISPLAY)
    assert sent(display, {"kind": "coordinators"}).status_code == 403


@pytest.mark.parametrize(
    "change",
    [
        {"body": ""},
        {"body": "   "},
        {"body": "x" * 2001},
        {"body": "a\x00b"},
        {"priority": "distress"},
        {"priority": "loud"},
        {"expires_at": "2001-01-01T00:00:00Z"},
        {"expires_at": "2999-01-01T00:00:00Z"},
        {"expires_at": "2026-11-21T10:00:00"},
        {"audience": {"kind": "person"}},
        {"audience": {"kind": "person", "user_id": 10**9}},
        {"audience": {"kind": "device", "device_id": 10**9}},
        {"audience": {"kind": "event", "event_id": 10**9}},
        {"audience": {"kind": "role"}},
        {"audience": {"kind": "circle", "latitude": 1, "longitude": 2}},
        {"audience": {"kind": "circle", "latitude": 1, "longitude": 2, "km": 501}},
        {"audience": {"kind": "everybody"}},
        {"to": "all"},
    ],
)
def test_what_cannot_be_is_refused_and_leaves_nothing(programs: Programs, change: dict[str, Any]) -> None:
    good = {"audience": {"kind": "role", "role": "SUV"}, "body": "Come."}
    assert programs.vic.post("/messages", good | change).status_code == 422
    with programs.app.app_context():
        assert db.session.execute(db.select(Message.id)).first() is None


def test_nobody_to_get_it_is_a_refusal(programs: Programs) -> None:
    answer = sent(programs.vic, {"kind": "circle", "latitude": -60, "longitude": 0, "km": 1})
    assert (answer.status_code, answer.json["name"]) == (409, "Conflict")


def test_the_same_call_again_sends_once(programs: Programs) -> None:
    body, key = {"audience": {"kind": "role", "role": "SUV"}, "body": "Come."}, uuid.uuid4()
    first, again = (programs.vic.post("/messages", body, key=key) for _ in range(2))
    assert first.json == again.json
    assert [it["id"] for it in programs.vic.get("/messages").json["items"]] == [first.json["id"]]


def test_a_message_and_all_its_deliveries_take_few_statements(programs: Programs) -> None:
    with programs.app.app_context():
        for n in range(60):
            contact = Contact(email=f"p{n}@example.org")
            create_user(SYSTEM, name=f"P {n}", contact=contact, role=Role.SUV)
    with statements(programs.app) as seen:
        answer = sent(programs.vic, {"kind": "role", "role": "SUV"})
    assert answer.json["recipients"] == 62
    assert len(seen) <= 14, "\n".join(seen)


def test_the_journal_tells_of_it_without_its_words(programs: Programs) -> None:
    sent(programs.vic, {"kind": "role", "role": "SUV"}, body="The secret place is the mill.")
    with programs.app.app_context():
        statement = db.select(JournalEntry).where(JournalEntry.verb == "message.sent")
        entry = db.session.execute(statement).scalar_one()
        assert entry.facts["recipients"] == 2
        assert "mill" not in str((entry.facts, entry.changes, entry.effects))
        assert totals()["delivery:queued"] == 2


def test_who_sees_what_was_sent(programs: Programs) -> None:
    event = event_with(programs, "sam", "sue")
    own = sent(programs.sam, {"kind": "coordinators", "event_id": event}).json["id"]
    other = sent(programs.vic, {"kind": "role", "role": "SUV"}).json["id"]
    assert [it["id"] for it in programs.vera.get("/messages").json["items"]] == [other, own]
    assert [it["id"] for it in programs.sam.get("/messages").json["items"]] == [own]
    assert programs.sue.get(f"/messages/{own}").status_code == 404
    assert programs.sam.get(f"/messages/{own}").status_code == 200
    assert programs.vera.get(f"/messages/{own}").status_code == 200
    first = programs.vera.get("/messages", limit=1).json
    assert [it["id"] for it in programs.vera.get("/messages", after=first["next"]).json["items"]] == [own]


def test_a_call_for_help_from_a_page_comes_before_all_else_in_every_mailbox(programs: Programs) -> None:
    for n in range(3):
        sent(programs.ada, {"kind": "role", "role": "VC"}, priority="immediate", body=f"Note {n}")
    programs.cast.sam.post("/now/help")
    first = programs.vic.get("/mailbox").json["items"][0]
    assert (first["priority"], first["body"]) == ("distress", "Sam needs help.")
