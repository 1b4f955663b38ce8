"""What an export says: every column, in CSV, with HXL hashtags, and as GeoJSON; no cell is a formula."""

import csv
import io
import re

import pytest
from flask import Flask

from tests.conftest import both_databases
from tests.interchange.table_making import (
    event,
    export,
    features_of,
    flood,
    many_events,
    need,
    offer,
    rows_of,
    text_of,
)
from tests.people import Cast
from tests.statements import statements
from webapp.interchange.tables import exporting
from webapp.interchange.tables.cells import joined, parted, shielded, unshielded
from webapp.interchange.tables.columns import COLUMNS, Table

# The hashtags of the HXL 1.1 dictionary (final of 2018-04-30).
_NAMES = """
    access activity adm1 adm2 adm3 adm4 adm5 affected beneficiary capacity cause channel contact
    country crisis currency date description event frequency geo group impact indicator inneed item
    loc meta modality need operations org output population reached region respondee sector service
    severity status subsector targeted value
"""
HXL_1_1 = frozenset(f"#{name}" for name in _NAMES.split())


@both_databases
def test_an_event_goes_out_with_all_that_it_says(app: Flask, cast: Cast) -> None:
    event_id = flood(app, cast.ada)
    answer = export(cast.vic, "events")
    assert answer.content_type == "text/csv; charset=utf-8"
    assert re.fullmatch(
        r'attachment; filename="events-\d{4}-\d\d-\d\d\.csv"', answer.headers["Content-Disposition"]
    )
    assert answer.headers["Cache-Control"] == "no-store"
    (row,) = rows_of(answer)
    assert {
        "id": str(event_id),
        "title": "Cellar flooded; “Vesterbro”, north",
        "description": "Two\nlines, and a comma",
        "category": "Met",
        "kind": "flood",
        "tags": "2b. Water | Eau; a\\; b; back\\\\slash",
        "priority": "2",
        "severity": "Severe",
        "status": "active",
        "latitude": "55.672341",
        "longitude": "-12.554321",
        "visibility": "internal",
        "needs_approval": "no",
        "closed_at": "",
    }.items() <= row.items()
    assert re.fullmatch(rf"mayday:event:{event_id}:[0-9a-f]+", row["ref"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", row["reported_at"])


def test_needs_name_their_event_and_stand_where_it_is(app: Flask, cast: Cast) -> None:
    event_id = flood(app, cast.ada)
    need(app, cast.vic, event_id, quantity=2)
    (of_event,) = rows_of(export(cast.vic, "events"))
    (row,) = rows_of(export(cast.vic, "needs"))
    assert row["event_ref"] == of_event["ref"]
    assert (row["type"], row["quantity"], row["unit"], row["status"]) == (
        "equipment.pump",
        "2",
        "pumps",
        "open",
    )
    (feature,) = features_of(export(cast.vic, "needs", "geojson"))
    assert feature["geometry"] == {"type": "Point", "coordinates": [-12.554321, 55.672341]}
    assert feature["properties"]["quantity"] == 2


def test_offers_without_a_position_are_features_without_a_geometry(app: Flask, cast: Cast) -> None:
    offer(app, cast.sam, latitude=1.5, longitude=-2.5, quantity=3)
    offer(app, cast.sue)
    answer = export(cast.vic, "offers", "geojson")
    assert answer.content_type == "application/geo+json"
    here, nowhere = features_of(answer)
    assert here["geometry"] == {"type": "Point", "coordinates": [-2.5, 1.5]}
    assert here["properties"]["owner"] == "Sam Volunteer"
    assert nowhere["geometry"] is None


def test_people_go_out_with_what_they_can_do(app: Flask, cast: Cast) -> None:
    cast.sam.post("/me/skills", {"skill": "Boats"})
    cast.sam.post("/me/skills", {"skill": "Radio"})
    people = {row["name"]: row for row in rows_of(export(cast.vic, "people"))}
    assert len(people) == 5
    assert people["Sam Volunteer"]["skills"] == "Boats; Radio"
    assert people["Ada Authority"]["role"] == "AUTHORITY"
    answer = export(cast.vic, "people", "geojson")
    assert answer.status_code == 422


def test_the_second_row_has_hashtags_of_hxl(app: Flask, cast: Cast) -> None:
    flood(app, cast.ada)
    answer = export(cast.vic, "events", "hxl")
    assert ".hxl.csv" in answer.headers["Content-Disposition"]
    names, tags, row = list(csv.reader(io.StringIO(text_of(answer))))
    by_name = dict(zip(names, tags, strict=True))
    assert by_name["latitude"] == "#geo+lat"
    assert by_name["longitude"] == "#geo+lon"
    assert by_name["title"] == "#event+name"
    assert len(row) == len(names)


@pytest.mark.parametrize("table", list(Table))
def test_every_column_has_a_hashtag_of_its_own_that_the_standard_knows(table: Table) -> None:
    written = [column.tags[0] for column in COLUMNS[table]]
    assert len(set(written)) == len(written)
    for tag in written:
        assert re.fullmatch(r"#[a-z][a-z0-9_]*(\+[a-z][a-z0-9_]*)*", tag), tag
        assert tag.split("+")[0] in HXL_1_1


def test_formulas_are_made_harmless_and_numbers_stay_numbers(app: Flask, cast: Cast) -> None:
    flood(app, cast.ada, title="=cmd|'/c calc'!A0", kind="@SUM(1)", place_name="-2+3", address="+45 1234")
    (row,) = rows_of(export(cast.vic, "events"))
    assert row["title"] == "'=cmd|'/c calc'!A0"
    assert row["kind"] == "'@SUM(1)"
    assert row["place_name"] == "'-2+3"
    assert row["address"] == "'+45 1234"
    assert float(row["longitude"]) == -12.554321
    (feature,) = features_of(export(cast.vic, "events", "geojson"))
    assert feature["properties"]["title"] == "=cmd|'/c calc'!A0"


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("=1", "'=1"),
        ("\tx", "'\tx"),
        ("\rx", "'\rx"),
        ("＝1", "'＝1"),
        ("'=1", "''=1"),
        ("-5", "-5"),
        ("+4512345678", "+4512345678"),
        ("-5.5e3", "-5.5e3"),
        ("-1-1", "'-1-1"),
        ("-", "'-"),
        ("it's", "it's"),
        ("'quoted'", "'quoted'"),
        ("", ""),
    ],
)
def test_what_is_shielded_comes_back_as_it_was(text: str, cell: str) -> None:
    assert shielded(text) == cell
    assert unshielded(cell) == text


@pytest.mark.parametrize("words", [[], ["a"], ["a; b", "c"], ["back\\", "x;"], ["\\;", "é"]])
def test_words_in_one_cell_come_apart_again(words: list[str]) -> None:
    assert parted(joined(words)) == words


def test_the_lists_filters_narrow_the_export(app: Flask, cast: Cast) -> None:
    flood(app, cast.ada)
    event(app, cast.ada, "Fire", priority=1, latitude=10.0, longitude=10.0)
    event(app, cast.ada, "Far fire", latitude=10.9, longitude=10.9)

    def titles(query: str) -> list[str]:
        return [row["title"] for row in rows_of(export(cast.vic, "events", query=query))]

    assert titles("?q=fire") == ["Fire", "Far fire"]
    assert titles("?priority=1") == ["Fire"]
    assert titles("?lat=10&lon=10&km=20") == ["Fire"]
    assert titles("?status=pending") == []
    assert len(titles("")) == 3


def test_needs_and_offers_are_narrowed_as_their_lists_are(app: Flask, cast: Cast) -> None:
    first, second = event(app, cast.ada), event(app, cast.ada, "Fire")
    need(app, cast.vic, first, "One")
    need(app, cast.vic, second, "Two", code="supplies.water", unit="litres")
    offer(app, cast.sam)
    assert [row["name"] for row in rows_of(export(cast.vic, "needs", query=f"?event={second}"))] == ["Two"]
    assert [row["name"] for row in rows_of(export(cast.vic, "needs", query="?state=unmet"))] == ["One", "Two"]
    assert rows_of(export(cast.vic, "offers", query="?status=withdrawn")) == []
    assert rows_of(export(cast.vic, "offers", query="?mine=1")) == []


@pytest.mark.parametrize(
    "path",
    ["events?status=sunny", "needs?type=999", "needs?state=x", "offers?status=x", "people?language=zzz"],
)
def test_a_filter_that_says_nothing_is_refused_instead_of_exporting_all(path: str, cast: Cast) -> None:
    table, _, query = path.partition("?")
    answer = export(cast.vic, table, query=f"?{query}")
    assert answer.status_code == 422
    assert "Nothing was exported" in answer.get_data(as_text=True)
    assert cast.vic.get(f"/exports/{path}").status_code == 422


def test_an_empty_table_is_a_heading(cast: Cast) -> None:
    assert rows_of(export(cast.vic, "events")) == []
    assert features_of(export(cast.vic, "events", "geojson")) == []


@both_databases
def test_a_batch_of_any_size_is_one_statement(
    app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporting, "BATCH", 20)
    many_events(app, 50)
    with statements(app) as seen:
        rows = rows_of(export(cast.vic, "events"))
    assert [row["title"] for row in rows] == [f"Report {n}" for n in range(50)]
    assert len([sql for sql in seen if "event.description" in sql.lower()]) == 3
    assert len(seen) < 25


def test_geojson_of_many_batches_is_whole(app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exporting, "BATCH", 7)
    many_events(app, 21)
    assert len(features_of(export(cast.vic, "events", "geojson"))) == 21
