"""Rules of an event's page: who sees it and what on it."""

import pytest
from flask import Flask

from tests.events.making import closed, number_at, opened, reported, stored
from tests.events.test_list import statements
from tests.people import Cast


def test_a_volunteer_sees_an_active_event_and_no_other(app: Flask, cast: Cast) -> None:
    assert cast.sam.get(f"/events/{opened(app, cast.ada)}").status_code == 200
    assert cast.sam.get(f"/events/{closed(app, cast.ada)}").status_code == 404
    assert cast.sam.get(f"/events/{reported(app, cast.sue)}").status_code == 404


@pytest.mark.parametrize("number", ["4711", "0", "-1", "x", "9" * 25])
def test_an_event_that_is_not_there_is_not_found(cast: Cast, number: str) -> None:
    assert cast.ada.get(f"/events/{number}").status_code == 404


def test_a_stranger_is_sent_to_sign_in(app: Flask, cast: Cast) -> None:
    answer = cast.stranger.get(f"/events/{opened(app, cast.ada)}")
    assert answer.status_code == 302


def test_each_sees_the_buttons_that_they_may_press(app: Flask, cast: Cast) -> None:
    event = opened(app, cast.ada)
    steps = ("edit", "close", "verify", "reject", "reopen")

    def offered(page: str) -> set[str]:
        return {step for step in steps if f'href="/events/{event}/{step}"' in page}

    assert offered(cast.ada.get(f"/events/{event}").get_data(as_text=True)) == {"edit", "close"}
    assert offered(cast.vic.get(f"/events/{event}").get_data(as_text=True)) == {"edit"}
    assert offered(cast.sam.get(f"/events/{event}").get_data(as_text=True)) == set()


def test_the_join_code_is_for_coordinators(app: Flask, cast: Cast) -> None:
    event = opened(app, cast.ada)
    code = stored(app, event).join_code
    assert code is not None
    assert code in cast.vic.get(f"/events/{event}").get_data(as_text=True)
    assert code not in cast.sam.get(f"/events/{event}").get_data(as_text=True)


def test_who_reported_it_is_for_coordinators(app: Flask, cast: Cast) -> None:
    event = number_at(cast.sue.post("/events/new", {"title": "Smoke", "priority": "1"}).location)
    cast.ada.post(f"/events/{event}/verify")
    assert "Sue Volunteer" in cast.vic.get(f"/events/{event}").get_data(as_text=True)
    assert "Sue Volunteer" not in cast.sam.get(f"/events/{event}").get_data(as_text=True)


def test_a_larger_event_that_a_volunteer_may_not_see_is_not_named(app: Flask, cast: Cast) -> None:
    whole = opened(app, cast.ada, title="Whole")
    part = opened(app, cast.ada, title="Part", parent_id=whole)
    cast.ada.post(f"/events/{whole}/close", {"note": "Over"})
    assert "Whole" in cast.vic.get(f"/events/{part}").get_data(as_text=True)
    assert "Whole" not in cast.sam.get(f"/events/{part}").get_data(as_text=True)


def test_an_event_with_a_place_opens_in_a_map(app: Flask, cast: Cast) -> None:
    event = opened(app, cast.ada, latitude=55.67, longitude=12.55)
    assert "geo:55.67,12.55" in cast.sam.get(f"/events/{event}").get_data(as_text=True)


def test_what_people_wrote_is_text_and_never_markup(app: Flask, cast: Cast) -> None:
    event = opened(app, cast.ada, title="<script>x</script>", description="<img src=x>", kind="<b>")
    page = cast.vic.get(f"/events/{event}").get_data(as_text=True)
    assert "<script>x" not in page
    assert "<img" not in page


def test_a_page_takes_few_statements(app: Flask, cast: Cast) -> None:
    event = opened(app, cast.ada)
    cast.vic.get(f"/events/{event}")
    with statements(app) as seen:
        assert cast.vic.get(f"/events/{event}").status_code == 200
    assert len(seen) <= 12, seen
