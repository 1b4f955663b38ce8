"""Revoking a device ends it at once: its token with the next request, what waits for it, its pairing code."""

import uuid

import pytest

from tests.api.caller import Programs, paired, token_of
from tests.conftest import both_databases
from webapp.board.counters import totals
from webapp.extensions import db
from webapp.journal import SYSTEM, JournalEntry
from webapp.journal.actor import DeviceKind
from webapp.messages.models import Message


def own_device(programs: Programs, kind: DeviceKind = DeviceKind.GATEWAY) -> int:
    with programs.app.app_context():
        return paired(SYSTEM, owner_id=programs.cast.sam.id, kind=kind).id


@both_databases
@pytest.mark.parametrize("who", ["sam", "vic", "ada"])
def test_the_owner_and_coordinators_end_a_device_with_its_next_request(programs: Programs, who: str) -> None:
    id_ = own_device(programs)
    from tests.api.caller import Caller

    device = Caller(programs.app, token_of(programs.app, programs.cast.sam.id, id_))
    assert device.get("/mailbox").status_code == 200
    assert getattr(programs, who).post(f"/devices/{id_}/revoke").json["status"] == "revoked"
    for answer in (device.get("/mailbox"), device.post("/devices/me/heartbeat", {"battery": 50})):
        assert (answer.status_code, answer.json["name"]) == (401, "InvalidToken")


def test_other_volunteers_and_devices_end_nothing(programs: Programs) -> None:
    id_ = own_device(programs)
    assert programs.sue.post(f"/devices/{id_}/revoke").status_code == 404
    assert programs.stranger.post(f"/devices/{id_}/revoke").status_code == 401
    other = programs.device(programs.cast.ada, DeviceKind.PHONE)
    assert other.post(f"/devices/{id_}/revoke").status_code == 403


def test_once_is_enough_and_the_same_call_again_is_no_second(programs: Programs) -> None:
    id_, key = own_device(programs), uuid.uuid4()
    assert programs.sam.post(f"/devices/{id_}/revoke", key=key).status_code == 200
    assert programs.sam.post(f"/devices/{id_}/revoke", key=key).status_code == 200
    assert programs.sam.post(f"/devices/{id_}/revoke").status_code == 409
    with programs.app.app_context():
        found = db.select(db.func.count()).where(JournalEntry.verb == "device.revoked")
        assert db.session.execute(found).scalar_one() == 1


def test_a_code_of_a_revoked_device_pairs_nothing(programs: Programs) -> None:
    made = programs.sam.post("/devices", {"name": "Van", "kind": "gateway"}).json
    programs.sam.post(f"/devices/{made['device']['id']}/revoke")
    assert programs.stranger.post("/devices/pair", {"code": made["code"]}).status_code == 401


@both_databases
def test_what_waits_for_it_is_dropped_and_the_sender_sees_so(programs: Programs) -> None:
    id_ = own_device(programs)
    sent = programs.vic.post("/messages", {"audience": {"kind": "device", "device_id": id_}, "body": "Hi"})
    programs.sam.post(f"/devices/{id_}/revoke")
    shown = programs.vic.get(f"/messages/{sent.json['id']}").json
    assert (shown["queued"], shown["expired"]) == (0, 1)
    with programs.app.app_context():
        assert (totals()["delivery:queued"], totals()["delivery:expired"]) == (0, 1)
        assert (totals()["device:active"], totals()["device:revoked"]) == (0, 1)


def test_a_persons_own_copy_stays_when_their_phone_is_revoked(programs: Programs) -> None:
    id_ = own_device(programs, DeviceKind.PHONE)
    to = {"kind": "person", "user_id": programs.cast.sam.id}
    programs.vic.post("/messages", {"audience": to, "body": "Hi"})
    programs.sam.post(f"/devices/{id_}/revoke")
    assert [it["body"] for it in programs.sam.get("/mailbox").json["items"]] == ["Hi"]
    with programs.app.app_context():
        message = db.session.execute(db.select(Message)).scalar_one()
        assert (message.queued, message.expired) == (1, 0)
