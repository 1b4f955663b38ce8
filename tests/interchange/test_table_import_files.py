"""Files of tables as people send them: delimiters, encodings, quotes, huge cells, wrong and hostile JSON."""

import json
from pathlib import Path

import pytest
from flask import Flask

from tests.interchange.conftest import Everything, Run
from tests.interchange.table_making import as_features, as_table
from tests.statements import statements
from webapp.events.models import Event
from webapp.extensions import db
from webapp.interchange.tables.columns import Table
from webapp.interchange.tables.reading import Refused, Row, open_table


def titles(app: Flask) -> list[str]:
    """What the events are called, oldest first."""
    with app.app_context():
        return list(db.session.execute(db.select(Event.title).order_by(Event.id)).scalars())


def saved(tmp_path: Path, content: str | bytes, name: str = "table.csv") -> Path:
    file = tmp_path / name
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    return file


@pytest.mark.parametrize("sign", [",", ";", "\t", "|"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_any_usual_delimiter_is_found(sign: str, mark: str, app: Flask, run: Run, tmp_path: Path) -> None:
    rows = as_table({"title": "A; b, c", "description": "x\ny"}, {"title": "B"}, delimiter=sign)
    assert run("import", "events", saved(tmp_path, mark + rows)).exit_code == 0
    assert titles(app) == ["A; b, c", "B"]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_any_line_end_is_fine(end: str, app: Flask, run: Run, tmp_path: Path) -> None:
    file = saved(tmp_path, end.join(["title,priority", "A,1", "", "B,2", ",", ""]))
    assert run("import", "events", file).exit_code == 0
    assert titles(app) == ["A", "B"]


@pytest.mark.parametrize("encoding", ["cp1252", "latin-1", "utf-16"])
def test_other_encodings_are_named(encoding: str, app: Flask, run: Run, tmp_path: Path) -> None:
    file = saved(tmp_path, as_table({"title": "Église"}).encode(encoding))
    refused = run("import", "events", file)
    assert refused.exit_code == 2
    assert "--encoding" in refused.stderr
    assert run("import", "events", file, "--encoding", encoding).exit_code == 0
    assert titles(app) == ["Église"]


def test_a_line_that_only_names_the_delimiter_is_no_heading(app: Flask, run: Run, tmp_path: Path) -> None:
    assert run("import", "events", saved(tmp_path, "sep=;\r\ntitle;priority\r\nA;1\r\n")).exit_code == 0
    assert titles(app) == ["A"]


def test_half_a_character_in_json_is_replaced(app: Flask, run: Run, tmp_path: Path) -> None:
    text = (
        '{"type": "Feature", "properties": {"title": "A\\ud800B", "x\\udfff": "\\ud800", "nul": "a\\u0000b"}}'
    )
    assert run("import", "events", saved(tmp_path, text)).exit_code == 0
    assert titles(app) == ["A?B"]


def test_a_quote_that_never_closes_costs_its_own_row_only(app: Flask, run: Run, tmp_path: Path) -> None:
    lines = as_table(*({"title": f"E{n}", "priority": 1, "address": "x"} for n in range(6))).splitlines()
    lines[3] = lines[3].replace("E2", '"E2')
    result = run("import", "events", saved(tmp_path, "\n".join(lines) + "\n"))
    assert result.exit_code == 1
    assert result.stderr.startswith("line 4: ")
    assert "Went on at line 5." in result.stderr
    assert titles(app) == ["E0", "E1", "E3", "E4", "E5"]


def test_too_few_and_too_many_values_are_named(app: Flask, run: Run, tmp_path: Path) -> None:
    result = run("import", "events", saved(tmp_path, "title,priority\nA,1\nB\nC,1,2\nD,2\n"))
    assert "line 3: 1 values where the heading has 2." in result.stderr
    assert "line 4: 3 values where the heading has 2." in result.stderr
    assert titles(app) == ["A", "D"]


@pytest.mark.parametrize("quoted", [True, False])
def test_a_cell_of_five_megabytes_is_one_refused_row(
    quoted: bool, app: Flask, run: Run, tmp_path: Path
) -> None:
    big = "x" * 5_000_000
    cell = f'"{big}"' if quoted else big
    result = run("import", "events", saved(tmp_path, f"title,description\nA,b\nB,{cell}\nC,d\n"))
    assert "line 3: longer than 1,048,576 characters" in result.stderr
    assert len(result.stderr) < 500
    assert titles(app) == ["A", "C"]
    geo = saved(tmp_path, as_features((None, {"title": "D", "description": big}), (None, {"title": "E"})))
    assert "feature 1: description: Use at most 10000" in run("import", "events", geo).stderr
    assert titles(app) == ["A", "C", "E"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "is empty"),
        ("\n\n", "no heading"),
        ("colour,size\nred,5\n", "no column for title. It says: colour, size."),
        (",".join(f"c{n}" for n in range(600)) + "\n", "600 columns"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "no text file"),
        (b"PK\x03\x04\x14\0\x06\0", "no text file"),
        ('"' + "x" * 100, "no heading"),
        ("#geo+lat,#geo+lon\n1,2\n", "no column for title"),
        ("{", "is not JSON"),
        ('{"type": "Topology", "objects": {}}', "type “Topology”"),
        ('{"type": "FeatureCollection"}', "no list “features”"),
        ('{"type": "FeatureCollection", "features": 5}', "no list “features”"),
        ("[1, 2]", "no GeoJSON of features"),
        ('{"type": "FeatureCollection", "features": [], "features": []}', "stands twice"),
        ('{"type": "Feature", "properties": {"title": NaN}}', "NaN is not a number"),
        ("[" * 100_000 + "]" * 100_000, "levels deep"),
        ('{"type": "Feature", "geometry": ' + "[" * 40 + "1" + "]" * 40 + "}", "levels deep"),
        (
            '{"type": "FeatureCollection", "features": [], "crs": {"properties": {"name": "EPSG:25832"}}}',
            "not in WGS 84",
        ),
    ],
)
def test_a_file_that_is_no_table_is_refused_whole(
    content: str | bytes, said: str, run: Run, everything: Everything, tmp_path: Path
) -> None:
    file = saved(tmp_path, content)
    before = everything()
    for more in ((), ("--dry-run",)):
        result = run("import", "events", file, *more)
        assert result.exit_code == 2, result.output
        assert said in result.stderr
        assert "Traceback" not in result.output
    assert everything() == before


def test_features_that_are_none_are_named(app: Flask, run: Run, tmp_path: Path) -> None:
    found = {"type": "FeatureCollection", "features": [5, {"type": "Point"}, None]}
    found["features"].append({"type": "Feature", "id": 7, "properties": {"title": "A", "x": {"y": [1]}}})  # type: ignore[attr-defined]
    result = run("import", "events", saved(tmp_path, json.dumps(found)))
    assert [line.split(":")[0] for line in result.stderr.splitlines()] == [
        "feature 1",
        "feature 2",
        "feature 3",
    ]
    assert titles(app) == ["A"]
    with app.app_context():
        (row,) = db.session.execute(db.select(Event)).scalars()
        assert row.source_ref.endswith(":7")
        assert row.tags == ['x: {"y": [1]}']


def test_a_single_feature_and_the_usual_crs_are_fine(app: Flask, run: Run, tmp_path: Path) -> None:
    feature = json.dumps({"type": "Feature", "geometry": None, "properties": {"title": "A"}})
    assert run("import", "events", saved(tmp_path, feature)).exit_code == 0
    usual = json.loads(as_features((None, {"title": "B"})))
    usual["crs"] = {"type": "name", "properties": {"name": "urn:ogc:def:crs:OGC:1.3:CRS84"}}
    assert run("import", "events", saved(tmp_path, json.dumps(usual))).exit_code == 0
    assert titles(app) == ["A", "B"]


def test_a_dry_run_says_what_would_be_and_writes_nothing(
    run: Run, everything: Everything, tmp_path: Path
) -> None:
    file = saved(tmp_path, as_table({"title": "A"}, {"title": "B", "priority": 9}, {"title": "A"}))
    before = everything()
    result = run("import", "events", file, "--dry-run")
    assert result.exit_code == 1
    assert "1 new, 1 already known, 1 rejected. Nothing was written." in result.stdout
    assert result.stderr.startswith("line 3: priority")
    assert everything() == before


def test_a_hundred_thousand_rows_are_read_one_after_the_other(app: Flask, tmp_path: Path) -> None:
    file = tmp_path / "many.csv"
    with file.open("w") as out:
        out.write("title,lat,lon\n")
        out.writelines(f"Report {n},1.5,2.5\n" for n in range(100_000))
    with app.app_context():
        source = open_table(file, Table.EVENTS)
        kinds = [type(row) for row in source.rows]
    assert kinds.count(Row) == 100_000
    assert Refused not in kinds


def test_batches_keep_their_order_and_each_is_one_transaction(app: Flask, run: Run, tmp_path: Path) -> None:
    file = saved(tmp_path, as_table(*({"title": f"E{n}"} for n in range(450))))
    with statements(app) as seen:
        assert run("import", "events", file).exit_code == 0
    assert titles(app) == [f"E{n}" for n in range(450)]
    # For a row: whether it is new, itself, its entry. Nothing grows with what is there already.
    assert len(seen) < 450 * 4 + 60


def test_wrong_options_are_named(run: Run, tmp_path: Path) -> None:
    file = saved(tmp_path, as_table({"title": "A"}))
    for args, said in (
        ((tmp_path,), "is a folder"),
        ((tmp_path / "no.csv",), "is not there"),
        ((file, "--encoding", "klingon"), "no text encoding"),
        ((file, "--time-zone", "Mars/Base"), "IANA time zone"),
        ((file, "--as", "nobody@example.org"), "nobody with this phone"),
    ):
        result = run("import", "events", *args)
        assert result.exit_code == 2, (args, result.output)
        assert said in result.stderr
