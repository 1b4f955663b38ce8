"""What pages and exports read of alerts."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from webapp.cap import schema
from webapp.cap.models import CapAlert
from webapp.cap.schema import Alert
from webapp.events.models import Event, Source
from webapp.extensions import db


@dataclass(frozen=True, slots=True)
class ShownAlert:
    """An alert as an event's page shows it: its newest words, and whether its sender took it back."""

    event: Event
    sender: str
    sent_at: datetime
    content: Alert
    cancelled_at: datetime | None
    cancelled_note: str

    @property
    def over_at(self) -> datetime | None:
        """Since when the last of its words has expired; none while one holds or says no end."""
        return self.event.alert_expires_at if self.event.alert_over else None


def by_key(keys: Collection[str]) -> dict[str, CapAlert]:
    """The rows of these messages, by key."""
    rows = db.session.execute(select(CapAlert).where(CapAlert.key.in_(keys))).scalars()
    return {row.key: row for row in rows}


def cancellations(sender: str, since: datetime) -> list[Alert]:
    """Those of this sender that were sent then or later."""
    rows = db.session.execute(
        select(CapAlert.content).where(CapAlert.sender == sender, CapAlert.sent_at >= since)
    ).scalars()
    return [alert for alert in rows if alert is not None and alert["msgType"] == "Cancel"]


def messages(event_id: int, besides: str = "") -> list[CapAlert]:
    """The messages that came about an event, the newest first; ``besides`` is the key of one left out."""
    return _of([event_id], besides=besides).get(event_id, [])


def shown(events: Collection[Event]) -> list[ShownAlert]:
    """The alerts of those events that came by CAP; one statement, none where none did."""
    from_cap = [event for event in events if event.source is Source.CAP]
    came = _of([event.id for event in from_cap]) if from_cap else {}
    return [_shown(event, came[event.id]) for event in from_cap if event.id in came]


def _of(ids: Collection[int], besides: str = "") -> dict[int, list[CapAlert]]:
    """All messages that came about these events, the newest first."""
    rows = db.session.execute(
        select(CapAlert)
        .where(CapAlert.event_id.in_(ids), CapAlert.content.is_not(None), CapAlert.key != besides)
        .order_by(CapAlert.sent_at.desc(), CapAlert.id.desc())
    ).scalars()
    found: dict[int, list[CapAlert]] = {}
    for row in rows:
        if row.event_id is not None:
            found.setdefault(row.event_id, []).append(row)
    return found


def _shown(event: Event, rows: Sequence[CapAlert]) -> ShownAlert:
    """The newest message that says anything; a cancellation often says only that."""
    last = rows[0]
    alerts = [row.content or {} for row in rows]
    speaking = next((alert for alert in alerts if alert.get("info")), alerts[0])
    cancelled = alerts[0]["msgType"] == "Cancel"
    return ShownAlert(
        event=event,
        sender=last.sender,
        sent_at=schema.moment(speaking["sent"]),
        content=speaking,
        cancelled_at=last.sent_at if cancelled else None,
        cancelled_note=alerts[0].get("note", "") if cancelled else "",
    )
