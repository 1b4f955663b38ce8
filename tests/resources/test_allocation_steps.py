"""The steps of an allocation: dispatch, deliver, return, release; who may, from which state, once."""

import uuid

import pytest

from tests.conftest import both_databases
from tests.resources.conftest import Response
from webapp.events.service import close
from webapp.resources.models import AllocationStatus, NeedStatus, OfferStatus


def step(there: Response, who: str, allocation: int, name: str) -> int:
    return getattr(there.cast, who).post(f"/allocations/{allocation}/{name}").status_code


def test_it_goes_from_reserved_over_dispatched_to_delivered(there: Response) -> None:
    made = there.promise(30)
    assert step(there, "vic", made, "dispatch") == 303
    assert there.allocation(made).status is AllocationStatus.DISPATCHED
    assert step(there, "vic", made, "deliver") == 303
    assert there.allocation(made).status is AllocationStatus.DELIVERED
    assert (there.the_need().allocated, there.the_offer().allocated) == (30, 30)


@pytest.mark.parametrize("name", ["deliver", "return"])
def test_a_reserved_one_cannot_skip_a_step(there: Response, name: str) -> None:
    made = there.add_offer("equipment.pump", unit="pumps", quantity=2)
    need = there.add_need("equipment.pump", unit="pumps", quantity=2)
    made = there.promise(1, need_id=need, offer_id=made)
    answer = there.cast.vic.post(f"/allocations/{made}/{name}")
    assert answer.status_code == 409
    assert "Possible now: dispatched, released" in answer.get_data(as_text=True)
    assert there.allocation(made).status is AllocationStatus.RESERVED


@pytest.mark.parametrize("first", ["promise", "sent"])
@both_databases
def test_release_gives_the_amount_back(there: Response, first: str) -> None:
    made = getattr(there, first)(40)
    assert there.the_need().status is NeedStatus.MET
    assert step(there, "vic", made, "release") == 303
    need, offer = there.the_need(), there.the_offer()
    assert (need.status, need.allocated) == (NeedStatus.OPEN, 0)
    assert (offer.status, offer.allocated) == (OfferStatus.AVAILABLE, 0)
    assert there.the_event().needs_unmet == 1


def test_what_is_delivered_cannot_be_released(there: Response) -> None:
    assert step(there, "vic", there.delivered(), "release") == 409
    assert there.the_need().allocated == 30


def test_release_of_what_was_too_much_ends_the_oversupply(there: Response) -> None:
    there.promise(40)
    form = {f"offer-{there.offer}": "5", "oversupply": "y"}
    there.cast.vic.post(f"/needs/{there.need}/allocate", form)
    assert there.the_need().oversupplied
    assert step(there, "vic", there.allocations()[1].id, "release") == 303
    assert not there.the_need().oversupplied


def test_what_is_used_up_cannot_come_back(there: Response) -> None:
    answer = there.cast.vic.post(f"/allocations/{there.delivered()}/return")
    assert answer.status_code == 409
    assert "cannot come back" in answer.get_data(as_text=True)
    assert there.the_offer().allocated == 30


def test_a_pump_comes_back_also_after_the_event_is_closed(there: Response) -> None:
    offer = there.add_offer("equipment.pump", unit="pumps", quantity=2)
    need = there.add_need("equipment.pump", unit="pumps", quantity=2)
    made = there.delivered(2, need_id=need, offer_id=offer)
    with there.app.app_context():
        close(there.cast.ada.actor, event_id=there.event, note="dry again")
    assert step(there, "vic", made, "return") == 303
    assert there.allocation(made).status is AllocationStatus.RETURNED
    assert there.the_offer(offer).left == 2


def test_the_owner_may_say_that_it_is_delivered_and_nothing_else(there: Response) -> None:
    made = there.promise(30)
    assert step(there, "sam", made, "dispatch") == 403
    assert step(there, "sam", made, "release") == 403
    there.cast.vic.post(f"/allocations/{made}/dispatch")
    assert step(there, "sam", made, "deliver") == 303
    assert there.allocation(made).status is AllocationStatus.DELIVERED


@pytest.mark.parametrize("name", ["dispatch", "deliver", "return", "release"])
def test_another_volunteer_does_not_even_see_it(there: Response, name: str) -> None:
    made = there.promise(30)
    assert step(there, "sue", made, name) == 404
    assert there.allocation(made).status is AllocationStatus.RESERVED


def test_a_stranger_is_refused(there: Response) -> None:
    made = there.promise(30)
    assert there.cast.stranger.post(f"/allocations/{made}/dispatch").status_code == 403
    assert there.allocation(made).status is AllocationStatus.RESERVED


def test_looking_changes_nothing(there: Response) -> None:
    made = there.promise(30)
    assert there.cast.vic.get(f"/allocations/{made}/dispatch").status_code == 405
    assert there.allocation(made).status is AllocationStatus.RESERVED


def test_unknown_ones_and_unknown_steps_are_not_there(there: Response) -> None:
    made = there.promise(30)
    assert step(there, "vic", 999_999, "dispatch") == 404
    assert step(there, "vic", made, "destroy") == 404


def test_a_double_tap_releases_once(there: Response) -> None:
    first, second = there.promise(10), there.promise(10)
    form = {"command_id": str(uuid.uuid4())}
    answers = [there.cast.vic.post(f"/allocations/{first}/release", form).status_code for _ in range(2)]
    assert answers == [303, 303]
    assert there.the_need().allocated == 10
    assert there.allocation(second).status is AllocationStatus.RESERVED
    assert len(there.entries("allocation.released")) == 1


def test_each_step_tells_the_owner(there: Response) -> None:
    there.delivered(30)
    told = [there.entries(f"allocation.{verb}")[0].user_id for verb in ("made", "dispatched", "delivered")]
    assert told == [there.cast.sam.id] * 3


@both_databases
def test_closing_the_event_releases_what_is_not_delivered_with_one_entry_each(there: Response) -> None:
    there.promise(10)
    there.sent(10)
    kept = there.delivered(10)
    with there.app.app_context():
        close(there.cast.ada.actor, event_id=there.event, note="over")
    states = [a.status for a in there.allocations()]
    assert states == [AllocationStatus.RELEASED, AllocationStatus.RELEASED, AllocationStatus.DELIVERED]
    assert len(there.entries("allocation.released")) == 2
    assert (there.the_need().allocated, there.the_offer().allocated) == (10, 10)
    assert there.allocation(kept).quantity == 10


def test_after_the_event_is_closed_nothing_moves_but_what_comes_back(there: Response) -> None:
    made = there.delivered(10)
    with there.app.app_context():
        close(there.cast.ada.actor, event_id=there.event, note="over")
    assert step(there, "vic", made, "deliver") == 409


def test_the_owners_page_has_the_button_only_when_it_is_on_its_way(there: Response) -> None:
    made = there.promise(10)
    page = f"/offers/{there.offer}"
    assert f"/allocations/{made}/deliver" not in there.cast.sam.get(page).get_data(as_text=True)
    there.cast.vic.post(f"/allocations/{made}/dispatch")
    shown = there.cast.sam.get(page).get_data(as_text=True)
    assert f"/allocations/{made}/deliver" in shown
    assert f"/allocations/{made}/release" not in shown
