"""An event as a CAP alert: as its sender's own words where it came by CAP, as ours otherwise.

Ours are a reader of the journal: each entry that changes what the alert says is one message, named after
the entry and sent at its time. So a message has the same name and time whenever it is asked for, and those
who read the first one learn of every later one by its references.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from flask import url_for
from sqlalchemy import select

from webapp.cap import queries
from webapp.cap.schema import Alert, Reference, moment_text
from webapp.cap.writing import write
from webapp.events.models import Event, EventStatus, Source, Urgency, Visibility
from webapp.events.publicity import is_public
from webapp.extensions import db
from webapp.journal import JournalEntry
from webapp.settings import Settings
from webapp.web.numbers import degrees
from webapp.web.viewer import settings

# What an alert says of an event: a change of anything else is no news.
_SAID = frozenset(
    {
        "title",
        "description",
        "category",
        "kind",
        "priority",
        "severity",
        "urgency",
        "certainty",
        "latitude",
        "longitude",
        "place_name",
        "address",
    }
)
# Older messages than so many are not named any more; whoever missed them all reads the newest alone.
_MOST_REFERENCES = 50


class Message(NamedTuple):
    """One message of ours: the entry that made it, when, and what it does."""

    seq: int
    at: datetime
    does: str  # CAP's msgType: Alert, Update or Cancel


def sender(installation: Settings) -> str:
    """By which name this installation signs its alerts: the setting, or one made of its address."""
    host = urlsplit(installation.public_url).hostname or "localhost"
    return installation.cap_sender or f"mayday@{host}"


def cap_of(event: Event) -> bytes:
    """The event as a CAP 1.2 document; for everybody where it is public, for this response otherwise."""
    came = queries.messages(event.id) if event.source is Source.CAP else []
    if came and came[0].content is not None:
        return write(came[0].content)
    return write(_ours(event, public=is_public(event)))


def may_go_out(event: Event) -> bool:
    """Whether the alert may be read by everybody: the event is public, and its sender meant it to be."""
    if not is_public(event):
        return False
    came = queries.messages(event.id) if event.source is Source.CAP else []
    return all(message.content is None or message.content["scope"] == "Public" for message in came)


def _ours(event: Event, *, public: bool) -> Alert:
    chain = _chain(event, public=public)
    last = chain[-1]
    own = sender(settings())
    earlier = [Reference(own, _identifier(event, message), message.at) for message in chain[:-1]]
    alert: Alert = {
        "identifier": _identifier(event, last),
        "sender": own,
        "sent": moment_text(last.at),
        "status": "Actual",
        "msgType": last.does,
        "scope": "Public" if public else "Restricted",
        "restriction": None if public else "For the people of this response.",
        "references": " ".join(str(each) for each in earlier[-_MOST_REFERENCES:]) or None,
        "info": [_info(event, over=last.does == "Cancel", public=public)],
    }
    return alert


def _identifier(event: Event, message: Message) -> str:
    return f"event-{event.id}-{message.at:%Y%m%d}-{message.seq}"


def _chain(event: Event, *, public: bool) -> list[Message]:
    """The messages since the last first one, the newest last. For everybody, those while it was public."""
    entries = db.session.execute(
        select(JournalEntry.seq, JournalEntry.at, JournalEntry.changes)
        .where(JournalEntry.subject_type == Event.__tablename__, JournalEntry.subject_id == event.id)
        .order_by(JournalEntry.seq)
    )
    open_as = {EventStatus.ACTIVE} if public else {EventStatus.PENDING, EventStatus.ACTIVE}
    status, visibility, was_out = "", "", False
    chain: list[Message] = []
    for seq, at, changes in entries:
        status, visibility = _after("status", status, changes), _after("visibility", visibility, changes)
        is_out = status in open_as and (not public or visibility == Visibility.PUBLIC)
        if is_out and not was_out:
            chain = [Message(seq, at, "Alert")]
        elif was_out and not is_out:
            chain.append(Message(seq, at, "Cancel"))
        elif is_out and _SAID & changes.keys():
            chain.append(Message(seq, at, "Update"))
        was_out = is_out
    return chain or [Message(0, event.created_at, "Alert")]


def _after(name: str, before: str, changes: dict[str, list[Any]]) -> str:
    return str(changes[name][1]) if name in changes else before


def _info(event: Event, *, over: bool, public: bool) -> dict[str, Any]:
    base = settings().public_url
    return {
        "language": settings().locale.replace("_", "-"),
        "category": [event.category],
        "event": event.kind or event.title,
        "responseType": ["AllClear"] if over else [],
        "urgency": Urgency.PAST if over else event.urgency,
        "severity": event.severity,
        "certainty": event.certainty,
        "senderName": settings().response_name,
        "headline": event.title,
        "description": event.description or None,
        "web": base + url_for("public.show", event_id=event.id) if base and public else None,
        "parameter": [{"valueName": "priority", "value": str(event.priority)}],
        "area": _area(event),
    }


def _area(event: Event) -> Sequence[dict[str, Any]]:
    """Where it is: its words, and its position as a circle of no size; nothing when neither is known."""
    position = None
    if event.latitude is not None and event.longitude is not None:
        position = f"{degrees(event.latitude, fixed=True)},{degrees(event.longitude, fixed=True)}"
    words = ", ".join(dict.fromkeys(part for part in (event.place_name, event.address) if part))
    if not words and position is None:
        return []
    return [{"areaDesc": words or position, "circle": [f"{position} 0"] if position else []}]
