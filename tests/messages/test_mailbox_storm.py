"""Messages to devices that are cut off, killed and restarted at random: each is shown exactly once.

2,000 of them in `make test`, 10,000 in `make torture`.

In order means: every batch that a device gets is sorted by priority, then time; and of what was queued
before the device asked, nothing more urgent was left for later.
"""

import os
import random
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask

from tests.api.caller import paired, token_of
from tests.conftest import both_databases
from tests.messages import mailbox_device
from tests.messages.mailbox_device import RANKS, read_shown
from tests.people import Cast
from tests.proxy import Proxy
from tests.servers import running_server
from webapp import journal
from webapp.extensions import db
from webapp.journal import SYSTEM, Actor
from webapp.journal.actor import DeviceKind
from webapp.messages import service
from webapp.messages.audience import Audience
from webapp.messages.models import AudienceKind, Message, MessagePriority
from webapp.settings import Settings

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
MESSAGES = int(os.environ.get("MAYDAY_TEST_MESSAGES", "2000"))
AT_ONCE = 500  # messages of one transaction
TROUBLES = 10  # of each device, at the least
PATIENCE = 280.0  # seconds; a third of that on a machine that does nothing else
_SENT = [MessagePriority.ROUTINE] * 6 + [MessagePriority.PRIORITY] * 3 + [MessagePriority.IMMEDIATE]


class Device:
    """The device's program behind a line of its own that can be cut."""

    def __init__(self, server: tuple[str, int], token: str, folder: Path, way: str) -> None:
        self.folder, self._token, self._way = folder, token, way
        self.proxy = Proxy(server)
        self.troubles = 0
        self._program: subprocess.Popen[bytes] | None = None
        self.start()

    def start(self) -> None:
        """Switch it on."""
        program = [sys.executable, mailbox_device.__file__]
        arguments = [self.proxy.url, self._token, str(self.folder), self._way]
        self._program = subprocess.Popen([*program, *arguments])

    def kill(self) -> None:
        """End it in the middle of whatever it does."""
        assert self._program is not None
        assert self._program.poll() is None, "the device gave up by itself"
        self._program.kill()
        self._program.wait()

    def trouble(self, chance: random.Random) -> None:
        """Cut its line, or kill it, and leave it so for a moment."""
        self.troubles += 1
        if chance.random() < 0.5:
            self.proxy.cut()
            time.sleep(chance.uniform(0.01, 0.2))
            self.proxy.mend()
        else:
            self.kill()
            time.sleep(chance.uniform(0.0, 0.1))
            self.start()

    def shown(self) -> set[int]:
        """What is on its screen."""
        return read_shown(self.folder)

    def close(self) -> None:
        """Switch it off for good."""
        self.kill()
        self.proxy.close()


@journal.command
def send_some(actor: Actor, *, user_id: int, priorities: list[MessagePriority]) -> None:
    """Many messages of one transaction."""
    for priority in priorities:
        service.send(
            actor, audience=Audience(AudienceKind.PERSON, user_id=user_id), body="Move.", priority=priority
        )


@both_databases
def test_each_message_is_shown_once_in_order_whatever_happens_to_the_device(
    app: Flask, cast: Cast, settings: Settings, tmp_path: Path
) -> None:
    chance = random.Random(20261121)
    committed: list[tuple[float, int]] = []  # when messages up to which id were there
    with running_server(settings) as server:
        devices = {
            way: phone_of(app, cast, server.address, tmp_path / way, way) for way in ("poll", "socket")
        }
        sender = threading.Thread(target=lambda: send_all(app, cast, chance.random(), committed))
        sender.start()
        try:
            run_storm(list(devices.values()), chance, sender.is_alive)
        finally:
            sender.join()
            for device in devices.values():
                device.close()
    expected = every_message(app)
    assert len(expected) == MESSAGES
    for way, device in devices.items():
        lines = mailbox_device.whole_lines(device.folder / "shown")
        assert len(lines) == len(set(lines)), f"{way}: shown twice"
        assert {int(line) for line in lines} == set(expected), f"{way}: not shown"
        batches = read_batches(device.folder)
        for _, places in batches:
            assert places == sorted(places), f"{way}: out of order"
    nothing_urgent_was_left(read_batches(devices["poll"].folder), expected, committed)
    with app.app_context():
        counts = db.session.execute(db.select(db.func.sum(Message.delivered))).scalar_one()
    assert counts == MESSAGES, "the senders know that everybody was reached"


def phone_of(app: Flask, cast: Cast, server: tuple[str, int], folder: Path, way: str) -> Device:
    """A paired phone of Sam's."""
    with app.app_context():
        device_id = paired(SYSTEM, owner_id=cast.sam.id, kind=DeviceKind.PHONE).id
    return Device(server, token_of(app, cast.sam.id, device_id), folder, way)


def send_all(app: Flask, cast: Cast, seed: float, committed: list[tuple[float, int]]) -> None:
    """Send all messages, of mixed priority, while the devices read."""
    chance = random.Random(seed)
    for _ in range(MESSAGES // AT_ONCE):
        with app.app_context():
            priorities = [chance.choice(_SENT) for _ in range(AT_ONCE)]
            send_some(cast.vic.actor, user_id=cast.sam.id, priorities=priorities, command_id=uuid.uuid4())
            newest = db.session.execute(db.select(db.func.max(Message.id))).scalar_one()
            db.session.remove()
        committed.append((time.time(), newest))


def run_storm(devices: list[Device], chance: random.Random, sending: Callable[[], bool]) -> None:
    """Trouble the devices while messages come and for some time after; then wait until all is shown."""
    deadline = time.monotonic() + PATIENCE
    while sending() or min(device.troubles for device in devices) < TROUBLES:
        chance.choice(devices).trouble(chance)
        time.sleep(chance.uniform(0.1, 0.5))
        assert time.monotonic() < deadline
    while any(len(device.shown()) < MESSAGES for device in devices):
        assert time.monotonic() < deadline, [len(device.shown()) for device in devices]
        time.sleep(0.2)


def every_message(app: Flask) -> dict[int, int]:
    """The rank of each message by its id."""
    with app.app_context():
        rows = db.session.execute(db.select(Message.id, Message.priority)).all()
    return {id_: RANKS.index(priority) for id_, priority in rows}


def read_batches(folder: Path) -> list[tuple[float, list[tuple[int, int]]]]:
    """When the device asked, and the places of what came, in the order in which it came."""
    import json

    lines = [json.loads(line) for line in mailbox_device.whole_lines(folder / "batches")]
    return [(at, [(rank, id_) for rank, id_ in places]) for at, places in lines]


def nothing_urgent_was_left(
    batches: list[tuple[float, list[tuple[int, int]]]],
    expected: dict[int, int],
    committed: list[tuple[float, int]],
) -> None:
    """What was queued before the device asked, and it had not had yet, is in a batch before what is less
    urgent."""
    had: set[int] = set()
    for asked_at, places in batches:
        queued = max((newest for at, newest in committed if at < asked_at), default=0)
        last = places[-1]
        got = {id_ for _, id_ in places}
        left = [
            id_
            for id_, rank in expected.items()
            if id_ <= queued and id_ not in had and id_ not in got and (rank, id_) < last
        ]
        assert left == []
        had |= got
