"""Messages, mailboxes and what devices report, as the API shows and takes them."""

import uuid
from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field, SkipValidation, StringConstraints

from webapp.api.schemas import (
    ErrorData,
    Latitude,
    Longitude,
    Moment,
    Page,
    Paging,
    RowId,
    Shown,
    Strict,
    Text,
    example,
)
from webapp.devices.schemas import PositionIn
from webapp.journal import Role
from webapp.messages.audience import FARTHEST_KM
from webapp.messages.models import LONGEST, AudienceKind, DeliveryStatus, MessagePriority

Body = Annotated[Text, StringConstraints(min_length=1, max_length=LONGEST)]
MOST_ITEMS = 100
LONGEST_WAIT = 30  # seconds
MOST_PHOTOS = 10  # of a batch: each is read and written anew, which takes about a second
MOST_LISTED = 1000  # items that are answered at all; those beyond `MOST_ITEMS` have to be sent again
LONGEST_PHOTO = 2_800_000  # characters of base64: about 2 MB

_LETTER = {
    "id": 41,
    "priority": "immediate",
    "body": "The dam at Nordhavn may give way. Move to high ground now.",
    "sender": "Vic",
    "sent_at": "2026-11-21T03:12:40Z",
    "expires_at": "2026-11-21T09:12:40Z",
    "event_id": 12,
    "latitude": None,
    "longitude": None,
}
_MESSAGE = {
    "id": 41,
    "audience": "event",
    "priority": "immediate",
    "body": _LETTER["body"],
    "event_id": 12,
    "sent_at": "2026-11-21T03:12:40Z",
    "expires_at": "2026-11-21T09:12:40Z",
    "recipients": 14,
    "queued": 3,
    "delivered": 4,
    "read": 7,
    "expired": 0,
}


class AudienceIn(Strict):
    """Whom to write to. A kind needs its own: `person` a user_id, `device` a device_id, `event` an event_id,
    `role` a role, `circle` a point and a distance; `coordinators` may have an event_id."""

    kind: AudienceKind
    user_id: RowId | None = None
    device_id: RowId | None = None
    event_id: RowId | None = None
    role: Role | None = None
    latitude: Latitude | None = None
    longitude: Longitude | None = None
    km: float | None = Field(None, gt=0, le=FARTHEST_KM)

    model_config = Strict.model_config | example({"kind": "event", "event_id": 12})


class MessageIn(Strict):
    """A message."""

    audience: AudienceIn
    body: Body
    priority: Literal[MessagePriority.IMMEDIATE, MessagePriority.PRIORITY, MessagePriority.ROUTINE] = (
        MessagePriority.ROUTINE
    )
    expires_at: Moment | None = Field(None, description="Within 30 days; 7 days when left out.")

    model_config = Strict.model_config | example(
        {
            "audience": {"kind": "event", "event_id": 12},
            "body": _LETTER["body"],
            "priority": "immediate",
            "expires_at": "2026-11-21T09:12:40Z",
        }
    )


class MessageOut(Shown):
    """A message as its sender sees it. The numbers count recipients by the best that any copy came to."""

    id: int
    audience: AudienceKind
    priority: MessagePriority
    body: str
    event_id: int | None
    sent_at: datetime
    expires_at: datetime
    recipients: int
    queued: int
    delivered: int
    read: int
    expired: int

    model_config = Shown.model_config | example(_MESSAGE)


class MessageQuery(Paging):
    """Which part of what was sent."""

    after: Annotated[str, StringConstraints(pattern=r"^[1-9][0-9]{0,17}$")] | None = Field(
        None, description="The `next` of the page before."
    )


class MessagePage(Page[MessageOut]):
    """One page of what was sent, the newest first: coordinators see all, anybody else their own."""

    model_config = Shown.model_config | example({"items": [_MESSAGE], "next": None})


class MailboxQuery(Strict):
    """How much to fetch, and how long to wait for something to come."""

    limit: int = Field(50, ge=1, le=MOST_ITEMS)
    wait: int = Field(0, ge=0, le=LONGEST_WAIT, description="Seconds to wait while the box is empty.")


class LetterOut(Shown):
    """A message as its receiver sees it. ``id`` is the same each time it is fetched: show each once."""

    id: int
    priority: MessagePriority
    body: str
    sender: str
    sent_at: datetime
    expires_at: datetime
    event_id: int | None
    latitude: float | None = Field(description="Where the sender was, of calls for help.")
    longitude: float | None


class MailboxOut(Shown):
    """What nobody has acknowledged, in the order to show it: priority, then time."""

    items: list[LetterOut]
    more: bool = Field(description="More waits: acknowledge these and fetch again.")

    model_config = Shown.model_config | example({"items": [_LETTER], "more": False})


class AckIn(Strict):
    """The device's word on one message."""

    id: RowId
    state: Literal[DeliveryStatus.DELIVERED, DeliveryStatus.READ] = DeliveryStatus.DELIVERED
    at: Moment | None = Field(None, description="When, by the device's clock.")


class AcksIn(Strict):
    """Words on several messages."""

    items: list[AckIn] = Field(min_length=1, max_length=MOST_ITEMS)

    model_config = Strict.model_config | example(
        {"items": [{"id": 41, "state": "delivered", "at": "2026-11-21T03:12:44Z"}]}
    )


class AckOut(Shown):
    """How the message stands in this box now; ``unknown``: it never came to it."""

    id: int
    status: DeliveryStatus | Literal["unknown"]


class AcksOut(Shown):
    """One answer for each item, in their order."""

    items: list[AckOut]

    model_config = Shown.model_config | example({"items": [{"id": 41, "status": "delivered"}]})


class ReportIn(Strict):
    """Something that a device saw, said or did, perhaps while it was offline."""

    id: uuid.UUID = Field(description="Made by the device, kept with the item, sent again with it.")
    kind: Literal["observation", "distress", "message", "position", "check_in", "check_out"]
    at: Moment | None = Field(None, description="When, by the device's clock; never later than now.")
    text: Annotated[Text, StringConstraints(max_length=LONGEST)] = ""
    position: PositionIn | None = None
    event_id: RowId | None = Field(None, description="The event that it is about.")
    priority: Literal[MessagePriority.IMMEDIATE, MessagePriority.PRIORITY, MessagePriority.ROUTINE] = (
        MessagePriority.ROUTINE
    )
    photo: Annotated[str, StringConstraints(max_length=LONGEST_PHOTO)] | None = Field(
        None, description="Of an observation: a picture, as base64."
    )


class ReportsIn(Strict):
    """What the device stored, in the order in which it happened.

    Of each batch at most 100 items are done, with at most 10 photos; the others are answered "try again".
    """

    # Each item is judged by itself (`batch`), so here they are whatever was sent.
    items: list[SkipValidation[ReportIn]] = Field(min_length=1, max_length=MOST_LISTED)

    model_config = Strict.model_config | example(
        {
            "items": [
                {
                    "id": "0b6cbb4e-4c6f-4dd1-9a52-0d3f6a1c7e55",
                    "kind": "observation",
                    "at": "2026-11-21T03:05:00Z",
                    "text": "Bridge at the mill is under water.",
                    "position": {"latitude": 55.6667, "longitude": 12.5519, "accuracy": 8.0},
                }
            ]
        }
    )


class ReportError(Shown):
    """Why an item was refused."""

    statusCode: int  # noqa: N815 - the envelope's names are fixed by the design
    name: str
    message: str
    correlationId: str = Field(description="The request's, under which the server's log tells more.")  # noqa: N815
    data: ErrorData


class Subject(Shown):
    """What came of the item."""

    type: Literal["event", "message", "assignment", "device"]
    id: int


class ReportOut(Shown):
    """What became of one item: ``done`` now, ``known`` from before, or ``refused`` with the reason.

    ``retry`` says what to do with it: false, and the device may forget the item (a refused one will be
    refused again; change it and give it a new id); true, and it keeps the item and sends it again as it is.
    """

    id: uuid.UUID | None = Field(description="The item's; null where it has none that can be read.")
    status: Literal["done", "known", "refused"]
    retry: bool = Field(default=False, description="Keep the item and send it again, with the same id.")
    subject: Subject | None = None
    error: ReportError | None = None


class ReportsOut(Shown):
    """One answer for each item, in their order."""

    items: list[ReportOut]

    model_config = Shown.model_config | example(
        {
            "items": [
                {
                    "id": "0b6cbb4e-4c6f-4dd1-9a52-0d3f6a1c7e55",
                    "status": "done",
                    "retry": False,
                    "subject": {"type": "event", "id": 31},
                    "error": None,
                }
            ]
        }
    )


class SocketAck(Strict):
    """What a device says on its socket: these messages were shown, or read."""

    ack: list[RowId] = Field(min_length=1, max_length=MOST_ITEMS)
    state: Literal["delivered", "read"] = "delivered"
