"""Allocations: promise so much of an offer to a need, and follow it until it is there or given back.

Locks are always taken in one order: event, need, offers by id, allocations by id. Under the locks of the
need and the offer the sums are exact, so no click at the same moment can promise more than there is.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeVar

from flask_babel import gettext as _
from sqlalchemy import Row

from webapp import journal, policy
from webapp.database import utc_now
from webapp.errors import Conflict, Invalid, NotFound
from webapp.events.closing import ends_with_event
from webapp.events.models import Event
from webapp.events.service import lock_active
from webapp.extensions import db
from webapp.journal import Actor, Journalled
from webapp.policy import Action
from webapp.resources.amounts import check_amount, said
from webapp.resources.balance import move
from webapp.resources.models import (
    ALLOCATION_TRANSITIONS,
    Allocation,
    AllocationStatus,
    Need,
    NeedStatus,
    Offer,
    OfferStatus,
    ResourceType,
)

R = TypeVar("R", bound=Journalled)
# On its way or set aside: what is given back when the need or its event ends.
UNDELIVERED = (AllocationStatus.RESERVED, AllocationStatus.DISPATCHED)
# The most offers that one form promises at once.
MOST_AT_ONCE = 50


class NotEnough(Conflict):
    """More was asked for than is left on the offer, or missing on the need; ``facts`` say how much."""

    name = "NotEnough"
    told = ("left", "missing")


@journal.command
def allocate(
    actor: Actor, *, need_id: int, offer_id: int, quantity: Decimal | int, oversupply: bool = False
) -> Allocation:
    """Promise so much of an offer to a need.

    ``oversupply`` is the explicit choice to promise more than is missing. Raises `NotEnough` with what is
    left or missing, `Conflict` when the offer, need or event is not open, `Invalid` for an amount that
    cannot be or units that differ.
    """
    event, need = _lock_need(actor, need_id)
    return _promise(actor, event, need, lock(Offer, offer_id), Decimal(quantity), oversupply)


@journal.command
def allocate_many(
    actor: Actor, *, need_id: int, amounts: Mapping[int, Decimal], oversupply: bool = False
) -> Need:
    """Promise parts of several offers, given by offer id, to one need: all of them or none.

    Raises what `allocate` raises, and `Invalid` for no offers or too many.
    """
    event, need = _lock_need(actor, need_id)
    if not amounts:
        raise Invalid(_("Write an amount beside at least one offer."))
    if len(amounts) > MOST_AT_ONCE:
        raise Invalid(_("Choose at most %(most)s offers at once.", most=MOST_AT_ONCE))
    offers = [lock(Offer, offer_id) for offer_id in sorted(amounts)]
    for offer in offers:
        _promise(actor, event, need, offer, Decimal(amounts[offer.id]), oversupply)
    return need


@journal.command
def dispatch(actor: Actor, *, allocation_id: int) -> Allocation:
    """It is on its way. Raises `WrongTransition` unless it is reserved."""
    return _step(actor, allocation_id, AllocationStatus.DISPATCHED)


@journal.command
def deliver(actor: Actor, *, allocation_id: int) -> Allocation:
    """It has arrived. The offer's owner may say so too. Raises `WrongTransition` unless it was sent."""
    return _step(actor, allocation_id, AllocationStatus.DELIVERED)


@journal.command
def take_back(actor: Actor, *, allocation_id: int) -> Allocation:
    """It came back after use, also after the event has closed; the amount is free again.

    Raises `Conflict` for what cannot come back, `WrongTransition` unless it was delivered.
    """
    return _step(actor, allocation_id, AllocationStatus.RETURNED)


@journal.command
def release(actor: Actor, *, allocation_id: int) -> Allocation:
    """Take the promise back before delivery; the amount is free again. Raises `WrongTransition` after."""
    return _step(actor, allocation_id, AllocationStatus.RELEASED)


@ends_with_event
def release_undelivered(actor: Actor, event: Event) -> None:
    """Give back what has not arrived when the event closes: one entry for each promise."""
    release_all(actor, event, Allocation.event_id == event.id, reason="event closed")


def release_all(actor: Actor, event: Event, of: Any, reason: str) -> None:
    """Release the undelivered allocations that the condition ``of`` picks; the event is locked."""
    picked = db.select(Allocation.id, Allocation.need_id, Allocation.offer_id).where(
        of, Allocation.status.in_(UNDELIVERED)
    )
    rows = db.session.execute(picked).all()
    needs = _lock_all(Need, (row.need_id for row in rows))
    offers = _lock_all(Offer, (row.offer_id for row in rows))
    allocations = _lock_all(Allocation, (row.id for row in rows))
    for allocation in allocations.values():
        need, offer = needs[allocation.need_id], offers[allocation.offer_id]
        _end(event, need, offer, allocation, AllocationStatus.RELEASED, reason=reason)


def lock(model: type[R], id_: int) -> R:
    """A row, locked until the command ends. Raises `NotFound`."""
    row = db.session.get(model, id_, with_for_update=True)
    if row is None:
        raise NotFound(_("There is nothing here, or it is not yours to see."))
    return row


def _lock_all(model: type[R], ids: Iterable[int]) -> dict[int, R]:
    return {id_: lock(model, id_) for id_ in sorted(set(ids))}


def _lock_need(actor: Actor, need_id: int) -> tuple[Event, Need]:
    """The event, active, and its need, both locked, for an actor who may allocate."""
    policy.require(actor, Action.ALLOCATE)
    event_id = db.session.execute(db.select(Need.event_id).where(Need.id == need_id)).scalar()
    if event_id is None:
        raise NotFound(_("There is no such need."))
    return lock_active(event_id), lock(Need, need_id)


def _promise(
    actor: Actor, event: Event, need: Need, offer: Offer, quantity: Decimal, oversupply: bool
) -> Allocation:
    quantity = check_amount(quantity, need.unit)
    _require_open(need, offer)
    _require_enough(need, offer, quantity, oversupply)
    over = quantity > need.missing
    need.oversupplied = need.oversupplied or over
    move(event, need, offer, quantity)
    allocation = Allocation(
        need_id=need.id,
        offer_id=offer.id,
        event_id=event.id,
        quantity=quantity,
        made_by_id=actor.user_id,
    )
    db.session.add(allocation)
    db.session.flush()
    _tell("allocation.made", event, need, offer, allocation, **({"oversupply": True} if over else {}))
    return allocation


def _require_open(need: Need, offer: Offer) -> None:
    if need.status is NeedStatus.CANCELLED:
        raise Conflict(_("This need was cancelled. Nothing was allocated."))
    if offer.status is OfferStatus.WITHDRAWN:
        raise Conflict(_("This offer was withdrawn. Choose another."))
    if offer.status is OfferStatus.OUT_OF_SERVICE:
        raise Conflict(_("This offer is out of service. Choose another."))
    if need.unit != offer.unit:
        message = _(
            "The need is in %(need)s and the offer in %(offer)s. Units must agree.",
            need=need.unit,
            offer=offer.unit,
        )
        raise Invalid(message, fields={"unit": message})
    if not any(_there(offer, moment) for moment in (utc_now(), need.needed_by) if moment):
        raise Conflict(_("This offer is not available now, nor when it is needed. Choose another."))


def _there(offer: Offer, moment: datetime) -> bool:
    after = offer.available_from is None or offer.available_from <= moment
    return after and (offer.available_until is None or moment <= offer.available_until)


def _require_enough(need: Need, offer: Offer, quantity: Decimal, oversupply: bool) -> None:
    if quantity > offer.left:
        raise NotEnough(_nothing_more_left(offer), left=offer.left, missing=need.missing)
    if quantity > need.missing and not oversupply:
        raise NotEnough(_nothing_more_missing(need), left=offer.left, missing=need.missing)


def _nothing_more_left(offer: Offer) -> str:
    words = {"left": said(offer.left), "whole": said(offer.quantity, offer.unit)}
    if offer.left <= 0:
        return str(_("Nothing is left on this offer: all %(whole)s are promised.", **words))
    return str(_("Only %(left)s of %(whole)s are left on this offer.", **words))


def _nothing_more_missing(need: Need) -> str:
    words = {"missing": said(need.missing), "whole": said(need.quantity, need.unit)}
    if need.missing <= 0:
        return str(_("Nothing is missing on this need: all %(whole)s are promised.", **words))
    return str(_("Only %(missing)s of %(whole)s are missing on this need.", **words))


def _step(actor: Actor, allocation_id: int, wanted: AllocationStatus) -> Allocation:
    """Move an allocation on, under the locks of all that its sums are in."""
    ids = _whose(allocation_id)
    policy.require(actor, Action.OFFER_VIEW, ids)
    delivers = wanted is AllocationStatus.DELIVERED
    policy.require(actor, Action.ALLOCATION_DELIVER if delivers else Action.ALLOCATION_MOVE, ids)
    back = wanted is AllocationStatus.RETURNED
    event = lock(Event, ids.event_id) if back else lock_active(ids.event_id)
    need, offer = lock(Need, ids.need_id), lock(Offer, ids.offer_id)
    allocation = lock(Allocation, allocation_id)
    if back:
        _require_returnable(offer)
    _end(event, need, offer, allocation, wanted)
    return allocation


def _whose(allocation_id: int) -> Row[tuple[int, int, int, int | None]]:
    """What an allocation belongs to and who owns its offer; read without a lock, and none of it changes."""
    statement = (
        db.select(Allocation.event_id, Allocation.need_id, Allocation.offer_id, Offer.owner_id)
        .join(Offer, Offer.id == Allocation.offer_id)
        .where(Allocation.id == allocation_id)
    )
    found = db.session.execute(statement).one_or_none()
    if found is None:
        raise NotFound(_("There is no such allocation."))
    return found


def _require_returnable(offer: Offer) -> None:
    kind = db.session.get_one(ResourceType, offer.resource_type_id)
    if not kind.returnable:
        raise Conflict(_("%(kind)s cannot come back: what is delivered is used.", kind=kind.name))


def _end(
    event: Event,
    need: Need,
    offer: Offer,
    allocation: Allocation,
    wanted: AllocationStatus,
    **facts: Any,
) -> None:
    """Give the allocation its new status; returned and released give the amount back."""
    ALLOCATION_TRANSITIONS.require(allocation.status, wanted)
    allocation.status = wanted
    if wanted in (AllocationStatus.RETURNED, AllocationStatus.RELEASED):
        move(event, need, offer, -allocation.quantity)
    _tell(f"allocation.{wanted.value}", event, need, offer, allocation, **facts)


def _tell(verb: str, event: Event, need: Need, offer: Offer, allocation: Allocation, **facts: Any) -> None:
    journal.append(
        verb,
        allocation,
        event_id=event.id,
        user_id=offer.owner_id,
        quantity=allocation.quantity,
        unit=need.unit,
        name=need.name,
        offer=offer.name,
        place=offer.place_name,
        title=event.title,
        **facts,
    )
