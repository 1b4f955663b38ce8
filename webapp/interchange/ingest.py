"""A whole event from another system: where it is and what it needs, all of it or nothing."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _

from webapp import journal, policy
from webapp.errors import Conflict, Invalid
from webapp.events.models import Event
from webapp.events.queries import by_source_ref
from webapp.events.service import open_event, report_event
from webapp.extensions import db
from webapp.interchange.files import Unreadable
from webapp.interchange.tables.supplies import NOT_STATED, Types
from webapp.journal import Actor
from webapp.places import Place, current_geocoder
from webapp.policy import Action
from webapp.resources.amounts import said
from webapp.resources.service import add_need


@dataclass(frozen=True, slots=True)
class Wanted:
    """Something that is needed, in the sender's words; ``None`` and empty texts stand for not said."""

    name: str
    type: str = ""
    description: str = ""
    quantity: Decimal | None = None
    unit: str = ""
    priority: int | None = None
    needed_by: datetime | None = None

    @property
    def words(self) -> str:
        """It in one line, for whoever verifies the report."""
        amount = said(self.quantity, self.unit) if self.quantity is not None else ""
        return " · ".join(part for part in (amount, self.name, self.type, self.description) if part)


@dataclass(frozen=True, slots=True)
class TakenIn:
    """What became of it: the event, whether it is new, and the place that its address was found to be."""

    event: Event
    is_new: bool
    place: Place | None


def take_in(actor: Actor, *, wanted: Sequence[Wanted], command_id: uuid.UUID, **fields: Any) -> TakenIn:
    """Take in an event with its needs, once: told again under the same ``source_ref``, it stays as it is.

    An address without a position is looked up. Raises `Invalid` that names the field, in needs as
    ``needs.0.unit``; `Conflict` for a ``source_ref`` of an event that the actor may not see.
    """
    place = _found(fields)
    try:
        event = _write(actor, wanted=wanted, fields=fields | _where(fields, place), command_id=command_id)
    except Conflict as refused:
        known = by_source_ref(fields.get("source_ref")) if "source_ref" in refused.facts else None
        if known is None or not policy.may(actor, Action.EVENT_VIEW, known):
            raise
        return TakenIn(known, False, None)
    return TakenIn(event, True, place)


@journal.command
def _write(actor: Actor, *, wanted: Sequence[Wanted], fields: Mapping[str, Any]) -> Event:
    """The event and its needs. Who may not open events reports them: the needs are words of the report
    then, because only events that are active have needs."""
    if not policy.may(actor, Action.EVENT_OPEN):
        event: Event = report_event(actor, **dict(fields) | {"description": _noted(fields, wanted)})
        return event
    event = open_event(actor, **fields)
    types = _types() if wanted else None
    for number, one in enumerate(wanted):
        assert types is not None
        try:
            add_need(actor, event_id=event.id, **_values(one, event, types))
        except Invalid as error:
            named = {f"needs.{number}.{_SENT.get(name, name)}": words for name, words in error.fields.items()}
            raise Invalid(error.message, fields=named) from None
    return event


_SENT = {"resource_type_id": "type"}


def _values(one: Wanted, event: Event, types: Types) -> dict[str, Any]:
    """The need as the service takes it: its type found by its words, which are kept."""
    guess = types.guess(one.type, one.name)
    more = [one.description]
    if guess.words:
        more.append(f"Type: {guess.words}")
    if one.quantity is None:
        more.append(NOT_STATED)
    units = {unit.casefold(): unit for unit in guess.kind.units}
    return {
        "resource_type_id": guess.kind.id,
        "name": one.name,
        "description": "\n\n".join(part for part in more if part),
        "quantity": Decimal(1) if one.quantity is None else one.quantity,
        "unit": units.get(one.unit.casefold(), one.unit) if one.unit else guess.kind.units[0],
        "priority": event.priority if one.priority is None else one.priority,
        "needed_by": one.needed_by,
    }


def _types() -> Types:
    try:
        return Types()
    except Unreadable as error:
        raise Conflict(str(error)) from None


def _noted(fields: Mapping[str, Any], wanted: Sequence[Wanted]) -> str:
    """The description with what is needed as lines of text."""
    description = str(fields.get("description", ""))
    if not wanted:
        return description
    lines = [_("Needed, as reported:"), *(f"– {one.words}" for one in wanted)]
    return "\n\n".join(part for part in (description, "\n".join(lines)) if part)


def _found(fields: Mapping[str, Any]) -> Place | None:
    """The place that the words mean, where no position is given; None also while nobody can say."""
    words = ", ".join(part for name in ("address", "place_name") if (part := fields.get(name)))
    if fields.get("latitude") is not None or not words:
        return None
    db.session.rollback()  # no transaction waits for the address service
    try:
        return next(iter(current_geocoder().search(words, limit=1)), None)
    except Invalid as error:
        raise Invalid(error.message, fields={"location.address": error.message}) from None


def _where(fields: Mapping[str, Any], place: Place | None) -> dict[str, Any]:
    if place is None:
        return {}
    named = {} if fields.get("place_name") else {"place_name": place.name[:160]}
    position = {"latitude": place.latitude, "longitude": place.longitude}
    return position | {"location_precision": place.precision} | named
