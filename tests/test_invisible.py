"""Text that looks like another, or like nothing, does not get in; what scripts need does, by every door."""

import uuid
from pathlib import Path

import pytest
from flask import Flask

from tests.api.caller import Programs
from tests.events.making import stored
from tests.graph.asker import data
from tests.interchange.cap import alert, info
from tests.people import Cast
from webapp.events.models import Event
from webapp.extensions import db
from webapp.invisible import visible, visible_in
from webapp.journal import JournalEntry
from webapp.journal.actor import DeviceKind
from webapp.ops.cli import mayday

TRAP = "Bridge \u202egnp.exe\u2066 \u2060gone\ufeff\u2069"
SEEN = "Bridge gnp.exe gone"


@pytest.fixture
def programs(cast: Cast) -> Programs:
    return Programs(cast)


@pytest.mark.parametrize(
    "kept",
    [
        "می\u200cخواهم",  # Persian: the joiner that keeps letters apart
        "\u200fשלום, 3 מ׳\u200e",
        "क्\u200dष",
        "👨\u200d👩\u200d👧 ❤\ufe0f",
        "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
        "ភាសា\u200bខ្មែរ",  # words of Khmer stand without a space that is seen
        "Größe\nzwei",
    ],
)
def test_what_scripts_need_stays(kept: str) -> None:
    assert visible(kept) == kept


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("abc\u202edef", "abcdef"),
        ("pass\u200bword", "password"),
        ("pass\u00adword", "password"),
        ("x\U000e0041\U000e0042y", "xy"),
        ("\u202e\u200f\u200d ", ""),
        ("\u2066", ""),
    ],
)
def test_what_nobody_sees_goes(text: str, left: str) -> None:
    assert visible(text) == left


def only_event(app: Flask) -> Event:
    with app.app_context():
        return db.session.execute(db.select(Event)).scalar_one()


def told(app: Flask) -> str:
    """All that the journal says, and the title of the only event."""
    with app.app_context():
        entries = db.session.execute(db.select(JournalEntry)).scalars()
        said = "".join(f"{entry.facts} {entry.changes}" for entry in entries)
    return said + only_event(app).title


def assert_clean(app: Flask) -> None:
    event = only_event(app)
    assert event.title == SEEN
    assert not set("\u202e\u2066\u2069\u2060\ufeff") & set(told(app) + event.description + event.place_name)
    for escaped in ("u202e", "u2066"):
        assert escaped not in told(app)


def test_by_a_form(app: Flask, cast: Cast) -> None:
    assert cast.sam.post("/events/new", {"title": TRAP, "category": "Other"}).status_code == 303
    assert_clean(app)


def test_by_the_api(app: Flask, programs: Programs) -> None:
    answer = programs.vic.post("/events", {"title": TRAP, "description": TRAP})
    assert answer.status_code == 201, answer.json
    assert_clean(app)
    nothing = programs.vic.post("/events", {"title": "\u202e\u2066 "})
    assert nothing.status_code == 422
    event = only_event(app)
    changed = programs.ada.patch(f"/events/{event.id}", {"title": "New " + TRAP})
    assert changed.status_code == 200
    assert stored(app, event.id).title == "New " + SEEN


@pytest.mark.parametrize("written", ["variable", "in the query"])
def test_by_the_graph(app: Flask, programs: Programs, written: str) -> None:
    query = "mutation ($id: UUID!, $event: EventInput!) { reportEvent(commandId: $id, event: $event) { id } }"
    if written == "variable":
        data(programs.sam, query, id=str(uuid.uuid4()), event={"title": TRAP})
    else:
        title = "".join(f"\\u{ord(c):04x}" if ord(c) > 127 else c for c in TRAP)
        query = query.replace(", $event: EventInput!", "").replace("$event", f'{{title: "{title}"}}')
        data(programs.sam, query, id=str(uuid.uuid4()))
    assert_clean(app)


def test_by_a_device_that_was_away(app: Flask, programs: Programs) -> None:
    phone = programs.device(programs.cast.sam, DeviceKind.PHONE)
    items = [{"id": str(uuid.uuid4()), "kind": "observation", "text": TRAP}]
    answer = phone.post("/devices/me/reports", {"items": items})
    assert answer.json["items"][0]["status"] == "done"
    assert_clean(app)


def test_by_ingest(app: Flask, programs: Programs) -> None:
    answer = programs.vic.post("/events/ingest", {"title": TRAP, "source_ref": "x:1"})
    assert answer.status_code == 201, answer.json
    assert_clean(app)


@pytest.mark.parametrize("kind", ["events", "cap"])
def test_by_a_file(app: Flask, cast: Cast, tmp_path: Path, kind: str) -> None:
    file = tmp_path / "file"
    table = f"id,title,description,tags\n1,{TRAP},{TRAP},{TRAP}\n"
    file.write_text(table if kind == "events" else alert(info(headline=TRAP, event="Flood")))
    ran = app.test_cli_runner().invoke(cli=mayday, args=["import", kind, str(file)])
    assert ran.exit_code == 0, ran.output
    assert_clean(app)


def test_by_a_file_of_people(app: Flask, cast: Cast, tmp_path: Path) -> None:
    """Names stand in the journal, too."""
    file = tmp_path / "people.csv"
    file.write_text(f"name,email\n{TRAP},trap@example.org\n")
    ran = app.test_cli_runner().invoke(cli=mayday, args=["import", "people", str(file)])
    assert "1 persons imported" in ran.output, ran.output
    for path in ("/users", "/timeline"):
        page = cast.ada.get(path).get_data(as_text=True)
        assert (SEEN in page, "\u202e" in page) == (True, False), path


def test_a_name_is_what_it_looks_like(app: Flask, cast: Cast) -> None:
    form = {"name": "Sam\u202e \u200bVolunteer", "phone": "", "email": "sam@example.org", "locale": ""}
    assert cast.sam.post("/me", form | {"version": "1"}).status_code == 303
    assert "\u202e" not in cast.vic.get(f"/people/{cast.sam.id}").get_data(as_text=True)


def test_a_password_is_taken_to_the_letter() -> None:
    """Whoever signs in by a program with such a password is let in by the same as on a page."""
    sent = {"name": TRAP, "password": TRAP, "more": [{"name": TRAP}, 3, None]}
    given = visible_in(sent, {"password"})
    assert given == {"name": SEEN, "password": TRAP, "more": [{"name": SEEN}, 3, None]}
