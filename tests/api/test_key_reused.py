"""The same key with another body is another deed: refused at every door, and nothing changes."""

import base64
import uuid
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import update

from tests.api.caller import Caller, Programs
from tests.attachments.making import picture
from tests.conftest import both_databases
from tests.people import Cast, Person
from tests.test_access import Things, make_things
from webapp.events.models import Event
from webapp.extensions import db
from webapp.journal import Command, JournalEntry
from webapp.journal.actor import DeviceKind


@pytest.fixture
def things(app: Flask, cast: Cast) -> Things:
    return make_things(app, cast)


def newest(app: Flask) -> int:
    with app.app_context():
        return db.session.execute(db.select(db.func.max(JournalEntry.seq))).scalar_one()


def assert_refused(answer: Any) -> None:
    told = answer.get_json()
    assert answer.status_code == 422, told
    assert (told["success"], told["name"], told["statusCode"]) == (False, "IdempotencyKeyReused", 422)
    assert [it["field"] for it in told["data"]["errors"]] == ["Idempotency-Key"]


@both_databases
def test_another_body_is_refused_and_the_same_is_answered_again(app: Flask, programs: Programs) -> None:
    key = uuid.uuid4()
    first = programs.sam.post("/events", {"title": "Flood", "priority": 2}, key=key)
    assert first.status_code == 201
    seq = newest(app)
    assert_refused(programs.sam.post("/events", {"title": "Fire", "priority": 2}, key=key))
    again = programs.sam.post("/events", {"priority": 2, "title": "Flood"}, key=key)
    assert (again.status_code, again.get_json()["id"]) == (201, first.get_json()["id"])
    assert again.headers["Idempotency-Replayed"] == "true"
    assert newest(app) == seq


def test_a_refused_key_is_free_for_a_better_body(programs: Programs) -> None:
    key = uuid.uuid4()
    assert programs.sam.post("/events", {"title": " "}, key=key).status_code == 422
    assert programs.sam.post("/events", {"title": "Flood"}, key=key).status_code == 201


def test_the_same_deed_on_another_thing_is_refused(app: Flask, programs: Programs) -> None:
    made = [programs.sam.post("/events", {"title": title}).get_json()["id"] for title in ("One", "Two")]
    key = uuid.uuid4()
    assert programs.ada.post(f"/events/{made[0]}/verify", key=key).status_code == 200
    assert_refused(programs.ada.post(f"/events/{made[1]}/verify", key=key))
    assert programs.ada.get(f"/events/{made[1]}").get_json()["status"] == "pending"


def test_a_change_sent_again_after_its_version_moved_is_still_the_same(programs: Programs) -> None:
    made = programs.ada.post("/events", {"title": "Flood"})
    path, key, seen = f"/events/{made.get_json()['id']}", uuid.uuid4(), made.headers["ETag"]
    first = programs.ada.patch(path, {"title": "Fire"}, seen=seen, key=key)
    again = programs.ada.patch(path, {"title": "Fire"}, seen=first.headers["ETag"], key=key)
    assert (first.status_code, again.status_code) == (200, 200)
    assert_refused(programs.ada.patch(path, {"title": "Storm"}, seen=seen, key=key))


def test_what_took_effect_before_bodies_were_kept_is_answered_as_it_was(
    app: Flask, programs: Programs
) -> None:
    key = uuid.uuid4()
    first = programs.sam.post("/events", {"title": "Flood"}, key=key)
    with app.app_context(), db.engine.begin() as connection:
        connection.execute(update(Command).values(content=None))
    again = programs.sam.post("/events", {"title": "Fire"}, key=key)
    assert (again.status_code, again.get_json()["id"]) == (201, first.get_json()["id"])


def test_registering_another_person_with_one_key_is_refused(programs: Programs) -> None:
    key = uuid.uuid4()
    body = {"name": "Bo", "contact": "bo@example.org", "password": "correct horse battery", "client": "t"}
    assert programs.stranger.post("/auth/register", body, key=key).status_code == 201
    assert programs.stranger.post("/auth/register", body, key=key).status_code == 201
    assert_refused(programs.stranger.post("/auth/register", body | {"contact": "cy@example.org"}, key=key))


def test_what_is_kept_tells_nothing_of_a_password(app: Flask, programs: Programs) -> None:
    body = {"name": "Bo", "contact": "bo@example.org", "password": "correct horse battery", "client": "t"}
    programs.stranger.post("/auth/register", body)
    with app.app_context():
        kept = db.session.execute(db.select(Command.content).where(Command.content.is_not(None))).scalars()
        assert all(len(it) == 64 and it.isalnum() for it in kept)


# Devices: each item by itself


def reported(device: Caller, *items: dict[str, Any]) -> list[dict[str, Any]]:
    answer = device.post("/devices/me/reports", {"items": list(items)})
    assert answer.status_code == 200, answer.get_json()
    found: list[dict[str, Any]] = answer.get_json()["items"]
    return found


@pytest.mark.parametrize("kind", ["observation", "message"])
def test_an_item_with_the_id_of_another_is_refused_alone(
    cast: Cast, programs: Programs, things: Things, kind: str
) -> None:
    device = programs.device(cast.sue, DeviceKind.PHONE)
    item = {"id": str(uuid.uuid4()), "kind": kind, "text": "Water is rising", "event_id": things.event_id}
    other = {"id": str(uuid.uuid4()), "kind": "observation", "text": "Bridge out"}
    assert [it["status"] for it in reported(device, item)] == ["done"]
    refused, known, done = reported(device, item | {"text": "It falls"}, item, other)
    assert (refused["status"], refused["error"]["statusCode"]) == ("refused", 422)
    assert refused["error"]["name"] == "IdempotencyKeyReused"
    assert (known["status"], done["status"]) == ("known", "done")


def test_a_call_for_help_is_made_whatever_had_its_id(cast: Cast, programs: Programs) -> None:
    device = programs.device(cast.sue, DeviceKind.PHONE)
    item = {"id": str(uuid.uuid4()), "kind": "distress", "text": "Leg broken"}
    assert [it["status"] for it in reported(device, item)] == ["done"]
    assert [it["status"] for it in reported(device, item | {"text": "Water comes"}, item)] == [
        "done",
        "known",
    ]


def test_a_photo_belongs_to_its_item(cast: Cast, programs: Programs) -> None:
    device = programs.device(cast.sam, DeviceKind.PHONE)
    photo = base64.b64encode(picture()).decode()
    item = {"id": str(uuid.uuid4()), "kind": "observation", "text": "Smoke", "photo": photo}
    assert [it["status"] for it in reported(device, item)] == ["done"]
    assert [it["status"] for it in reported(device, item)] == ["known"]
    assert [it["status"] for it in reported(device, item | {"photo": None})] == ["refused"]


# GraphQL


def test_a_mutation_with_other_arguments_is_refused_by_itself(programs: Programs) -> None:
    document = """mutation($a: UUID!, $b: UUID!, $first: String!, $second: String!) {
        one: reportEvent(commandId: $a, event: {title: $first}) { id }
        two: reportEvent(commandId: $b, event: {title: $second}) { id }
    }"""

    def run(first: str, second: str) -> dict[str, Any]:
        asked = {"query": document, "variables": ids | {"first": first, "second": second}}
        headers = {"Authorization": f"Bearer {programs.sam.token}"}
        answer = programs.sam.client.post("/graphql", json=asked, headers=headers)
        found: dict[str, Any] = answer.get_json()
        return found

    ids = {"a": str(uuid.uuid4()), "b": str(uuid.uuid4())}
    made = run("Flood", "Fire")["data"]
    assert run("Flood", "Fire")["data"] == made
    changed = run("Flood", "Storm")
    assert changed["data"] == {"one": made["one"], "two": None}
    (error,) = changed["errors"]
    assert error["extensions"]["name"] == "IdempotencyKeyReused"
    assert error["extensions"]["statusCode"] == 422


# Forms


def titles(app: Flask) -> list[str]:
    with app.app_context():
        return list(db.session.execute(db.select(Event.title).order_by(Event.id)).scalars())


EVENT = {"title": "Flood", "priority": "2", "category": "Met", "description": "a\r\nb"}
RATED = {"severity": "Unknown", "urgency": "Unknown", "certainty": "Unknown"}


def send(person: Person, fields: dict[str, Any], **headers: str) -> Any:
    return person.post("/events/new", EVENT | RATED | fields, headers=headers)


def test_a_double_tap_is_harmless_however_the_form_was_drawn(app: Flask, cast: Cast) -> None:
    key = str(uuid.uuid4())
    assert send(cast.sam, {"command_id": key, "version": ""}).status_code == 303
    again = {"command_id": key, "version": "7", "next": "/now", "kind": "", "description": "a\nb"}
    assert send(cast.sam, again).status_code == 303
    panel = send(cast.sam, {"command_id": key}, **{"HX-Request": "true"})
    assert panel.status_code == 204
    assert titles(app) == ["Flood"]


def test_a_form_sent_again_with_other_words_comes_back_as_a_new_one(app: Flask, cast: Cast) -> None:
    key = str(uuid.uuid4())
    send(cast.sam, {"command_id": key})
    back = send(cast.sam, {"command_id": key, "title": "Fire"})
    shown = back.get_data(as_text=True)
    assert back.status_code == 422
    assert "Send it again if you want this to be saved as well." in shown
    assert 'value="Fire"' in shown
    renewed = shown.split('name="command_id" value="')[1].split('"')[0]
    assert renewed != key
    assert send(cast.sam, {"command_id": renewed, "title": "Fire"}).status_code == 303
    assert titles(app) == ["Flood", "Fire"]


def test_a_form_without_a_way_back_says_so_and_keeps_what_was_typed(cast: Cast, things: Things) -> None:
    key, path = str(uuid.uuid4()), f"/devices/{things.device_id}/rename"
    assert cast.sue.post(path, {"command_id": key, "name": "Van"}).status_code == 303
    refused = cast.sue.post(path, {"command_id": key, "name": "Car"})
    assert refused.status_code == 422
    assert "sent before with other content" in refused.get_data(as_text=True)
    assert "Car" in refused.get_data(as_text=True)


def test_one_button_means_the_same_from_every_page(cast: Cast, things: Things) -> None:
    key = str(uuid.uuid4())
    path = f"/allocations/{things.allocation_id}/dispatch"
    for where in ("/board", "/resources"):
        answer = cast.vic.post(path, {"command_id": key, "next": where})
        assert (answer.status_code, answer.location) == (303, where)
