"""Rules of giving an event out as a CAP alert: valid, by right, each message named for good."""

from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from lxml import etree

from tests.conftest import both_databases, settings_for
from tests.events.making import opened, reported
from tests.interchange.cap import alert, cancel_of, events, good, info, oasis_schema, saved, tree
from tests.interchange.conftest import Run
from tests.people import Cast, Person
from webapp import create_app
from webapp.cap.schema import NAMESPACE
from webapp.events import service
from webapp.events.models import Category, Certainty, Severity, Urgency, Visibility
from webapp.settings import SettingsError

PUBLIC = {"visibility": Visibility.PUBLIC}


def document(person: Person, event_id: int) -> Any:
    """The event's alert as the person gets it."""
    answer = person.get(f"/events/{event_id}/cap.xml")
    assert answer.status_code == 200, answer.status
    return etree.fromstring(answer.data)


def said(root: Any, name: str) -> str | None:
    """The text of an element of the alert or of its info block."""
    found = root.find(f".//{{{NAMESPACE}}}{name}")
    return None if found is None else str(found.text)


def change(app: Flask, person: Person, event_id: int, **fields: Any) -> None:
    with app.app_context():
        service.edit_event(person.actor, event_id=event_id, seen_version=None, **fields)


def test_an_event_says_all_that_it_knows(app: Flask, cast: Cast) -> None:
    event = opened(
        app,
        cast.ada,
        title="Cellar flooded",
        description="Two <people> & a dog\x0b inside\ufffe",
        category=Category.RESCUE,
        kind="flooded cellar",
        priority=1,
        severity=Severity.SEVERE,
        urgency=Urgency.IMMEDIATE,
        certainty=Certainty.OBSERVED,
        latitude=55.67,
        longitude=12.55,
        place_name="Vesterbro",
        address="Istedgade 1",
        **PUBLIC,
    )
    root = document(cast.ada, event)
    wanted = {
        "sender": "mayday@localhost",
        "status": "Actual",
        "msgType": "Alert",
        "scope": "Public",
        "references": None,
        "restriction": None,
        "language": "en",
        "category": "Rescue",
        "event": "flooded cellar",
        "urgency": "Immediate",
        "severity": "Severe",
        "certainty": "Observed",
        "senderName": "Response",
        "headline": "Cellar flooded",
        "description": "Two <people> & a dog inside",
        "areaDesc": "Vesterbro, Istedgade 1",
        "circle": "55.670000,12.550000 0",
    }
    assert {name: said(root, name) for name in wanted} == wanted


def test_a_message_keeps_its_name_and_time_and_changes_make_updates(app: Flask, cast: Cast) -> None:
    event = opened(app, cast.ada, title="Flood", **PUBLIC)
    first = document(cast.ada, event)
    assert tree(etree.tostring(first)) == tree(etree.tostring(document(cast.ada, event)))
    change(app, cast.ada, event, title="Flood, rising")
    second = document(cast.ada, event)
    name = ",".join(str(said(first, part)) for part in ("sender", "identifier", "sent"))
    assert (said(second, "msgType"), said(second, "references")) == ("Update", name)
    assert said(second, "identifier") != said(first, "identifier")
    # What an alert does not say is no news.
    change(app, cast.ada, event, needs_approval=True)
    assert said(document(cast.ada, event), "identifier") == said(second, "identifier")


def test_closing_cancels_and_reopening_begins_anew(app: Flask, cast: Cast) -> None:
    event = opened(app, cast.ada, **PUBLIC)
    with app.app_context():
        service.close(cast.ada.actor, event_id=event, note="Pumped dry by Bo")
    root = document(cast.ada, event)
    assert (said(root, "msgType"), said(root, "urgency")) == ("Cancel", "Past")
    assert said(root, "references")
    assert "Pumped dry by Bo" not in etree.tostring(root, encoding="unicode")
    with app.app_context():
        service.reopen(cast.ada.actor, event_id=event, reason="Rain")
    root = document(cast.ada, event)
    assert (said(root, "msgType"), said(root, "references")) == ("Alert", None)


def test_the_public_messages_begin_when_it_becomes_public(app: Flask, cast: Cast) -> None:
    event = opened(app, cast.ada, title="Flood of Bo's cellar")
    change(app, cast.ada, event, title="Flood")
    inside = document(cast.ada, event)
    assert (said(inside, "scope"), said(inside, "msgType")) == ("Restricted", "Update")
    assert said(inside, "restriction")
    change(app, cast.ada, event, **PUBLIC)
    outside = document(cast.ada, event)
    assert (said(outside, "scope"), said(outside, "msgType")) == ("Public", "Alert")


@both_databases
def test_a_public_event_is_anybodys_and_others_are_by_right(app: Flask, cast: Cast) -> None:
    public, internal = opened(app, cast.ada, **PUBLIC), opened(app, cast.ada)
    pending = reported(app, cast.sue)
    answer = cast.stranger.get(f"/events/{public}/cap.xml")
    assert (answer.status_code, answer.mimetype) == (200, "application/cap+xml")
    assert answer.headers["Cache-Control"] == "public, max-age=60"
    assert "Set-Cookie" not in answer.headers
    for event in (internal, pending, 4711):
        assert cast.stranger.get(f"/events/{event}/cap.xml").status_code == 302
    answer = cast.sam.get(f"/events/{internal}/cap.xml")
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "private, no-cache")
    assert cast.sam.get(f"/events/{pending}/cap.xml").status_code == 404
    assert cast.sue.get(f"/events/{pending}/cap.xml").status_code == 200
    assert cast.vic.get(f"/events/{pending}/cap.xml").status_code == 200


def test_no_longer_public_is_no_longer_anybodys(app: Flask, cast: Cast) -> None:
    event = opened(app, cast.ada, **PUBLIC)
    change(app, cast.ada, event, visibility=Visibility.INTERNAL)
    assert cast.stranger.get(f"/events/{event}/cap.xml").status_code == 302


def test_who_has_it_already_gets_304(app: Flask, cast: Cast) -> None:
    event = opened(app, cast.ada, **PUBLIC)
    tag = cast.stranger.get(f"/events/{event}/cap.xml").headers["ETag"]
    again = cast.stranger.get(f"/events/{event}/cap.xml", headers={"If-None-Match": tag})
    assert (again.status_code, again.data) == (304, b"")
    change(app, cast.ada, event, title="Rising")
    assert cast.stranger.get(f"/events/{event}/cap.xml", headers={"If-None-Match": tag}).status_code == 200


def publish(app: Flask, cast: Cast, event_id: int) -> None:
    with app.app_context():
        service.verify(cast.ada.actor, event_id=event_id)
    change(app, cast.ada, event_id, **PUBLIC)


def test_an_alert_that_came_in_goes_out_as_it_came(app: Flask, cast: Cast, run: Run, tmp_path: Path) -> None:
    came = alert(info("da-DK"), info(), identifier="A1", note="Høje bølger")
    run("import", "cap", saved(tmp_path, came))
    [event] = events(app)
    publish(app, cast, event.id)
    change(app, cast.ada, event.id, title="Our own words")
    assert tree(cast.stranger.get(f"/events/{event.id}/cap.xml").data) == tree(came)
    run("import", "cap", saved(tmp_path, cancel_of(came)))
    assert tree(cast.stranger.get(f"/events/{event.id}/cap.xml").data) == tree(cancel_of(came))


def test_a_restricted_alert_does_not_go_out_to_everybody(
    app: Flask, cast: Cast, run: Run, tmp_path: Path
) -> None:
    run("import", "cap", saved(tmp_path, good(scope="Restricted")))
    [event] = events(app)
    publish(app, cast, event.id)
    assert cast.stranger.get(f"/events/{event.id}/cap.xml").status_code == 302
    assert cast.sam.get(f"/events/{event.id}/cap.xml").status_code == 200
    assert "cap.xml" not in cast.stranger.get(f"/public/{event.id}").get_data(as_text=True)


def test_the_sender_is_the_settings_or_made_of_the_address(tmp_path: Path) -> None:
    from webapp.cap.outgoing import sender

    assert sender(settings_for(tmp_path, public_url="https://help.example")) == "mayday@help.example"
    named = settings_for(tmp_path, public_url="https://help.example", cap_sender="city@alerts.example")
    assert sender(named) == "city@alerts.example"
    for bad in ("two words", "a,b", "a<b", "a&b"):
        with pytest.raises(SettingsError, match="MAYDAY_CAP_SENDER"):
            settings_for(tmp_path, cap_sender=bad)


def test_the_web_address_of_a_public_event_is_in_it(data_dir: Path) -> None:
    app = create_app(settings_for(data_dir, public_url="https://help.example"))
    cast = Cast(app)
    event = opened(app, cast.ada, **PUBLIC)
    assert said(document(cast.ada, event), "web") == f"https://help.example/public/{event}"


def test_every_message_is_valid_by_the_schema_of_the_standard(
    app: Flask, cast: Cast, run: Run, tmp_path: Path
) -> None:
    schema = oasis_schema()
    run("import", "cap", saved(tmp_path, alert(info("da-DK"), info())))
    [taken] = events(app)
    bare = opened(app, cast.ada)
    full = opened(app, cast.ada, description="<&>", latitude=1.0, longitude=-2.0, place_name="Here", **PUBLIC)
    pending = reported(app, cast.sam)
    for event in (taken.id, bare, full, pending):
        schema.assertValid(document(cast.ada, event))
    change(app, cast.ada, full, title="Changed", kind="odd \x1f kind")
    schema.assertValid(document(cast.ada, full))
    with app.app_context():
        service.close(cast.ada.actor, event_id=full, note="Over")
        service.reject(cast.ada.actor, event_id=pending, reason="False")
    for event in (full, pending):
        schema.assertValid(document(cast.ada, event))
