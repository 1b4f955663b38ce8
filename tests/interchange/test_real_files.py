"""The real files of two disasters: 3,593 reports from Haiti (2010), 92 places in Texas (2017)."""

import csv
import shutil
from pathlib import Path

import pytest
from flask import Flask

from tests.interchange.conftest import Everything, Run, in_its_own_process, shared_file
from tests.people import Cast
from tests.statements import statements

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


def test_all_reports_of_haiti_come_in_once(app: Flask, run: Run, everything: Everything) -> None:
    file = shared_file("haiti-2010-reports.csv")
    cast = Cast(app)
    result = run("import", "reports", file, "--time-zone", "America/Port-au-Prince")
    assert result.exit_code == 0, result.stderr
    assert "3593 reports imported, 0 already known, 0 rejected." in result.stdout
    before = everything()
    assert before["counters"]["event:pending"] == before["rows"]["event"] == 3593
    with statements(app) as asked:
        board = cast.vic.get("/board").get_data(as_text=True)
    assert board.count('id="board-event-') == 50
    assert len(asked) <= 6, asked
    again = run("import", "reports", file, "--time-zone", "America/Port-au-Prince")
    assert "0 reports imported, 3593 already known, 0 rejected." in again.stdout
    assert everything() == before


def test_all_places_of_harvey_come_in_once_but_the_one_without_a_name(
    run: Run, everything: Everything
) -> None:
    file = shared_file("harvey-2017-needs.json")
    result = run("import", "needs", file)
    assert result.exit_code == 1
    assert result.stderr.strip() == "place 8: location_name: neither a name nor an address is given."
    assert "91 places imported, 0 already known, 1 rejected." in result.stdout
    before = everything()
    assert before["counters"]["event:active"] == 90  # one place is told of twice
    assert before["counters"]["need:open"] == before["rows"]["need"] > 500
    again = run("import", "needs", file)
    assert "0 places imported, 91 already known, 1 rejected." in again.stdout
    assert everything() == before


def test_the_reports_of_haiti_go_out_and_come_in_elsewhere_equal(
    app: Flask, run: Run, tmp_path: Path, migrated_sqlite: Path
) -> None:
    run("import", "reports", shared_file("haiti-2010-reports.csv"), "--time-zone", "America/Port-au-Prince")
    out = tmp_path / "events.hxl.csv"
    assert "3593 rows exported." in run("export", "events", "--format", "hxl", "-o", out).stderr
    assert "0 events imported, 3593 already known, 0 rejected." in run("import", "events", out).stdout
    folder = tmp_path / "elsewhere"
    shutil.copytree(migrated_sqlite, folder)
    done = in_its_own_process(folder, "import", "events", out)
    assert done.returncode == 0, done.stderr
    assert "3593 events imported, 0 already known, 0 rejected." in done.stdout
    again = tmp_path / "again.hxl.csv"
    in_its_own_process(folder, "export", "events", "--format", "hxl", "-o", again)
    assert said(again) == said(out)


def said(file: Path) -> list[dict[str, str]]:
    """The rows of an export without what belongs to the installation that made them."""
    with file.open(encoding="utf-8-sig", newline="") as stream:
        return [
            {name: text for name, text in row.items() if name not in ("id", "created_at")}
            for row in csv.DictReader(stream)
        ]
