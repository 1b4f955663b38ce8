"""Rows of tables: which column is which, what cells mean, a line for each that cannot go in."""

from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from tests.conftest import both_databases
from tests.interchange.conftest import Everything, Run
from tests.interchange.table_making import as_features, as_table, entries, event, offer
from tests.people import Cast
from webapp.accounts.models import User, UserSkill
from webapp.events.models import Category, Event, EventStatus, Source
from webapp.events.service import report_event, verify
from webapp.extensions import db
from webapp.journal import Role
from webapp.resources.models import Need, NeedStatus, Offer, OfferStatus, ResourceType


def stored(app: Flask, model: Any) -> list[Any]:
    """All rows, oldest first."""
    with app.app_context():
        return list(db.session.execute(db.select(model).order_by(model.id)).scalars())


def saved(tmp_path: Path, text: str, name: str = "table.csv") -> Path:
    """The text as a file."""
    file = tmp_path / name
    file.write_bytes(text.encode())
    return file


@both_databases
def test_events_come_in_pending_once_whatever_their_columns_are_called(
    app: Flask, run: Run, everything: Everything, tmp_path: Path
) -> None:
    file = saved(
        tmp_path,
        "Nr;TITRE ;Lat.;LNG;Prio;Incident Date;Sector\n"
        "7;Inondation;18,55;-72,30;high;2026-01-17 13:05;WASH\n"
        "8;Feu;;;;;\n",
    )
    result = run("import", "events", file, "--time-zone", "America/Port-au-Prince")
    assert result.exit_code == 0, result.stderr
    assert "2 events imported, 0 already known, 0 rejected." in result.stdout
    first, second = stored(app, Event)
    assert (first.title, first.priority, first.latitude, first.longitude) == ("Inondation", 2, 18.55, -72.3)
    assert first.reported_at.isoformat() == "2026-01-17T18:05:00+00:00"
    assert first.tags == ["Sector: WASH"]
    assert first.source is Source.IMPORT
    assert first.source_ref.endswith(":7")
    assert first.reported_by_id is None
    assert (second.status, second.latitude, second.priority) == (EventStatus.PENDING, None, 3)
    before = everything()
    again = run("import", "events", file)
    assert "0 events imported, 2 already known, 0 rejected." in again.stdout
    assert everything() == before


def test_hashtags_decide_where_a_file_has_them(app: Flask, run: Run, tmp_path: Path) -> None:
    file = saved(
        tmp_path,
        "Report of the day,,,,\n"
        "title,what it is,north,east,other\n"
        "#description,#event+name+i_en,#geo +LAT,#geo+lon,\n"
        "Long text,Flood,1.5,2.5,x\n",
    )
    result = run("import", "events", file)
    assert result.exit_code == 0, result.stderr
    (row,) = stored(app, Event)
    assert (row.title, row.description, row.latitude, row.longitude) == ("Flood", "Long text", 1.5, 2.5)
    assert row.tags == ["other: x"]


def test_rows_without_a_number_are_known_by_what_they_say(app: Flask, run: Run, tmp_path: Path) -> None:
    file = saved(tmp_path, as_table({"title": "Flood"}, {"title": "Flood"}, {"title": "Fire"}))
    assert "2 events imported, 1 already known" in run("import", "events", file).stdout
    other = saved(tmp_path, as_table({"title": " Flood "}, {"title": "Quake"}), "other.csv")
    assert "1 events imported, 1 already known" in run("import", "events", other).stdout
    assert [row.title for row in stored(app, Event)] == ["Flood", "Fire", "Quake"]


def test_numbers_of_two_senders_are_kept_apart_by_name(app: Flask, run: Run, tmp_path: Path) -> None:
    file = saved(tmp_path, as_table({"id": "1", "title": "Flood"}))
    other = saved(tmp_path, as_table({"id": "1", "title": "Fire"}), "other.csv")
    run("import", "events", file, "--source", "Red Cross")
    assert "1 events imported" in run("import", "events", other, "--source", "Rotary").stdout
    assert "1 already known" in run("import", "events", other, "--source", "Rotary").stdout


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ({"title": " ", "priority": "1"}, "title: Write a title"),
        ({"title": "x" * 201}, "title: Use at most 200 characters; this has 201."),
        ({"latitude": "91", "longitude": "0"}, "seem to be swapped"),
        ({"latitude": "151.2", "longitude": "-33.9"}, "seem to be swapped"),
        ({"latitude": "95", "longitude": "120"}, "A latitude is from −90 to 90"),
        ({"latitude": "1", "longitude": "181"}, "A longitude is from −180 to 180"),
        ({"latitude": "nan", "longitude": "1"}, "latitude: “nan” is not a number of degrees."),
        ({"latitude": "1", "longitude": "Infinity"}, "longitude: “Infinity” is not a number of degrees."),
        ({"latitude": "1_0", "longitude": "1"}, "latitude: “1_0” is not a number"),
        ({"latitude": "1", "longitude": ""}, "longitude: “” is not a number"),
        ({"priority": "6"}, "priority: “6” is no priority"),
        ({"priority": "soon"}, "priority: “soon” is no priority"),
        ({"severity": "bad"}, "severity: “bad” is none of Extreme, Severe"),
        ({"status": "open"}, "status: “open” is none of pending"),
        ({"reported_at": "03/04/2026"}, "reported_at: “03/04/2026” is no date and time that can"),
        ({"reported_at": "1850-01-01"}, "lies before 1970"),
        ({"reported_at": "9999-12-31"}, "lies in the future"),
        ({"ref": "x" * 201}, "ref: Use at most 200"),
    ],
)
def test_a_row_that_cannot_be_is_named_and_the_others_go_in(
    cells: dict[str, str], said: str, app: Flask, run: Run, tmp_path: Path
) -> None:
    bad = {"title": "Bad"} | cells
    file = saved(tmp_path, as_table({"title": "One"}, bad, {"title": "Two"}))
    result = run("import", "events", file)
    assert result.exit_code == 1
    assert result.stderr.startswith("line 3: ")
    assert said in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1
    assert [row.title for row in stored(app, Event)] == ["One", "Two"]


def test_words_for_what_it_is_become_a_category_and_stay_as_tags(
    app: Flask, run: Run, tmp_path: Path
) -> None:
    file = saved(
        tmp_path,
        as_table(
            {"title": "A", "category": "met"},
            {"title": "B", "category": "Collapsed structure, Fire"},
            {"title": "C", "category": "who knows"},
            {"title": "D", "latitude": "0", "longitude": "0"},
        ),
    )
    result = run("import", "events", file)
    assert "line 5: position 0, 0 stands for unknown" in result.stderr
    a, b, c, d = stored(app, Event)
    assert (a.category, a.tags) == (Category.MET, [])
    assert (b.category, b.kind, b.tags) == (Category.FIRE, "fire", ["Collapsed structure", "Fire"])
    assert (c.category, c.tags) == (Category.OTHER, ["who knows"])
    assert d.latitude is None


def test_formulas_from_a_spreadsheet_and_markup_stay_words(app: Flask, run: Run, tmp_path: Path) -> None:
    file = saved(tmp_path, as_table({"title": "'=cmd {{7*7}} <script>x</script>"}, {"title": "=1+1"}))
    run("import", "events", file)
    assert [row.title for row in stored(app, Event)] == ["=cmd {{7*7}} <script>x</script>", "=1+1"]


def test_a_file_that_is_trusted_makes_active_events(app: Flask, run: Run, tmp_path: Path) -> None:
    file = saved(
        tmp_path,
        as_table(
            {"title": "A", "status": "", "visibility": "public"},
            {"title": "B", "status": "Pending"},
            {"title": "C", "status": "resolved", "closed_at": "2026-01-02T03:04:05Z"},
            {"title": "D", "status": "rejected"},
        ),
    )
    assert run("import", "events", file, "--verified").exit_code == 0
    a, b, c, d = stored(app, Event)
    assert [row.status.value for row in (a, b, c, d)] == ["active", "pending", "resolved", "rejected"]
    assert a.join_code
    assert a.visibility.value == "public"
    assert c.closed_at.isoformat() == "2026-01-02T03:04:05+00:00"
    assert len(entries(app, "event.closed")) == len(entries(app, "event.rejected")) == 1


def test_a_file_that_is_not_trusted_publishes_nothing(app: Flask, run: Run, tmp_path: Path) -> None:
    file = saved(tmp_path, as_table({"title": "A", "status": "active", "visibility": "public"}))
    run("import", "events", file)
    (row,) = stored(app, Event)
    assert (row.status.value, row.visibility.value) == ("pending", "internal")


@both_databases
def test_needs_find_their_event_by_reference_number_or_title(
    app: Flask, cast: Cast, run: Run, everything: Everything, tmp_path: Path
) -> None:
    flood = event(app, cast.ada, "Flood", source_ref="agency:1")
    fire = event(app, cast.ada, "Fire")
    event(app, cast.ada, "Twice")
    event(app, cast.ada, "Twice")
    with app.app_context():
        report_event(cast.vic.actor, title="Smoke", source_ref="agency:2")
    file = saved(
        tmp_path,
        as_table(
            {"event_ref": "agency:1", "need": "Pumps", "qty": "2", "type": "equipment.pump"},
            {"event_id": str(fire), "need": "200 blankets", "qty": "200"},
            {"event": "Flood", "need": "Nurses", "qty": "3", "type": "people"},
            {"event": "Twice", "need": "Water"},
            {"event": "Nowhere", "need": "Water"},
            {"event_ref": "agency:2", "need": "Water"},
            {"need": "Water"},
            {"event_id": "99999", "need": "Water"},
            {"event": "Flood", "need": "Pump", "type": "Pump", "unit": "litres"},
            {"event": "Flood", "need": "Pump", "type": "Pump", "qty": "1.5"},
            {"event": "Flood", "need": "Pump", "qty": "many"},
        ),
    )
    result = run("import", "needs", file)
    assert result.exit_code == 1
    assert "3 needs imported, 0 already known, 8 rejected." in result.stdout, result.stderr
    said = dict(line.split(": ", 1) for line in result.stderr.strip().splitlines())
    assert "2 active events are called “Twice”" in said["line 5"]
    assert "There is no event “Nowhere” here" in said["line 6"]
    assert "not verified yet" in said["line 7"]
    assert "does not say which event" in said["line 8"]
    assert "There is no event “99999”" in said["line 9"]
    assert "not in “litres”" in said["line 10"]
    assert "whole number" in said["line 11"]
    assert "“many”" in said["line 12"]
    with app.app_context():
        codes = {row.id: row.code for row in db.session.execute(db.select(ResourceType)).scalars()}
    by_name = {row.name: row for row in stored(app, Need)}
    assert by_name["Pumps"].event_id == by_name["Nurses"].event_id == flood
    assert by_name["200 blankets"].event_id == fire
    assert codes[by_name["200 blankets"].resource_type_id] == "supplies.bedding"
    assert codes[by_name["Nurses"].resource_type_id] == "personnel.medical"
    assert by_name["Nurses"].description == "Type: people"
    before = everything()
    again = run("import", "needs", file)
    assert "0 needs imported, 3 already known, 8 rejected." in again.stdout
    assert everything() == before


def test_needs_refused_for_their_event_go_in_once_it_is_verified(
    app: Flask, cast: Cast, run: Run, tmp_path: Path
) -> None:
    with app.app_context():
        smoke = report_event(cast.vic.actor, title="Smoke", source_ref="agency:2").id
    file = saved(tmp_path, as_table({"event_ref": "agency:2", "need": "Water"}))
    assert run("import", "needs", file).exit_code == 1
    with app.app_context():
        verify(cast.ada.actor, event_id=smoke)
    assert "1 needs imported" in run("import", "needs", file).stdout
    (row,) = stored(app, Need)
    assert row.description == "The amount is not stated."
    assert row.status is NeedStatus.OPEN


def test_offers_belong_to_whom_their_contact_names(app: Flask, cast: Cast, run: Run, tmp_path: Path) -> None:
    with app.app_context():
        email = db.session.get_one(User, cast.sam.id).email
    file = saved(
        tmp_path,
        as_table(
            {
                "item": "Pump",
                "qty": "2",
                "type": "Pump",
                "donor": "Sam",
                "email": email,
                "lat": "1",
                "lon": "2",
            },
            {"item": "Van", "donor": "Rotary", "status": "out_of_service", "from": "2026-11-01", "until": ""},
            {"item": "Bad", "email": "nobody"},
            {"item": "Late", "from": "2026-11-02", "until": "2026-11-01"},
        ),
    )
    result = run("import", "offers", file)
    assert "2 offers imported, 0 already known, 2 rejected." in result.stdout, result.stderr
    assert "line 3: nobody here has the contact of “Rotary”; imported without an owner" in result.stderr
    assert "line 4: email: " in result.stderr
    assert "line 5: until: The end must be after the beginning." in result.stderr
    pump, van = stored(app, Offer)
    assert (pump.owner_id, pump.latitude, pump.quantity) == (cast.sam.id, 1.0, 2)
    assert (van.owner_id, van.status) == (None, OfferStatus.OUT_OF_SERVICE)
    assert "2 already known" in run("import", "offers", file).stdout


@both_databases
def test_people_come_in_as_volunteers_and_known_ones_are_left_as_they_are(
    app: Flask, cast: Cast, run: Run, everything: Everything, tmp_path: Path
) -> None:
    with app.app_context():
        email = db.session.get_one(User, cast.sam.id).email
    file = saved(
        tmp_path,
        as_table(
            {"full name": "Bo", "e-mail": "Bo@Example.org", "mobile": "+45 12 34 56 78", "role": "AUTHORITY",
             "skills": "Boats; radio", "languages": "English, fr", "city": "Odense"},
            {"full name": "Volunteer, SAM", "e-mail": email or ""},
            {"full name": "Bo", "mobile": "+4512345678"},
            {"full name": "No contact"},
            {"full name": "Wrong", "mobile": "12"},
            {"full name": "7", "mobile": "+4512345679"},
            {"full name": "Tongues", "mobile": "+4512345670", "languages": "Klingonish"},
        ),
    )  # fmt: skip
    result = run("import", "people", file)
    assert "1 persons imported, 2 already known, 4 rejected." in result.stdout, result.stderr
    assert "line 5: e-mail: Write a phone number or an e-mail address." in result.stderr
    assert "line 6: mobile: " in result.stderr
    assert "line 7: full name: Write the person's name." in result.stderr
    assert "line 8: languages: “Klingonish”" in result.stderr
    bo = stored(app, User)[-1]
    assert (bo.name, bo.email, bo.phone, bo.role) == ("Bo", "bo@example.org", "+4512345678", Role.SUV)
    assert (bo.languages, bo.home_area) == (["en", "fr"], "Odense")
    assert [skill.name for skill in stored(app, UserSkill)] == ["Boats", "radio"]
    assert [row.name for row in stored(app, User) if row.id == cast.sam.id] == ["Sam Volunteer"]
    (entry,) = [entry for entry in entries(app, "user.registered") if entry.subject_id == bo.id]
    assert "example.org" not in str(entry.changes) + str(entry.facts) + str(entry.effects)
    before = everything()
    assert "0 persons imported, 3 already known" in run("import", "people", file).stdout
    assert everything() == before


@pytest.mark.parametrize(
    ("geometry", "position"),
    [
        ({"type": "Point", "coordinates": [12.5, 55.5]}, (55.5, 12.5)),
        ({"type": "Point", "coordinates": [12.5, 55.5, 30]}, (55.5, 12.5)),
        ({"type": "Point", "coordinates": [190, -17]}, (-17.0, -170.0)),
        ({"type": "LineString", "coordinates": [[179.9, -17], [-179.7, -17]]}, (-17.0, -179.9)),
        ({"type": "MultiPoint", "coordinates": [[0, 1], [2, 3]]}, (2.0, 1.0)),
        ({"type": "LineString", "coordinates": [[0, 1], [2, 3]]}, (2.0, 1.0)),
        ({"type": "Polygon", "coordinates": [[[0, 0], [4, 0], [4, 2], [0, 2], [0, 0]]]}, (1.0, 2.0)),
        ({"type": "Polygon", "coordinates": [[[1, 1], [1, 1], [1, 1], [1, 1]]]}, (1.0, 1.0)),
        (
            {
                "type": "MultiPolygon",
                "coordinates": [
                    [[[179, 0], [180, 0], [180, 1], [179, 1], [179, 0]]],
                    [[[-180, 0], [-176, 0], [-176, 2], [-180, 2], [-180, 0]]],
                ],
            },
            (0.944444, -178.277778),
        ),
        (
            {"type": "GeometryCollection", "geometries": [{"type": "Point", "coordinates": [1, 2]}]},
            (2.0, 1.0),
        ),
        ({"type": "Point", "coordinates": []}, (None, None)),
        (None, (None, None)),
    ],
)
def test_any_geometry_becomes_its_centre(
    geometry: Any, position: tuple[float, float], app: Flask, run: Run, tmp_path: Path
) -> None:
    file = saved(tmp_path, as_features((geometry, {"name": "Flood", "tags": ["a", "b;c"]})), "file.geojson")
    assert run("import", "events", file).exit_code == 0
    (row,) = stored(app, Event)
    assert (row.latitude, row.longitude) == position
    exact = "exact" if geometry and geometry["type"] == "Point" else "area"
    assert row.location_precision == (exact if position[0] is not None else None)
    assert row.tags == ["a", "b;c"]


@pytest.mark.parametrize(
    ("geometry", "said"),
    [
        ({"type": "Circle", "coordinates": [1, 2]}, "“Circle” is no geometry"),
        ({"type": "Point", "coordinates": ["1", "2"]}, "a longitude and a latitude"),
        ({"type": "Point", "coordinates": [1]}, "a longitude and a latitude"),
        ({"type": "Point", "coordinates": [True, 2]}, "a longitude and a latitude"),
        ({"type": "Point", "coordinates": [55.5, 112.5]}, "seem to be swapped"),
        ({"type": "Polygon", "coordinates": [5]}, "not a list"),
        ({"type": "MultiPolygon", "coordinates": [5]}, "list of rings"),
        ({"type": "GeometryCollection"}, "geometries"),
        ("here", "not an object"),
    ],
)
def test_a_geometry_that_is_none_costs_its_own_feature_only(
    geometry: Any, said: str, app: Flask, run: Run, tmp_path: Path
) -> None:
    file = saved(
        tmp_path, as_features((None, {"title": "A"}), (geometry, {"title": "B"}), (None, {"title": "C"}))
    )
    result = run("import", "events", file)
    assert result.exit_code == 1
    assert result.stderr.startswith("feature 2: ")
    assert said in result.stderr
    assert [row.title for row in stored(app, Event)] == ["A", "C"]


def test_columns_that_nothing_comes_of_are_said_once(
    app: Flask, cast: Cast, run: Run, tmp_path: Path
) -> None:
    offer(app, cast.sam)
    file = saved(tmp_path, as_table({"name": "Van", "colour": "red", "wheels": "4"}))
    result = run("import", "offers", file)
    assert result.stderr.splitlines()[0] == "Columns that were not used: colour, wheels."
