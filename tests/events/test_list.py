"""Rules of the list of events: who sees what, filters as links, paging by key, few statements."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event as sqlalchemy_event

from tests.events.making import opened, reported
from tests.people import Cast, Person
from webapp.events.models import Category
from webapp.extensions import db


@contextmanager
def statements(app: Flask) -> Iterator[list[str]]:
    """The SQL statements that run inside, transaction control left out."""
    seen: list[str] = []

    def note(_conn: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        if not statement.startswith(("BEGIN", "PRAGMA")):
            seen.append(statement)

    with app.app_context():
        engine = db.engine
    sqlalchemy_event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        sqlalchemy_event.remove(engine, "before_cursor_execute", note)


def listed(person: Person, query: str = "") -> list[int]:
    """The numbers of the events on a list, in order."""
    page = person.get(f"/events{query}").get_data(as_text=True)
    return [int(number) for number in re.findall(r'<li id="event-(\d+)"', page)]


def test_active_before_pending_then_by_priority_then_newest(app: Flask, cast: Cast) -> None:
    low, high = opened(app, cast.ada, priority=4), opened(app, cast.ada, priority=1)
    newer, pending = opened(app, cast.ada, priority=4), reported(app, cast.sam, priority=1)
    assert listed(cast.vic) == [high, newer, low, pending]


def test_a_volunteer_sees_active_events_and_their_own_reports(app: Flask, cast: Cast) -> None:
    active, own, other = opened(app, cast.ada), reported(app, cast.sam), reported(app, cast.sue)
    assert listed(cast.sam) == [active, own]
    assert listed(cast.vic) == [active, other, own]


def test_a_stranger_is_sent_to_sign_in_and_back(cast: Cast) -> None:
    answer = cast.stranger.get("/events?priority=1")
    assert answer.status_code == 302
    assert "next=/events" in answer.location


def test_the_list_takes_no_writes(cast: Cast) -> None:
    assert cast.ada.post("/events").status_code == 405


@pytest.mark.parametrize(
    ("query", "titles"),
    [
        ("?status=pending", {"Report"}),
        ("?priority=1", {"Fire"}),
        ("?category=Fire", {"Fire"}),
        ("?q=SCHOOL", {"Fire"}),
        ("?q=school+fire", {"Fire"}),
        ("?q=%25", set()),
        ("?q=_", set()),
        ("?lat=55.67&lon=12.55&km=5", {"Fire"}),
        ("?place=55.67,+12.55&km=5", {"Fire"}),
        ("?status=resolved", set()),
    ],
)
def test_filters_narrow_the_list(app: Flask, cast: Cast, query: str, titles: set[str]) -> None:
    opened(
        app,
        cast.ada,
        title="Fire",
        description="At the School",
        priority=1,
        category=Category.FIRE,
        latitude=55.68,
        longitude=12.55,
    )
    opened(app, cast.ada, title="Flood", latitude=56.0, longitude=12.55)
    reported(app, cast.sam, title="Report")
    page = cast.vic.get(f"/events{query}").get_data(as_text=True)
    assert set(re.findall(r'<h2 class="card-title"><a [^>]*>(\w+)</a>', page)) == titles
    assert ('<ul id="events-filtered" class="card-list" data-live-list data-limit="50"></ul>' in page) is (
        not titles
    )


def test_filters_stay_in_each_others_links(app: Flask, cast: Cast) -> None:
    page = cast.vic.get("/events?status=active&q=flood&km=7").get_data(as_text=True)
    assert "/events?status=active&amp;q=flood&amp;km=7&amp;priority=1" in page
    assert "/events?status=pending&amp;q=flood&amp;km=7" in page


def test_a_near_list_shows_distances_and_leaves_out_the_corners_of_the_box(app: Flask, cast: Cast) -> None:
    near = opened(app, cast.ada, latitude=0.0, longitude=0.08)
    opened(app, cast.ada, title="Corner", latitude=0.08, longitude=0.08)
    page = cast.vic.get("/events?lat=0&lon=0&km=10").get_data(as_text=True)
    assert f'id="event-{near}"' in page
    assert "8.9 km" in page
    assert "Corner" not in page


def test_a_near_list_reaches_across_the_date_line(app: Flask, cast: Cast) -> None:
    over = opened(app, cast.ada, latitude=-17.0, longitude=-179.95)
    assert listed(cast.vic, "?lat=-17&lon=179.95&km=20") == [over]


@pytest.mark.parametrize(
    "query",
    [
        "?status=open",
        "?priority=9",
        "?priority=x",
        "?category=Meteor",
        "?lat=91&lon=0",
        "?lat=nan&lon=0",
        "?lat=1",
        "?lat=x&lon=y",
        "?km=0&lat=1&lon=1",
        "?km=inf&lat=1&lon=1",
        "?place=zzzzqqqqxxxx",
        "?q=" + "x" * 101,
    ],
)
def test_a_filter_that_cannot_be_says_so_and_is_left_out(app: Flask, cast: Cast, query: str) -> None:
    event = opened(app, cast.ada, latitude=1.0, longitude=1.0)
    answer = cast.vic.get(f"/events{query}")
    assert answer.status_code == 422
    assert "left out" in answer.get_data(as_text=True)
    assert f'id="event-{event}"' in answer.get_data(as_text=True)


def test_pages_follow_by_key_and_hold_each_event_once(app: Flask, cast: Cast) -> None:
    made = [opened(app, cast.ada, priority=1 + n % 5) for n in range(53)]
    first = cast.vic.get("/events?status=active").get_data(as_text=True)
    following = re.search(r'href="(/events\?[^"]*after=[^"]*)"', first)
    assert following is not None
    second = listed(cast.vic, following[1].replace("&amp;", "&").removeprefix("/events"))
    assert len(second) == 3
    assert sorted(listed(cast.vic) + second) == made


@pytest.mark.parametrize("cursor", ["x", "9-1-1", "0-9-1", "0-1-0", "0-1-1'--", "0-1-99999999999999999999"])
def test_a_broken_cursor_is_not_found(cast: Cast, cursor: str) -> None:
    assert cast.vic.get("/events", query_string={"after": cursor}).status_code == 404


@pytest.mark.parametrize("query", ["", "?q=flood", "?lat=1&lon=1&km=9", "?status=active&priority=3"])
def test_a_page_takes_at_most_four_statements(app: Flask, cast: Cast, query: str) -> None:
    for _ in range(12):
        opened(app, cast.ada, latitude=1.0, longitude=1.0)
    cast.vic.get("/events")
    with statements(app) as seen:
        assert len(listed(cast.vic, query)) == 12
    assert len(seen) <= 4, seen


def test_an_empty_list_says_what_it_will_hold(cast: Cast) -> None:
    page = cast.ada.get("/events").get_data(as_text=True)
    assert '<ul id="events-list" class="card-list" data-live-list data-limit="50"></ul>' in page
    assert "No events yet" in page


def test_titles_are_text_and_never_markup(app: Flask, cast: Cast) -> None:
    opened(app, cast.ada, title="<script>alert(1)</script>", place_name='"><img src=x>')
    page = cast.vic.get("/events").get_data(as_text=True)
    assert "<script>alert" not in page
    assert "<img" not in page
