"""A large export: a job writes the file, its asker saves it from the job's page, and later it is removed."""

import os
import time
from collections.abc import Callable

import pytest
from flask import Flask

from tests.interchange.table_making import entries, event, export, features_of, rows_of
from tests.jobs.conftest import job_of, look
from tests.jobs.conftest import run_due as run_due
from tests.people import Cast
from webapp.accounts.service import change_role
from webapp.interchange.tables import exporting
from webapp.jobs import export_files
from webapp.jobs.models import JobStatus
from webapp.jobs.service import enqueue
from webapp.journal import SYSTEM, Role

RunDue = Callable[[], int]


@pytest.fixture(autouse=True)
def two_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    """An export of more than two rows is one for a job."""
    monkeypatch.setattr(exporting, "MOST_AT_ONCE", 2)
    monkeypatch.setattr(exporting, "BATCH", 2)


def three_events(app: Flask, cast: Cast) -> None:
    for title in ("Flood", "Fire", "=Storm"):
        event(app, cast.ada, title)


def test_many_rows_are_written_by_a_job_and_saved_from_its_page(
    app: Flask, cast: Cast, run_due: RunDue
) -> None:
    three_events(app, cast)
    assert "More than 2 rows" in cast.vic.get("/exports/events").get_data(as_text=True)
    job_id = job_of(export(cast.vic, "events", query="?priority=3"))
    assert entries(app, "export.made") == []
    assert cast.vic.get(f"/jobs/{job_id}/file").status_code == 404
    assert run_due() == 1
    assert look(app, job_id).status is JobStatus.DONE
    page = cast.vic.get(f"/jobs/{job_id}").get_data(as_text=True)
    assert f'href="/jobs/{job_id}/file"' in page
    assert "<dt>Rows</dt><dd>3</dd>" in page
    answer = cast.vic.get(f"/jobs/{job_id}/file")
    assert [row["title"] for row in rows_of(answer)] == ["Flood", "Fire", "'=Storm"]
    assert answer.headers["Cache-Control"] == "no-store"
    assert "attachment" in answer.headers["Content-Disposition"]
    (made,) = entries(app, "export.made")
    assert made.actor_id == cast.vic.id
    assert made.facts["count"] == 3
    assert made.facts["filters"] == {"priority": "3"}
    (fetched,) = entries(app, "export.fetched")
    assert fetched.actor_id == cast.vic.id


def test_the_file_is_the_askers_alone(app: Flask, cast: Cast, run_due: RunDue) -> None:
    three_events(app, cast)
    job_id = job_of(export(cast.vic, "events"))
    run_due()
    for other in (cast.ada, cast.vera):
        assert other.get(f"/jobs/{job_id}/file").status_code == 404
    assert cast.sam.get(f"/jobs/{job_id}/file").status_code == 403
    assert f"/jobs/{job_id}/file" not in cast.ada.get(f"/jobs/{job_id}").get_data(as_text=True)
    assert entries(app, "export.fetched") == []


def test_a_file_with_contacts_needs_the_right_of_now(app: Flask, cast: Cast, run_due: RunDue) -> None:
    anna = cast.person("Anna", Role.AUTHORITY)
    first = job_of(export(anna, "people", contacts=True))
    run_due()
    second = job_of(export(anna, "people", contacts=True))
    assert "@example.org" in anna.get(f"/jobs/{first}/file").get_data(as_text=True)
    with app.app_context():
        change_role(cast.ada.actor, user_id=anna.id, role=Role.VC)
    run_due()
    assert anna.get(f"/jobs/{first}/file").status_code == 403
    assert look(app, second).status is JobStatus.FAILED
    assert not export_files.path_of(app.config["SETTINGS"], second).exists()
    assert len(entries(app, "export.made")) == 1


def test_only_its_owner_on_the_machine_reads_the_file(app: Flask, cast: Cast, run_due: RunDue) -> None:
    job_of(export(cast.ada, "people", contacts=True))
    run_due()
    (file,) = export_files.folder(app.config["SETTINGS"]).iterdir()
    assert file.stat().st_mode & 0o077 == 0


def test_the_double_tap_is_one_job(app: Flask, cast: Cast, run_due: RunDue) -> None:
    three_events(app, cast)
    tap = {"format": "geojson", "command_id": "0d8a8f6a-27a7-4c6b-8b4a-111111111111"}
    first = job_of(cast.vic.post("/exports/events", tap))
    assert job_of(cast.vic.post("/exports/events", tap)) == first
    assert run_due() == 1
    assert len(features_of(cast.vic.get(f"/jobs/{first}/file"))) == 3


def test_the_clean_up_removes_old_files_and_says_so(app: Flask, cast: Cast, run_due: RunDue) -> None:
    three_events(app, cast)
    old, fresh = job_of(export(cast.vic, "events")), job_of(export(cast.vic, "events", "hxl"))
    run_due()
    file = export_files.path_of(app.config["SETTINGS"], old)
    before = time.time() - export_files.KEPT.total_seconds() - 60
    os.utime(file, (before, before))
    with app.app_context():
        clean_up = enqueue(SYSTEM, kind="clean-up").id
    run_due()
    assert look(app, clean_up).result["exports"] == 1
    assert cast.vic.get(f"/jobs/{old}/file").status_code == 404
    assert cast.vic.get(f"/jobs/{fresh}/file").status_code == 200


def test_a_job_that_is_no_export_has_no_file(app: Flask, cast: Cast, run_due: RunDue) -> None:
    with app.app_context():
        job_id = enqueue(cast.ada.actor, kind="clean-up").id
    run_due()
    assert cast.ada.get(f"/jobs/{job_id}/file").status_code == 404
