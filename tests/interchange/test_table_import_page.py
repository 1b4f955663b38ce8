"""Importing a table from the page: handed in, looked at, then written by a job; by right."""

import io
import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from tests.interchange.conftest import Everything
from tests.interchange.table_making import as_table, event
from tests.jobs.conftest import job_of, jobs, kept_files, look
from tests.jobs.conftest import run_due as run_due
from tests.people import Cast, Person
from webapp.accounts.service import change_role
from webapp.events.models import Event
from webapp.events.service import report_event
from webapp.extensions import db
from webapp.jobs import table_views
from webapp.jobs.models import JobStatus
from webapp.journal import Role
from webapp.resources.models import Need

RunDue = Callable[[], int]
EVENTS = as_table({"title": "Flood", "colour": "red"}, {"title": "Fire", "priority": 9}, {"title": "Quake"})


def hand_in(
    person: Person, kind: str, content: str | bytes, name: str = "t.csv", **more: Any
) -> TestResponse:
    data = content.encode() if isinstance(content, str) else content
    return person.post("/imports/tables", {"kind": kind, "file": (io.BytesIO(data), name), **more})


def looked_at(person: Person, answer: TestResponse) -> tuple[str, str]:
    """The address of the look, and its page."""
    assert answer.status_code == 303, answer.get_data(as_text=True)[:3000]
    return answer.location, person.get(answer.location).get_data(as_text=True)


def rows(app: Flask, model: Any) -> list[Any]:
    with app.app_context():
        return list(db.session.execute(db.select(model).order_by(model.id)).scalars())


def test_a_table_is_looked_at_before_a_job_writes_it(
    app: Flask, cast: Cast, run_due: RunDue, everything: Everything
) -> None:
    assert 'href="/imports/tables"' in cast.ada.get("/imports").get_data(as_text=True)
    form = cast.ada.get("/imports/tables").get_data(as_text=True)
    assert re.findall(r'<option[^>]* value="(\w+)"', form)[:4] == ["events", "needs", "offers", "people"]
    before = everything()
    address, page = looked_at(cast.ada, hand_in(cast.ada, "events", EVENTS, "../own list.csv"))
    assert everything() == before
    assert "Nothing is written yet." in page
    assert "own list.csv" in page
    assert "<dt>New</dt><dd>2</dd>" in page
    assert "line 3: priority: “9” is no priority" in page
    assert "colour: red" in page
    assert "Import it" in page
    job_id = job_of(cast.ada.post(address))
    assert job_of(cast.ada.post(address)) == job_id, "pressed twice"
    assert run_due() == 1
    it = look(app, job_id)
    assert it.status is JobStatus.DONE
    assert {"imported": 2, "known": 0, "rejected": 1}.items() <= it.result.items()
    assert it.result["lines"] == ["line 3: priority: “9” is no priority from 1 (highest) to 5."]
    assert [row.title for row in rows(app, Event)] == ["Flood", "Quake"]
    assert kept_files(app) == []
    page = cast.ada.get(f"/jobs/{job_id}").get_data(as_text=True)
    assert "Import of events: own list.csv" in page


def test_a_file_that_is_known_already_has_nothing_to_import(app: Flask, cast: Cast, run_due: RunDue) -> None:
    address, _page = looked_at(cast.ada, hand_in(cast.ada, "events", as_table({"title": "Flood"})))
    cast.ada.post(address)
    run_due()
    _address, page = looked_at(cast.ada, hand_in(cast.ada, "events", as_table({"title": "Flood"})))
    assert "<dt>Known already</dt><dd>1</dd>" in page
    assert "Import it" not in page


def test_an_authority_may_have_events_be_active_at_once(app: Flask, cast: Cast, run_due: RunDue) -> None:
    address, page = looked_at(cast.ada, hand_in(cast.ada, "events", EVENTS, trusted="y"))
    assert "what the file says, or active" in page
    cast.ada.post(address)
    run_due()
    assert {row.status.value for row in rows(app, Event)} == {"active"}


def test_a_coordinator_imports_needs_and_nothing_else(
    app: Flask, cast: Cast, run_due: RunDue, everything: Everything
) -> None:
    event(app, cast.ada, "Flood")
    form = cast.vic.get("/imports/tables").get_data(as_text=True)
    assert re.findall(r'<option[^>]* value="(\w+)"', form)[0] == "needs"
    assert 'value="people"' not in form
    assert 'name="trusted"' not in form
    before = everything()
    for kind in ("events", "offers", "people"):
        assert hand_in(cast.vic, kind, EVENTS).status_code == 422
    assert kept_files(app) == []
    assert everything() == before
    with app.app_context():
        report_event(cast.sam.actor, title="Smoke", source_ref="agency:1")
    table = as_table(
        {"event": "Flood", "need": "Water"},
        {"event": "Fire", "need": "Water"},
        {"event_ref": "agency:1", "need": "Water"},
    )
    address, page = looked_at(cast.vic, hand_in(cast.vic, "needs", table))
    assert "line 3: There is no event “Fire” here." in page
    assert "line 4: Its event is not active." in page
    cast.vic.post(address)
    run_due()
    (need,) = rows(app, Need)
    assert need.name == "Water"


def test_a_volunteer_and_a_stranger_may_not(app: Flask, cast: Cast) -> None:
    assert cast.sam.get("/imports/tables").status_code == 403
    assert hand_in(cast.sam, "needs", EVENTS).status_code == 403
    assert cast.stranger.get("/imports/tables").status_code == 302
    assert kept_files(app) == []


def test_the_look_is_its_owners_and_cannot_be_forged(app: Flask, cast: Cast) -> None:
    address, _page = looked_at(cast.ada, hand_in(cast.ada, "events", EVENTS))
    other = cast.person("Anna", Role.AUTHORITY)
    for person in (other, cast.vic):
        assert person.get(address).status_code == 404
        assert person.post(address).status_code == 404
    assert cast.ada.get(address[:-2] + "xx").status_code == 404
    assert jobs(app) == []


def test_the_right_counts_when_it_is_looked_at_and_when_it_runs(
    app: Flask, cast: Cast, run_due: RunDue
) -> None:
    anna = cast.person("Anna", Role.AUTHORITY)
    first, _page = looked_at(anna, hand_in(anna, "events", EVENTS))
    second, _page = looked_at(anna, hand_in(anna, "events", EVENTS))
    job_id = job_of(anna.post(first))
    with app.app_context():
        change_role(cast.ada.actor, user_id=anna.id, role=Role.VC)
    run_due()
    assert look(app, job_id).status is JobStatus.FAILED
    assert anna.get(second).status_code == 403
    assert anna.post(second).status_code == 403
    assert rows(app, Event) == []


@pytest.mark.parametrize(
    ("content", "name", "said"),
    [
        (b"\x89PNG\r\n\x1a\n\0\0", "a.png", "no text file"),
        ("colour\nred\n", "a.csv", "no column for title"),
        ('{"type": "Topology"}', "a.json", "type “Topology”"),
        ("Église,title\n".encode("latin-1"), "a.csv", "not utf-8"),
    ],
)
def test_a_file_that_cannot_be_is_said_at_the_look(
    content: str | bytes, name: str, said: str, app: Flask, cast: Cast
) -> None:
    answer = hand_in(cast.ada, "events", content, name)
    shown = cast.ada.get(answer.location)
    page = shown.get_data(as_text=True)
    assert shown.status_code == 422
    assert said in page
    assert "uploads" not in page
    assert "Import it" not in page
    assert "Choose another file" in page


def test_nothing_chosen_and_wrong_options_keep_what_was_typed(app: Flask, cast: Cast) -> None:
    answer = cast.ada.post(
        "/imports/tables", {"kind": "offers", "source": "Rotary", "time_zone": "Mars/Base"}
    )
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "Choose a file." in page
    assert "Write a zone such as" in page
    assert 'value="Rotary"' in page
    assert "selected" in page.split('value="offers"')[0].rsplit("<option", 1)[1]
    assert hand_in(cast.ada, "events", "").status_code == 422
    assert hand_in(cast.ada, "passwords", EVENTS).status_code == 422
    assert kept_files(app) == []


def test_a_long_file_is_looked_at_in_part_and_imported_whole(
    app: Flask, cast: Cast, run_due: RunDue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(table_views, "LOOKED_AT", 3)
    table = as_table(*({"title": f"E{n}"} for n in range(5)))
    address, page = looked_at(cast.ada, hand_in(cast.ada, "events", table))
    assert "The first 3 rows were looked at" in page
    cast.ada.post(address)
    run_due()
    assert len(rows(app, Event)) == 5


def test_geojson_of_a_map_comes_in_by_the_page(app: Flask, cast: Cast, run_due: RunDue) -> None:
    feature = {
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": [12.5, 55.5]},
        "properties": {"name": "Flood"},
    }
    text = json.dumps({"type": "FeatureCollection", "features": [feature]})
    address, page = looked_at(cast.ada, hand_in(cast.ada, "events", text, "map.geojson"))
    assert "latitude: 55.5" in page
    cast.ada.post(address)
    run_due()
    (row,) = rows(app, Event)
    assert (row.latitude, row.longitude) == (55.5, 12.5)
