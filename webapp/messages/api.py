"""Messages and mailboxes over the API."""

from flask import request

from webapp import policy
from webapp.accounts.identity import current_actor
from webapp.api.operation import operation
from webapp.api.writing import command_id, tagged
from webapp.devices import heartbeat
from webapp.extensions import db
from webapp.messages import batch, deliveries, mailbox, queries, service
from webapp.messages.audience import Audience, Box
from webapp.messages.deliveries import Receipt
from webapp.messages.mailbox import Letter
from webapp.messages.models import Message
from webapp.messages.schemas import (
    AckOut,
    AcksIn,
    AcksOut,
    LetterOut,
    MailboxOut,
    MailboxQuery,
    MessageIn,
    MessageOut,
    MessagePage,
    MessageQuery,
    ReportsIn,
    ReportsOut,
)
from webapp.messages.waiting import Waiting
from webapp.policy import Action
from webapp.web.viewer import settings

TAG = "Messages"
# Seconds that a device should wait where too many wait already.
COME_AGAIN = 5
REPORTS_MB = 12  # of a batch with photos
Answer = tuple[MessageOut, int, dict[str, str]]


@operation("GET", "/messages", Action.MESSAGE_SEND, tag=TAG, gives=MessagePage)
def list_messages(query: MessageQuery) -> MessagePage:
    """What was sent, the newest first: coordinators see all, anybody else what they sent."""
    before = int(query.after) if query.after else None
    rows = queries.sent(current_actor(), query.limit + 1, before=before)
    more = str(rows[query.limit - 1].id) if len(rows) > query.limit else None
    return MessagePage(items=[_out(row) for row in rows[: query.limit]], next=more)


@operation("POST", "/messages", Action.MESSAGE_SEND, tag=TAG, gives=MessageOut, status=201)
def send_message(json: MessageIn) -> Answer:
    """Write to a person, a device, everybody on an event, a role, or everybody near a point.

    Volunteers and devices write to coordinators.
    """
    message = service.send(
        current_actor(),
        audience=Audience(**json.audience.model_dump()),
        body=json.body,
        priority=json.priority,
        expires_at=json.expires_at,
        command_id=command_id(),
    )
    return _out(message), 201, tagged(message, "message")


@operation("GET", "/messages/<int:message_id>", Action.MESSAGE_VIEW, tag=TAG, gives=MessageOut)
def show_message(message_id: int) -> MessageOut:
    """A message that one sent, with how many it has reached; coordinators see all."""
    message = queries.message(message_id)
    policy.require(current_actor(), Action.MESSAGE_VIEW, queries.Sent(message.sender_id))
    return _out(message)


@operation("GET", "/mailbox", Action.INBOX, tag=TAG, gives=MailboxOut)
def fetch_mailbox(query: MailboxQuery) -> tuple[MailboxOut, int, dict[str, str]]:
    """What waits for the device (or, with a person's token, in their inbox), by priority, then time.

    With ``wait`` an empty box is answered when something comes, at the latest after so many seconds; a
    server with too many waiting answers at once, with ``Retry-After``.
    """
    actor = current_actor()
    heartbeat.seen(actor)
    box, headers = mailbox.box_of(actor), {}
    found: list[Letter] | None = mailbox.waiting(box, query.limit + 1)
    if not found and query.wait:
        found = _long_poll(box, query)
        if found is None:
            headers["Retry-After"] = str(COME_AGAIN)
    items = [LetterOut.model_validate(letter) for letter in (found or [])[: query.limit]]
    return MailboxOut(items=items, more=len(found or []) > query.limit), 200, headers


@operation("POST", "/mailbox/acks", Action.INBOX, tag=TAG, gives=AcksOut, keyed=False)
def acknowledge(json: AcksIn) -> AcksOut:
    """Say of messages that they were shown or read. Said twice, it changes nothing."""
    actor = current_actor()
    heartbeat.seen(actor)
    box = mailbox.box_of(actor)
    receipts = [Receipt(item.id, item.state, item.at) for item in json.items]
    deliveries.acknowledge(actor, box=box, receipts=receipts)
    known = deliveries.states(box, {item.id for item in json.items})
    return AcksOut(items=[AckOut(id=item.id, status=known.get(item.id, "unknown")) for item in json.items])


@operation(
    "POST",
    "/devices/me/reports",
    Action.DEVICE_ACT,
    tag="Devices",
    gives=ReportsOut,
    keyed=False,
    one_by_one=True,
)
def report(json: ReportsIn) -> ReportsOut:
    """What the device stored, in one batch: each item its own deed, calls for help first, then in order.

    Whatever is wrong with an item is answered beside it and does not stop the others; one that was sent
    before is answered as known. ``retry`` says which items to send again; all others may be forgotten.
    """
    actor = current_actor()
    answers = batch.take(actor, json.items)
    heartbeat.seen(actor)
    return ReportsOut(items=answers)


def _long_poll(box: Box, query: MailboxQuery) -> list[Letter] | None:
    from flask import current_app

    waiting: Waiting = current_app.extensions["long_polls"]
    db.session.rollback()
    return waiting.until(lambda: mailbox.waiting(box, query.limit + 1), query.wait)


def _out(message: Message) -> MessageOut:
    names = [name for name in MessageOut.model_fields if name != "sent_at"]
    return MessageOut(**{name: getattr(message, name) for name in names}, sent_at=message.created_at)


def allow_photos() -> None:
    """Before a batch of reports is read: it may be larger than other bodies."""
    if request.endpoint == "api.report":
        request.max_content_length = min(REPORTS_MB, settings().max_upload_mb + 2) * 1_048_576
