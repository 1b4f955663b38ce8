"""A mailbox: what waits is given out by priority, then time, until it is acknowledged or too late."""

import threading
import time
from datetime import timedelta
from typing import Any

import pytest
import time_machine

from tests.api.caller import Caller, Programs
from tests.conftest import both_databases
from webapp.board.counters import totals
from webapp.database import utc_now
from webapp.extensions import db
from webapp.journal import JournalEntry
from webapp.journal.actor import DeviceKind
from webapp.messages.deliveries import expire_due


@pytest.fixture
def phone(programs: Programs) -> Caller:
    """A phone of Sam's."""
    return programs.device(programs.cast.sam, DeviceKind.PHONE)


def write(programs: Programs, priority: str = "routine", body: str = "Come.", **more: Any) -> int:
    audience = {"kind": "person", "user_id": programs.cast.sam.id}
    answer = programs.vic.post("/messages", {"audience": audience, "body": body, "priority": priority} | more)
    assert answer.status_code == 201, answer.json
    found: int = answer.json["id"]
    return found


def ids(caller: Caller, **query: Any) -> list[int]:
    return [it["id"] for it in caller.get("/mailbox", **query).json["items"]]


def ack(caller: Caller, *items: Any, state: str = "delivered") -> list[str]:
    answer = caller.post("/mailbox/acks", {"items": [{"id": id_, "state": state} for id_ in items]})
    assert answer.status_code == 200, answer.json
    return [it["status"] for it in answer.json["items"]]


@both_databases
def test_the_order_is_priority_then_time_and_nothing_is_taken_out_by_reading(
    programs: Programs, phone: Caller
) -> None:
    sent = {p: [write(programs, p) for _ in range(2)] for p in ("routine", "immediate", "priority")}
    expected = [*sent["immediate"], *sent["priority"], *sent["routine"]]
    assert ids(phone) == ids(phone) == expected
    page = phone.get("/mailbox", limit=2).json
    assert ([it["id"] for it in page["items"]], page["more"]) == (sent["immediate"], True)
    assert ack(phone, *sent["immediate"]) == ["delivered", "delivered"]
    assert ids(phone) == expected[2:]


@both_databases
def test_an_acknowledgement_counts_once_and_only_for_ones_own_box(programs: Programs, phone: Caller) -> None:
    id_ = write(programs)
    other = programs.device(programs.cast.sue, DeviceKind.PHONE)
    assert ack(other, id_) == ["unknown"]
    assert ack(phone, id_, id_, 10**6) == ["delivered", "delivered", "unknown"]
    assert ack(phone, id_) == ["delivered"]
    assert ack(phone, id_, state="read") == ["read"]
    assert ack(phone, id_) == ["read"], "what was read stays read"
    shown = programs.vic.get(f"/messages/{id_}").json
    assert [shown[name] for name in ("queued", "delivered", "read")] == [0, 0, 1]
    with programs.app.app_context():
        told = db.select(JournalEntry.verb).where(
            JournalEntry.verb.in_(("message.delivered", "message.read"))
        )
        assert list(db.session.execute(told.order_by(JournalEntry.seq)).scalars()) == [
            "message.delivered",
            "message.read",
        ]
        assert (totals()["delivery:queued"], totals()["delivery:read"]) == (0, 1)


@both_databases
def test_what_is_read_on_one_device_is_read_on_all_of_the_person(programs: Programs, phone: Caller) -> None:
    tablet = programs.device(programs.cast.sam, DeviceKind.PHONE)
    id_ = write(programs)
    assert ack(phone, id_) == ["delivered"]
    assert ids(tablet) == ids(programs.sam) == [id_], "what arrived at one is not yet seen at the other"
    assert ack(tablet, id_, state="read") == ["read"]
    assert ids(programs.sam) == []
    assert ack(phone, id_) == ["read"]
    shown = programs.vic.get(f"/messages/{id_}").json
    assert (shown["recipients"], shown["read"], shown["delivered"]) == (1, 1, 0)


def test_a_gateways_copy_is_its_own(programs: Programs) -> None:
    gateway = programs.device(programs.cast.sam, DeviceKind.GATEWAY)
    device = gateway.get("/devices/me").json["id"]
    answer = programs.vic.post(
        "/messages", {"audience": {"kind": "device", "device_id": device}, "body": "Pass it on."}
    )
    assert ids(programs.sam) == []
    assert ids(gateway) == [answer.json["id"]]


@both_databases
def test_what_is_too_late_is_never_given_out_and_the_sender_sees_so(
    programs: Programs, phone: Caller
) -> None:
    soon = (utc_now() + timedelta(hours=1)).isoformat()
    late, reached, fresh = write(programs, expires_at=soon), write(programs, expires_at=soon), write(programs)
    ack(phone, reached)
    with time_machine.travel(utc_now() + timedelta(hours=1, seconds=1), tick=True):
        again = Programs(programs.cast)
        own = again.of(programs.cast.sam)
        assert ids(own) == [fresh]
        with programs.app.app_context():
            assert expire_due(programs.app.config["SETTINGS"]) == 2
            assert expire_due(programs.app.config["SETTINGS"]) == 0
        assert ack(own, late) == ["expired"]
        shown = again.vic.get(f"/messages/{late}").json
        assert (shown["queued"], shown["expired"]) == (0, 1)
        shown = again.vic.get(f"/messages/{reached}").json
        assert (shown["delivered"], shown["expired"]) == (1, 0)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"items": []},
        {"items": [{"id": 1}] * 101},
        {"items": [{"id": 0}]},
        {"items": [{"id": "1"}]},
        {"items": [{"id": 1, "state": "expired"}]},
        {"items": [{"id": 1, "at": "yesterday"}]},
        {"items": [{"id": 2**70}]},
    ],
)
def test_words_that_fit_nothing_are_refused(phone: Caller, body: dict[str, Any]) -> None:
    assert phone.post("/mailbox/acks", body).status_code == 422


@pytest.mark.parametrize("query", [{"limit": 0}, {"limit": 101}, {"wait": 31}, {"wait": -1}, {"box": 3}])
def test_a_query_that_cannot_be_is_refused(phone: Caller, query: dict[str, Any]) -> None:
    assert phone.get("/mailbox", **query).status_code == 422


def test_strangers_have_no_mailbox(programs: Programs) -> None:
    assert programs.stranger.get("/mailbox").status_code == 401
    assert programs.stranger.post("/mailbox/acks", {"items": [{"id": 1}]}).status_code == 401


def test_a_long_poll_is_woken_by_what_is_sent(programs: Programs, phone: Caller) -> None:
    found: list[list[int]] = []
    poll = threading.Thread(target=lambda: found.append(ids(phone, wait=30)))
    poll.start()
    waiting = programs.app.extensions["long_polls"]
    while not waiting._bells:
        time.sleep(0.01)
    sent = write(programs, "immediate")
    poll.join(20)
    assert found == [[sent]]


def test_more_long_polls_than_there_is_room_for_are_answered_at_once(
    programs: Programs, phone: Caller
) -> None:
    waiting = programs.app.extensions["long_polls"]
    bells = {threading.Event() for _ in range(programs.app.config["SETTINGS"].threads // 4)}
    waiting._bells |= bells
    answer = phone.get("/mailbox", wait=30)
    waiting._bells -= bells
    assert answer.json == {"items": [], "more": False}
    assert answer.headers["Retry-After"] == "5"


def test_a_server_that_stops_ends_its_long_polls(programs: Programs, phone: Caller) -> None:
    programs.app.extensions["long_polls"].alive = lambda: False
    assert ids(phone, wait=30) == []
