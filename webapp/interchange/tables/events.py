"""Rows of a table as events: pending, or, where an authority trusts the file, what the file says they are."""

import re
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

from webapp import journal, policy
from webapp.database import utc_now
from webapp.errors import Invalid
from webapp.events import service
from webapp.events.models import (
    Category,
    Certainty,
    Event,
    EventStatus,
    Severity,
    Source,
    Urgency,
    Visibility,
)
from webapp.events.values import LONGEST_NOTE, LONGEST_TAG, MOST_TAGS, checked
from webapp.interchange.categories import meaning_of
from webapp.interchange.tables import refs
from webapp.interchange.tables.asking import Ask, Read
from webapp.interchange.tables.batches import Done
from webapp.journal import SYSTEM, Actor
from webapp.policy import Action

_CLOCKS_DIFFER = timedelta(days=1)
_CLOSED_BEFORE = "Closed before it was imported."
_REJECTED_BEFORE = "Rejected before it was imported."


def read(ask: Ask) -> Read:
    """What a row says as an event. Raises `Rejected`."""
    identity = ask.identity("event")
    category, kind, tags = _category(ask)
    values = {
        "title": ask.line("title"),
        "description": ask.text("description"),
        "category": category,
        "kind": kind,
        "tags": tags,
        "priority": ask.priority(),
        "severity": ask.choice("severity", Severity) or Severity.UNKNOWN,
        "urgency": ask.choice("urgency", Urgency) or Urgency.UNKNOWN,
        "certainty": ask.choice("certainty", Certainty) or Certainty.UNKNOWN,
        "visibility": ask.choice("visibility", Visibility) or Visibility.INTERNAL,
        "needs_approval": ask.yes("needs_approval"),
        "address": ask.line("address"),
        "place_name": ask.line("place_name"),
        "source": Source.IMPORT,
        "source_ref": identity.ref,
        **ask.position(),
    }
    try:
        good = checked(values)
    except Invalid as error:
        raise ask.refuse(error) from None
    good["reported_at"] = _past(ask, "reported_at")
    more = {
        "status": ask.choice("status", EventStatus),
        "opened_at": _past(ask, "opened_at"),
        "closed_at": _past(ask, "closed_at"),
        "note": ask.line("closing_note")[:LONGEST_NOTE],
        "part_of": ask.line("part_of"),
    }
    return Read(ask.row.where, identity.ref, good, more, tuple(ask.notes), identity)


def _past(ask: Ask, name: str) -> Any:
    moment = ask.moment(name)
    if moment is not None and moment > utc_now() + _CLOCKS_DIFFER:
        raise ask.reject(name, "lies in the future.")
    return moment


def _category(ask: Ask) -> tuple[Category, str, list[str]]:
    """CAP's category where the file has it; else what its words mean. All that is left over becomes tags."""
    words, kind, tags = ask.line("category"), ask.line("kind"), ask.words("tags")
    known = next((one for one in Category if one.value.casefold() == words.casefold()), None)
    if known is None and words:
        said = [word for part in re.split(r"[,;|]", words) if (word := part.strip())]
        meaning = meaning_of([*said, kind])
        known, kind = meaning.category, kind or meaning.kind
        tags += said
    elif known is None:
        known = meaning_of([kind]).category if kind else Category.OTHER
    tags += ask.extra()
    if len(tags) > MOST_TAGS or any(len(tag) > LONGEST_TAG for tag in tags):
        ask.notes.append(f"only {MOST_TAGS} tags of {LONGEST_TAG} characters are kept")
    return known, kind, tags


def known(rows: Iterable[Read]) -> dict[str, int]:
    """Those that are here, by reference."""
    return refs.known(Event, (row.ref for row in rows))


@journal.command
def import_batch(actor: Actor, *, rows: Sequence[Read], trusted: bool) -> Done:
    """Make events of rows that are not here yet, an entry for each step of each.

    They are pending; ``trusted`` makes them what the file says, active where it says nothing, and takes the
    right to open events. The import's own actor stands in the journal; nobody here reported them.
    """
    policy.require(actor, Action.IMPORT_TABLES)
    if trusted:
        policy.require(actor, Action.EVENT_OPEN)
    done = Done()
    here = refs.known(Event, [*(row.ref for row in rows), *(row.more["part_of"] for row in rows)])
    for row in rows:
        if row.ref in here:
            continue
        parent = here.get(row.more["part_of"])
        if row.more["part_of"] and parent is None:
            done.notes.append((row.where, f"“{row.more['part_of'][:60]}” is not here; imported on its own"))
        try:
            event = _make(row, parent, trusted)
        except Invalid as error:
            done.refused.append((row.where, error.message))
            continue
        here[row.ref] = event.id
        done.new.append(row.ref)
    return done


def _make(row: Read, parent: int | None, trusted: bool) -> Event:
    status = (row.more["status"] or EventStatus.ACTIVE) if trusted else EventStatus.PENDING
    begin = (
        service.report_event if status in (EventStatus.PENDING, EventStatus.REJECTED) else service.open_event
    )
    # Who verifies a report decides who sees it.
    values = row.values if trusted else row.values | {"visibility": Visibility.INTERNAL}
    event: Event = begin(SYSTEM, **values, parent_id=parent)
    if status is EventStatus.RESOLVED:
        service.close(SYSTEM, event_id=event.id, note=row.more["note"] or _CLOSED_BEFORE)
    elif status is EventStatus.REJECTED:
        service.reject(SYSTEM, event_id=event.id, reason=row.more["note"] or _REJECTED_BEFORE)
    if trusted:
        event.opened_at = row.more["opened_at"] or event.opened_at
        event.closed_at = (row.more["closed_at"] or event.closed_at) if event.closed_at else None
    return event
