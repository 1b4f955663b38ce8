"""A mailbox over a WebSocket: everything that waits, in order, then what comes; acknowledged by frames."""

import json
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
import websocket

from tests.api.caller import paired, token_of
from tests.live.conftest import Site, wait_until
from tests.live.wires import cookie_of
from webapp.accounts import sessions
from webapp.devices import service as devices
from webapp.devices.models import Device, DeviceStatus
from webapp.extensions import db
from webapp.journal import SYSTEM
from webapp.journal.actor import DeviceKind
from webapp.messages import deliveries, service
from webapp.messages.audience import Audience, Box
from webapp.messages.models import LONGEST, AudienceKind, DeliveryStatus, Message, MessagePriority

PATIENCE = 10.0
REFUSED = websocket.WebSocketBadStatusException


class Line:
    """A device's end of the socket."""

    def __init__(self, site: Site, token: str, **more: Any) -> None:
        self.socket = websocket.create_connection(
            site.url.replace("http", "ws", 1) + "/api/v1/mailbox/socket",
            header=[f"Authorization: Bearer {token}"] if token else [],
            timeout=PATIENCE,
            **({"suppress_origin": True} | more),
        )

    def next(self) -> list[int]:
        """The ids of the next frame."""
        return [each["id"] for each in json.loads(self.socket.recv())["messages"]]

    def say(self, text: str | dict[str, Any]) -> None:
        """Send something."""
        self.socket.send(text if isinstance(text, str) else json.dumps(text))

    def goodbye(self) -> int:
        """The code that the server closes with; frames before it are passed over."""
        while True:
            opcode, data = self.socket.recv_data(control_frame=True)
            if opcode == websocket.ABNF.OPCODE_CLOSE:
                return int.from_bytes(data[:2], "big")


class Van:
    """A gateway of Sam's at this site, and who writes to it."""

    def __init__(self, site: Site) -> None:
        self.site = site
        with site.app.app_context():
            self.id = paired(SYSTEM, owner_id=site.cast.sam.id, kind=DeviceKind.GATEWAY).id
        self.token = token_of(site.app, site.cast.sam.id, self.id)

    def line(self) -> Line:
        """Connect."""
        return Line(self.site, self.token)

    def write(self, priority: MessagePriority = MessagePriority.ROUTINE, body: str = "Come.") -> int:
        """Send it a message."""
        with self.site.app.app_context():
            sent: Message = service.send(
                self.site.cast.vic.actor,
                audience=Audience(AudienceKind.DEVICE, device_id=self.id),
                body=body,
                priority=priority,
                command_id=uuid.uuid4(),
            )
            return sent.id

    def states(self, *ids: int) -> set[DeliveryStatus]:
        """How these messages stand in its box."""
        with self.site.app.app_context():
            try:
                return set(deliveries.states(Box(self.site.cast.sam.id, self.id), ids).values())
            finally:
                db.session.remove()


@pytest.fixture
def van(site: Site) -> Iterator[Van]:
    """A gateway that is revoked at the end, so that nothing of it stays on."""
    made = Van(site)
    yield made
    with site.app.app_context():
        if db.session.get_one(Device, made.id).status is not DeviceStatus.REVOKED:
            devices.revoke(SYSTEM, device_id=made.id)


def test_what_waits_comes_in_order_and_then_what_is_sent(van: Van) -> None:
    routine, urgent = van.write(), van.write(MessagePriority.IMMEDIATE)
    line = van.line()
    assert line.next() == [urgent, routine]
    fresh = van.write()
    assert line.next() == [fresh], "what is under way is not sent twice on one socket"


def test_an_acknowledgement_by_a_frame_counts_and_another_line_gets_only_the_rest(van: Van) -> None:
    first, second = van.write(), van.write()
    line = van.line()
    assert line.next() == [first, second]
    line.say({"ack": [first]})
    wait_until(lambda: van.states(first) == {DeliveryStatus.DELIVERED})
    line.socket.close()
    again = van.line()
    assert again.next() == [second], "what was not acknowledged comes again"
    again.say({"ack": [first, second], "state": "read"})
    wait_until(lambda: van.states(first, second) == {DeliveryStatus.READ})


def test_long_messages_come_in_frames_that_a_client_can_hold(van: Van) -> None:
    ids = [van.write(body="🌊" * (LONGEST - 1)) for _ in range(8)]
    line = van.line()
    got: list[int] = []
    while len(got) < len(ids):
        frame = line.next()
        assert frame
        got += frame
        line.say({"ack": frame})
    assert got == ids


@pytest.mark.parametrize(
    "said",
    [
        "",
        "hello",
        "[]",
        "{}",
        '{"ack": []}',
        '{"ack": ["1"]}',
        '{"ack": [1], "state": "queued"}',
        '{"ack": [1], "x": 1}',
    ],
)
def test_what_is_no_acknowledgement_ends_the_line(van: Van, said: str) -> None:
    line = van.line()
    line.say(said)
    assert line.goodbye() == 1008


def test_another_devices_messages_are_not_acknowledged_by_it(van: Van, site: Site) -> None:
    id_ = van.write()
    other = Van(site)
    line = other.line()
    own = other.write()
    assert line.next() == [own]
    line.say({"ack": [id_, own]})
    wait_until(lambda: other.states(own) == {DeliveryStatus.DELIVERED})
    assert van.states(id_) == {DeliveryStatus.QUEUED}


def test_a_revoked_device_is_cut_off(van: Van, site: Site) -> None:
    line = van.line()
    with site.app.app_context():
        devices.revoke(SYSTEM, device_id=van.id)
    assert line.goodbye() == 4401
    with pytest.raises(REFUSED) as refused:
        van.line()
    assert refused.value.status_code == 401


def test_a_persons_program_has_a_line_until_they_sign_out_everywhere(site: Site) -> None:
    sue = site.cast.person("Sonja Volunteer")
    line = Line(site, token_of(site.app, sue.id))
    with site.app.app_context():
        sent: Message = service.send(
            site.cast.vic.actor, audience=Audience(AudienceKind.PERSON, user_id=sue.id), body="Come."
        )
        id_ = sent.id
    assert line.next() == [id_]
    with site.app.app_context():
        sessions.end_all(SYSTEM, user_id=sue.id)
    assert line.goodbye() == 4401


@pytest.mark.parametrize("token", ["", "nonsense", "e30.e30.e30"])
def test_without_a_token_there_is_no_line(site: Site, token: str) -> None:
    with pytest.raises(REFUSED) as refused:
        Line(site, token)
    assert refused.value.status_code == 401


def test_a_browser_opens_none_by_its_cookie_or_from_another_site(site: Site, van: Van) -> None:
    with pytest.raises(REFUSED) as refused:
        Line(site, "", cookie=cookie_of(site.cast.sam))
    assert refused.value.status_code == 401
    with pytest.raises(REFUSED) as refused:
        Line(site, van.token, suppress_origin=False, origin="https://elsewhere.example")
    assert refused.value.status_code == 403
