"""Rules of reporting: anybody signed in may; a report is pending, for its reporter and coordinators."""

from flask import Flask

from tests.events.making import number_at, reported, stored, verbs
from tests.people import Cast
from webapp.events.models import EventStatus

REPORT = {"title": "Smoke over the harbour", "priority": "3", "category": "Fire"}


def test_a_volunteers_report_is_pending(app: Flask, cast: Cast) -> None:
    answer = cast.sam.post("/events/new", REPORT)
    assert answer.status_code == 303
    event = stored(app, number_at(answer.location))
    assert event.status is EventStatus.PENDING
    assert event.reported_by_id == cast.sam.id
    assert event.opened_at is None
    assert verbs(app, event.id) == ["event.reported"]


def test_the_reporter_sees_the_report_and_another_volunteer_does_not(app: Flask, cast: Cast) -> None:
    event = reported(app, cast.sam)
    assert cast.sam.get(f"/events/{event}").status_code == 200
    assert cast.sue.get(f"/events/{event}").status_code == 404
    assert cast.vic.get(f"/events/{event}").status_code == 200


def test_a_volunteers_form_does_not_ask_what_only_an_authority_decides(cast: Cast) -> None:
    assert 'name="needs_approval"' not in cast.sam.get("/events/new").get_data(as_text=True)
    assert 'name="needs_approval"' in cast.ada.get("/events/new").get_data(as_text=True)


def test_a_report_without_words_is_refused(cast: Cast) -> None:
    answer = cast.sam.post("/events/new", REPORT | {"title": ""})
    assert answer.status_code == 422
    assert "Write what has happened" in answer.get_data(as_text=True)
