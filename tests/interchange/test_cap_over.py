"""An alert whose words have expired says so wherever it is shown, also on pages that are open then."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from flask import Flask

from tests.conftest import both_databases
from tests.events.making import stored, verbs
from tests.events.test_live import drawn, newest, the
from tests.interchange.cap import alert, events, good, info, name
from tests.interchange.conftest import Bring, Run
from tests.interchange.test_cap_follow import LATER
from tests.people import Cast
from webapp.cap.ending import tell_ended
from webapp.events import service
from webapp.events.models import Visibility
from webapp.journal.queries import head
from webapp.ops.schema import downgrade, upgrade

ENDS = datetime(2026, 3, 2, 9, tzinfo=UTC)
EXPIRES = "2026-03-02T10:00:00+01:00"
WORDS = "Alert over"


def public(app: Flask, cast: Cast) -> int:
    """The event that came, verified and shown to everybody."""
    [event] = events(app)
    with app.app_context():
        service.verify(cast.ada.actor, event_id=event.id)
        service.edit_event(cast.ada.actor, event_id=event.id, seen_version=None, visibility=Visibility.PUBLIC)
    return event.id


def pages(event: int) -> list[str]:
    return ["/events", "/board", f"/events/{event}", "/public", f"/public/{event}", "/nearby"]


def test_it_is_said_on_every_page_and_to_every_program(
    app: Flask, cast: Cast, bring: Bring, run: Run
) -> None:
    bring(alert(info(expires=EXPIRES)))
    event = public(app, cast)
    for path in pages(event):
        page = cast.sam.get(path) if path == "/nearby" else cast.ada.get(path)
        assert WORDS in page.get_data(as_text=True), path
    assert "The alert is over." in cast.stranger.get("/feed.atom").get_data(as_text=True)
    listed = cast.ada.get("/api/v1/events").get_json()["items"][0]
    whole = cast.ada.get(f"/api/v1/events/{event}").get_json()
    for told in (listed, whole):
        assert (told["alert_over"], told["alert_expires_at"]) == (True, "2026-03-02T09:00:00Z")
    query = "{ events { nodes { alertOver alertExpiresAt } } }"
    headers = {"X-CSRF-Token": cast.ada.csrf}
    graph = cast.ada.client.post("/graphql", json={"query": query}, headers=headers).get_json()
    assert graph["data"]["events"]["nodes"][0]["alertOver"] is True
    assert "2026-03-02T09:00:00" in run("export", "events").stdout


@pytest.mark.parametrize("document", [good(), alert(info(expires=EXPIRES), info("de-DE"))])
def test_an_alert_of_which_something_holds_is_not_over(
    app: Flask,
    cast: Cast,
    bring: Bring,
    document: str,
) -> None:
    bring(document)
    event = public(app, cast)
    for path in pages(event):
        assert WORDS not in cast.ada.get(path).get_data(as_text=True), path
    assert cast.ada.get(f"/api/v1/events/{event}").get_json()["alert_over"] is False


def test_a_newer_word_of_its_sender_puts_the_end_off(app: Flask, cast: Cast, bring: Bring) -> None:
    bring(alert(info(expires=EXPIRES)))
    [event] = events(app)
    newer = {"identifier": "A2", "msgType": "Update", "sent": LATER, "references": [name()]}
    bring(alert(info(expires="2099-01-01T00:00:00+00:00"), **newer))  # type: ignore[arg-type]
    assert not stored(app, event.id).alert_over
    with app.app_context():
        assert tell_ended(app.config["SETTINGS"]) == 0


@both_databases
def test_open_pages_hear_of_the_end_once(app: Flask, cast: Cast, bring: Bring) -> None:
    with time_machine.travel(ENDS - timedelta(hours=2), tick=False):
        bring(alert(info(expires=EXPIRES)))
        [event] = events(app)
        with app.app_context():
            assert tell_ended(app.config["SETTINGS"]) == 0
    with time_machine.travel(ENDS + timedelta(seconds=1), tick=False), app.app_context():
        seen = head()
        assert [tell_ended(app.config["SETTINGS"]) for _ in range(2)] == [1, 0]
        found = newest(seen)
        for channel, place in ((f"event:{event.id}", "event-head"), ("board", f"board-event-{event.id}")):
            assert WORDS in drawn(the(found, channel, place), cast.ada)
        assert "This alert is over" in drawn(the(found, f"event:{event.id}", "event-alert"), cast.ada)
    assert verbs(app, event.id) == ["event.reported", "event.alert_ended"]


def test_an_end_that_had_passed_when_it_came_is_no_news(app: Flask, cast: Cast, bring: Bring) -> None:
    bring(alert(info(expires=EXPIRES)))
    with app.app_context():
        assert tell_ended(app.config["SETTINGS"]) == 0


@both_databases
def test_alerts_that_came_before_are_given_their_end(app: Flask, cast: Cast, bring: Bring) -> None:
    bring(alert(info(expires=EXPIRES)))
    [event] = events(app)
    downgrade(app, "0017")
    upgrade(app)
    assert stored(app, event.id).alert_expires_at == ENDS
