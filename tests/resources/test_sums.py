"""Whatever is clicked in whatever order, the sums on needs, offers and events agree with the allocations."""

import random
from decimal import Decimal

import pytest
from sqlalchemy import func, select

from tests.conftest import both_databases
from tests.resources.conftest import Response
from webapp.board.counters import totals
from webapp.errors import Problem
from webapp.events.models import Event
from webapp.extensions import db
from webapp.journal import Actor
from webapp.resources import service
from webapp.resources.models import LIVE, UNMET, Allocation, Need, NeedStatus, Offer, OfferStatus


def click(chance: random.Random, actor: Actor, needs: list[int], offers: list[int]) -> None:
    """One random deed of a coordinator; refusals are part of it."""
    need, offer, amount = chance.choice(needs), chance.choice(offers), chance.randint(1, 12)
    promised = db.session.execute(select(Allocation.id)).scalars().all() or [1]
    one = chance.choice(promised)
    deeds = [
        lambda: service.allocate(actor, need_id=need, offer_id=offer, quantity=amount),
        lambda: service.allocate(actor, need_id=need, offer_id=offer, quantity=amount, oversupply=True),
        lambda: service.allocate_many(
            actor, need_id=need, amounts={o: Decimal(chance.randint(1, 4)) for o in offers}
        ),
        lambda: service.dispatch(actor, allocation_id=one),
        lambda: service.deliver(actor, allocation_id=one),
        lambda: service.take_back(actor, allocation_id=one),
        lambda: service.release(actor, allocation_id=one),
        lambda: service.edit_need(actor, need_id=need, seen_version=None, quantity=amount * 9),
        lambda: service.edit_offer(actor, offer_id=offer, seen_version=None, quantity=amount * 9),
        lambda: service.set_out_of_service(actor, offer_id=offer),
        lambda: service.set_back_in_service(actor, offer_id=offer),
    ]
    weights = [9, 1, 3, 6, 4, 3, 3, 2, 2, 1, 2]
    deed = chance.choices(deeds, weights)[0]
    if chance.random() < 0.01:
        deed = chance.choice(
            [
                lambda: service.cancel_need(actor, need_id=need, reason="test"),
                lambda: service.withdraw_offer(actor, offer_id=offer),
            ]
        )
    try:
        deed()
    except Problem:
        return


def live_sum(column: object, id_: int) -> Decimal:
    found = db.session.execute(
        select(func.sum(Allocation.quantity)).where(column == id_, Allocation.status.in_(LIVE))
    ).scalar()
    return Decimal(found or 0)


def check() -> None:
    """Every sum and status is what the allocations say."""
    db.session.rollback()
    needs = db.session.execute(select(Need)).scalars().all()
    for need in needs:
        assert need.allocated == live_sum(Allocation.need_id, need.id)
        assert need.oversupplied == (need.allocated > need.quantity)
        if need.status is not NeedStatus.CANCELLED:
            met, some = need.allocated >= need.quantity, need.allocated > 0
            assert need.status is (
                NeedStatus.MET if met else NeedStatus.PARTLY_MET if some else NeedStatus.OPEN
            )
    for offer in db.session.execute(select(Offer)).scalars():
        assert offer.allocated == live_sum(Allocation.offer_id, offer.id) <= offer.quantity
        if offer.status in (OfferStatus.AVAILABLE, OfferStatus.ASSIGNED):
            assert (offer.status is OfferStatus.ASSIGNED) == (offer.left == 0)
    event = db.session.execute(select(Event)).scalar_one()
    assert event.needs_total == sum(need.status is not NeedStatus.CANCELLED for need in needs)
    assert event.needs_unmet == sum(need.status in UNMET for need in needs)
    counted = totals()
    for status in NeedStatus:
        assert counted.get(f"need:{status}", 0) == sum(need.status is status for need in needs)


@pytest.mark.parametrize("seed", [1, 2])
@both_databases
def test_the_sums_agree_after_any_clicks(there: Response, seed: int) -> None:
    chance = random.Random(seed)
    pumps = {"unit": "pumps", "code": "equipment.pump"}
    needs = [there.add_need(quantity=n, **pumps) for n in (30, 60, 90)]
    offers = [there.add_offer(quantity=n, **pumps) for n in (20, 50, 80)]
    with there.app.app_context():
        for number in range(80):
            click(chance, there.cast.vic.actor, needs, offers)
            if number % 10 == 9:
                check()
        assert db.session.execute(select(func.count(Allocation.id))).scalar_one() > 10
