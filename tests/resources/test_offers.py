"""Offers: made by anybody for themselves, edited and withdrawn by their owner or a coordinator."""

import uuid

import pytest

from tests.conftest import both_databases
from tests.resources.conftest import Response
from webapp.resources import service
from webapp.resources.models import Offer, OfferStatus


def form(there: Response, **fields: str) -> dict[str, str]:
    given = {
        "resource_type_id": str(there.kind("vehicle.truck")),
        "name": "my van",
        "quantity": "1",
        "unit": "",
        "place_name": "Vesterbro",
        "latitude": "55,67",
        "longitude": "12.55",
    }
    return given | fields


def edited(there: Response, **fields: str) -> dict[str, str]:
    offer = there.the_offer()
    given = {
        "resource_type_id": str(offer.resource_type_id),
        "name": offer.name,
        "quantity": str(offer.quantity),
        "unit": offer.unit,
        "place_name": offer.place_name,
        "version": str(offer.version),
    }
    return given | fields


@both_databases
def test_a_volunteer_offers_what_they_have_and_owns_it(there: Response) -> None:
    answer = there.cast.sue.post("/offers/new", form(there))
    assert answer.status_code == 303
    made: Offer = there.the_offer(there.offer + 1)
    assert (made.owner_id, made.unit, made.latitude) == (there.cast.sue.id, "vehicles", 55.67)
    assert there.entries("offer.made")[-1].user_id == there.cast.sue.id
    assert there.cast.sue.get(answer.location).status_code == 200


def test_nobody_offers_in_anothers_name_by_a_field_that_the_form_does_not_have(there: Response) -> None:
    there.cast.sue.post("/offers/new", form(there, owner_id=str(there.cast.sam.id)))
    assert there.the_offer(there.offer + 1).owner_id == there.cast.sue.id


def test_a_coordinator_may_write_down_anothers_offer_and_a_volunteer_may_not(there: Response) -> None:
    given = {"resource_type_id": there.kind("vehicle.car"), "name": "car", "quantity": 1, "unit": "vehicles"}
    with there.app.app_context():
        made = service.make_offer(there.cast.vic.actor, owner_id=there.cast.sue.id, **given)
        assert made.owner_id == there.cast.sue.id
        with pytest.raises(Exception, match="what is yours"):
            service.make_offer(there.cast.sue.actor, owner_id=there.cast.sam.id, **given)


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("name", "", "Write what it is"),
        ("quantity", "0", "above zero"),
        ("quantity", "0.5", "vehicles are counted"),
        ("quantity", "Infinity", "as a number"),
        ("unit", "litres", "are given in vehicles"),
        ("latitude", "91", "from −90 to 90"),
        ("latitude", "nan", "as a number"),
        ("longitude", "181", "from −180 to 180"),
        ("longitude", "", "or neither"),
        ("latitude", "north", "as a number"),
        ("resource_type_id", "0", "from the list"),
        ("available_from", "tomorrow", "a date and a time"),
    ],
)
def test_a_value_that_cannot_be_is_refused_with_words(
    there: Response, field: str, typed: str, said: str
) -> None:
    answer = there.cast.sue.post("/offers/new", form(there, **{field: typed}))
    assert answer.status_code == 422
    assert said in answer.get_data(as_text=True)
    assert "my van" in answer.get_data(as_text=True) or field == "name"


def test_the_end_must_be_after_the_beginning(there: Response) -> None:
    window = {"available_from": "2026-12-02T10:00", "available_until": "2026-12-02T09:00"}
    assert there.cast.sue.post("/offers/new", form(there, **window)).status_code == 422


def test_a_double_tap_makes_one_offer(there: Response) -> None:
    twice = form(there, command_id=str(uuid.uuid4()))
    first, second = (there.cast.sue.post("/offers/new", twice) for _ in range(2))
    assert first.location == second.location
    assert len(there.entries("offer.made")) == 2  # Sam's and this one


@pytest.mark.parametrize("path", ["", "/edit"])
def test_another_volunteer_does_not_see_it(there: Response, path: str) -> None:
    assert there.cast.sue.get(f"/offers/{there.offer}{path}").status_code == 404


@pytest.mark.parametrize("step", ["edit", "withdraw", "out-of-service", "back-in-service"])
def test_another_volunteer_cannot_change_it(there: Response, step: str) -> None:
    answer = there.cast.sue.post(f"/offers/{there.offer}/{step}", edited(there, name="mine now"))
    assert answer.status_code == 404
    offer = there.the_offer()
    assert (offer.name, offer.status) == ("bags", OfferStatus.AVAILABLE)


@pytest.mark.parametrize("step", ["edit", "withdraw"])
def test_a_stranger_is_refused(there: Response, step: str) -> None:
    assert there.cast.stranger.get(f"/offers/{there.offer}").status_code == 302
    assert there.cast.stranger.post(f"/offers/{there.offer}/{step}").status_code == 403


@pytest.mark.parametrize("who", ["sam", "vic", "ada"])
def test_the_owner_and_coordinators_edit_it(there: Response, who: str) -> None:
    answer = getattr(there.cast, who).post(f"/offers/{there.offer}/edit", edited(there, name="new bags"))
    assert answer.status_code == 303
    assert there.the_offer().name == "new bags"


def test_an_edit_below_what_is_promised_is_refused_with_the_number(there: Response) -> None:
    there.promise(30)
    answer = there.cast.sam.post(f"/offers/{there.offer}/edit", edited(there, quantity="29"))
    assert answer.status_code == 422
    assert "30 sandbags are promised" in answer.get_data(as_text=True)
    assert there.the_offer().quantity == 100


def test_an_edit_down_to_what_is_promised_makes_it_assigned(there: Response) -> None:
    there.promise(30)
    there.cast.sam.post(f"/offers/{there.offer}/edit", edited(there, quantity="30"))
    assert there.the_offer().status is OfferStatus.ASSIGNED
    there.cast.sam.post(f"/offers/{there.offer}/edit", edited(there, quantity="31"))
    assert there.the_offer().status is OfferStatus.AVAILABLE


def test_a_stale_edit_asks_which_values_to_keep(there: Response) -> None:
    seen = edited(there)
    there.cast.vic.post(f"/offers/{there.offer}/edit", edited(there, name="wet bags"))
    answer = there.cast.sam.post(f"/offers/{there.offer}/edit", seen | {"name": "dry bags"})
    assert answer.status_code == 409
    assert there.the_offer().name == "wet bags"


def test_withdrawing_is_for_good(there: Response) -> None:
    assert there.cast.sam.post(f"/offers/{there.offer}/withdraw").status_code == 303
    assert there.the_offer().status is OfferStatus.WITHDRAWN
    assert there.cast.sam.post(f"/offers/{there.offer}/withdraw").status_code == 409
    assert there.cast.sam.post(f"/offers/{there.offer}/back-in-service").status_code == 409
    assert there.cast.sam.post(f"/offers/{there.offer}/edit", edited(there, name="x")).status_code == 409


def test_withdrawing_what_is_promised_is_refused_with_the_number(there: Response) -> None:
    there.promise(30)
    answer = there.cast.sam.post(f"/offers/{there.offer}/withdraw")
    assert answer.status_code == 409
    assert "30 sandbags of this are promised" in answer.get_data(as_text=True)
    assert there.the_offer().status is OfferStatus.AVAILABLE


def test_out_of_service_and_back(there: Response) -> None:
    there.cast.sam.post(f"/offers/{there.offer}/out-of-service")
    assert there.the_offer().status is OfferStatus.OUT_OF_SERVICE
    there.cast.sam.post(f"/offers/{there.offer}/back-in-service")
    assert there.the_offer().status is OfferStatus.AVAILABLE


def test_looking_changes_nothing(there: Response) -> None:
    assert there.cast.sam.get(f"/offers/{there.offer}/withdraw").status_code == 405
    assert there.the_offer().status is OfferStatus.AVAILABLE


def test_a_volunteers_list_has_only_their_own_with_where_each_piece_is(there: Response) -> None:
    there.promise(30)
    mine = there.cast.sam.get("/offers").get_data(as_text=True)
    assert f'id="offer-{there.offer}"' in mine
    assert "for Cellar flooded" in mine
    assert f'id="offer-{there.offer}"' not in there.cast.sue.get("/offers").get_data(as_text=True)
    assert f'id="offer-{there.offer}"' in there.cast.vic.get("/offers").get_data(as_text=True)
    assert f'id="offer-{there.offer}"' not in there.cast.vic.get("/offers?mine=1").get_data(as_text=True)


def test_filters_and_cursors_that_nobody_gave_change_nothing(there: Response) -> None:
    for query in ("before=x", "status=lost", "type=99999999999999999999", "before=-1", "mine=2"):
        assert there.cast.vic.get(f"/offers?{query}").status_code == 200


def test_the_list_goes_on_by_key(there: Response) -> None:
    for _ in range(50):
        there.add_offer()
    first = there.cast.vic.get("/offers").get_data(as_text=True)
    assert f'id="offer-{there.offer}"' not in first
    assert f"before={there.offer + 1}" in first
    rest = there.cast.vic.get(f"/offers?before={there.offer + 1}").get_data(as_text=True)
    assert f'id="offer-{there.offer}"' in rest


def test_an_offers_position_says_how_exact_it_is(there: Response) -> None:
    cast, offer = there.cast, there.offer
    made = cast.sue.post("/offers/new", form(there)).location
    assert there.the_offer(offer + 1).location_precision == "exact"
    with there.app.app_context():
        given = {"latitude": 55.6, "longitude": 12.5, "location_precision": "town"}
        service.edit_offer(cast.sue.actor, offer_id=offer + 1, seen_version=None, **given)
    assert "town centre, not exact" in cast.sue.get(made).get_data(as_text=True)
    there.offer = offer + 1
    same = {"latitude": "55.6", "longitude": "12.5"}
    cast.sue.post(f"{made}/edit", edited(there, **same, name="our van"))
    assert (there.the_offer().name, there.the_offer().location_precision) == ("our van", "town")
    cast.sue.post(f"{made}/edit", edited(there, **same | {"latitude": "55.61"}))
    assert there.the_offer().location_precision == "exact"
