"""Which offer suits a need best: its type, then enough of it, then distance, then who waits longest."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event

from tests.conftest import both_databases
from tests.resources.conftest import Response
from webapp.extensions import db
from webapp.resources import queries
from webapp.resources.matching import best_match, ranked


def names(there: Response, need: int | None = None) -> list[str]:
    with there.app.app_context():
        return [match.name for match in ranked([need or there.need], 20)]


@both_databases
def test_enough_comes_before_near_and_near_before_far_and_old_before_new(there: Response) -> None:
    there.add_offer(name="near but few", quantity=5, latitude=55.671, longitude=12.551)
    there.add_offer(name="near", latitude=55.68, longitude=12.55)
    there.add_offer(name="far", latitude=57, longitude=10)
    there.add_offer(name="as far, later", latitude=57, longitude=10)
    assert names(there) == ["near", "far", "as far, later", "bags", "near but few"]


def test_the_same_type_comes_before_the_type_above_it(there: Response) -> None:
    need = there.add_need("equipment.pump", unit="pieces", quantity=2)
    there.add_offer("equipment", name="machines", unit="pieces", latitude=55.67, longitude=12.55)
    there.add_offer("equipment.pump", name="a pump", unit="pieces", quantity=1)
    there.add_offer("equipment.tool", name="a spade", unit="pieces", quantity=1)
    assert names(there, need) == ["a pump", "machines"]


def test_a_need_of_a_whole_branch_takes_what_is_below_it(there: Response) -> None:
    need = there.add_need("equipment", unit="pieces", quantity=2)
    there.add_offer("equipment.pump", name="a pump", unit="pieces", quantity=1)
    assert names(there, need) == ["a pump"]


def test_other_units_and_what_is_promised_gone_or_not_in_time_do_not_suit(there: Response) -> None:
    there.cast.sam.post(f"/offers/{there.offer}/out-of-service")
    there.add_offer(name="by the pallet", unit="pallets", quantity=1)
    there.add_offer(name="over", available_until=datetime.now(UTC) - timedelta(hours=1))
    there.add_offer(name="next week", available_from=datetime.now(UTC) + timedelta(days=7))
    all_promised = there.add_offer(name="promised", quantity=5)
    there.promise(5, offer_id=all_promised)
    assert names(there) == []


def test_distance_is_measured_across_the_180th_meridian(there: Response) -> None:
    there.event = there.add_event(latitude=-16.8, longitude=179.9)
    need = there.add_need()
    there.add_offer(name="Fiji east", latitude=-16.8, longitude=-179.9)
    there.add_offer(name="Copenhagen", latitude=55.7, longitude=12.5)
    with there.app.app_context():
        best = ranked([need], 1)[0]
    assert best.name == "Fiji east"
    assert best.km == pytest.approx(21.3, abs=0.5)


@both_databases
def test_the_best_of_every_need_on_the_board_takes_one_statement(there: Response) -> None:
    needs = [there.need, *(there.add_need(quantity=n) for n in (1, 2, 3))]
    said: list[str] = []
    with there.app.app_context():
        engine = db.engine
        event.listen(engine, "before_cursor_execute", lambda *given: said.append(given[2].split()[0]))
        best = best_match(needs)
        assert {need: match.offer_id for need, match in best.items()} == dict.fromkeys(needs, there.offer)
        assert said.count("SELECT") == 1
        said.clear()
        assert len(queries.board_needs()) == 4
        assert said.count("SELECT") == 2


def test_the_page_ranks_the_offers_for_the_need_that_was_picked(there: Response) -> None:
    near = there.add_offer(name="next door", latitude=55.671, longitude=12.551)
    page = there.cast.vic.get(f"/resources?need={there.need}").get_data(as_text=True)
    assert page.index(f'id="offer-{near}"') < page.index(f'id="offer-{there.offer}"')
    assert "130 m" in page or "120 m" in page


def test_the_page_keeps_one_type_with_its_kinds_and_counts_what_is_unmet(there: Response) -> None:
    there.add_need("supplies.water", unit="litres", name="clean water")
    there.add_need("equipment.pump", unit="pumps", name="diesel pumps")
    supplies = there.kind("supplies")
    page = there.cast.vic.get(f"/resources?type={supplies}").get_data(as_text=True)
    assert "clean water" in page
    assert "filled bags" in page
    assert "diesel pumps" not in page
    assert "Supplies <b>2</b>" in page


def test_needs_of_closed_events_and_met_ones_are_not_on_the_page(there: Response) -> None:
    there.promise(40)
    assert "filled bags" not in there.cast.vic.get("/resources").get_data(as_text=True)


@pytest.mark.parametrize("who", ["sam", "sue"])
def test_the_page_is_for_coordinators(there: Response, who: str) -> None:
    assert getattr(there.cast, who).get("/resources").status_code == 403
    assert there.cast.stranger.get("/resources").status_code == 302


@pytest.mark.parametrize(
    "query",
    ["type=0", "type=99999999999999999999", "need=x", "need=999999", "after=1", "after=a-b", "before=-"],
)
def test_addresses_that_nobody_gave_show_the_first_page(there: Response, query: str) -> None:
    answer = there.cast.vic.get(f"/resources?{query}")
    assert answer.status_code == 200
    assert "filled bags" in answer.get_data(as_text=True)


def test_the_list_goes_on_by_key_most_urgent_first(there: Response) -> None:
    urgent = there.add_need(priority=1)
    for _ in range(50):
        there.add_need()
    page = there.cast.vic.get("/resources").get_data(as_text=True)
    assert page.index(f'id="list-need-{urgent}"') < page.index(f'id="list-need-{there.need}"')
    last = urgent + 48
    assert f'after=3-{last}"' in page
    rest = there.cast.vic.get(f"/resources?after=3-{last}").get_data(as_text=True)
    assert f'id="list-need-{last + 1}"' in rest
    assert f'id="list-need-{last}"' not in rest


def test_the_page_asks_the_database_as_often_for_fifty_needs_as_for_one(there: Response) -> None:
    def statements() -> int:
        said: list[str] = []

        def listen(*given: object) -> None:
            said.append(str(given[2]).split()[0])

        with there.app.app_context():
            engine = db.engine
        event.listen(engine, "before_cursor_execute", listen)
        assert there.cast.vic.get("/resources").status_code == 200
        event.remove(engine, "before_cursor_execute", listen)
        return said.count("SELECT")

    few = statements()
    for _ in range(20):
        there.promise(1, need_id=there.add_need(), offer_id=there.add_offer())
    assert statements() == few <= 10


def test_the_list_of_unmet_needs_is_read_by_key_and_never_sorted(there: Response) -> None:
    plans: list[str] = []

    def explain(connection: Any, cursor: Any, statement: str, given: Any, *_more: object) -> None:
        if "FROM need" in statement and "event.status_rank" in statement:
            plans.append(
                str(connection.connection.execute(f"EXPLAIN QUERY PLAN {statement}", given).fetchall())
            )

    with there.app.app_context():
        event.listen(db.engine, "before_cursor_execute", explain)
        queries.unmet_needs(30)
        queries.unmet_needs(30, after=(3, 44))
    assert len(plans) == 2
    assert all("ix_need_unmet" in plan and "TEMP B-TREE" not in plan for plan in plans), plans
