"""Rules of editing an event: coordinators while it is active, an authority always; a stale form asks."""

import html
import re
import uuid
from typing import Any

import pytest
from flask import Flask

from tests.events.making import closed, opened, reported, stored, verbs, version
from tests.people import Cast
from webapp.events import service
from webapp.extensions import db
from webapp.journal import JournalEntry

GOOD = {"title": "Cellar flooded", "priority": "2", "category": "Met", "visibility": "internal"}


def hidden(page: str) -> dict[str, str]:
    """The hidden inputs of a page's first form with a version: what its button would send."""
    forms = re.findall(r"<form.*?</form>", page, re.DOTALL)
    form = next(f for f in forms if 'name="version"' in f)
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', form)
    return {name: html.unescape(value) for name, value in found}


def test_a_coordinator_edits_an_active_event(app: Flask, cast: Cast) -> None:
    event = opened(app, cast.ada)
    answer = cast.vic.post(f"/events/{event}/edit", GOOD | {"version": version(app, event)})
    assert (answer.status_code, answer.location) == (303, f"/events/{event}")
    assert stored(app, event).title == "Cellar flooded"
    assert verbs(app, event) == ["event.opened", "event.edited"]


def test_htmx_gets_the_message_and_an_empty_panel(app: Flask, cast: Cast) -> None:
    event = opened(app, cast.ada)
    sent = GOOD | {"version": version(app, event)}
    answer = cast.vic.post(f"/events/{event}/edit", sent, headers={"HX-Request": "true"})
    assert answer.status_code == 200
    assert answer.headers["HX-Trigger"] == "saved"
    assert "Saved." in answer.get_data(as_text=True)


def test_a_coordinator_edits_no_event_that_is_not_active(app: Flask, cast: Cast) -> None:
    for event in (reported(app, cast.sam), closed(app, cast.ada)):
        assert cast.vic.get(f"/events/{event}/edit").status_code == 403
        answer = cast.vic.post(f"/events/{event}/edit", GOOD | {"version": version(app, event)})
        assert answer.status_code == 403
        assert stored(app, event).title != "Cellar flooded"


def test_an_authority_edits_an_event_in_any_state(app: Flask, cast: Cast) -> None:
    for event in (reported(app, cast.sam), closed(app, cast.ada)):
        cast.ada.post(f"/events/{event}/edit", GOOD | {"version": version(app, event)})
        assert stored(app, event).title == "Cellar flooded"


def test_a_volunteer_edits_nothing_not_even_their_own_report(app: Flask, cast: Cast) -> None:
    for event in (reported(app, cast.sam), opened(app, cast.ada)):
        assert cast.sam.get(f"/events/{event}/edit").status_code == 403
        assert cast.sam.post(f"/events/{event}/edit", GOOD).status_code == 403


def test_an_unknown_event_is_not_found(cast: Cast) -> None:
    for number in ("4711", "0", "99999999999999999999999"):
        assert cast.ada.get(f"/events/{number}/edit").status_code == 404
        assert cast.ada.post(f"/events/{number}/edit", GOOD).status_code == 404


def test_the_form_shows_the_event_as_it_is(app: Flask, cast: Cast) -> None:
    event = opened(
        app, cast.ada, title="Tree & road", priority=1, latitude=1.5, longitude=2.0, needs_approval=True
    )
    page = cast.ada.get(f"/events/{event}/edit").get_data(as_text=True)
    assert 'value="Tree &amp; road"' in page
    assert 'value="1.5"' in page
    assert re.search(r'<input checked [^>]*name="priority"[^>]*value="1"', page)
    assert re.search(r'<input [^>]*checked [^>]*name="needs_approval"', page)
    assert f'name="version" value="{version(app, event)}"' in page


def test_a_coordinator_edits_details_and_not_who_comes_or_where_it_belongs(app: Flask, cast: Cast) -> None:
    larger, event = opened(app, cast.ada), opened(app, cast.ada, needs_approval=True)
    page = cast.vic.get(f"/events/{event}/edit").get_data(as_text=True)
    for name in ("visibility", "needs_approval", "parent_id"):
        assert f'name="{name}"' not in page
    arranged = {"visibility": "public", "parent_id": str(larger), "version": version(app, event)}
    assert cast.vic.post(f"/events/{event}/edit", GOOD | arranged).status_code == 303
    saved = stored(app, event)
    assert (saved.title, saved.needs_approval, saved.parent_id) == ("Cellar flooded", True, None)
    assert saved.visibility == "internal"


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("title", "", "Write what"),
        ("priority", "0", "from 1"),
        ("latitude", "91", "−90"),
        ("version", "x", "damaged"),
    ],
)
def test_wrong_values_are_named_and_nothing_changes(
    app: Flask, cast: Cast, field: str, value: str, words: str
) -> None:
    event = opened(app, cast.ada)
    answer = cast.vic.post(f"/events/{event}/edit", GOOD | {"version": version(app, event), field: value})
    assert answer.status_code == 422
    assert words in answer.get_data(as_text=True)
    assert stored(app, event).title == "Flood"


def test_an_event_cannot_belong_to_itself_or_its_parts(app: Flask, cast: Cast) -> None:
    whole = opened(app, cast.ada)
    part = opened(app, cast.ada, parent_id=whole)
    for parent in (whole, part):
        sent = GOOD | {"version": version(app, whole), "parent_id": str(parent)}
        answer = cast.ada.post(f"/events/{whole}/edit", sent)
        assert answer.status_code == 422
        assert "cannot belong to itself" in answer.get_data(as_text=True)


def test_a_place_is_both_coordinates_or_none(app: Flask, cast: Cast) -> None:
    event = opened(app, cast.ada, latitude=1.0, longitude=2.0)
    sent = GOOD | {"version": version(app, event), "latitude": "", "longitude": "2"}
    assert cast.vic.post(f"/events/{event}/edit", sent).status_code == 422
    cast.vic.post(f"/events/{event}/edit", sent | {"longitude": ""})
    assert stored(app, event).latitude is None


def both_edit(app: Flask, cast: Cast) -> tuple[int, str, dict[str, Any]]:
    """Vic and Vera edit at once; Vera is second and gets the 409 page. Event, page, what Vera sent."""
    event = opened(app, cast.ada, title="Flood", needs_approval=True)
    seen = version(app, event)
    cast.vic.post(f"/events/{event}/edit", GOOD | {"title": "Vic's words", "version": seen})
    sent = GOOD | {
        "title": "Vera's words",
        "version": seen,
        "description": "Line <1>\nLine 2",
        "priority": "1",
    }
    answer = cast.vera.post(f"/events/{event}/edit", sent)
    assert answer.status_code == 409
    return event, answer.get_data(as_text=True), sent


def test_a_stale_form_shows_both_versions_with_who_and_when(app: Flask, cast: Cast) -> None:
    event, page, _sent = both_edit(app, cast)
    assert "Vic&#39;s words" in page
    assert "Vera&#39;s words" in page
    assert "Vic Coordinator" in page
    assert "Keep what is saved" in page
    assert "1 · Critical" in page
    assert stored(app, event).title == "Vic's words"


@pytest.mark.parametrize("sent", [{}, {"version": ""}])
def test_a_form_that_does_not_say_its_version_asks_too(app: Flask, cast: Cast, sent: dict[str, str]) -> None:
    event = opened(app, cast.ada)
    answer = cast.vera.post(f"/events/{event}/edit", GOOD | {"title": "Vera's words"} | sent)
    assert answer.status_code == 409
    assert stored(app, event).title != "Vera's words"


def test_choosing_mine_on_the_conflict_page_saves_all_of_mine(app: Flask, cast: Cast) -> None:
    event, page, sent = both_edit(app, cast)
    answer = cast.vera.client.post(f"/events/{event}/edit", data=hidden(page))
    assert answer.status_code == 303
    saved = stored(app, event)
    assert (saved.title, saved.priority) == ("Vera's words", 1)
    assert saved.description == sent["description"]
    assert saved.needs_approval


def test_htmx_gets_the_choice_in_its_panel(app: Flask, cast: Cast) -> None:
    event = opened(app, cast.ada)
    sent = GOOD | {"version": version(app, event)}
    cast.vic.post(f"/events/{event}/edit", sent)
    stale = sent | {"title": "Mine"}
    answer = cast.vera.post(f"/events/{event}/edit", stale, headers={"HX-Request": "true"})
    assert answer.status_code == 409
    assert answer.headers["HX-Retarget"] == "#panel"
    assert "<html" not in answer.get_data(as_text=True)


def test_changes_of_others_to_other_fields_are_no_conflict(app: Flask, cast: Cast) -> None:
    event = reported(app, cast.sam)
    seen = version(app, event)
    with app.app_context():
        service.verify(cast.ada.actor, event_id=event)
    assert cast.vic.post(f"/events/{event}/edit", GOOD | {"version": seen}).status_code == 303


def test_saving_without_a_change_is_no_news(app: Flask, cast: Cast) -> None:
    event = opened(app, cast.ada, title="Cellar flooded", priority=2, category="Met")
    cast.vic.post(f"/events/{event}/edit", GOOD | {"version": version(app, event)})
    assert verbs(app, event) == ["event.opened"]


def test_the_same_form_twice_is_one_edit(app: Flask, cast: Cast) -> None:
    event = opened(app, cast.ada)
    sent = GOOD | {"version": version(app, event), "command_id": str(uuid.uuid4())}
    assert [cast.vic.post(f"/events/{event}/edit", sent).status_code for _ in range(2)] == [303, 303]
    assert verbs(app, event) == ["event.opened", "event.edited"]


def test_the_journal_says_what_changed(app: Flask, cast: Cast) -> None:
    event = opened(app, cast.ada, title="Flood")
    cast.vic.post(f"/events/{event}/edit", GOOD | {"version": version(app, event), "category": "Other"})
    with app.app_context():
        statement = db.select(JournalEntry).where(JournalEntry.verb == "event.edited")
        entry = db.session.execute(statement).scalar_one()
    assert entry.changes == {"title": ["Flood", "Cellar flooded"], "priority": [3, 2]}
    assert entry.actor_id == cast.vic.id
