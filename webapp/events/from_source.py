"""What the sender of a report says later: changes that leave alone what people wrote since."""

from collections.abc import Collection, Mapping

from sqlalchemy import select

from webapp import journal
from webapp.events.models import Event
from webapp.events.service import facts
from webapp.events.values import checked
from webapp.extensions import db

# Values that only make sense together: one of them edited is both edited.
_TOGETHER = (
    frozenset({"latitude", "longitude", "location_precision"}),
    frozenset({"place_name", "address"}),
)


def locked_together(ids: Collection[int]) -> list[Event]:
    """These events, locked until the present command ends, in the order of their ids."""
    statement = select(Event).where(Event.id.in_(ids)).order_by(Event.id).with_for_update()
    return list(db.session.execute(statement).scalars()) if ids else []


def amend(event: Event, before: Mapping[str, object], after: Mapping[str, object]) -> set[str]:
    """Inside a command: take over what the source says now, where the event still has what it said before.

    What a person changed in between stays theirs. Gives the names of what changed. Raises `Invalid`.
    """
    was, good = checked(before), checked(after)
    kept = {name for name in good if getattr(event, name) != was[name]}
    if event.location_precision is None:  # of older events it was not written down: nobody changed it
        kept.discard("location_precision")
    kept |= {name for pair in _TOGETHER if pair & kept for name in pair}
    changed = {name for name, value in good.items() if name not in kept and getattr(event, name) != value}
    for name in changed:
        setattr(event, name, good[name])
    journal.append("event.source_updated", event, event_id=event.id, fields=sorted(changed), **facts(event))
    return changed


def tell_joined(event: Event, other: Event) -> None:
    """Inside a command: say that the source speaks of both events as one; ``other`` shows its words."""
    said = facts(event) | {"joined_id": other.id, "joined_title": other.title}
    journal.append("event.source_joined", event, event_id=event.id, **said)


def tell_cancelled(event: Event) -> None:
    """Inside a command: say that the source took its report back; the event itself stays as it is."""
    journal.append("event.source_cancelled", event, event_id=event.id, **facts(event))
