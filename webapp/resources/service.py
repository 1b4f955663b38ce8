"""What can be done with needs and offers: write, edit, cancel, offer, withdraw; and (from `allocating`)
allocate, dispatch, deliver, take back, release.

Every change of a need takes its event's lock first: it comes wholly before or after the closing.
"""

from datetime import datetime
from decimal import Decimal
from typing import Any, TypedDict, Unpack

from flask_babel import gettext as _

from webapp import journal, policy
from webapp.accounts.models import User
from webapp.errors import Conflict, Forbidden, Invalid, NotFound
from webapp.events.models import Event
from webapp.events.service import lock_active
from webapp.extensions import db
from webapp.journal import Actor
from webapp.places.precision import LocationPrecision
from webapp.policy import Action
from webapp.resources.allocating import (
    NotEnough,
    allocate,
    allocate_many,
    deliver,
    dispatch,
    lock,
    release,
    release_all,
    take_back,
)
from webapp.resources.amounts import said
from webapp.resources.balance import set_need_status, settle_need, settle_offer
from webapp.resources.models import (
    NEED_TRANSITIONS,
    OFFER_TRANSITIONS,
    UNMET,
    Allocation,
    Need,
    NeedStatus,
    Offer,
    OfferStatus,
)
from webapp.resources.values import checked, reason_given

__all__ = [
    "NotEnough",
    "add_need",
    "allocate",
    "allocate_many",
    "cancel_need",
    "deliver",
    "dispatch",
    "edit_need",
    "edit_offer",
    "make_offer",
    "release",
    "set_back_in_service",
    "set_out_of_service",
    "take_back",
    "withdraw_offer",
]


class NeedFields(TypedDict, total=False):
    """What an edit of a need may change; what is left out stays."""

    resource_type_id: int
    name: str
    description: str
    quantity: Decimal | int
    unit: str
    priority: int
    needed_by: datetime | None


class OfferMore(TypedDict, total=False):
    """What an offer may be given besides its type, name and amount."""

    description: str
    latitude: float | None
    longitude: float | None
    location_precision: LocationPrecision | None
    place_name: str
    available_from: datetime | None
    available_until: datetime | None
    condition: str


class OfferFields(OfferMore, total=False):
    """What an edit of an offer may change; what is left out stays."""

    resource_type_id: int
    name: str
    quantity: Decimal | int
    unit: str


@journal.command
def add_need(
    actor: Actor,
    *,
    event_id: int,
    resource_type_id: int,
    name: str,
    quantity: Decimal | int,
    unit: str,
    description: str = "",
    priority: int = 3,
    needed_by: datetime | None = None,
    source_ref: str | None = None,
) -> Need:
    """Write down what an active event needs.

    Raises `Invalid` for values that cannot be, `Conflict` unless the event is active or when the sender
    of ``source_ref`` told it before.
    """
    policy.require(actor, Action.NEED_WRITE)
    event = lock_active(event_id)
    values = checked(
        {
            "resource_type_id": resource_type_id,
            "name": name,
            "quantity": quantity,
            "unit": unit,
            "description": description,
            "priority": priority,
            "needed_by": needed_by,
            "source_ref": source_ref,
        }
    )
    _require_new(Need, source_ref)
    need = Need(event_id=event.id, **values)
    db.session.add(need)
    event.needs_total += 1
    event.needs_unmet += need.status in UNMET
    db.session.flush()
    journal.append("need.added", need, event_id=event.id, **_need_facts(event, need))
    return need


@journal.command
def edit_need(actor: Actor, *, need_id: int, seen_version: int | None, **fields: Unpack[NeedFields]) -> Need:
    """Change what is needed; the status follows the new quantity.

    Raises `StaleVersion` when somebody changed it since ``seen_version``, `Invalid` for wrong values, also
    for a quantity below what is promised, `Conflict` when it is cancelled or its event not active.
    """
    event, need = _locked_need(actor, need_id)
    journal.require_version(need, seen_version, Need.editable)
    if need.status is NeedStatus.CANCELLED:
        raise Conflict(_("This need was cancelled. Write a new one."))
    changed = _apply(need, fields, Need.editable)
    if changed:
        settle_need(event, need)
        journal.append("need.edited", need, event_id=event.id, fields=changed, **_need_facts(event, need))
    return need


@journal.command
def cancel_need(actor: Actor, *, need_id: int, reason: str) -> Need:
    """It is not needed any more: what is promised and not delivered is released with it.

    Raises `WrongTransition` when it is cancelled already, `Invalid` without a reason.
    """
    event, need = _locked_need(actor, need_id)
    NEED_TRANSITIONS.require(need.status, NeedStatus.CANCELLED)
    reason = reason_given(reason)
    set_need_status(event, need, NeedStatus.CANCELLED)
    journal.append("need.cancelled", need, event_id=event.id, reason=reason, **_need_facts(event, need))
    release_all(actor, event, Allocation.need_id == need.id, reason="need cancelled")
    return need


@journal.command
def make_offer(
    actor: Actor,
    *,
    resource_type_id: int,
    name: str,
    quantity: Decimal | int,
    unit: str,
    owner_id: int | None = None,
    source_ref: str | None = None,
    **fields: Unpack[OfferMore],
) -> Offer:
    """Offer so much of something. A coordinator may offer for somebody else, with ``owner_id``.

    Raises `Invalid` for values that cannot be, `Forbidden` for another's name without that right, `Conflict`
    when the sender of ``source_ref`` told it before.
    """
    policy.require(actor, Action.OFFER_MAKE)
    values = checked(
        {
            "resource_type_id": resource_type_id,
            "name": name,
            "quantity": quantity,
            "unit": unit,
            "source_ref": source_ref,
            **fields,
        }
    )
    _require_new(Offer, source_ref)
    offer = Offer(**values, owner_id=_owner(actor, owner_id))
    db.session.add(offer)
    db.session.flush()
    _tell("offer.made", offer)
    return offer


@journal.command
def edit_offer(
    actor: Actor, *, offer_id: int, seen_version: int | None, **fields: Unpack[OfferFields]
) -> Offer:
    """Change an offer; the status follows the new quantity.

    Raises `StaleVersion` when somebody changed it since ``seen_version``, `Invalid` for wrong values, also
    for a quantity below what is promised, `Conflict` when it is withdrawn.
    """
    offer = _locked_offer(actor, offer_id)
    journal.require_version(offer, seen_version, Offer.editable)
    if offer.status is OfferStatus.WITHDRAWN:
        raise Conflict(_("This offer was withdrawn. Make a new one."))
    changed = _apply(offer, fields, Offer.editable)
    if changed:
        settle_offer(offer)
        _tell("offer.edited", offer, fields=changed)
    return offer


@journal.command
def withdraw_offer(actor: Actor, *, offer_id: int) -> Offer:
    """Take an offer back for good. Raises `Conflict` while any of it is promised."""
    offer = _locked_offer(actor, offer_id)
    OFFER_TRANSITIONS.require(offer.status, OfferStatus.WITHDRAWN)
    if offer.allocated > 0:
        promised = said(offer.allocated, offer.unit)
        raise Conflict(
            _("%(promised)s of this are promised. Release or take them back first.", promised=promised),
            allocated=offer.allocated,
        )
    offer.status = OfferStatus.WITHDRAWN
    _tell("offer.withdrawn", offer)
    return offer


@journal.command
def set_out_of_service(actor: Actor, *, offer_id: int) -> Offer:
    """It cannot be used now; what is promised of it stays promised. Raises `WrongTransition`."""
    offer = _locked_offer(actor, offer_id)
    OFFER_TRANSITIONS.require(offer.status, OfferStatus.OUT_OF_SERVICE)
    offer.status = OfferStatus.OUT_OF_SERVICE
    _tell("offer.out_of_service", offer)
    return offer


@journal.command
def set_back_in_service(actor: Actor, *, offer_id: int) -> Offer:
    """It can be used again. Raises `Conflict` unless it was out of service."""
    offer = _locked_offer(actor, offer_id)
    if offer.status is not OfferStatus.OUT_OF_SERVICE:
        raise Conflict(_("This offer is not out of service."))
    offer.status = OfferStatus.AVAILABLE
    settle_offer(offer)
    _tell("offer.back_in_service", offer)
    return offer


def _locked_need(actor: Actor, need_id: int) -> tuple[Event, Need]:
    policy.require(actor, Action.NEED_WRITE)
    event_id = db.session.execute(db.select(Need.event_id).where(Need.id == need_id)).scalar()
    if event_id is None:
        raise NotFound(_("There is no such need."))
    return lock_active(event_id), lock(Need, need_id)


def _locked_offer(actor: Actor, offer_id: int) -> Offer:
    offer = lock(Offer, offer_id)
    policy.require(actor, Action.OFFER_VIEW, offer)
    policy.require(actor, Action.OFFER_EDIT, offer)
    return offer


def _apply(row: Need | Offer, fields: Any, editable: frozenset[str]) -> list[str]:
    """Check and set what differs; return the names of what changed."""
    unknown = set(fields) - editable
    if unknown:
        raise Invalid(_("This cannot be edited: %(names)s.", names=", ".join(sorted(unknown))))
    good = checked(fields, row)
    changed = sorted(name for name, value in good.items() if getattr(row, name) != value)
    _require_promised(row, good, changed)
    for name in changed:
        setattr(row, name, good[name])
    return changed


def _require_promised(row: Need | Offer, good: dict[str, Any], changed: list[str]) -> None:
    """What is promised stays true: neither less than it, nor in another unit."""
    promised = said(row.allocated, row.unit)
    message = None
    if "quantity" in changed and good["quantity"] < row.allocated:
        field, message = "quantity", _("%(promised)s are promised: write at least that.", promised=promised)
    elif "unit" in changed and row.allocated > 0:
        field, message = "unit", _("%(promised)s are promised: the unit must stay.", promised=promised)
    if message is not None:
        raise Invalid(message, fields={field: message}, allocated=row.allocated)


def _owner(actor: Actor, owner_id: int | None) -> int | None:
    """Whose the new offer is: the actor's own, or another's whom a coordinator writes it down for."""
    if owner_id is None or owner_id == actor.user_id:
        return actor.user_id
    if not policy.may(actor, Action.OFFER_EDIT, Offer(owner_id=owner_id)):
        raise Forbidden(_("You can offer what is yours. Ask a coordinator to write down another's offer."))
    owner = db.session.get(User, owner_id)
    if owner is None or not owner.active:
        message = _("There is no such person.")
        raise Invalid(message, fields={"owner_id": message})
    return owner_id


def _require_new(model: type[Need] | type[Offer], source_ref: str | None) -> None:
    """Refuse what the same sender has told before."""
    known = db.select(model.id).where(model.source_ref == source_ref)
    if source_ref is not None and db.session.execute(known).first() is not None:
        said = _("This need is here already.") if model is Need else _("This offer is here already.")
        raise Conflict(said, source_ref=source_ref)


def _need_facts(event: Event, need: Need) -> dict[str, Any]:
    return {"title": event.title, "name": need.name, "quantity": need.quantity, "unit": need.unit}


def _tell(verb: str, offer: Offer, **facts: Any) -> None:
    journal.append(
        verb,
        offer,
        user_id=offer.owner_id,
        name=offer.name,
        quantity=offer.quantity,
        unit=offer.unit,
        place=offer.place_name,
        **facts,
    )
