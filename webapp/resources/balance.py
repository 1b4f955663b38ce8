"""The sums that follow from allocations: on the need, the offer and the event, in the same transaction."""

from decimal import Decimal

from webapp.events.models import Event
from webapp.resources.models import (
    NEED_TRANSITIONS,
    OFFER_TRANSITIONS,
    UNMET,
    Need,
    NeedStatus,
    Offer,
    OfferStatus,
)


def move(event: Event, need: Need, offer: Offer, amount: Decimal) -> None:
    """So much more (or, negative, less) of the offer is promised to the need. All three rows are locked."""
    need.allocated += amount
    offer.allocated += amount
    settle_need(event, need)
    settle_offer(offer)


def settle_need(event: Event, need: Need) -> None:
    """Derive a need's status from what is promised to it; a cancelled one stays cancelled."""
    need.oversupplied = need.oversupplied and need.allocated > need.quantity
    if need.status is not NeedStatus.CANCELLED:
        set_need_status(event, need, _need_status(need))


def set_need_status(event: Event, need: Need, status: NeedStatus) -> None:
    """Give a need its status and keep its event's counts in step."""
    if status is need.status:
        return
    NEED_TRANSITIONS.require(need.status, status)
    event.needs_unmet += (status in UNMET) - (need.status in UNMET)
    event.needs_total -= status is NeedStatus.CANCELLED
    need.status = status


def settle_offer(offer: Offer) -> None:
    """Derive available or assigned from what is promised; out of service and withdrawn stay."""
    status = OfferStatus.AVAILABLE if offer.left > 0 else OfferStatus.ASSIGNED
    if offer.status in (OfferStatus.AVAILABLE, OfferStatus.ASSIGNED) and offer.status is not status:
        OFFER_TRANSITIONS.require(offer.status, status)
        offer.status = status


def _need_status(need: Need) -> NeedStatus:
    if need.allocated >= need.quantity:
        return NeedStatus.MET
    return NeedStatus.PARTLY_MET if need.allocated > 0 else NeedStatus.OPEN
