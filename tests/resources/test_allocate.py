"""Allocate: who may, which amounts, which states, all or nothing, once."""

import uuid
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from tests.conftest import both_databases
from tests.resources.conftest import Response
from webapp.events.service import close
from webapp.resources import service
from webapp.resources.models import NeedStatus, OfferStatus
from webapp.resources.service import NotEnough


def path(there: Response) -> str:
    return f"/needs/{there.need}/allocate"


def amounts(there: Response, text: str) -> dict[str, str]:
    return {f"offer-{there.offer}": text}


@both_databases
def test_a_part_makes_the_need_partly_met_and_leaves_the_rest_of_the_offer(there: Response) -> None:
    answer = there.cast.vic.post(path(there), amounts(there, "30"))
    assert answer.status_code == 303
    assert [a.quantity for a in there.allocations()] == [30]
    need, offer, event = there.the_need(), there.the_offer(), there.the_event()
    assert (need.status, need.allocated) == (NeedStatus.PARTLY_MET, 30)
    assert (offer.status, offer.left) == (OfferStatus.AVAILABLE, 70)
    assert (event.needs_total, event.needs_unmet) == (1, 1)


def test_the_whole_meets_the_need_and_the_event_has_none_unmet(there: Response) -> None:
    there.cast.vic.post(path(there), amounts(there, "40"))
    assert there.the_need().status is NeedStatus.MET
    assert there.the_event().needs_unmet == 0


def test_all_of_an_offer_makes_it_assigned(there: Response) -> None:
    need = there.add_need(quantity=100)
    there.promise(100, need_id=need)
    assert there.the_offer().status is OfferStatus.ASSIGNED


def test_the_entry_tells_the_owner_the_amount_and_the_names(there: Response) -> None:
    there.promise(30)
    (entry,) = there.entries("allocation.made")
    assert entry.user_id == there.cast.sam.id
    assert entry.event_id == there.event
    assert entry.facts["quantity"] == "30"
    assert entry.facts["unit"] == "sandbags"
    assert entry.facts["title"] == "Cellar flooded"


@pytest.mark.parametrize("who", ["sam", "sue"])
def test_a_volunteer_may_not_even_with_their_own_offer(there: Response, who: str) -> None:
    answer = getattr(there.cast, who).post(path(there), amounts(there, "30"))
    assert answer.status_code == 403
    assert there.allocations() == []


def test_a_stranger_is_sent_to_sign_in_or_refused(there: Response) -> None:
    assert there.cast.stranger.get(path(there)).status_code == 302
    assert there.cast.stranger.post(path(there), data=amounts(there, "1")).status_code == 403
    assert there.allocations() == []


def test_more_than_is_left_is_refused_and_says_what_is_left(there: Response) -> None:
    need = there.add_need(quantity=1000)
    there.promise(97, need_id=need)
    answer = there.cast.vic.post(f"/needs/{need}/allocate", amounts(there, "4"))
    assert answer.status_code == 409
    assert "Only 3 of 100 sandbags are left on this offer." in answer.get_data(as_text=True)
    assert there.the_offer().allocated == 97


def test_the_refusal_carries_what_is_left_and_missing(there: Response) -> None:
    there.promise(30)
    with there.app.app_context(), pytest.raises(NotEnough) as refusal:
        service.allocate(there.cast.vic.actor, need_id=there.need, offer_id=there.offer, quantity=11)
    assert refusal.value.facts == {"left": Decimal(70), "missing": Decimal(10)}


def test_more_than_is_missing_is_refused_unless_chosen(there: Response) -> None:
    answer = there.cast.vic.post(path(there), amounts(there, "41"))
    assert answer.status_code == 409
    assert "Only 40 of 40 sandbags are missing on this need." in answer.get_data(as_text=True)
    assert there.allocations() == []
    chosen = there.cast.vic.post(path(there), amounts(there, "41") | {"oversupply": "y"})
    assert chosen.status_code == 303
    assert there.the_need().oversupplied
    assert there.entries("allocation.made")[0].facts["oversupply"] is True


def test_the_choice_counts_once_and_not_for_the_next_click(there: Response) -> None:
    there.cast.vic.post(path(there), amounts(there, "41") | {"oversupply": "y"})
    assert there.cast.vic.post(path(there), amounts(there, "1")).status_code == 409
    assert there.the_need().allocated == 41


@pytest.mark.parametrize(
    "typed", ["-1", "−1", "0.5", "1e3", "NaN", "inf", "1000000000000", "1,000", "ten", "1.2345", "+5", "0x10"]
)
def test_an_amount_that_cannot_be_is_refused_with_words_and_kept(there: Response, typed: str) -> None:
    answer = there.cast.vic.post(path(there), amounts(there, typed))
    assert answer.status_code == 422
    assert "Write " in answer.get_data(as_text=True)
    assert f'value="{typed}"' in answer.get_data(as_text=True)
    assert there.allocations() == []


def test_nothing_chosen_is_refused(there: Response) -> None:
    answer = there.cast.vic.post(path(there), amounts(there, "0"))
    assert answer.status_code == 422
    assert "at least one offer" in answer.get_data(as_text=True)


def test_arabic_digits_are_digits(there: Response) -> None:
    assert there.cast.vic.post(path(there), amounts(there, "٣٠")).status_code == 303
    assert there.the_need().allocated == 30


def test_units_must_agree(there: Response) -> None:
    pallets = there.add_offer(unit="pallets", quantity=3)
    answer = there.cast.vic.post(path(there), {f"offer-{pallets}": "1"})
    assert answer.status_code == 422
    assert "Units must agree" in answer.get_data(as_text=True)


@pytest.mark.parametrize("step", ["withdraw", "out-of-service"])
def test_an_offer_that_is_gone_is_refused(there: Response, step: str) -> None:
    assert there.cast.sam.post(f"/offers/{there.offer}/{step}").status_code == 303
    assert there.cast.vic.post(path(there), amounts(there, "1")).status_code == 409
    assert there.the_need().allocated == 0


def test_an_offer_outside_its_time_is_refused_unless_the_need_is_inside_it(there: Response) -> None:
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    later = there.add_offer(available_from=tomorrow)
    assert there.cast.vic.post(path(there), {f"offer-{later}": "1"}).status_code == 409
    need = there.add_need(needed_by=tomorrow + timedelta(hours=2))
    answer = there.cast.vic.post(f"/needs/{need}/allocate", {f"offer-{later}": "1"})
    assert answer.status_code == 303


def test_an_offer_that_has_ended_is_refused(there: Response) -> None:
    ended = there.add_offer(available_until=datetime.now(UTC) - timedelta(minutes=1))
    assert there.cast.vic.post(path(there), {f"offer-{ended}": "1"}).status_code == 409


def test_a_cancelled_need_is_refused(there: Response) -> None:
    there.cast.vic.post(f"/needs/{there.need}/cancel", {"reason": "the rain stopped"})
    assert there.cast.vic.post(path(there), amounts(there, "1")).status_code == 409
    assert there.allocations() == []


def test_a_closed_event_is_refused(there: Response) -> None:
    with there.app.app_context():
        close(there.cast.ada.actor, event_id=there.event, note="over")
    assert there.cast.vic.post(path(there), amounts(there, "1")).status_code == 409
    assert there.allocations() == []


@pytest.mark.parametrize("number", ["999999", "99999999999999999999", "x"])
def test_an_unknown_need_or_offer_is_refused(there: Response, number: str) -> None:
    assert there.cast.vic.post(f"/needs/{number}/allocate", amounts(there, "1")).status_code == 404
    answer = there.cast.vic.post(path(there), {f"offer-{number}": "1"})
    assert answer.status_code in (404, 422)
    assert there.allocations() == []


def test_several_offers_at_once(there: Response) -> None:
    other = there.add_offer(quantity=5)
    answer = there.cast.vic.post(path(there), amounts(there, "30") | {f"offer-{other}": "5"})
    assert answer.status_code == 303
    assert there.the_need().allocated == 35
    assert len(there.entries("allocation.made")) == 2


@both_databases
def test_of_several_offers_all_are_promised_or_none(there: Response) -> None:
    other = there.add_offer(quantity=5)
    answer = there.cast.vic.post(path(there), amounts(there, "30") | {f"offer-{other}": "6"})
    assert answer.status_code == 409
    assert there.allocations() == []
    assert (there.the_need().allocated, there.the_offer().allocated) == (0, 0)
    assert there.entries("allocation.made") == []


def test_a_double_tap_promises_once_and_answers_the_same(there: Response) -> None:
    form = amounts(there, "10") | {"command_id": str(uuid.uuid4())}
    first, second = (there.cast.vic.post(path(there), form) for _ in range(2))
    assert (first.status_code, first.location) == (second.status_code, second.location)
    assert [a.quantity for a in there.allocations()] == [10]


def test_the_form_ranks_the_offers_and_fills_in_what_is_missing(there: Response) -> None:
    far = there.add_offer(name="far away", latitude=57.0, longitude=10.0)
    near = there.add_offer(name="next door", latitude=55.671, longitude=12.551)
    related = there.add_offer("supplies", name="mixed goods", unit="pieces", quantity=9)
    page = there.cast.vic.get(path(there)).get_data(as_text=True)
    assert page.index(f'id="offer-{near}"') < page.index(f'id="offer-{far}"')
    assert page.index(f'id="offer-{far}"') < page.index(f'id="offer-{there.offer}"')
    assert f'id="offer-{related}"' not in page
    assert f'name="offer-{near}" value="40"' in page
    assert "/events/" in page


def test_without_htmx_it_is_a_page_and_with_htmx_a_panel(there: Response) -> None:
    whole = there.cast.vic.get(path(there)).get_data(as_text=True)
    part = there.cast.vic.get(path(there), headers={"HX-Request": "true"}).get_data(as_text=True)
    assert "<html" in whole
    assert "<html" not in part
    assert "panel-head" in part
