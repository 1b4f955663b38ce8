"""Pairing: a code that a person makes lets one device in, once, for ten minutes, and nobody else."""

import re
import uuid
from datetime import timedelta

import pytest
import time_machine

from tests.api.caller import Caller, Programs
from tests.conftest import both_databases
from webapp.database import utc_now
from webapp.devices.models import PairingCode
from webapp.devices.service import MOST
from webapp.extensions import db
from webapp.journal import JournalEntry
from webapp.journal.actor import DeviceKind


def begun(caller: Caller, name: str = "Radio van", kind: str = "gateway") -> dict:
    answer = caller.post("/devices", {"name": name, "kind": kind})
    assert answer.status_code == 201, answer.json
    return answer.json


def verbs(programs: Programs) -> list[str]:
    with programs.app.app_context():
        return list(db.session.execute(db.select(JournalEntry.verb).order_by(JournalEntry.seq)).scalars())


@both_databases
def test_a_code_pairs_one_device_which_then_has_tokens_of_its_own(programs: Programs) -> None:
    made = begun(programs.sam)
    assert re.fullmatch(r"[2-9A-HJKMNP-Z]{4}-[2-9A-HJKMNP-Z]{4}", made["code"])
    answer = programs.stranger.post("/devices/pair", {"code": made["code"], "app_version": "1.4"})
    assert answer.status_code == 201
    assert answer.json["device"]["status"] == "active"
    device = Caller(programs.app, answer.json["tokens"]["access_token"])
    assert device.get("/devices/me").json["id"] == made["device"]["id"]
    assert device.get("/auth/me").json["device_kind"] == "gateway"
    assert {"device.pairing_begun", "device.paired", "token.issued"} <= set(verbs(programs))


@pytest.mark.parametrize("typed", ["{0} {1}", "{0}{1}", " {0}-{1} ", "{0}–{1}"])
def test_a_code_is_taken_as_people_type_it(programs: Programs, typed: str) -> None:
    first, second = begun(programs.sam)["code"].lower().split("-")
    answer = programs.stranger.post("/devices/pair", {"code": typed.format(first, second)})
    assert answer.status_code == 201


def test_a_lost_answer_is_given_again_and_another_call_is_refused(programs: Programs) -> None:
    code, key = begun(programs.sam)["code"], uuid.uuid4()
    first = programs.stranger.post("/devices/pair", {"code": code}, key=key).json
    again = programs.stranger.post("/devices/pair", {"code": code}, key=key).json
    assert again["tokens"]["refresh_token"] == first["tokens"]["refresh_token"]
    assert programs.stranger.post("/devices/pair", {"code": code}).status_code == 401


def test_wrong_used_and_old_codes_get_one_same_answer(programs: Programs) -> None:
    used, old = begun(programs.sam)["code"], begun(programs.sue)["code"]
    programs.stranger.post("/devices/pair", {"code": used})
    said = set()
    with time_machine.travel(utc_now() + timedelta(minutes=10, seconds=1)):
        for code in (used, old, "2222-3333", "not a code", "0" * 40):
            answer = programs.stranger.post("/devices/pair", {"code": code})
            assert answer.status_code == 401
            said.add((answer.json["name"], answer.json["message"]))
    assert len(said) == 1


def test_a_new_code_ends_the_one_before_it(programs: Programs) -> None:
    made = begun(programs.sam)
    other = programs.sam.post(f"/devices/{made['device']['id']}/code").json["code"]
    assert other != made["code"]
    assert programs.stranger.post("/devices/pair", {"code": made["code"]}).status_code == 401
    assert programs.stranger.post("/devices/pair", {"code": other}).status_code == 201
    assert programs.sam.post(f"/devices/{made['device']['id']}/code").status_code == 409


def test_only_a_keyed_hash_of_the_code_is_kept(programs: Programs) -> None:
    code = begun(programs.sam)["code"].replace("-", "")
    with programs.app.app_context():
        (kept,) = db.session.execute(db.select(PairingCode.code_hash)).scalars()
        entries = db.session.execute(db.select(JournalEntry.facts, JournalEntry.changes)).all()
    assert re.fullmatch(r"[0-9a-f]{64}", kept)
    assert code not in str(entries)
    assert kept not in str(entries)


@pytest.mark.parametrize("name", ["", "   ", "x" * 81, "a\x00b"])
def test_a_name_that_is_none_is_refused(programs: Programs, name: str) -> None:
    assert programs.sam.post("/devices", {"name": name, "kind": "phone"}).status_code == 422


@pytest.mark.parametrize(
    "body", [{}, {"code": 5}, {"code": ""}, {"code": "A" * 41}, {"code": "ABCD", "owner_id": 1}]
)
def test_a_body_that_does_not_fit_is_refused(programs: Programs, body: dict) -> None:
    assert programs.stranger.post("/devices/pair", body).status_code == 422


def test_nobody_has_more_devices_than_there_is_room_for(programs: Programs) -> None:
    for n in range(MOST):
        begun(programs.sam, f"Tracker {n}", "tracker")
    answer = programs.sam.post("/devices", {"name": "One more", "kind": "tracker"})
    assert answer.status_code == 409
    first = programs.sam.get("/devices").json["items"][0]["id"]
    assert programs.sam.post(f"/devices/{first}/revoke").status_code == 200
    begun(programs.sam, "One more", "tracker")


@pytest.mark.parametrize("kind", list(DeviceKind))
def test_no_device_makes_or_sees_other_devices(programs: Programs, kind: DeviceKind) -> None:
    device = programs.device(programs.cast.ada, kind)
    made = begun(programs.ada)
    assert device.post("/devices", {"name": "A", "kind": "phone"}).status_code == 403
    assert device.get("/devices").status_code == 403
    assert device.get(f"/devices/{made['device']['id']}").status_code == 403


def test_each_person_sees_their_own_and_coordinators_see_all(programs: Programs) -> None:
    own, other = begun(programs.sam)["device"]["id"], begun(programs.sue)["device"]["id"]
    assert [it["id"] for it in programs.sam.get("/devices").json["items"]] == [own]
    assert programs.sam.get(f"/devices/{other}").status_code == 404
    for coordinator in (programs.vic, programs.ada):
        assert [it["id"] for it in coordinator.get("/devices").json["items"]] == [other, own]
        assert coordinator.get(f"/devices/{other}").status_code == 200
    first = programs.vic.get("/devices", limit=1).json
    assert programs.vic.get("/devices", limit=1, after=first["next"]).json == {
        "items": [programs.vic.get(f"/devices/{own}").json],
        "next": None,
    }


def test_only_the_owner_and_an_authority_rename(programs: Programs) -> None:
    id_ = begun(programs.sam)["device"]["id"]
    seen = programs.sam.get(f"/devices/{id_}").headers["ETag"]
    assert programs.sue.patch(f"/devices/{id_}", {"name": "Mine"}, seen=seen).status_code == 404
    assert programs.vic.patch(f"/devices/{id_}", {"name": "Mine"}, seen=seen).status_code == 404
    assert programs.sam.patch(f"/devices/{id_}", {"name": "Van north"}, seen=seen).json["name"] == "Van north"
    assert programs.ada.patch(f"/devices/{id_}", {"name": "Van"}, seen=seen).status_code == 412
    assert programs.ada.patch(f"/devices/{id_}", {"name": "Van"}).status_code == 200


def test_a_name_whose_answer_was_lost_is_sent_again(programs: Programs) -> None:
    path, key = f"/devices/{begun(programs.sam)['device']['id']}", uuid.uuid4()
    seen = programs.sam.get(path).headers["ETag"]
    for _ in range(2):
        assert programs.sam.patch(path, {"name": "Van"}, seen=seen, key=key).json["name"] == "Van"
