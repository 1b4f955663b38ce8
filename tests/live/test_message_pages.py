"""What open pages are sent when messages and devices move, and what nobody else hears of it."""

import pytest

from tests.api.caller import paired, token_of
from tests.live.conftest import Site
from tests.live.wires import Page, connect
from webapp.accounts.bearer import of_family
from webapp.accounts.token_models import TokenFamily
from webapp.devices import heartbeat
from webapp.devices import service as devices
from webapp.devices.heartbeat import Pulse
from webapp.extensions import db
from webapp.journal import SYSTEM
from webapp.journal.actor import DeviceKind
from webapp.messages import deliveries, service
from webapp.messages.audience import Audience, Box
from webapp.messages.deliveries import Receipt
from webapp.messages.models import AudienceKind, DeliveryStatus, Message, MessagePriority


def page_of(site: Site, name: str, *channels: str) -> Page:
    """An open page of one of the cast, on their own channel and these."""
    person = getattr(site.cast, name)
    return connect(site.url, person, f"user:{person.id}", *channels, since=site.head())


def sent(site: Site, to: str, body: str, priority: MessagePriority = MessagePriority.ROUTINE) -> int:
    """Vic writes to one of the cast."""
    with site.app.app_context():
        message: Message = service.send(
            site.cast.vic.actor,
            audience=Audience(AudienceKind.PERSON, user_id=getattr(site.cast, to).id),
            body=body,
            priority=priority,
        )
        return message.id


def read(site: Site, who: str, message_id: int) -> None:
    """The person reads it."""
    person = getattr(site.cast, who)
    with site.app.app_context():
        receipts = [Receipt(message_id, DeliveryStatus.READ)]
        deliveries.acknowledge(person.actor, box=Box(person.id), receipts=receipts)


def test_every_page_of_the_receiver_says_that_something_waits_and_that_it_was_read(site: Site) -> None:
    page = page_of(site, "sam")
    id_ = sent(site, "sam", "Come to the gate", MessagePriority.IMMEDIATE)
    frame = page.until("alarm")
    assert "Come to the gate" in frame.html
    assert {"unread", "inbox"} <= frame.targets
    read(site, "sam", id_)
    assert "Come to the gate" not in page.until("alarm").html


def test_the_sender_sees_the_numbers_move(site: Site) -> None:
    page = page_of(site, "vic", "messages")
    id_ = sent(site, "sam", "Bring boots")
    assert "1 waiting" in page.until(f"message-{id_}").html
    read(site, "sam", id_)
    # A coordinator's own message comes by both of their channels.
    frame = page.until(f"message-{id_}")
    while "1 read" not in frame.html:
        frame = page.until(f"message-{id_}")


def test_nobody_else_hears_of_it(site: Site) -> None:
    sue, sam = page_of(site, "sue"), page_of(site, "sam")
    sent(site, "sam", "Between the two of us", MessagePriority.IMMEDIATE)
    last = site.open_event("Marks the end")
    assert last
    assert "Between the two of us" in "".join(frame.html for frame in sam.all_until(site.head()))
    assert "Between the two of us" not in "".join(frame.html for frame in sue.all_until(site.head()))


def test_a_paired_device_appears_and_its_heartbeats_are_shown_without_an_entry(site: Site) -> None:
    page = page_of(site, "vic", "devices")
    with site.app.app_context():
        id_ = paired(SYSTEM, owner_id=site.cast.sam.id, kind=DeviceKind.GATEWAY).id
        token_of(site.app, site.cast.sam.id, id_)
    assert "The gateway" in page.until(f"device-card-{id_}").html
    head = site.head()
    with site.app.app_context():
        family = db.select(TokenFamily.id).where(TokenFamily.device_id == id_)
        actor = of_family(db.session.execute(family).scalar_one())
        heartbeat.beat(actor, Pulse(battery=63))
    assert "63 %" in page.until(f"device-card-{id_}").html
    assert site.head() == head
    with site.app.app_context():
        devices.revoke(SYSTEM, device_id=id_)
    assert ("remove", f"device-card-{id_}", "") in page.until(f"device-card-{id_}").parts


@pytest.mark.parametrize("channel", ["messages", "devices"])
def test_a_volunteer_hears_neither_of_all_messages_nor_of_all_devices(site: Site, channel: str) -> None:
    page = page_of(site, "sue", channel)
    sent(site, "sam", "Not for Sue")
    with site.app.app_context():
        paired(SYSTEM, owner_id=site.cast.sam.id, kind=DeviceKind.TRACKER)
    heard = "".join(frame.html for frame in page.all_until(site.head()))
    assert "Not for Sue" not in heard
    assert "The tracker" not in heard
