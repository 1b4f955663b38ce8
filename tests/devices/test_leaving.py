"""Devices and messages of a person who is shut out or erased."""

import uuid

from sqlalchemy import create_engine, inspect, text

from tests.api.caller import Programs
from tests.conftest import both_databases
from webapp.journal.actor import DeviceKind


def everything(programs: Programs) -> str:
    """All that the database holds, as text."""
    url = programs.app.config["SETTINGS"].sqlalchemy_url
    with create_engine(url).connect() as connection:
        tables = inspect(connection).get_table_names()
        return str([connection.execute(text(f'SELECT * FROM "{name}"')).all() for name in tables])


def test_the_devices_of_who_is_shut_out_end(programs: Programs) -> None:
    device = programs.device(programs.cast.sam, DeviceKind.GATEWAY)
    programs.cast.ada.post(f"/users/{programs.cast.sam.id}/deactivate", {"reason": "Left"})
    assert device.get("/mailbox").status_code == 401
    assert [it["status"] for it in programs.ada.get("/devices").json["items"]] == ["revoked"]


@both_databases
def test_after_erasure_neither_devices_nor_messages_tell_of_the_person(programs: Programs) -> None:
    sam = programs.cast.sam
    made = programs.sam.post("/devices", {"name": "Samuels boat radio", "kind": "tracker"}).json
    programs.sam.patch(f"/devices/{made['device']['id']}", {"name": "Zephyr of Sam"})
    phone = programs.device(sam, DeviceKind.PHONE)
    phone.post("/devices/me/heartbeat", {"position": {"latitude": 12.345678, "longitude": 3.0}})
    sam.post("/now/help")
    here = {"latitude": 23.456789, "longitude": 4.0}
    call = {"id": str(uuid.uuid4()), "kind": "distress", "text": "Leg broken", "position": here}
    phone.post("/devices/me/reports", {"items": [call]})
    to = {"kind": "person", "user_id": sam.id}
    programs.vic.post("/messages", {"audience": to, "body": "Sam, bring the boat."})
    erased = programs.cast.ada.post(f"/users/{sam.id}/erase", {"typed_name": sam.name})
    assert erased.status_code == 303, erased.get_data(as_text=True)
    held = everything(programs)
    for trace in ("Samuels", "Zephyr", "12.345678", "23.456789", "Sam needs help", "Sam, bring"):
        assert trace not in held
    assert ", bring the boat." in held, "what was said stays"


def test_ones_own_data_has_devices_and_messages(programs: Programs) -> None:
    programs.sam.post("/devices", {"name": "Samuels boat radio", "kind": "tracker"})
    to = {"kind": "person", "user_id": programs.cast.sam.id}
    programs.vic.post("/messages", {"audience": to, "body": "Bring the boat."})
    data = programs.cast.sam.get("/me/data").get_data(as_text=True)
    assert "Samuels boat radio" in data
    assert "Bring the boat." in data


def test_ones_own_data_has_what_one_wrote(programs: Programs) -> None:
    phone = programs.device(programs.cast.sam, DeviceKind.PHONE)
    call = {"id": str(uuid.uuid4()), "kind": "distress", "text": "Leg broken"}
    phone.post("/devices/me/reports", {"items": [call]})
    assert "Leg broken" in programs.cast.sam.get("/me/data").get_data(as_text=True)
    assert "Leg broken" not in programs.cast.sue.get("/me/data").get_data(as_text=True)
