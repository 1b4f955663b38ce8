"""Rules of taking in a CAP alert: one pending event in all its languages, once, only by an authority."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from xml.sax.saxutils import escape

import pytest
from flask import Flask

from tests.conftest import both_databases
from tests.events.making import verbs
from tests.interchange.cap import SENDER, alert, alerts, events, good, info, saved, tree
from tests.interchange.conftest import Everything, Run, shared_file
from tests.people import Cast
from tests.statements import statements
from webapp.accounts.models import User
from webapp.cap.models import CapAlert
from webapp.events import service
from webapp.events.models import Category, EventStatus, Severity, Source, Visibility
from webapp.extensions import db
from webapp.interchange.alerts import import_alert
from webapp.journal import SYSTEM, JournalEntry


@both_databases
def test_an_alert_becomes_one_pending_event(app: Flask, run: Run, tmp_path: Path) -> None:
    ran = run("import", "cap", saved(tmp_path, good()))
    assert ran.exit_code == 0, ran.stderr
    assert "1 alerts imported" in ran.stdout
    [event] = events(app)
    assert (event.status, event.source, event.visibility) == (
        EventStatus.PENDING,
        Source.CAP,
        Visibility.INTERNAL,
    )
    assert event.title == "Water two metres above normal"
    assert event.description == "The harbour floods from 18:00."
    assert (event.category, event.kind, event.priority) == (Category.MET, "Storm surge", 2)
    assert (event.severity, event.urgency, event.certainty) == ("Severe", "Immediate", "Likely")
    assert (event.place_name, event.latitude, event.longitude) == ("Harbour district", 55.68, 12.6)
    assert event.source_ref == f"cap:{SENDER},A1,2026-03-01T10:00:00+01:00"
    assert event.reported_at.isoformat() == "2026-03-01T09:00:00+00:00"
    assert event.reported_by_id is None
    assert verbs(app, event.id) == ["event.reported"]


@both_databases
def test_the_same_message_twice_changes_nothing(run: Run, everything: Everything, tmp_path: Path) -> None:
    run("import", "cap", saved(tmp_path, good()))
    before = everything()
    # The same moment in another zone is the same message.
    for document in (good(), good(sent="2026-03-01T09:00:00-00:00")):
        ran = run("import", "cap", saved(tmp_path, document))
        assert (ran.exit_code, "1 already known" in ran.stdout) == (0, True)
    assert everything() == before


def test_all_languages_are_kept_and_the_installations_own_makes_the_event(
    app: Flask, cast: Cast, run: Run, tmp_path: Path
) -> None:
    both = alert(
        info("da-DK", headline="Vandet står højt", instruction="Forlad kajerne."),
        info("en-GB", more="<contact>Duty officer</contact>"),
    )
    run("import", "cap", saved(tmp_path, both))
    [event] = events(app)
    assert event.title == "Water two metres above normal"
    page = cast.ada.get(f"/events/{event.id}").get_data(as_text=True)
    for words in ("Alert of Met Office", "Vandet står højt", "Forlad kajerne.", "Leave the quays.", "Danish"):
        assert words in page
    assert page.index("Leave the quays.") < page.index("Forlad kajerne.")
    assert "Duty officer" in page


def test_the_first_language_makes_the_event_where_ours_is_not_spoken(
    app: Flask, run: Run, tmp_path: Path
) -> None:
    run(
        "import",
        "cap",
        saved(tmp_path, alert(info("da-DK", headline="Højvande"), info("sv-SE", headline="Vatten"))),
    )
    assert events(app)[0].title == "Højvande"


POSITIONS = [
    ("<area><areaDesc>A</areaDesc><circle>10,20 5</circle></area>", (10.0, 20.0)),
    ("<area><areaDesc>A</areaDesc><polygon>0,0 0,2 2,2 2,0 0,0</polygon></area>", (1.0, 1.0)),
    (
        "<area><areaDesc>A</areaDesc><polygon>0,179 0,-179 2,-179 2,179 0,179</polygon></area>",
        (1.0, -180.0),
    ),
    ("<area><areaDesc>A</areaDesc><polygon>1,1 1,1 1,1 1,1</polygon></area>", (1.0, 1.0)),
    (
        "<area><areaDesc>A</areaDesc><polygon>-40.5001,170.2 -40.5001,170.20004 -40.50006,170.20004"
        " -40.50006,170.2 -40.5001,170.2</polygon></area>",
        (-40.50008, 170.20002),
    ),
    (
        "<area><areaDesc>A</areaDesc></area><area><areaDesc>B</areaDesc><circle>1,2 0</circle></area>",
        (1.0, 2.0),
    ),
    (
        "<area><areaDesc>A</areaDesc><geocode><valueName>SAME</valueName><value>006037</value></geocode></area>",
        (None, None),
    ),
    ("", (None, None)),
]


def test_the_position_is_the_middle_of_its_area(app: Flask, run: Run, tmp_path: Path) -> None:
    for number, (area, _) in enumerate(POSITIONS):
        ran = run("import", "cap", saved(tmp_path, alert(info(area=area), identifier=f"P{number}")))
        assert ran.exit_code == 0, ran.stderr
    assert [(event.latitude, event.longitude) for event in events(app)] == [where for _, where in POSITIONS]
    for event in events(app):
        assert event.location_precision == (None if event.latitude is None else "area")


def test_long_texts_are_cut_for_the_event_and_kept_whole_in_the_alert(
    app: Flask, run: Run, tmp_path: Path
) -> None:
    document = alert(
        info(headline="h" * 500, area=f"<area><areaDesc>{'a' * 400}</areaDesc></area>"), identifier="i" * 240
    )
    run("import", "cap", saved(tmp_path, document))
    [event], [row] = events(app), alerts(app)
    assert (len(event.title), len(event.place_name), len(event.address)) == (200, 160, 300)
    assert event.source_ref == f"cap:{row.key}"
    assert row.content is not None
    assert row.content["info"][0]["headline"] == "h" * 500


NO_EVENTS: list[tuple[dict[str, str], str]] = [
    ({"status": "Test"}, "it is a test"),
    ({"status": "Exercise"}, "it is an exercise"),
    ({"status": "System"}, "own systems"),
    ({"status": "Draft"}, "it is a draft"),
    ({"msgType": "Ack"}, "only answers"),
    ({"msgType": "Error"}, "only answers"),
    ({"msgType": "Update"}, "refers to no message of its own sender"),
    ({"msgType": "Cancel"}, "refers to no message of its own sender"),
    ({"sent": "2999-01-01T00:00:00+00:00"}, "in the future"),
]


def test_what_is_no_event_is_refused_with_the_reason(
    run: Run, everything: Everything, tmp_path: Path
) -> None:
    before = everything()
    for values, why in NO_EVENTS:
        ran = run("import", "cap", saved(tmp_path, good(**values)))
        assert (ran.exit_code, "1 rejected" in ran.stdout) == (1, True), values
        assert why in ran.stderr
    assert everything() == before


def test_an_alert_that_says_nothing_is_refused(run: Run, tmp_path: Path) -> None:
    ran = run("import", "cap", saved(tmp_path, alert()))
    assert ran.exit_code == 1
    assert "no info block" in ran.stderr


def test_only_an_authority_imports_alerts(
    app: Flask, cast: Cast, run: Run, tmp_path: Path, everything: Everything
) -> None:
    path = saved(tmp_path, good())
    with app.app_context():
        contacts = {u.id: u.email for u in db.session.execute(db.select(User)).scalars()}
    before = everything()
    for person in (cast.vic, cast.sam):
        ran = run("import", "cap", path, "--as", contacts[person.id])
        assert (ran.exit_code, "may not" in ran.stderr) == (2, True)
    assert everything() == before
    assert run("import", "cap", path, "--as", contacts[cast.ada.id]).exit_code == 0
    with app.app_context():
        entry = db.session.execute(
            db.select(JournalEntry).where(JournalEntry.verb == "event.reported")
        ).scalar_one()
        assert entry.actor_id == cast.ada.id
    assert events(app)[0].reported_by_id is None


@pytest.mark.slow
def test_the_alert_of_the_standard_comes_in_as_one_event_and_goes_out_as_an_equal_alert(
    app: Flask, cast: Cast, run: Run
) -> None:
    file = shared_file("cap/oasis-amber-alert.xml")
    assert run("import", "cap", file).exit_code == 0
    [event] = events(app)
    assert event.title == "Amber Alert in Los Angeles County"
    assert (event.place_name, event.severity) == ("Los Angeles County", Severity.SEVERE)
    page = cast.ada.get(f"/events/{event.id}").get_data(as_text=True)
    assert "Alerta Amber en el condado de Los Ángeles" in page
    out = cast.ada.get(f"/events/{event.id}/cap.xml")
    assert out.mimetype == "application/cap+xml"
    assert tree(out.data) == tree(file.read_bytes())


def test_the_page_of_an_event_asks_once_for_its_alert(
    app: Flask, cast: Cast, run: Run, tmp_path: Path
) -> None:
    run("import", "cap", saved(tmp_path, good()))
    [event] = events(app)
    with statements(app) as asked:
        cast.ada.get(f"/events/{event.id}")
    assert len([sql for sql in asked if "FROM cap_alert" in sql]) == 1


@both_databases
def test_of_many_who_import_the_same_alert_at_once_one_does(app: Flask, tmp_path: Path) -> None:
    path = saved(tmp_path, good())

    def import_it(_number: int) -> tuple[int, int]:
        with app.app_context():
            outcome = import_alert(SYSTEM, path)
            return outcome.imported, outcome.known

    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(import_it, range(8)))
    assert sorted(found) == [(0, 1)] * 7 + [(1, 0)]
    assert len(events(app)) == len(alerts(app)) == 1


def test_the_document_is_kept_as_it_came(app: Flask, run: Run, tmp_path: Path) -> None:
    document = '<?xml version="1.0" encoding="ISO-8859-1"?>\n<!-- signed -->\n' + good(note="Bølger")
    run("import", "cap", saved(tmp_path, document.encode("latin-1")))
    with app.app_context():
        assert db.session.execute(db.select(CapAlert.xml)).scalar_one() == document


def test_an_alert_writes_nothing_but_words_into_pages(
    app: Flask, cast: Cast, run: Run, tmp_path: Path
) -> None:
    evil = "<script>alert(1)</script>{{7*7}}"
    area = f"<area><areaDesc>{escape(evil)}</areaDesc></area>"
    words = dict.fromkeys(("headline", "description", "instruction", "senderName", "event"), evil)
    more = f"<web>javascript:alert(1)</web><contact>{escape(evil)}</contact>"
    run("import", "cap", saved(tmp_path, alert(info("da", area, more, **words), info(area=area, **words))))
    with app.app_context():
        service.verify(cast.ada.actor, event_id=1)
        service.edit_event(cast.ada.actor, event_id=1, seen_version=None, visibility=Visibility.PUBLIC)
    for who, path in (
        (cast.ada.client, "/events/1"),
        (cast.stranger, "/public/1"),
        (cast.stranger, "/feed.atom"),
    ):
        page = who.get(path).get_data(as_text=True)
        assert "<script>alert" not in page
        assert "{{7*7}}" in page
        assert 'href="javascript:' not in page
    assert tree(cast.stranger.get("/events/1/cap.xml").data)
