"""Needs: written, edited and cancelled by coordinators on active events; never below what is promised."""

import re
import uuid
from decimal import Decimal

import pytest

from tests.conftest import both_databases
from tests.resources.conftest import Response
from webapp.events.service import close, report_event
from webapp.resources.models import AllocationStatus, Need, NeedStatus


def form(there: Response, **fields: str) -> dict[str, str]:
    kind = str(there.kind("supplies.water"))
    given = {"resource_type_id": kind, "name": "water", "quantity": "2.5", "unit": "litres", "priority": "2"}
    return given | fields


def new(there: Response) -> str:
    return f"/events/{there.event}/needs/new"


@both_databases
def test_a_coordinator_writes_a_need_and_the_event_counts_it(there: Response) -> None:
    answer = there.cast.vic.post(new(there), form(there))
    assert answer.status_code == 303
    made = there.the_need(there.need + 1)
    assert (made.name, str(made.quantity), made.unit, made.priority) == ("water", "2.5", "litres", 2)
    assert made.status is NeedStatus.OPEN
    assert (there.the_event().needs_total, there.the_event().needs_unmet) == (2, 2)
    assert there.entries("need.added")[-1].facts["title"] == "Cellar flooded"


def test_an_empty_unit_is_the_usual_one_of_the_type(there: Response) -> None:
    there.cast.vic.post(new(there), form(there, unit=""))
    assert there.the_need(there.need + 1).unit == "litres"


@pytest.mark.parametrize("who", ["sam", "sue"])
def test_a_volunteer_may_not(there: Response, who: str) -> None:
    person = getattr(there.cast, who)
    assert person.get(new(there)).status_code == 403
    assert person.post(new(there), form(there)).status_code == 403
    assert person.post(f"/needs/{there.need}/edit", form(there)).status_code == 403
    assert person.post(f"/needs/{there.need}/cancel", {"reason": "no"}).status_code == 403
    assert there.the_event().needs_total == 1


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("name", "   ", "Write what it is"),
        ("name", "x" * 201, "at most 200"),
        ("quantity", "", "Write how many"),
        ("quantity", "0", "above zero"),
        ("quantity", "-1", "above zero"),
        ("quantity", "1000000000000", "at most 1000000"),
        ("quantity", "NaN", "as a number"),
        ("quantity", "1e3", "as a number"),
        ("quantity", "1.000", "Write 1000 or 1:"),
        ("quantity", "10,000", "Write 10000 or 10:"),
        ("quantity", "1.2345", "three decimals"),
        ("unit", "pumps", "are given in litres"),
        ("priority", "9", "from 1 (highest) to 5"),
        ("resource_type_id", "999999", "from the list"),
        ("resource_type_id", "", "from the list"),
        ("needed_by", "31 December", "a date and a time"),
        ("needed_by", "9999-12-31T23:59", "ten years"),
        ("description", "x" * 10_001, "at most 10000"),
        ("command_id", "7", "damaged"),
    ],
)
def test_a_value_that_cannot_be_is_refused_with_words(
    there: Response, field: str, typed: str, said: str
) -> None:
    answer = there.cast.vic.post(new(there), form(there, **{field: typed}))
    assert answer.status_code == 422
    assert said in answer.get_data(as_text=True)
    assert there.the_event().needs_total == 1


def test_counted_units_take_whole_numbers_only(there: Response) -> None:
    pump = str(there.kind("equipment.pump"))
    half = form(there, resource_type_id=pump, unit="pumps", quantity="0.5")
    answer = there.cast.vic.post(new(there), half)
    assert answer.status_code == 422
    assert "pumps are counted" in answer.get_data(as_text=True)


def test_a_double_tap_writes_one_need(there: Response) -> None:
    twice = form(there, command_id=str(uuid.uuid4()))
    answers = [there.cast.vic.post(new(there), twice).status_code for _ in range(2)]
    assert answers == [303, 303]
    assert there.the_event().needs_total == 2


def test_an_event_that_is_not_active_takes_no_needs(there: Response) -> None:
    with there.app.app_context():
        pending = report_event(there.cast.sam.actor, title="Smoke").id
        close(there.cast.ada.actor, event_id=there.event, note="over")
    assert there.cast.vic.post(f"/events/{pending}/needs/new", form(there)).status_code == 409
    assert there.cast.vic.post(new(there), form(there)).status_code == 409
    assert there.cast.vic.post("/events/99999/needs/new", form(there)).status_code == 404


def edited(there: Response, **fields: str) -> dict[str, str]:
    need = there.the_need()
    given = {
        "resource_type_id": str(need.resource_type_id),
        "name": need.name,
        "quantity": str(need.quantity),
        "unit": need.unit,
        "priority": str(need.priority),
        "version": str(need.version),
    }
    return given | fields


def test_an_edit_of_the_quantity_moves_the_status(there: Response) -> None:
    there.promise(30)
    path = f"/needs/{there.need}/edit"
    assert there.cast.vic.post(path, edited(there, quantity="30")).status_code == 303
    assert there.the_need().status is NeedStatus.MET
    assert there.the_event().needs_unmet == 0
    assert there.cast.vic.post(path, edited(there, quantity="31")).status_code == 303
    assert there.the_need().status is NeedStatus.PARTLY_MET


def test_an_edit_below_what_is_promised_is_refused_with_the_number(there: Response) -> None:
    there.promise(30)
    answer = there.cast.vic.post(f"/needs/{there.need}/edit", edited(there, quantity="29"))
    assert answer.status_code == 422
    assert "30 sandbags are promised" in answer.get_data(as_text=True)
    assert there.the_need().quantity == 40


def test_the_unit_of_what_is_promised_must_stay(there: Response) -> None:
    there.promise(30)
    answer = there.cast.vic.post(f"/needs/{there.need}/edit", edited(there, unit="pallets"))
    assert answer.status_code == 422
    assert there.the_need().unit == "sandbags"


def test_a_stale_edit_asks_which_values_to_keep(there: Response) -> None:
    seen = edited(there)
    there.cast.vera.post(f"/needs/{there.need}/edit", edited(there, name="filled by the army"))
    answer = there.cast.vic.post(f"/needs/{there.need}/edit", seen | {"name": "filled by us"})
    assert answer.status_code == 409
    page = answer.get_data(as_text=True)
    assert "filled by the army" in page
    assert "filled by us" in page
    assert there.the_need().name == "filled by the army"


def test_an_allocation_in_between_is_no_conflict_with_an_edit(there: Response) -> None:
    seen = edited(there)
    there.promise(10)
    answer = there.cast.vic.post(f"/needs/{there.need}/edit", seen | {"name": "filled bags, now"})
    assert answer.status_code == 303


@both_databases
def test_cancelling_releases_what_is_not_delivered_and_keeps_what_is(there: Response) -> None:
    there.promise(10)
    there.delivered(10)
    answer = there.cast.vic.post(f"/needs/{there.need}/cancel", {"reason": "the rain stopped"})
    assert answer.status_code == 303
    assert there.the_need().status is NeedStatus.CANCELLED
    assert [a.status for a in there.allocations()] == [AllocationStatus.RELEASED, AllocationStatus.DELIVERED]
    assert (there.the_need().allocated, there.the_offer().allocated) == (10, 10)
    assert (there.the_event().needs_total, there.the_event().needs_unmet) == (0, 0)
    assert there.entries("need.cancelled")[0].facts["reason"] == "the rain stopped"


def test_cancelling_asks_for_the_reason_and_happens_once(there: Response) -> None:
    path = f"/needs/{there.need}/cancel"
    assert there.cast.vic.post(path, {"reason": " "}).status_code == 422
    assert there.cast.vic.post(path, {"reason": "no"}).status_code == 303
    assert there.cast.vic.post(path, {"reason": "no"}).status_code == 409
    assert there.cast.vic.post(f"/needs/{there.need}/edit", edited(there, name="x")).status_code == 409


def test_a_volunteer_sees_needs_of_active_events_only_and_no_names_of_owners(there: Response) -> None:
    there.promise(10)
    page = there.cast.sue.get(f"/needs/{there.need}")
    assert page.status_code == 200
    assert "Sam Volunteer" not in page.get_data(as_text=True)
    assert "Depot N" not in page.get_data(as_text=True)
    with there.app.app_context():
        close(there.cast.ada.actor, event_id=there.event, note="over")
    assert there.cast.sue.get(f"/needs/{there.need}").status_code == 404
    assert there.cast.vic.get(f"/needs/{there.need}").status_code == 200


def test_what_the_same_sender_told_before_is_refused(there: Response) -> None:
    there.add_need(source_ref="sheet-1")
    with pytest.raises(Exception, match="here already"):
        there.add_need(source_ref="sheet-1")
    assert isinstance(there.the_need(), Need)


def test_the_event_page_shows_its_needs_with_what_is_promised(there: Response) -> None:
    there.promise(30)
    page = there.cast.vic.get(f"/needs/{there.need}").get_data(as_text=True)
    assert "from bags" in page
    assert "Sam Volunteer" in page


def test_an_amount_with_three_decimals_is_shown_so_that_it_can_be_sent_back(there: Response) -> None:
    need = there.add_need("supplies.water", name="water", quantity=Decimal("2.125"), unit="litres")
    page = there.cast.vic.get(f"/needs/{need}/edit").text
    (shown,) = re.findall(r'<input[^>]*name="quantity"[^>]*value="([^"]*)"', page) or re.findall(
        r'<input[^>]*value="([^"]*)"[^>]*name="quantity"', page
    )
    version = there.the_need(need).version
    answer = there.cast.vic.post(
        f"/needs/{need}/edit", form(there, quantity=shown or "2.1250", version=str(version))
    )
    assert answer.status_code == 303
    assert there.the_need(need).quantity == Decimal("2.125")


def test_the_amount_that_is_proposed_can_be_sent_as_it_is(there: Response) -> None:
    there.add_offer("supplies.water", name="tank", quantity=Decimal("7.125"), unit="litres")
    need = there.add_need("supplies.water", name="water", quantity=Decimal("9.5"), unit="litres")
    page = there.cast.vic.get(f"/needs/{need}/allocate").text
    name, amount = re.findall(r'name="(offer-\d+)" value="([^"]*)"', page)[0]
    assert amount == "7.1250"
    assert there.cast.vic.post(f"/needs/{need}/allocate", {name: amount}).status_code == 303
    assert there.the_need(need).allocated == Decimal("7.125")
