"""The same list again: columns moved, renamed, added; rows of another sender with the same numbers."""

from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from tests.conftest import both_databases
from tests.interchange.conftest import Everything, Run, as_csv, row
from tests.interchange.table_making import as_features, as_table, event
from tests.interchange.test_table_import_rows import saved, stored
from tests.people import Cast
from webapp import journal
from webapp.events.models import Event, Source
from webapp.extensions import db
from webapp.interchange.same_rows import OTHER_WORDS
from webapp.interchange.ushahidi import COLUMNS
from webapp.journal import SYSTEM

FIRST = "id,title,place\n1,Cellar flooded,Harbour St\n2,Tree on road,Mill Rd\n"


def counts(result: Any) -> tuple[int, ...]:
    """New, known and rejected."""
    return tuple(int(word) for word in result.stdout.split() if word.isdigit())


@both_databases
@pytest.mark.parametrize(
    "again",
    [
        "title,id,place\nCellar flooded,1,Harbour St\nTree on road,2,Mill Rd\n",
        "Nr;incident;location\n1;Cellar flooded;Harbour St\n2;Tree on road;Mill Rd\n",
        "id,title,place,notes\n1,Cellar flooded,Harbour St,\n2,Tree on road,Mill Rd,wide\n",
        "id,title,place,Sector\n1,cellar  FLOODED,Harbour St,WASH\n2,Tree on road,Mill Rd,\n",
        "id,title\n1,Cellar flooded\n2,Tree on road\n",
        "#meta+id,#event,#loc\n1,Cellar flooded,Harbour St\n2,Tree on road,Mill Rd\n",
    ],
)
def test_a_numbered_list_is_known_however_its_columns_stand(
    again: str, app: Flask, run: Run, everything: Everything, tmp_path: Path
) -> None:
    assert counts(run("import", "events", saved(tmp_path, FIRST))) == (2, 0, 0)
    before = everything()
    result = run("import", "events", saved(tmp_path, again, "again.csv"))
    assert counts(result) == (0, 2, 0), result.output
    assert result.stderr == ""
    assert everything() == before


def test_what_is_new_in_a_list_with_one_more_column_is_new_once(app: Flask, run: Run, tmp_path: Path) -> None:
    run("import", "events", saved(tmp_path, FIRST))
    grown = "id,title,place,notes\n1,Cellar flooded,Harbour St,\n3,Bridge closed,Old Bridge,x\n"
    more = saved(tmp_path, grown, "more.csv")
    assert counts(run("import", "events", more, "--dry-run")) == (1, 1, 0)
    assert counts(run("import", "events", more)) == (1, 1, 0)
    assert counts(run("import", "events", more)) == (0, 2, 0)
    shorter = saved(tmp_path, "id,title,place\n3,Bridge closed,Old Bridge\n", "shorter.csv")
    assert counts(run("import", "events", shorter)) == (0, 1, 0)


def test_a_changed_title_in_a_list_that_is_known_is_left_and_said(
    app: Flask, run: Run, tmp_path: Path
) -> None:
    run("import", "events", saved(tmp_path, FIRST + "3,Smoke,Weir Ln\n"))
    again = "title,id,place\nCellar flooded,1,Harbour St\nAll is well now,2,Mill Rd\nSmoke,3,Weir Ln\n"
    result = run("import", "events", saved(tmp_path, again, "again.csv"))
    assert counts(result) == (0, 3, 0)
    assert result.stderr.strip() == f"line 3: {OTHER_WORDS}"


def test_another_senders_list_with_the_same_numbers_is_new(app: Flask, run: Run, tmp_path: Path) -> None:
    run("import", "events", saved(tmp_path, FIRST))
    other = saved(tmp_path, "Nr;What;Where\n1;Fire;Town hall\n2;Tree on road;Castle Hill\n", "other.csv")
    assert counts(run("import", "events", other)) == (2, 0, 0)
    assert counts(run("import", "events", other)) == (0, 2, 0)
    same_heading = saved(tmp_path, "id,title,place\n1,Gas leak,Station\n", "third.csv")
    result = run("import", "events", same_heading)
    assert counts(result) == (0, 1, 0)
    assert result.stderr.strip() == f"line 2: {OTHER_WORDS}"
    assert counts(run("import", "events", same_heading, "--source", "Gas works")) == (1, 0, 0)


def test_needs_offers_and_features_are_known_alike(app: Flask, cast: Cast, run: Run, tmp_path: Path) -> None:
    event(app, cast.ada, "Flood")
    needs = ("id,event,need,qty\n1,Flood,Pumps,2\n", "need,qty,event,id,notes\nPumps,2,Flood,1,soon\n")
    offers = ("id,item,qty\n1,Van,1\n", "qty;offer;Nr;condition\n1;Van;1;good\n")
    for table, (first, again) in (("needs", needs), ("offers", offers)):
        assert counts(run("import", table, saved(tmp_path, first))) == (1, 0, 0)
        assert counts(run("import", table, saved(tmp_path, again))) == (0, 1, 0)
    point = {"type": "Point", "coordinates": [12.5, 55.5]}
    narrow = as_features((point, {"id": 7, "title": "A"}))
    assert counts(run("import", "events", saved(tmp_path, narrow))) == (1, 0, 0)
    wider = as_features((point, {"colour": "red", "name": "A b", "id": 7}))
    assert counts(run("import", "events", saved(tmp_path, wider))) == (0, 1, 0)


def test_rows_without_a_number_are_known_by_our_columns(app: Flask, run: Run, tmp_path: Path) -> None:
    first = as_table({"title": "Flood", "lat": "55.50", "lon": "12.5", "sector": "WASH"}, {"title": "Fire"})
    assert counts(run("import", "events", saved(tmp_path, first))) == (2, 0, 0)
    again = as_table(
        {"Longitude": "12,5", "Latitude": "55,5", "incident": "FLOOD", "Cluster": "WASH", "extra": "1"},
        {"incident": " fire "},
        {"incident": "Fire", "Latitude": "1", "Longitude": "2"},
        delimiter=";",
    )
    file = saved(tmp_path, again, "again.csv")
    assert counts(run("import", "events", file)) == (1, 2, 0)
    assert counts(run("import", "events", file)) == (0, 3, 0)


def test_rows_that_differ_in_other_columns_only_are_different_rows(
    app: Flask, run: Run, tmp_path: Path
) -> None:
    rows = [{"title": "Flood", "sector": "WASH"}, {"title": "Flood", "sector": "Food"}]
    file = saved(tmp_path, as_table(*rows, rows[0]))
    assert counts(run("import", "events", file)) == (2, 1, 0)
    assert counts(run("import", "events", file)) == (0, 3, 0)
    assert [event.tags for event in stored(app, Event)] == [["sector: WASH"], ["sector: Food"]]


@both_databases
def test_rows_that_came_in_under_the_references_of_before_are_known(
    app: Flask, run: Run, tmp_path: Path
) -> None:
    """Their references were made of all columns, extra ones and the words of the heading included."""

    @journal.command
    def before(_actor: Any) -> None:
        old = {"Flood": "event:2b06a49b7e1d04a1f9e7c0d5", "Fire": "event:0123abcd:2"}
        made = [
            Event(title=title, source=Source.IMPORT, source_ref=ref if "abcd" in ref else legacy())
            for title, ref in old.items()
        ]
        db.session.add_all(made)
        db.session.flush()
        journal.append("event.reported", made[0])

    with app.app_context():
        before(SYSTEM)
    flood = saved(tmp_path, as_table({"title": "Flood", "sector": "WASH"}))
    assert counts(run("import", "events", flood)) == (0, 1, 0)
    assert counts(run("import", "events", saved(tmp_path, "Nr,title\n2,Fire\n"))) == (0, 1, 0)


def legacy() -> str:
    """What the row of “Flood” was called: a digest of its cells, with those of columns that are not ours."""
    import hashlib

    return f"event:{hashlib.sha256(b'sector=WASH' + chr(10).encode() + b'title=Flood').hexdigest()[:24]}"


def test_reports_are_known_in_another_order_of_columns(app: Flask, run: Run, tmp_path: Path) -> None:
    assert counts(run("import", "reports", saved(tmp_path, as_csv(row(1), row(2))))) == (2, 0, 0)
    moved = as_csv(row(1), row(2), row(3), columns=(*COLUMNS[::-1],))
    assert counts(run("import", "reports", saved(tmp_path, moved))) == (1, 2, 0)
    wider = moved.replace("\r\n", ",x\r\n").replace("Serial,x", "Serial,COMMENTS")
    assert counts(run("import", "reports", saved(tmp_path, wider))) == (0, 3, 0)
    other = as_csv(row(1, incident_title="Quake", location="Lima", latitude="-12", longitude="-77"),
                   columns=(*COLUMNS[1:], COLUMNS[0]))  # fmt: skip
    assert counts(run("import", "reports", saved(tmp_path, other))) == (1, 0, 0)
