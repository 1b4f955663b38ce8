"""A search has few words, at every door, and ends when its time is over."""

import pytest
from flask import Flask
from sqlalchemy import insert

from tests.api.caller import Programs
from tests.conftest import both_databases, settings_for
from tests.graph.asker import data, refusal
from tests.people import Cast
from webapp.database import utc_now
from webapp.events import service as events
from webapp.events.models import Event, EventStatus
from webapp.extensions import db
from webapp.journal import SYSTEM
from webapp.settings import Settings

EIGHT = "a b c d e f g h"
NINE = EIGHT + " i"
LONG = "x" * 101
GRAPH = (
    ("events", "query($text: String!) { events(text: $text) { nodes { id } } }"),
    ("users", "query($text: String!) { users(text: $text) { nodes { id } } }"),
)


@pytest.fixture
def programs(cast: Cast) -> Programs:
    """A program of each of the cast."""
    return Programs(cast)


@pytest.mark.parametrize("text", [NINE, LONG], ids=["words", "length"])
@pytest.mark.parametrize("path", ["/events", "/people"])
def test_a_page_says_what_is_too_much_beside_what_was_typed(cast: Cast, path: str, text: str) -> None:
    answer = cast.vic.get(path, query_string={"q": text})
    assert answer.status_code == 422
    assert "Search for at most" in answer.text
    assert f'value="{text}"' in answer.text
    assert cast.vic.get(path, query_string={"q": EIGHT}).status_code == 200


def test_who_could_be_asked_is_searched_alike(app: Flask, cast: Cast) -> None:
    with app.app_context():
        event_id = events.open_event(SYSTEM, title="Flood").id
    answer = cast.vic.get(f"/events/{event_id}/assign", query_string={"q": NINE})
    assert answer.status_code == 422
    assert "Search for at most 8 words." in answer.text
    assert cast.vic.get(f"/events/{event_id}/assign", query_string={"q": EIGHT}).status_code == 200


@pytest.mark.parametrize("text", [NINE, LONG], ids=["words", "length"])
@pytest.mark.parametrize("path", ["/events", "/users"])
def test_programs_are_told_the_same(programs: Programs, path: str, text: str) -> None:
    answer = programs.vic.get(path, text=text)
    assert answer.status_code == 422
    assert answer.get_json()["name"]
    assert programs.vic.get(path, text=EIGHT).status_code == 200


@pytest.mark.parametrize("text", [NINE, LONG, "x " * 20_000], ids=["words", "length", "attack"])
@pytest.mark.parametrize(("field", "query"), GRAPH)
def test_so_is_who_asks_the_graph(programs: Programs, field: str, query: str, text: str) -> None:
    found = refusal(programs.vic, query, text=text)
    assert (found["name"], found["statusCode"]) == ("Invalid", 422)
    assert "Search for at most" in found["message"]
    assert data(programs.vic, query, text=EIGHT)[field] == {"nodes": []}


def test_variables_hold_so_many_values(programs: Programs) -> None:
    query = "query($text: [String!]) { events { nodes { id } } }"
    for text in (["x"] * 2000, ["x" * 250_000]):
        assert "Variables hold at most" in refusal(programs.vic, query, text=text)["message"]


class TestTime:
    """A search among many rows, which takes longer than it may."""

    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        """Hardly any time."""
        return settings_for(settings.data_dir, database_url=settings.database_url, search_seconds=0.001)

    @both_databases
    def test_a_search_ends_with_its_time_and_others_go_on(self, app: Flask, programs: Programs) -> None:
        with app.app_context():
            row = {
                "title": "Flood",
                "status": EventStatus.ACTIVE,
                "status_rank": 0,
                "priority": 3,
                "search_text": "flood " * 60,
                "version": 1,
                "created_at": utc_now(),
            }
            first = events.open_event(SYSTEM, title="Flood").id
            known = db.session.get_one(Event, first)
            more = {column.key: getattr(known, column.key) for column in Event.__mapper__.column_attrs}
            del more["id"], more["join_code"]
            db.session.rollback()
            rows = [more | row | {"join_code": f"{n:012}"} for n in range(3000)]
            with db.engine.begin() as connection:
                connection.execute(insert(Event), rows)
        query = {"text": "nowhere to be found"}
        answer = programs.vic.get("/events", **query)
        assert answer.status_code == 503
        assert answer.get_json()["name"] == "TookTooLong"
        assert refusal(programs.vic, GRAPH[0][1], **query)["name"] == "TookTooLong"
        assert programs.vic.get("/events").status_code == 200
        assert programs.cast.vic.get("/events", query_string={"q": "nowhere"}).status_code == 503
        assert programs.cast.vic.get("/events").status_code == 200
