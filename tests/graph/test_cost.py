"""What a query costs the database: statements do not grow with what is found, and all read one snapshot."""

import pytest
from flask import Flask

from tests.api.caller import Programs
from tests.conftest import both_databases
from tests.graph.asker import data
from tests.people import Cast
from tests.statements import statements
from webapp import journal
from webapp.accounts.models import UserSkill
from webapp.events import service as events
from webapp.events.models import Event
from webapp.extensions import db
from webapp.journal import SYSTEM, Actor
from webapp.resources import service as resources
from webapp.resources.models import ResourceType
from webapp.volunteers import service as volunteers

# The issue's: under 8, with the one that finds out who asks.
MOST = 7
QUERY = """query($n: Int!) {
  events(first: $n) { nodes {
    id title status reportedBy { name }
    needs(first: 5) { name quantity unit
      allocations(first: 5) { quantity status offer { name owner { name } } } }
    people(first: 5) { name status user { name role } } } } }"""


@journal.command
def fill(actor: Actor, *, count: int, type_id: int, offer_id: int, people: list[int]) -> None:
    """So many events, each with two needs, a promise and two people."""
    for n in range(count):
        event = events.open_event(actor, title=f"Event {n}")
        for name in ("Pumps", "More pumps"):
            need = resources.add_need(
                actor, event_id=event.id, resource_type_id=type_id, name=name, quantity=2, unit="pumps"
            )
        resources.allocate(actor, need_id=need.id, offer_id=offer_id, quantity=1)
        for user_id in people:
            volunteers.assign(actor, user_id=user_id, event_id=event.id)


def filled(app: Flask, cast: Cast, count: int) -> None:
    with app.app_context():
        kind = db.session.execute(db.select(ResourceType.id).where(ResourceType.code == "equipment.pump"))
        type_id = kind.scalar_one()
        offer = resources.make_offer(
            cast.sue.actor, resource_type_id=type_id, name="Pumps", quantity=500, unit="pumps"
        )
        people = [cast.sam.id, cast.sue.id]
        fill(cast.ada.actor, count=count, type_id=type_id, offer_id=offer.id, people=people)


@pytest.mark.slow
@both_databases
def test_fifty_events_with_needs_promises_and_people_stay_under_eight_statements(
    app: Flask, cast: Cast, programs: Programs
) -> None:
    filled(app, cast, 50)
    data(programs.vic, QUERY, n=1)
    with statements(app) as few:
        data(programs.vic, QUERY, n=2)
    with statements(app) as seen:
        nodes = data(programs.vic, QUERY, n=50)["events"]["nodes"]
    assert len(seen) == len(few) <= MOST, "\n".join(seen)
    assert len(nodes) == 50
    for node in nodes:
        assert node["reportedBy"] == {"name": "Ada Authority"}
        assert [need["name"] for need in node["needs"]] == ["Pumps", "More pumps"]
        assert [len(need["allocations"]) for need in node["needs"]] == [0, 1]
        assert node["needs"][1]["allocations"][0]["offer"]["owner"] == {"name": "Sue Volunteer"}
        assert [it["user"]["name"] for it in node["people"]] == ["Sam Volunteer", "Sue Volunteer"]


@both_databases
def test_a_list_of_each_is_cut_by_the_database(app: Flask, cast: Cast, programs: Programs) -> None:
    filled(app, cast, 3)
    query = "{ events { nodes { needs(first: 1) { name } people(first: 1) { name } } } }"
    with statements(app) as seen:
        nodes = data(programs.vic, query)["events"]["nodes"]
    assert [(len(it["needs"]), len(it["people"])) for it in nodes] == [(1, 1)] * 3
    assert any("row_number() OVER" in sql for sql in seen)


OTHERS = {
    "{ needs { nodes { event { title } resourceType { name } allocations { id } } } }": 5,
    "{ offers { nodes { owner { name skills } resourceType { name } allocations { need { name } } } } }": 6,
    "{ allocations { nodes { need { name } offer { owner { name } } event { title } } } }": 5,
    "{ assignments { nodes { user { name skills } event { title } } } }": 4,
    "{ devices { nodes { owner { name } } } }": 2,
    "{ journal { nodes { actor { name } user { name } event { title } } } }": 4,
    "{ users { nodes { name skills } } }": 3,
}


@both_databases
def test_other_lists_cost_a_statement_for_each_kind_of_thing(
    app: Flask, cast: Cast, programs: Programs
) -> None:
    filled(app, cast, 3)
    for query, most in OTHERS.items():
        with statements(app) as seen:
            data(programs.vic, query)
        assert len(seen) <= most, "\n".join([query, *seen])


@both_databases
def test_all_of_an_answer_is_read_from_one_snapshot(app: Flask, cast: Cast, programs: Programs) -> None:
    """Somebody adds a need between the statements of a query: either all of it is seen, or nothing."""
    from sqlalchemy import event

    filled(app, cast, 1)
    with app.app_context():
        engine, event_id = db.engine, db.session.execute(db.select(Event.id)).scalar_one()
    type_id = data(programs.vic, "{ resourceTypes { id code } }")["resourceTypes"]
    pump = next(int(kind["id"]) for kind in type_id if kind["code"] == "equipment.pump")
    done: list[int] = []

    def meanwhile(_conn: object, _cursor: object, sql: str, *_more: object) -> None:
        if done or "need" not in sql or "row_number" not in sql:
            return
        done.append(1)
        import threading

        def add() -> None:
            with app.app_context():
                resources.add_need(
                    SYSTEM, event_id=event_id, resource_type_id=pump, name="Late", quantity=1, unit="pumps"
                )

        other = threading.Thread(target=add)
        other.start()
        other.join()

    event.listen(engine, "before_cursor_execute", meanwhile)
    try:
        (node,) = data(programs.vic, "{ events { nodes { needsTotal needs { name } } } }")["events"]["nodes"]
    finally:
        event.remove(engine, "before_cursor_execute", meanwhile)
    assert done
    assert (node["needsTotal"], len(node["needs"])) == (2, 2)
    (after,) = data(programs.vic, "{ events { nodes { needsTotal needs { name } } } }")["events"]["nodes"]
    assert (after["needsTotal"], len(after["needs"])) == (3, 3)


def test_skills_come_by_name(app: Flask, cast: Cast, programs: Programs) -> None:
    with app.app_context(), db.engine.begin() as connection:
        for name in ("truck", "first aid"):
            connection.execute(
                db.insert(UserSkill.__table__).values(user_id=cast.sam.id, name=name, version=1)
            )
    assert data(programs.sam, "{ me { user { skills } } }") == {
        "me": {"user": {"skills": ["first aid", "truck"]}}
    }
