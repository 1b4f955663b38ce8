"""What devices tell of themselves, and when coordinators are told: silence, the word after, low battery."""

from datetime import timedelta

import pytest
import time_machine

from tests.api.caller import Programs
from tests.conftest import both_databases
from webapp.board.counters import totals
from webapp.database import utc_now
from webapp.devices.watching import tell_silent
from webapp.extensions import db
from webapp.journal import JournalEntry
from webapp.journal.actor import DeviceKind


def told(programs: Programs) -> list[str]:
    """Entries about the device since it was paired."""
    with programs.app.app_context():
        statement = db.select(JournalEntry.verb).where(JournalEntry.subject_type == "device")
        verbs = db.session.execute(statement.order_by(JournalEntry.seq)).scalars()
        return [verb for verb in verbs if verb != "device.paired"]


def look(programs: Programs) -> int:
    with programs.app.app_context():
        found = tell_silent(programs.app.config["SETTINGS"])
        assert isinstance(found, int)
        return found


@both_databases
def test_a_heartbeat_is_kept_and_is_no_entry(programs: Programs) -> None:
    gateway = programs.device(programs.cast.sam, DeviceKind.GATEWAY)
    where = {"latitude": 55.67, "longitude": 12.55, "accuracy": 8.0}
    body = {"battery": 80, "signal": -71, "position": where, "app_version": "1.5"}
    assert gateway.post("/devices/me/heartbeat", body).status_code == 204
    shown = gateway.get("/devices/me").json
    assert (shown["battery"], shown["signal"], shown["app_version"]) == (80, -71, "1.5")
    assert shown["position"] == where | {"at": shown["last_seen_at"]}
    assert gateway.post("/devices/me/heartbeat", {}).status_code == 204
    assert gateway.get("/devices/me").json["battery"] == 80
    assert told(programs) == []


def test_who_asks_whether_a_device_moved_is_told(programs: Programs) -> None:
    tracker = programs.device(programs.cast.sam, DeviceKind.TRACKER)
    tracker.post("/devices/me/heartbeat", {"battery": 80})
    seen = tracker.get("/devices/me").headers["ETag"]
    assert tracker.get("/devices/me", headers={"If-None-Match": seen}).status_code == 304
    tracker.post("/devices/me/heartbeat", {"battery": 79})
    moved = tracker.get("/devices/me", headers={"If-None-Match": seen})
    assert (moved.status_code, moved.json["battery"]) == (200, 79)


def test_a_position_sent_late_does_not_move_the_device_back(programs: Programs) -> None:
    tracker = programs.device(programs.cast.sam, DeviceKind.TRACKER)
    now = utc_now()
    for minutes, latitude in ((0, 50.0), (-5, 40.0), (60, 60.0)):
        at = (now + timedelta(minutes=minutes)).isoformat()
        where = {"latitude": latitude, "longitude": 12, "at": at}
        tracker.post("/devices/me/heartbeat", {"position": where})
    shown = tracker.get("/devices/me").json["position"]
    assert shown["latitude"] == 60.0, "the clock of a device that runs ahead counts as now"
    assert shown["at"] <= utc_now().isoformat()


@pytest.mark.parametrize(
    "body",
    [
        {"battery": 101},
        {"battery": -1},
        {"battery": "50"},
        {"battery": 50.5},
        {"signal": 500},
        {"position": {"latitude": 91, "longitude": 0}},
        {"position": {"latitude": 0}},
        {"position": {"latitude": 0, "longitude": 0, "at": "2026-11-21T03:00:00"}},
        {"app_version": "x" * 41},
        {"speed": 3},
    ],
)
def test_what_cannot_be_is_refused(programs: Programs, body: dict) -> None:
    phone = programs.device(programs.cast.sam, DeviceKind.PHONE)
    assert phone.post("/devices/me/heartbeat", body).status_code == 422


def test_people_and_strangers_have_no_heartbeat(programs: Programs) -> None:
    assert programs.ada.post("/devices/me/heartbeat", {}).status_code == 403
    assert programs.stranger.post("/devices/me/heartbeat", {}).status_code == 401


@both_databases
def test_a_battery_that_runs_low_is_told_once(programs: Programs) -> None:
    phone = programs.device(programs.cast.sam, DeviceKind.PHONE)
    for battery in (40, 15, 12, 9, 60, 14):
        phone.post("/devices/me/heartbeat", {"battery": battery})
    assert told(programs) == ["device.battery_low", "device.battery_low"]


@both_databases
def test_silence_is_told_once_and_ends_with_the_next_word(programs: Programs) -> None:
    gateway = programs.device(programs.cast.sam, DeviceKind.GATEWAY)
    gateway.post("/devices/me/heartbeat", {})
    assert look(programs) == 0
    with time_machine.travel(utc_now() + timedelta(minutes=14)):
        assert look(programs) == 0
    with time_machine.travel(utc_now() + timedelta(minutes=16)):
        assert look(programs) == 1
        assert look(programs) == 0
        with programs.app.app_context():
            assert totals()["device:silent"] == 1
        page = programs.cast.vic.get("/board").get_data(as_text=True)
        assert "silent device" in page
        assert "The gateway" in programs.cast.vic.get("/devices?only=silent").get_data(as_text=True)
    assert gateway.get("/mailbox").status_code == 200, "any word counts"
    assert told(programs) == ["device.silent", "device.heard"]
    with programs.app.app_context():
        assert totals()["device:silent"] == 0
    assert "silent device" not in programs.cast.vic.get("/board").get_data(as_text=True)


def test_a_display_and_a_revoked_device_are_never_silent(programs: Programs) -> None:
    display = programs.device(programs.cast.sam, DeviceKind.DISPLAY)
    tracker = programs.device(programs.cast.sam, DeviceKind.TRACKER)
    for device in (display, tracker):
        device.post("/devices/me/heartbeat", {})
    with time_machine.travel(utc_now() + timedelta(hours=1)):
        assert look(programs) == 1
    programs.ada.post(f"/devices/{tracker.get('/devices/me').json['id']}/revoke")
    with programs.app.app_context():
        assert totals()["device:silent"] == 0
    with time_machine.travel(utc_now() + timedelta(hours=2)):
        assert look(programs) == 0
