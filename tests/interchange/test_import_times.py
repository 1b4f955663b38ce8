"""Days, times and numbers as files of other countries have them; hours that clocks skip or repeat."""

import csv
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from tests.interchange.conftest import Run, as_csv, row
from tests.interchange.table_making import as_table
from tests.interchange.test_table_import_rows import saved, stored
from webapp.events.models import Event
from webapp.interchange import moments
from webapp.interchange.moments import NotPlain
from webapp.interchange.tables.cells import cell

BERLIN, UTC_ZONE = ZoneInfo("Europe/Berlin"), ZoneInfo("UTC")


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("2026-11-20T10:00:00.123456Z", "2026-11-20T10:00:00.123456"),
        ("2026-11-20t10:00z", "2026-11-20T10:00"),
        ("2026-11-20T10", "2026-11-20T10:00"),
        ("2026-11-20T10:00+0530", "2026-11-20T04:30"),
        ("2026-11-20 10:00 -03", "2026-11-20T13:00"),
        ("20261120T101530Z", "2026-11-20T10:15:30"),
        ("2026-W47-5", "2026-11-20T00:00"),
        ("2026-11-20T24:00:00", "2026-11-21T00:00"),
        ("2016-12-31T23:59:60Z", "2017-01-01T00:00"),
        ("2026/11/20", "2026-11-20T00:00"),
        ("20.11.2026", "2026-11-20T00:00"),
        ("20/11/2026 14:30:15", "2026-11-20T14:30:15"),
        ("20-11-2026, 14.30", "2026-11-20T14:30"),
        ("11/20/2026 10:00 PM", "2026-11-20T22:00"),
        ("11/20/2026 12 a.m.", "2026-11-20T00:00"),
        ("11/20/2026 12:05pm", "2026-11-20T12:05"),
        ("03.03.2026", "2026-03-03T00:00"),
        ("20 Nov 2026", "2026-11-20T00:00"),
        ("Nov 20, 2026 at 2:30 PM", "2026-11-20T14:30"),
        ("Fr, 20. November 2026 14:30 Uhr", "2026-11-20T14:30"),
        ("20 de noviembre de 2026", "2026-11-20T00:00"),
        ("1er août 2026 8h05", "2026-08-01T08:05"),
        ("٢٠/١١/٢٠٢٦", "2026-11-20T00:00"),
    ],
)
def test_a_day_that_is_plain_is_taken(text: str, meant: str) -> None:
    assert moments.read(text, UTC_ZONE).moment == datetime.fromisoformat(meant).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("03/04/2026", "one way only. Write it as 2026-04-03 or 2026-03-04."),
        ("12.11.2026 10:00", "Write it as 2026-11-12 or 2026-12-11."),
        ("20.11.26", "write the year with four digits"),
        ("11/20/99", "write the year with four digits"),
        ("31/02/2026", "Write it as 2026-11-21 14:30."),
        ("20/11/2026 14:30 PM", "Write it as 2026-11-21 14:30."),
        ("20/11/2026 25:00", "no date and time"),
        ("20/11/20261", "no date and time"),
        ("2026-11-20 10:00 CET", "no date and time"),
        ("46346.4166", "no date and time"),
        ("1795600000", "no date and time"),
        ("9999-12-31T23:59-10:00", "no date and time"),
        ("tomorrow", "no date and time"),
        ("", "no date and time"),
    ],
)
def test_what_is_not_plain_is_refused_with_how_to_write_it(text: str, says: str) -> None:
    with pytest.raises(NotPlain) as refused:
        moments.read(text, UTC_ZONE)
    assert says in str(refused.value)


@given(st.text(max_size=40) | st.from_regex(r"\A[0-9./: T+-]{4,24}\Z"))
def test_whatever_is_written_is_a_moment_or_refused(text: str) -> None:
    try:
        found = moments.read(text, BERLIN).moment
    except NotPlain as refused:
        said = str(refused)
    else:
        said = "Write it as 2026-11-21"
        assert found.tzinfo is UTC
    assert "2026-11-21" in said or "Write it as" in said


@given(st.datetimes(timezones=st.just(UTC)))
def test_what_an_export_writes_is_read_as_the_same_moment(moment: datetime) -> None:
    assert moments.read(str(cell(moment)), BERLIN).moment == moment


def test_hours_that_clocks_skip_or_repeat_are_resolved_and_said(app: Flask, run: Run, tmp_path: Path) -> None:
    times = ["2026-03-29 02:30", "29/03/2026 03:00", "2026-10-25 02:15", "2026-10-25T02:15+01:00"]
    file = saved(tmp_path, as_table(*({"title": f"E{n}", "when": when} for n, when in enumerate(times))))
    for more in (("--dry-run",), ()):
        result = run("import", "events", file, "--time-zone", "Europe/Berlin", *more)
        assert result.exit_code == 0
        skipped, twice = result.stderr.strip().splitlines()
        assert skipped == (
            "line 2: when: 2026-03-29 02:30 is skipped by the clocks of Europe/Berlin; taken as 03:30"
        )
        assert twice.startswith("line 4: when: 2026-10-25 02:15 comes twice")
        assert "the first, 00:15 UTC" in twice
    assert [f"{event.reported_at:%m-%d %H:%M}" for event in stored(app, Event)] == [
        "03-29 01:30", "03-29 01:00", "10-25 00:15", "10-25 01:15",
    ]  # fmt: skip


@pytest.mark.parametrize("sign", [",", ";", "\t"])
@pytest.mark.parametrize("first", ["", "sep={sign}\r\n"])
def test_reports_come_with_any_delimiter_and_decimal_comma(
    sign: str, first: str, app: Flask, run: Run, tmp_path: Path
) -> None:
    comma = {"latitude": "18,55", "longitude": "-72,3"}
    text = as_csv(row(1, **comma), row(2, description='Two; "three", four'), row(3, title="x"))
    rows = list(csv.reader(text.splitlines()))
    out = "\r\n".join(sign.join('"' + cell.replace('"', '""') + '"' for cell in line) for line in rows)
    file = saved(tmp_path, first.format(sign=sign) + out + "\r\n")
    result = run("import", "reports", file)
    assert "3 reports imported, 0 already known, 0 rejected." in result.stdout, result.stderr
    assert [(event.latitude, event.longitude) for event in stored(app, Event)] == [(18.55, -72.3)] * 3


def test_a_broken_row_between_semicolons_costs_itself_only(app: Flask, run: Run, tmp_path: Path) -> None:
    lines = as_csv(*(row(n, category="Water") for n in range(1, 6))).replace(",", ";").splitlines()
    lines[2] = lines[2].replace("Water needed", '"Water needed')
    result = run("import", "reports", saved(tmp_path, "\n".join(lines)))
    assert "4 reports imported, 0 already known, 1 rejected." in result.stdout
    assert "Went on at line 4." in result.stderr


def test_times_of_reports_are_day_first_and_what_clocks_do_is_said(
    app: Flask, run: Run, tmp_path: Path
) -> None:
    dates = ["03/04/2025 10:00", "10/25/2025 14:30", "2025-10-25 14:30:00", "26/10/2025 02:30"]
    file = saved(tmp_path, as_csv(*(row(n, incident_date=when) for n, when in enumerate(dates, start=1))))
    result = run("import", "reports", file, "--time-zone", "Europe/Berlin")
    assert "4 reports imported" in result.stdout
    assert result.stderr.startswith("line 5: INCIDENT DATE: 2025-10-26 02:30 comes twice")
    assert [f"{event.reported_at:%m-%d %H:%M}" for event in stored(app, Event)] == [
        "04-03 08:00", "10-25 12:30", "10-25 12:30", "10-26 00:30",
    ]  # fmt: skip


def test_a_place_that_is_two_numbers_is_a_position(app: Flask, run: Run, tmp_path: Path) -> None:
    rows = (
        {"title": "A", "location": "55.6761, 12.5683"},
        {"title": "B", "location": "55°40'N 12°34'E"},
        {"title": "C", "location": "Mill Road 12, 34"},
        {"title": "D", "location": "95.1, 12.5"},
    )
    result = run("import", "events", saved(tmp_path, as_table(*rows)))
    assert result.stderr.startswith("line 5: location: The latitude 95.1 is not between")
    a, b, c = stored(app, Event)
    assert (a.latitude, a.longitude, a.place_name) == (55.6761, 12.5683, "55.6761, 12.5683")
    assert round(b.latitude, 3) == 55.667
    assert c.latitude is None
