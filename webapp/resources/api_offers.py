"""Offers and allocations over the API: the same services and rights as the pages."""

from collections.abc import Callable
from typing import Any

from flask import url_for

from webapp import policy
from webapp.accounts.identity import current_actor
from webapp.api.operation import operation
from webapp.api.schemas import following
from webapp.api.writing import answer, command_id, made, seen_version
from webapp.errors import NotFound
from webapp.policy import Action
from webapp.resources import lists, queries, service, types
from webapp.resources.models import Allocation
from webapp.resources.offer_schemas import (
    AllocationIn,
    AllocationOut,
    AllocationPage,
    AllocationQuery,
    OfferEdit,
    OfferIn,
    OfferOut,
    OfferPage,
    OfferQuery,
)
from webapp.resources.queries import AllocationLine, OfferCard

OFFERS, ALLOCATIONS = "Offers", "Allocations"
OfferAnswer = tuple[OfferOut, int, dict[str, str]]
AllocationAnswer = tuple[AllocationOut, int, dict[str, str]]


@operation("GET", "/offers", Action.OFFER_VIEW, tag=OFFERS, gives=OfferPage)
def list_offers(query: OfferQuery) -> OfferPage:
    """What is offered, newest first: a coordinator sees all, a volunteer their own."""
    actor = current_actor()
    branch = types.branch(query.type)
    if query.type is not None and not branch:
        return OfferPage(items=[])
    rows = lists.offers(
        actor,
        query.limit + 1,
        before=query.row,
        status=query.status,
        types=branch,
        owner_id=actor.user_id if query.mine else None,
    )
    found, further = following(rows, query.limit, lambda row: row[0].id)
    return OfferPage(
        items=[_offer(offer, owner.name if owner is not None else None) for offer, owner in found],
        next=further,
    )


@operation("POST", "/offers", Action.OFFER_MAKE, tag=OFFERS, gives=OfferOut, status=201)
def make_offer(json: OfferIn) -> OfferAnswer:
    """Offer something. A coordinator may write down what somebody else offers."""
    offer = service.make_offer(
        current_actor(), command_id=command_id(), **json.model_dump(exclude_unset=True)
    )
    card = _card(offer.id)
    return made(_offer(card, card.owner_name), card, "offer", url_for("api.show_offer", offer_id=card.id))


@operation("GET", "/offers/<int:offer_id>", Action.OFFER_VIEW, tag=OFFERS, gives=OfferOut)
def show_offer(offer_id: int) -> OfferAnswer:
    """One offer."""
    return _shown(offer_id)


@operation("PATCH", "/offers/<int:offer_id>", Action.OFFER_EDIT, tag=OFFERS, gives=OfferOut, conditional=True)
def edit_offer(offer_id: int, json: OfferEdit) -> OfferAnswer:
    """Change an offer; what is left out stays, and the status follows."""
    service.edit_offer(
        current_actor(),
        offer_id=offer_id,
        seen_version=seen_version("offer", offer_id),
        command_id=command_id(),
        **json.model_dump(exclude_unset=True),
    )
    return _shown(offer_id)


@operation("POST", "/offers/<int:offer_id>/withdraw", Action.OFFER_EDIT, tag=OFFERS, gives=OfferOut)
def withdraw_offer(offer_id: int) -> OfferAnswer:
    """Take an offer back for good. Refused while any of it is promised."""
    service.withdraw_offer(current_actor(), offer_id=offer_id, command_id=command_id())
    return _shown(offer_id)


@operation("POST", "/offers/<int:offer_id>/out-of-service", Action.OFFER_EDIT, tag=OFFERS, gives=OfferOut)
def set_offer_out_of_service(offer_id: int) -> OfferAnswer:
    """It cannot be used now; what is promised of it stays promised."""
    service.set_out_of_service(current_actor(), offer_id=offer_id, command_id=command_id())
    return _shown(offer_id)


@operation("POST", "/offers/<int:offer_id>/back-in-service", Action.OFFER_EDIT, tag=OFFERS, gives=OfferOut)
def set_offer_back_in_service(offer_id: int) -> OfferAnswer:
    """It can be used again."""
    service.set_back_in_service(current_actor(), offer_id=offer_id, command_id=command_id())
    return _shown(offer_id)


@operation("GET", "/allocations", Action.OFFER_VIEW, tag=ALLOCATIONS, gives=AllocationPage)
def list_allocations(query: AllocationQuery) -> AllocationPage:
    """What is promised, newest first: a coordinator sees all, a volunteer those of their own offers."""
    rows = lists.allocations(
        current_actor(),
        query.limit + 1,
        before=query.row,
        event_id=query.event_id,
        need_id=query.need_id,
        offer_id=query.offer_id,
        status=query.status,
    )
    found, further = following(rows, query.limit, lambda row: row.id)
    lines = {line.id: line for line in queries.these_allocations([row.id for row in found])}
    return AllocationPage(items=[AllocationOut.model_validate(lines[row.id]) for row in found], next=further)


@operation(
    "POST", "/allocations", Action.ALLOCATE, tag=ALLOCATIONS, gives=AllocationOut, status=201, also=(404,)
)
def allocate(json: AllocationIn) -> AllocationAnswer:
    """Promise so much of an offer to a need.

    More than is left on the offer, or missing on the need, is refused as NotEnough with how much there is
    in `data.facts`.
    """
    allocation = service.allocate(current_actor(), command_id=command_id(), **json.model_dump())
    line = _line(allocation.id)
    where = url_for("api.show_allocation", allocation_id=line.id)
    return made(AllocationOut.model_validate(line), line, "allocation", where)


@operation("GET", "/allocations/<int:allocation_id>", Action.OFFER_VIEW, tag=ALLOCATIONS, gives=AllocationOut)
def show_allocation(allocation_id: int) -> AllocationAnswer:
    """One allocation."""
    line = _line(allocation_id)
    policy.require(current_actor(), Action.OFFER_VIEW, line)
    return answer(AllocationOut.model_validate(line), line, "allocation")


@operation(
    "POST",
    "/allocations/<int:allocation_id>/dispatch",
    Action.ALLOCATION_MOVE,
    tag=ALLOCATIONS,
    gives=AllocationOut,
)
def dispatch_allocation(allocation_id: int) -> AllocationAnswer:
    """It is on its way."""
    return _moved(service.dispatch, allocation_id)


@operation(
    "POST",
    "/allocations/<int:allocation_id>/deliver",
    Action.ALLOCATION_DELIVER,
    tag=ALLOCATIONS,
    gives=AllocationOut,
)
def deliver_allocation(allocation_id: int) -> AllocationAnswer:
    """It has arrived. Whose offer it is may say so, too."""
    return _moved(service.deliver, allocation_id)


@operation(
    "POST",
    "/allocations/<int:allocation_id>/return",
    Action.ALLOCATION_MOVE,
    tag=ALLOCATIONS,
    gives=AllocationOut,
)
def return_allocation(allocation_id: int) -> AllocationAnswer:
    """It came back after use; the amount is free again."""
    return _moved(service.take_back, allocation_id)


@operation(
    "POST",
    "/allocations/<int:allocation_id>/release",
    Action.ALLOCATION_MOVE,
    tag=ALLOCATIONS,
    gives=AllocationOut,
)
def release_allocation(allocation_id: int) -> AllocationAnswer:
    """Take the promise back before delivery; the amount is free again."""
    return _moved(service.release, allocation_id)


def _moved(step: Callable[..., Allocation], allocation_id: int) -> AllocationAnswer:
    step(current_actor(), allocation_id=allocation_id, command_id=command_id())
    line = _line(allocation_id)
    return answer(AllocationOut.model_validate(line), line, "allocation")


def _line(allocation_id: int) -> AllocationLine:
    found = queries.these_allocations([allocation_id])
    if not found:
        raise NotFound("There is nothing here, or it is not yours to see.")
    return found[0]


def _shown(offer_id: int) -> OfferAnswer:
    """The offer as it is now, for who may see it."""
    card = _card(offer_id)
    policy.require(current_actor(), Action.OFFER_VIEW, card)
    return answer(_offer(card, card.owner_name), card, "offer")


def _card(offer_id: int) -> OfferCard:
    found = queries.these_offers([offer_id])
    if not found:
        raise NotFound("There is nothing here, or it is not yours to see.")
    return found[0]


def _offer(offer: Any, owner_name: str | None) -> OfferOut:
    values = {name: getattr(offer, name) for name in OfferOut.model_fields if name != "owner_name"}
    return OfferOut(**values, owner_name=owner_name)
