"""Rules of an authority's decisions: verify, reject, close, reopen; each from its own state."""

import re
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from flask import Flask

from tests.conftest import both_databases
from tests.events.making import closed, opened, reported, stored, verbs
from tests.people import Cast
from webapp.errors import Conflict
from webapp.events import closing, service
from webapp.events.models import Event, EventStatus, Visibility
from webapp.extensions import db
from webapp.journal import Actor, JournalEntry

TYPED = {
    "verify": {},
    "reject": {"reason": "Seen twice"},
    "close": {"note": "Pumped dry"},
    "reopen": {"reason": "Water is back"},
}
AFTER = {
    "verify": EventStatus.ACTIVE,
    "reject": EventStatus.REJECTED,
    "close": EventStatus.RESOLVED,
    "reopen": EventStatus.ACTIVE,
}
VERB = {
    "verify": "event.verified",
    "reject": "event.rejected",
    "close": "event.closed",
    "reopen": "event.reopened",
}
STATES = ("pending", "active", "resolved", "rejected")
RIGHT_STATE = {"verify": "pending", "reject": "pending", "close": "active", "reopen": "resolved"}


def event_in(state: str, app: Flask, cast: Cast) -> int:
    """An event in this state."""
    if state == "rejected":
        event = reported(app, cast.sam)
        with app.app_context():
            service.reject(cast.ada.actor, event_id=event, reason="False")
        return event
    make = {"pending": reported, "active": opened, "resolved": closed}[state]
    return make(app, cast.sam if state == "pending" else cast.ada)


@pytest.mark.parametrize("step", TYPED)
def test_an_authority_decides(app: Flask, cast: Cast, step: str) -> None:
    event = event_in(RIGHT_STATE[step], app, cast)
    assert cast.ada.get(f"/events/{event}/{step}").status_code == 200
    answer = cast.ada.post(f"/events/{event}/{step}", TYPED[step])
    assert (answer.status_code, answer.location) == (303, f"/events/{event}")
    assert stored(app, event).status is AFTER[step]
    assert verbs(app, event)[-1] == VERB[step]


@pytest.mark.parametrize("step", TYPED)
def test_nobody_else_decides(app: Flask, cast: Cast, step: str) -> None:
    event = event_in(RIGHT_STATE[step], app, cast)
    before = stored(app, event).status
    for person in (cast.vic, cast.sam):
        assert person.get(f"/events/{event}/{step}").status_code == 403
        assert person.post(f"/events/{event}/{step}", TYPED[step]).status_code == 403
    assert cast.stranger.get(f"/events/{event}/{step}").status_code == 302
    assert stored(app, event).status is before


@pytest.mark.parametrize(
    ("step", "state"), [(step, state) for step in TYPED for state in STATES if state != RIGHT_STATE[step]]
)
def test_from_another_state_it_is_refused_with_what_is_possible(
    app: Flask, cast: Cast, step: str, state: str
) -> None:
    event = event_in(state, app, cast)
    before = verbs(app, event)
    answer = cast.ada.post(f"/events/{event}/{step}", TYPED[step])
    assert answer.status_code == 409
    assert "This " in answer.get_data(as_text=True)
    assert stored(app, event).status == state
    assert verbs(app, event) == before


@pytest.mark.parametrize(("step", "field"), [("reject", "reason"), ("close", "note"), ("reopen", "reason")])
@pytest.mark.parametrize("words", ["", "  \n ", "x" * 501])
def test_the_words_must_be_there_and_fit(app: Flask, cast: Cast, step: str, field: str, words: str) -> None:
    event = event_in(RIGHT_STATE[step], app, cast)
    answer = cast.ada.post(f"/events/{event}/{step}", {field: words})
    assert answer.status_code == 422
    assert "There is a problem" in answer.get_data(as_text=True)
    assert stored(app, event).status == RIGHT_STATE[step]


@pytest.mark.parametrize("step", TYPED)
def test_an_unknown_event_is_not_found(cast: Cast, step: str) -> None:
    assert cast.ada.get(f"/events/4711/{step}").status_code == 404
    assert cast.ada.post(f"/events/4711/{step}", TYPED[step]).status_code == 404


@pytest.mark.parametrize("step", TYPED)
def test_the_same_form_twice_is_one_decision(app: Flask, cast: Cast, step: str) -> None:
    event = event_in(RIGHT_STATE[step], app, cast)
    sent = TYPED[step] | {"command_id": str(uuid.uuid4())}
    answers = [cast.ada.post(f"/events/{event}/{step}", sent) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [303, 303]
    assert verbs(app, event).count(VERB[step]) == 1


@pytest.mark.parametrize("step", TYPED)
def test_htmx_gets_the_form_for_the_panel_and_then_the_message(app: Flask, cast: Cast, step: str) -> None:
    event = event_in(RIGHT_STATE[step], app, cast)
    htmx = {"HX-Request": "true"}
    form = cast.ada.get(f"/events/{event}/{step}", headers=htmx).get_data(as_text=True)
    assert "<html" not in form
    assert f'action="/events/{event}/{step}"' in form
    answer = cast.ada.post(f"/events/{event}/{step}", TYPED[step], headers=htmx)
    assert answer.headers["HX-Trigger"] == "saved"


def test_verifying_opens_it_with_a_code_to_join_by(app: Flask, cast: Cast) -> None:
    event = reported(app, cast.sam)
    began = datetime.now(UTC)
    cast.ada.post(f"/events/{event}/verify")
    found = stored(app, event)
    assert found.opened_at is not None
    assert found.opened_at >= began
    assert found.join_code
    assert cast.sue.get(f"/events/{event}").status_code == 200


def test_a_duplicate_names_an_event_that_is_kept(app: Flask, cast: Cast) -> None:
    kept, twice = opened(app, cast.ada), reported(app, cast.sam)
    cast.ada.post(f"/events/{twice}/reject", {"reason": "Twice", "duplicate_of_id": str(kept)})
    assert stored(app, twice).duplicate_of_id == kept
    page = cast.sam.get(f"/events/{twice}").get_data(as_text=True)
    assert "Twice" in page
    assert f'href="/events/{kept}"' in page


@pytest.mark.parametrize(
    ("which", "words"),
    [
        ("itself", "duplicate of itself"),
        ("unknown", "no event with this number"),
        ("rejected", "rejected too"),
        ("0", "no event with this number"),
        ("-1", "no event with this number"),
        ("9" * 30, "no event with this number"),
        ("x", "valid integer"),
    ],
)
def test_a_duplicate_of_nothing_is_refused(app: Flask, cast: Cast, which: str, words: str) -> None:
    event = reported(app, cast.sam)
    named = {"itself": event, "unknown": 4711, "rejected": event_in("rejected", app, cast)}.get(which, which)
    answer = cast.ada.post(f"/events/{event}/reject", {"reason": "Twice", "duplicate_of_id": str(named)})
    assert answer.status_code == 422
    assert words in answer.get_data(as_text=True)
    assert stored(app, event).status is EventStatus.PENDING


def test_closing_keeps_the_note_and_the_time_and_reopening_clears_them(app: Flask, cast: Cast) -> None:
    event = opened(app, cast.ada)
    opening, code = stored(app, event).opened_at, stored(app, event).join_code
    cast.ada.post(f"/events/{event}/close", TYPED["close"])
    found = stored(app, event)
    assert found.closing_note == "Pumped dry"
    assert found.closed_at is not None
    cast.ada.post(f"/events/{event}/reopen", TYPED["reopen"])
    found = stored(app, event)
    assert (found.closing_note, found.closed_at) == ("", None)
    assert (found.opened_at, found.join_code) == (opening, code)


def test_the_journal_keeps_the_reasons(app: Flask, cast: Cast) -> None:
    event = closed(app, cast.ada)
    cast.ada.post(f"/events/{event}/reopen", TYPED["reopen"])
    with app.app_context():
        entries = db.session.execute(db.select(JournalEntry).order_by(JournalEntry.seq)).scalars()
        facts = {entry.verb: entry.facts for entry in entries}
    assert facts["event.closed"]["note"] == "Pumped dry"
    assert facts["event.reopened"]["reason"] == "Water is back"


def test_when_an_ending_fails_the_event_stays_open(
    app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(_actor: Actor, _event: Event) -> None:
        raise Conflict("This cannot end.")

    monkeypatch.setattr(closing, "_endings", [*closing._endings, failing])
    event = opened(app, cast.ada)
    assert cast.ada.post(f"/events/{event}/close", TYPED["close"]).status_code == 409
    assert stored(app, event).status is EventStatus.ACTIVE
    assert verbs(app, event) == ["event.opened"]


@both_databases
def test_two_who_close_at_once_close_it_once(app: Flask, cast: Cast) -> None:
    event = opened(app, cast.ada)

    def close(_number: int) -> str:
        with app.app_context():
            try:
                service.close(cast.ada.actor, event_id=event, note="Done")
            except Conflict as refusal:
                return refusal.message
        return "closed"

    with ThreadPoolExecutor(4) as pool:
        said = sorted(pool.map(close, range(4)))
    assert said.count("closed") == 1
    assert all("cannot become" in words for words in said if words != "closed")
    assert verbs(app, event) == ["event.opened", "event.closed"]


def test_only_an_active_event_can_be_worked_on(app: Flask, cast: Cast) -> None:
    there = {state: event_in(state, app, cast) for state in STATES}
    with app.app_context():
        for state in ("pending", "resolved", "rejected"):
            with pytest.raises(Conflict):
                service.lock_active(there[state])
        assert service.lock_active(there["active"]).status is EventStatus.ACTIVE


def test_the_time_of_the_report_stays_after_the_decision(app: Flask, cast: Cast) -> None:
    """Wherever an event is shown, the time on it is that of the report; the decision has one of its own."""
    at = datetime(2026, 3, 1, 6, 30, tzinfo=UTC)
    event = reported(app, cast.sam, reported_at=at)
    cast.ada.post(f"/events/{event}/verify")
    with app.app_context():
        service.edit_event(cast.ada.actor, event_id=event, seen_version=None, visibility=Visibility.PUBLIC)
    found = stored(app, event)
    assert (found.reported_at, found.opened_at > at) == (at, True)
    shown = f'datetime="{at.isoformat()}"'
    for person, path in (
        (cast.vic, "/board"),
        (cast.vic, "/events"),
        (cast.vic, f"/events/{event}"),
        (cast.stranger, "/public"),
        (cast.stranger, f"/public/{event}"),
    ):
        assert shown in person.get(path).get_data(as_text=True), path
    feed = cast.stranger.get("/feed.atom").get_data(as_text=True)
    assert re.search(r"<published>2026-03-01T06:30:00(Z|\+00:00)</published>", feed)
