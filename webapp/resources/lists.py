"""Needs, offers and allocations for programs, as far as the actor may see: by key, and of many at once."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, select

from webapp import policy
from webapp.accounts.models import User
from webapp.events.models import Event
from webapp.events.queries import visible
from webapp.extensions import db
from webapp.journal import Actor
from webapp.lists import beginnings
from webapp.policy import Action
from webapp.resources.models import Allocation, AllocationStatus, Need, NeedStatus, Offer, OfferStatus

# The owner is None where an offer has none (those of imports).
OwnedOffer = Row[Offer, User]


def needs(
    actor: Actor,
    limit: int,
    *,
    before: int | None = None,
    event_id: int | None = None,
    status: NeedStatus | None = None,
    types: Collection[int] = (),
    priority: int | None = None,
) -> Sequence[Need]:
    """Needs of the events that the actor may see, newest first; ``before`` continues below that id."""
    policy.require(actor, Action.NEED_VIEW)
    statement = select(Need).join(Event, Event.id == Need.event_id).where(*visible(actor))
    if event_id is not None:
        statement = statement.where(Need.event_id == event_id)
    if status is not None:
        statement = statement.where(Need.status == status)
    if types:
        statement = statement.where(Need.resource_type_id.in_(types))
    if priority is not None:
        statement = statement.where(Need.priority == priority)
    statement = statement.where(*_below(Need.id, before)).order_by(Need.id.desc())
    return db.session.execute(statement.limit(limit)).scalars().all()


def these_needs(actor: Actor, ids: Collection[int]) -> Sequence[Need]:
    """Those of these needs whose events the actor may see."""
    joined = select(Need).join(Event, Event.id == Need.event_id)
    return db.session.execute(joined.where(Need.id.in_(ids), *visible(actor))).scalars().all()


def needs_of_events(event_ids: Collection[int], most: int) -> Sequence[Need]:
    """The ``most`` urgent needs of each of these events, which the caller has found visible."""
    order = (Need.priority, Need.id)
    first = beginnings(Need, Need.event_id, order, most, Need.event_id.in_(event_ids))
    joined = select(Need).join(first, first.c.id == Need.id)
    return db.session.execute(joined.order_by(Need.event_id, first.c.place)).scalars().all()


def offers(
    actor: Actor,
    limit: int,
    *,
    before: int | None = None,
    status: OfferStatus | None = None,
    types: Collection[int] = (),
    owner_id: int | None = None,
) -> Sequence[OwnedOffer]:
    """Offers with their owners, newest first: a coordinator sees all, anybody else their own."""
    policy.require(actor, Action.OFFER_VIEW)
    statement = _offers().where(*_own_offers(actor))
    if status is not None:
        statement = statement.where(Offer.status == status)
    if types:
        statement = statement.where(Offer.resource_type_id.in_(types))
    if owner_id is not None:
        statement = statement.where(Offer.owner_id == owner_id)
    statement = statement.where(*_below(Offer.id, before)).order_by(Offer.id.desc())
    return db.session.execute(statement.limit(limit)).all()


def these_offers(actor: Actor, ids: Collection[int]) -> Sequence[OwnedOffer]:
    """Those of these offers that the actor may see, with their owners."""
    if not policy.may(actor, Action.OFFER_VIEW):
        return []
    return db.session.execute(_offers().where(Offer.id.in_(ids), *_own_offers(actor))).all()


def allocations(
    actor: Actor,
    limit: int,
    *,
    before: int | None = None,
    event_id: int | None = None,
    need_id: int | None = None,
    offer_id: int | None = None,
    status: AllocationStatus | None = None,
) -> Sequence[Allocation]:
    """Allocations, newest first: a coordinator sees all, anybody else those of their own offers."""
    policy.require(actor, Action.OFFER_VIEW)
    statement = select(Allocation).where(*_of_own_offers(actor))
    for column, wanted in (
        (Allocation.event_id, event_id),
        (Allocation.need_id, need_id),
        (Allocation.offer_id, offer_id),
    ):
        if wanted is not None:
            statement = statement.where(column == wanted)
    if status is not None:
        statement = statement.where(Allocation.status == status)
    statement = statement.where(*_below(Allocation.id, before)).order_by(Allocation.id.desc())
    return db.session.execute(statement.limit(limit)).scalars().all()


def allocations_of_needs(actor: Actor, need_ids: Collection[int], most: int) -> Sequence[Allocation]:
    """The newest ``most`` allocations to each of these needs that the actor may see."""
    return _newest_of(actor, Allocation.need_id, need_ids, most)


def allocations_of_offers(actor: Actor, offer_ids: Collection[int], most: int) -> Sequence[Allocation]:
    """The newest ``most`` allocations of each of these offers that the actor may see."""
    return _newest_of(actor, Allocation.offer_id, offer_ids, most)


def _newest_of(actor: Actor, parent: Any, ids: Collection[int], most: int) -> Sequence[Allocation]:
    if not policy.may(actor, Action.OFFER_VIEW):
        return []
    conditions = (parent.in_(ids), *_of_own_offers(actor))
    first = beginnings(Allocation, parent, (Allocation.id.desc(),), most, *conditions)
    joined = select(Allocation).join(first, first.c.id == Allocation.id)
    return db.session.execute(joined.order_by(parent, first.c.place)).scalars().all()


def _offers() -> Select[Offer, User]:
    return select(Offer, User).outerjoin(User, User.id == Offer.owner_id)


def _own_offers(actor: Actor) -> list[ColumnElement[bool]]:
    """As `Action.OFFER_VIEW` says, for many rows at once."""
    return [] if actor.coordinates else [Offer.owner_id == actor.user_id]


def _of_own_offers(actor: Actor) -> list[ColumnElement[bool]]:
    """The same for allocations: who gives something sees where it went."""
    own = select(Offer.id).where(*_own_offers(actor))
    return [] if actor.coordinates else [Allocation.offer_id.in_(own)]


def _below(key: Any, before: int | None) -> list[ColumnElement[bool]]:
    return [] if before is None else [key < before]
