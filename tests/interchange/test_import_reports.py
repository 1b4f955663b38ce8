"""``mayday import reports``: rows become pending events, each once, with what they said."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from flask import Flask

from tests.conftest import both_databases
from tests.interchange.conftest import (
    Everything,
    Run,
    as_csv,
    in_its_own_process,
    row,
    start_in_its_own_process,
)
from tests.people import Cast
from webapp.accounts.models import User
from webapp.events.models import Category, Certainty, Event, EventStatus, Source
from webapp.extensions import db
from webapp.interchange.reports import Outcome, import_reports
from webapp.journal import SYSTEM, JournalEntry


def one(app: Flask) -> Event:
    with app.app_context():
        return db.session.execute(db.select(Event)).scalar_one()


def test_a_row_becomes_a_pending_event_with_its_words_place_and_time(
    app: Flask, run: Run, tmp_path: Path
) -> None:
    file = tmp_path / "reports.csv"
    file.write_text(as_csv(row(7, verified="YES")))
    result = run("import", "reports", file, "--time-zone", "America/Port-au-Prince")
    assert result.exit_code == 0, result.output
    assert "1 reports imported, 0 already known, 0 rejected." in result.stdout
    event = one(app)
    assert event.status is EventStatus.PENDING
    assert event.source is Source.IMPORT
    assert (event.category, event.kind, event.priority) == (Category.HEALTH, "water shortage", 2)
    assert event.tags == ["2b. Penurie d'eau | Water shortage"]
    assert (event.latitude, event.longitude) == (18.55, -72.3)
    assert event.certainty is Certainty.OBSERVED
    assert event.reported_at == datetime(2010, 1, 17, 18, 5, tzinfo=UTC)


def test_times_are_read_in_the_installations_zone_unless_another_is_named(
    app: Flask, run: Run, tmp_path: Path
) -> None:
    file = tmp_path / "reports.csv"
    file.write_text(as_csv(row(7)))
    run("import", "reports", file)
    assert one(app).reported_at == datetime(2010, 1, 17, 13, 5, tzinfo=UTC)


def test_people_trapped_come_first(app: Flask, run: Run, tmp_path: Path) -> None:
    file = tmp_path / "reports.csv"
    file.write_text(as_csv(row(1, category="8f. Other, 1c. Personnes prises au piege | People trapped, ")))
    run("import", "reports", file)
    assert one(app).priority == 1


def test_text_is_cleaned_of_what_nobody_meant(app: Flask, run: Run, tmp_path: Path) -> None:
    file = tmp_path / "reports.csv"
    file.write_text(
        as_csv(
            row(1, incident_title="Violence at &quot;Saint-Ard&quot; \u202e\x07 now", description="a\r\nb")
        )
    )
    run("import", "reports", file)
    event = one(app)
    assert event.title == 'Violence at "Saint-Ard" now'
    assert event.description == "a\nb"


@both_databases
def test_a_second_run_changes_nothing_at_all(run: Run, everything: Everything, tmp_path: Path) -> None:
    file = tmp_path / "reports.csv"
    file.write_text(as_csv(*(row(n) for n in range(1, 31))))
    assert "30 reports imported" in run("import", "reports", file, "--batch", 7).stdout
    before = everything()
    again = run("import", "reports", file, "--batch", 11)
    assert again.exit_code == 0
    assert "0 reports imported, 30 already known, 0 rejected." in again.stdout
    assert everything() == before


def test_a_file_that_has_grown_adds_only_what_is_new(
    run: Run, everything: Everything, tmp_path: Path
) -> None:
    file = tmp_path / "reports.csv"
    file.write_text(as_csv(*(row(n) for n in range(1, 11))))
    run("import", "reports", file, "--batch", 4)
    file.write_text(as_csv(*(row(n) for n in range(1, 16))))
    assert "5 reports imported, 10 already known" in run("import", "reports", file, "--batch", 4).stdout
    assert everything()["counters"] == {"event:pending": 15}


def test_the_same_number_twice_in_a_file_is_one_report(
    run: Run, everything: Everything, tmp_path: Path
) -> None:
    file = tmp_path / "reports.csv"
    file.write_text(as_csv(row(1), row(1), row(2)))
    assert "2 reports imported, 1 already known" in run("import", "reports", file).stdout
    assert everything()["counters"] == {"event:pending": 2}


def test_two_senders_may_have_the_same_numbers(run: Run, everything: Everything, tmp_path: Path) -> None:
    file = tmp_path / "reports.csv"
    file.write_text(as_csv(row(1)))
    run("import", "reports", file, "--source", "haiti")
    run("import", "reports", file, "--source", "chile")
    assert everything()["rows"]["event"] == 2


def test_each_event_has_one_entry_and_the_counters_and_board_follow(
    app: Flask, run: Run, everything: Everything, tmp_path: Path
) -> None:
    cast = Cast(app)
    before = everything()["rows"]["journal_entry"]
    file = tmp_path / "reports.csv"
    file.write_text(as_csv(*(row(n, incident_title=f"Trapped {n}") for n in range(1, 6))))
    run("import", "reports", file, "--batch", 2)
    after = everything()
    assert after["rows"]["journal_entry"] == before + 5
    assert after["counters"]["event:pending"] == 5
    assert "Trapped 3" in cast.vic.get("/board").get_data(as_text=True)


def test_the_journal_says_who_imported(app: Flask, run: Run, tmp_path: Path) -> None:
    cast = Cast(app)
    file = tmp_path / "reports.csv"
    file.write_text(as_csv(row(1)))
    with app.app_context():
        email = db.session.get_one(User, cast.ada.id).email
    assert run("import", "reports", file, "--as", email).exit_code == 0
    with app.app_context():
        entry = db.session.execute(
            db.select(JournalEntry).where(JournalEntry.verb == "event.reported")
        ).scalar_one()
    assert entry.actor_id == cast.ada.id
    assert entry.facts["title"] == "Water needed 1"


def test_a_coordinator_and_a_volunteer_may_not_import_reports(
    app: Flask, run: Run, everything: Everything, tmp_path: Path
) -> None:
    cast = Cast(app)
    file = tmp_path / "reports.csv"
    file.write_text(as_csv(row(1)))
    before = everything()
    for person in (cast.vic, cast.sam):
        with app.app_context():
            email = db.session.get_one(User, person.id).email
        result = run("import", "reports", file, "--as", email)
        assert result.exit_code == 2
        assert "may not" in result.stderr
    assert everything() == before


def test_nobody_imports_as_somebody_who_is_not_there(
    run: Run, everything: Everything, tmp_path: Path
) -> None:
    file = tmp_path / "reports.csv"
    file.write_text(as_csv(row(1)))
    before = everything()
    result = run("import", "reports", file, "--as", "nobody@example.org")
    assert result.exit_code == 2
    assert "nobody with this" in result.stderr
    assert everything() == before


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_the_exit_code_says_all_some_or_none(data_dir: Path, tmp_path: Path) -> None:
    good, some = tmp_path / "good.csv", tmp_path / "some.csv"
    good.write_text(as_csv(row(1)))
    some.write_text(as_csv(row(2), row(3, latitude="91")))
    assert in_its_own_process(data_dir, "import", "reports", good).returncode == 0
    partly = in_its_own_process(data_dir, "import", "reports", some)
    assert partly.returncode == 1
    assert partly.stderr.strip() == "line 3: LATITUDE: A latitude is from −90 to 90 degrees."
    assert partly.stdout.strip() == "1 reports imported, 0 already known, 1 rejected."
    none = in_its_own_process(data_dir, "import", "reports", tmp_path / "none.csv")
    assert none.returncode == 2
    assert "is not there" in none.stderr


def test_an_import_that_was_killed_goes_on_where_it_was(
    app: Flask, run: Run, everything: Everything, tmp_path: Path
) -> None:
    file = tmp_path / "reports.csv"
    file.write_text(as_csv(*(row(n) for n in range(1, 2001))))
    folder = app.config["SETTINGS"].data_dir
    started = start_in_its_own_process(folder, "import", "reports", file, "--batch", 50)
    deadline = time.monotonic() + 60
    while everything()["rows"]["event"] < 100 and time.monotonic() < deadline:
        time.sleep(0.05)
    started.kill()
    started.wait()
    there = everything()
    assert there["rows"]["event"] == there["rows"]["journal_entry"] == there["counters"]["event:pending"]
    assert there["rows"]["event"] % 50 == 0  # whole batches only
    result = run("import", "reports", file)
    assert result.exit_code == 0
    assert everything()["counters"] == {"event:pending": 2000}
    assert everything()["rows"]["journal_entry"] == 2000


@both_databases
def test_two_imports_of_one_file_at_once_make_each_report_once(
    app: Flask, run: Run, everything: Everything, tmp_path: Path
) -> None:
    file = tmp_path / "reports.csv"
    file.write_text(as_csv(*(row(n) for n in range(1, 301))))
    with ThreadPoolExecutor(2) as pool:
        zone, batches = ZoneInfo("UTC"), (30, 70)
        outcomes = list(pool.map(lambda batch: _imported(app, file, zone, batch), batches))
    assert sum(outcome.imported for outcome in outcomes) == 300
    assert sum(outcome.known for outcome in outcomes) == 300
    assert everything()["counters"] == {"event:pending": 300}
    assert everything()["rows"]["journal_entry"] == 300


def _imported(app: Flask, file: Path, zone: ZoneInfo, batch: int) -> Outcome:
    with app.app_context():
        return import_reports(SYSTEM, file, zone=zone, batch=batch)
