"""``mayday import reports`` on what people send: a line for each refused row, nothing half-done."""

from pathlib import Path

import pytest
from flask import Flask

from tests.interchange.conftest import Everything, Run, as_csv, row
from webapp.events.models import Event
from webapp.extensions import db
from webapp.interchange.ushahidi import COLUMNS


def serials(app: Flask) -> list[int]:
    with app.app_context():
        found = db.session.execute(db.select(Event.source_ref).order_by(Event.id)).scalars()
        return [int(str(reference).rsplit(":", 1)[1]) for reference in found]


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"incident_title": "  "}, "INCIDENT TITLE: Write a title"),
        ({"incident_title": "x" * 201}, "INCIDENT TITLE: Use at most 200 characters; this has 201."),
        ({"description": "x" * 10_001}, "DESCRIPTION: Use at most 10000"),
        ({"location": "x" * 301}, "LOCATION: Use at most 300"),
        ({"latitude": "91"}, "LATITUDE: A latitude is from −90 to 90"),
        ({"longitude": "-180.5"}, "LONGITUDE: A longitude is from −180 to 180"),
        ({"latitude": "nan"}, "LATITUDE: “nan” is not a number"),
        ({"longitude": "inf"}, "LONGITUDE: “inf” is not a number"),
        ({"latitude": "north"}, "LATITUDE: “north” is not a number"),
        ({"latitude": ""}, "LATITUDE: “” is not a number"),
        ({"incident_date": "2010-01-17"}, "INCIDENT DATE: “2010-01-17” is not day/month/year"),
        ({"incident_date": "31/02/2010 10:00"}, "INCIDENT DATE: “31/02/2010 10:00” is not"),
        ({"incident_date": "01/01/9999 10:00"}, "lies before 1970 or in the future"),
        ({"incident_date": ""}, "INCIDENT DATE"),
        ({"serial": "7a"}, "Serial: is not a whole number"),
    ],
)
def test_a_row_that_cannot_be_is_named_with_line_column_and_reason(
    values: dict[str, str], said: str, app: Flask, run: Run, tmp_path: Path
) -> None:
    bad = row(2, **{k: v for k, v in values.items() if k != "serial"}) | (
        {"Serial": values["serial"]} if "serial" in values else {}
    )
    file = tmp_path / "reports.csv"
    file.write_text(as_csv(row(1), bad, row(3)))
    result = run("import", "reports", file)
    assert result.exit_code == 1
    assert result.stderr.startswith("line 3: ")
    assert said in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1
    assert "2 reports imported, 0 already known, 1 rejected." in result.stdout
    assert serials(app) == [1, 3]


@pytest.mark.parametrize("position", [("0", "0"), ("0.0", "-0"), ("", "")])
def test_an_unknown_position_is_left_out_and_said(
    position: tuple[str, str], app: Flask, run: Run, tmp_path: Path
) -> None:
    file = tmp_path / "reports.csv"
    file.write_text(as_csv(row(1, latitude=position[0], longitude=position[1])))
    result = run("import", "reports", file)
    assert result.exit_code == 0
    assert "line 2: " in result.stderr
    assert "imported without one" in result.stderr
    with app.app_context():
        event = db.session.execute(db.select(Event)).scalar_one()
    assert event.latitude is None


def test_places_far_away_are_kept(app: Flask, run: Run, tmp_path: Path) -> None:
    file = tmp_path / "reports.csv"
    file.write_text(
        as_csv(row(1, latitude="50.22", longitude="5.72"), row(2, latitude="-90", longitude="180"))
    )
    assert run("import", "reports", file).exit_code == 0
    assert serials(app) == [1, 2]


def test_a_row_with_too_few_or_too_many_values_is_passed_over(app: Flask, run: Run, tmp_path: Path) -> None:
    file = tmp_path / "reports.csv"
    head, one, two, three = as_csv(row(1), row(2), row(3)).splitlines()
    file.write_text("\r\n".join([head, one, "4,only,three", f"{two},more", three]))
    result = run("import", "reports", file)
    assert "line 3: 3 values where the heading has 10." in result.stderr
    assert "line 4: 11 values where the heading has 10." in result.stderr
    assert serials(app) == [1, 3]


def test_a_quote_that_never_closes_costs_its_own_row_only(app: Flask, run: Run, tmp_path: Path) -> None:
    lines = as_csv(*(row(n) for n in range(1, 8))).splitlines()
    lines[3] = lines[3].replace("Water needed 3", '"Water needed 3')
    file = tmp_path / "reports.csv"
    file.write_text("\n".join(lines) + "\n")
    result = run("import", "reports", file)
    assert result.exit_code == 1
    assert result.stderr.startswith("line 4: ")
    assert "Went on at line 5." in result.stderr
    assert serials(app) == [1, 2, 4, 5, 6, 7]


def test_a_quote_that_never_closes_in_many_lines_is_bounded(app: Flask, run: Run, tmp_path: Path) -> None:
    head, one, two = as_csv(row(1), row(2)).splitlines()
    file = tmp_path / "reports.csv"
    file.write_text("\n".join([head, one, '9,"open', *["lost words"] * 1200, two]))
    result = run("import", "reports", file)
    assert (
        "line 3: longer than 1,000 lines: a quote may not be closed. Went on at line 1204." in result.stderr
    )
    assert serials(app) == [1, 2]


def test_a_field_of_more_than_a_megabyte_is_refused(app: Flask, run: Run, tmp_path: Path) -> None:
    file = tmp_path / "reports.csv"
    file.write_text(
        as_csv(row(1), row(2, description="x" * 1_100_000), row(3, description="y\n" * 600_000), row(4))
    )
    result = run("import", "reports", file)
    assert "line 3: longer than 1,048,576 characters" in result.stderr
    assert "line 4: " in result.stderr
    assert serials(app) == [1, 4]


def test_a_million_columns_are_one_broken_row(app: Flask, run: Run, tmp_path: Path) -> None:
    head, one, two = as_csv(row(1), row(2)).splitlines()
    file = tmp_path / "reports.csv"
    file.write_text("\n".join([head, one, "9" + "," * 1_000_000, two]))
    result = run("import", "reports", file)
    assert "line 3: 1000001 values where the heading has 10." in result.stderr
    assert serials(app) == [1, 2]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_any_line_end_and_a_byte_order_mark_are_fine(end: str, app: Flask, run: Run, tmp_path: Path) -> None:
    file = tmp_path / "reports.csv"
    file.write_bytes(("\ufeff" + end.join(as_csv(row(1), row(2)).splitlines())).encode())
    assert run("import", "reports", file).exit_code == 0
    assert serials(app) == [1, 2]


def test_formulas_and_markup_stay_words(app: Flask, run: Run, tmp_path: Path) -> None:
    file = tmp_path / "reports.csv"
    file.write_text(as_csv(row(1, incident_title="=cmd|'/c calc'!A0 {{7*7}} <script>x</script>")))
    run("import", "reports", file)
    with app.app_context():
        event = db.session.execute(db.select(Event)).scalar_one()
    assert event.title == "=cmd|'/c calc'!A0 {{7*7}} <script>x</script>"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b"\n\n", "no heading"),
        (as_csv(row(1), columns=COLUMNS[:6] + COLUMNS[7:]).encode(), "no column LATITUDE"),
        (b"hello\nworld\n", "no column Serial, INCIDENT TITLE"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "no text file"),
        (as_csv(row(1)).encode("utf-16"), "--encoding utf-16"),
        (b'"' + b"x" * 100, "no heading"),
    ],
)
def test_a_file_that_is_none_is_refused_whole(
    content: bytes, said: str, run: Run, everything: Everything, tmp_path: Path
) -> None:
    file = tmp_path / "reports.csv"
    file.write_bytes(content)
    before = everything()
    result = run("import", "reports", file)
    assert result.exit_code == 2, result.output
    assert said in result.stderr
    assert "Traceback" not in result.output
    assert everything() == before


def test_a_wrong_encoding_is_found_before_anything_is_imported(
    app: Flask, run: Run, everything: Everything, tmp_path: Path
) -> None:
    text = as_csv(*(row(n) for n in range(1, 400)), row(400, incident_title="Église tombée"))
    content = text.encode("cp1252")
    file = tmp_path / "reports.csv"
    file.write_bytes(content)
    before = everything()
    result = run("import", "reports", file)
    assert result.exit_code == 2
    assert f"byte {content.index(bytes([0xC9]))} does not fit" in result.stderr
    assert "--encoding cp1252" in result.stderr
    assert everything() == before
    assert run("import", "reports", file, "--encoding", "cp1252").exit_code == 0
    with app.app_context():
        last = db.session.execute(db.select(Event.title).order_by(Event.id.desc()).limit(1)).scalar_one()
    assert last == "Église tombée"


def test_other_wrong_files_and_options_are_named(run: Run, everything: Everything, tmp_path: Path) -> None:
    file = tmp_path / "reports.csv"
    file.write_text(as_csv(row(1)))
    before = everything()
    for args, said in (
        ((tmp_path,), "is a folder"),
        ((tmp_path / "no.csv",), "is not there"),
        ((file, "--encoding", "klingon"), "no text encoding"),
        ((file, "--encoding", "hex"), "no text encoding"),
        ((file, "--time-zone", "Mars/Base"), "IANA time zone"),
        ((file, "--batch", "0"), "--batch"),
        (("/dev/zero",), "not a file"),
    ):
        result = run("import", "reports", *args)
        assert result.exit_code == 2, (args, result.output)
        assert said in result.stderr
    assert everything() == before
