"""Taking in a CAP message: a report that waits to be verified, or news about one that came before."""

import hashlib
from datetime import timedelta

from webapp import journal, policy
from webapp.cap import meaning, queries, schema
from webapp.cap.models import Became, CapAlert
from webapp.cap.schema import Alert, Reference
from webapp.database import utc_now
from webapp.errors import Conflict, Invalid
from webapp.events import from_source
from webapp.events.models import Event, EventStatus, Source
from webapp.events.service import reject, report_event
from webapp.events.values import LONGEST
from webapp.extensions import db
from webapp.journal import SYSTEM, Actor
from webapp.policy import Action

CANCELLED = "Cancelled by its sender."
# A clock may be wrong, but a message of next week would make every later one look old.
_AHEAD = timedelta(days=1)
_OPEN = frozenset({EventStatus.PENDING, EventStatus.ACTIVE})
_NOT_AN_EVENT = {
    "Exercise": "it is an exercise",
    "System": "it is for the sender's own systems",
    "Test": "it is a test",
    "Draft": "it is a draft",
}


class AlreadyHere(Conflict):
    """The same message came in before. Nothing was changed."""

    name = "AlreadyHere"


def key_of(name: Reference) -> str:
    """The key of a message's row. Times are compared as moments: other zones name the same message."""
    return hashlib.sha256(str(name).encode()).hexdigest()


def require_of_use(alert: Alert) -> None:
    """Raise `Invalid` with the reason unless the message is about something that happens.

    Tests, exercises and drafts would alarm people; an acknowledgement or error answers another message.
    """
    why = _NOT_AN_EVENT.get(alert["status"])
    if why is None and alert["msgType"] in ("Ack", "Error"):
        why = "it only answers another message"
    if why is None and alert["msgType"] in ("Update", "Cancel") and not _own_references(alert):
        why = "it refers to no message of its own sender; nobody may change the alert of another"
    if why is None and alert["msgType"] != "Cancel" and "info" not in alert:
        why = "it says nothing: it has no info block"
    if why is None and meaning.name_of(alert).sent > utc_now() + _AHEAD:
        why = "it was sent in the future; check the sender's clock"
    if why is not None:
        raise Invalid(f"Not taken in: {why}.")


@journal.command
def take(actor: Actor, *, alert: Alert, xml: str, locale: str) -> CapAlert:
    """Take in one message, checked by `reading`; ``locale`` is the language that the event speaks.

    All messages that refer to each other are about one event, in whatever order they come: the newest
    counts. Raises `AlreadyHere`, `Invalid` for what is of no use here (`require_of_use`), `Forbidden`.
    """
    policy.require(actor, Action.IMPORT_REPORTS)
    require_of_use(alert)
    name, others = meaning.name_of(alert), _own_references(alert)
    known = queries.by_key([key_of(each) for each in (name, *others)])
    own = known.get(key_of(name))
    if own is not None and own.content is not None:
        raise AlreadyHere("This message is here already. Nothing was changed.")
    events = from_source.locked_together({row.event_id for row in known.values() if row.event_id})
    taken_back = any(each.became is Became.CANCELLED for each in known.values()) and _taken_back(known, name)
    row = own or _row(name)
    row.content, row.xml, row.became = alert, xml, Became.KEPT
    if events:
        row.event_id = events[0].id
        _follow(actor, row, events, locale)
        for event in events[1:] if alert["msgType"] != "Cancel" else ():
            from_source.tell_joined(event, events[0])
    elif alert["msgType"] == "Cancel" or taken_back:
        row.became = Became.CANCELLED
        journal.append("cap.received", row, title=_title(alert, locale), became=row.became)
    else:
        row.became, row.event_id = Became.EVENT, _report(alert, locale).id
        for awaited in (each for each in known.values() if each.content is None):
            awaited.event_id, awaited.became = row.event_id, Became.AWAITED
    _await(row, [each for each in others if key_of(each) not in known])
    return row


def is_about_known(alert: Alert) -> bool:
    """Whether it is, or refers to, a message that came in, or that one that came in refers to."""
    names = (meaning.name_of(alert), *_own_references(alert))
    return bool(queries.by_key([key_of(each) for each in names]))


def _taken_back(known: dict[str, CapAlert], name: Reference) -> bool:
    """Whether a cancellation of what this message is about is newer than the message itself."""
    cancels = queries.cancellations(name.sender, since=name.sent)
    named = (key_of(each) for alert in cancels for each in _own_references(alert))
    return not known.keys().isdisjoint(named)


def _own_references(alert: Alert) -> list[Reference]:
    """The messages of the same sender that it refers to: of others' alerts it says nothing that counts."""
    own = meaning.name_of(alert)
    named = schema.references(alert.get("references", ""))
    return [each for each in dict.fromkeys(named) if each.sender == own.sender and each != own]


def _row(name: Reference) -> CapAlert:
    row = CapAlert(
        key=key_of(name),
        sender=name.sender,
        identifier=name.identifier,
        sent_at=name.sent,
        became=Became.AWAITED,
    )
    db.session.add(row)
    return row


def _await(row: CapAlert, names: list[Reference]) -> None:
    """Remember the messages that this one refers to and that have not come: what a cancellation names is
    cancelled, each by itself; what an update names is about the same event."""
    cancels = row.event_id is None or (row.content or {}).get("msgType") == "Cancel"
    for name in names:
        awaited = _row(name)
        if cancels:
            awaited.became = Became.CANCELLED
        else:
            awaited.event_id = row.event_id
    db.session.flush()


def _report(alert: Alert, locale: str) -> Event:
    """The pending event of an alert. The actor of the import stays in the journal."""
    reference = f"cap:{alert['sender']},{alert['identifier']},{alert['sent']}"
    if len(reference) > LONGEST["source_ref"]:
        reference = f"cap:{key_of(meaning.name_of(alert))}"
    event: Event = report_event(
        SYSTEM,
        **meaning.values(alert, locale),
        source=Source.CAP,
        source_ref=reference,
        reported_at=meaning.name_of(alert).sent,
        tags=meaning.tags(alert),
    )
    _note_end(event, alert)
    return event


def _note_end(event: Event, alert: Alert) -> None:
    """When what the sender says of the event now will be over."""
    event.alert_expires_at = meaning.expires_at(alert)
    event.alert_end_told = event.alert_over


def _follow(actor: Actor, row: CapAlert, events: list[Event], locale: str) -> None:
    """A message about events that are here: of several that it joins, the first shows it.

    A cancellation counts for each event by itself: of one of them a newer message may have come.
    """
    assert row.content is not None, "only messages that came are taken in"
    came = queries.messages(events[0].id, besides=row.key)
    if row.content["msgType"] == "Cancel":
        standing = [event for event in events if not _has_newer(row, event)]
        row.became = Became.CANCELLED if standing else Became.OLDER
        for event in standing:
            _cancel(actor, event)
        if standing:
            row.event_id = standing[0].id  # its page says so; the others' timelines do
            return
    if came and came[0].sent_at > row.sent_at:
        row.became = Became.OLDER
    elif events[0].status in _OPEN:
        row.became = Became.UPDATED
        before = next(alert for each in came if (alert := each.content) and alert.get("info"))
        _note_end(events[0], row.content)
        from_source.amend(events[0], meaning.values(before, locale), meaning.values(row.content, locale))
        return
    title = _title(row.content, locale)
    journal.append("cap.received", row, event_id=events[0].id, title=title, became=row.became)


def _has_newer(row: CapAlert, event: Event) -> bool:
    came = queries.messages(event.id, besides=row.key)
    return bool(came) and came[0].sent_at > row.sent_at


def _cancel(actor: Actor, event: Event) -> None:
    """Reject a report that nobody verified; of an event that people work on, only tell.

    What its sender takes back may be real all the same: somebody verified it, people are there. An
    authority closes it; a machine does not end people's work.
    """
    if event.status is EventStatus.PENDING:
        reject(actor, event_id=event.id, reason=CANCELLED)
    else:
        from_source.tell_cancelled(event)


def _title(alert: Alert, locale: str) -> str:
    if "info" in alert:
        return str(meaning.values(alert, locale)["title"])
    return str(alert.get("note") or alert["identifier"])[:200]
