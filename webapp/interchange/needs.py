"""Places with needs from a file into active events with needs: one transaction per place, each place once."""

import uuid
from collections import defaultdict
from collections.abc import Callable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

from webapp import journal, policy
from webapp.errors import Invalid
from webapp.events.models import Category, Event, Source
from webapp.events.service import open_event
from webapp.extensions import db
from webapp.interchange import harvey, json_text, kinds
from webapp.interchange.files import Unreadable
from webapp.interchange.harvey import Place
from webapp.interchange.items import Item
from webapp.interchange.progress import Progress
from webapp.interchange.reports import Outcome
from webapp.journal import SYSTEM, Actor
from webapp.policy import Action
from webapp.resources.models import LARGEST_QUANTITY, ResourceType
from webapp.resources.service import add_need

_NAMESPACE = uuid.UUID("5d0e8f3c-94c5-4a0e-8a5f-3a1d5f7d2b60")
_LONGEST_TITLE, _LONGEST_PLACE = 200, 160
NOT_STATED = "The amount is not stated."


class Type(NamedTuple):
    """A resource type as an import needs it."""

    id: int
    units: list[str]


@journal.command
def import_place(actor: Actor, *, told: Sequence[Place]) -> Event:
    """Open an event for a place and write down its needs. ``told`` is one place, maybe told repeatedly.

    The right is that to import needs, and takes in opening the events they hang on: the import's
    own actor stays in the journal. Raises `Invalid` for values that cannot be.
    """
    policy.require(actor, Action.IMPORT_NEEDS)
    place = told[0]
    event = open_event(
        SYSTEM,
        title=_shortened(place.name, _LONGEST_TITLE),
        description="\n\n".join(dict.fromkeys(words for one in told if (words := one.words()))),
        category=Category.OTHER,
        kind="place that asks for help",
        address=place.address,
        place_name=_shortened(place.name, _LONGEST_PLACE),
        source=Source.IMPORT,
        source_ref=place.reference,
        reported_at=place.told_at,
        **place.position,
    )
    types = _types()
    for number, item in enumerate(_items(told), start=1):
        _add(event, item, f"{place.reference}:need {number}", types)
    return event


def import_needs(actor: Actor, path: Path, *, progress: Callable[[str, int], Progress] = Progress) -> Outcome:
    """Import a file of places with needs; ``progress`` is told of each place that is refused, and why.

    Raises `Unreadable` when the file as a whole cannot be imported, `Forbidden`.
    """
    policy.require(actor, Action.IMPORT_NEEDS)
    entries = harvey.places(json_text.load(path))
    _types()
    db.session.rollback()
    outcome = Outcome()
    with progress("Importing needs", len(entries)) as told:
        for places in _by_place(entries, told):
            told.advance(len(places))
            try:
                is_new = _import(actor, [place for _, place in places])
            except Invalid as error:
                for number, _ in places:
                    told.reject(f"place {number}", error.message)
                continue
            if is_new:
                outcome.imported += len(places)
            else:
                outcome.known += len(places)
        outcome.rejected = told.rejected
    return outcome


def _by_place(entries: list[object], progress: Progress) -> list[list[tuple[int, Place]]]:
    """The entries that make sense, numbered from 1; those about one place together."""
    found: dict[str, list[tuple[int, Place]]] = defaultdict(list)
    for number, entry in enumerate(entries, start=1):
        try:
            place = harvey.read(entry)
        except ValueError as error:
            progress.reject(f"place {number}", str(error))
            continue
        found[place.reference].append((number, place))
    return list(found.values())


def _import(actor: Actor, told: Sequence[Place]) -> bool:
    """Whether the place was new. What is here already is left as it is, also where it was worked on."""
    reference = told[0].reference
    known = db.session.execute(db.select(Event.id).where(Event.source_ref == reference)).first()
    db.session.rollback()
    if known is not None:
        return False
    command_id = uuid.uuid5(_NAMESPACE, f"{actor.kind}:{actor.user_id}:{reference}")
    import_place(actor, told=told, command_id=command_id)
    db.session.remove()
    return not journal.was_replayed()


def _items(told: Sequence[Place]) -> list[Item]:
    """What the place needs, each thing once."""
    found: dict[str, Item] = {}
    for one in told:
        for item in one.items():
            found.setdefault(item.name.casefold(), item)
    return list(found.values())


def _add(event: Event, item: Item, reference: str, types: dict[str, Type]) -> None:
    kind = _type(item.code, types)
    stated = item.amount is not None and item.amount <= LARGEST_QUANTITY
    add_need(
        SYSTEM,
        event_id=event.id,
        resource_type_id=kind.id,
        name=item.name,
        quantity=Decimal(item.amount or 1) if stated else Decimal(1),
        unit=item.unit if item.unit in kind.units else kind.units[0],
        description="" if stated else NOT_STATED,
        priority=event.priority,
        source_ref=reference,
    )


def _types() -> dict[str, Type]:
    """The resource types in use, by code. Raises `Unreadable` when there is none for supplies."""
    rows = db.session.execute(db.select(ResourceType).where(ResourceType.retired.is_(False))).scalars()
    found = {row.code: Type(row.id, row.units) for row in rows if row.units}
    if kinds.OTHER not in found:
        raise Unreadable("The resource type “Supplies” is retired or gone. Bring it back first.")
    return found


def _type(code: str, types: dict[str, Type]) -> Type:
    """The type, or the one above it, or supplies."""
    return types.get(code) or types.get(code.partition(".")[0]) or types[kinds.OTHER]


def _shortened(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[: longest - 1]}…"
