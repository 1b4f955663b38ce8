"""Importing from the page: the file is kept, a job reads it, its page says how it went."""

import json
import uuid

from flask import Flask

from tests.interchange.conftest import as_csv, row
from tests.jobs.conftest import RunDue, hand_in, job_of, jobs, kept_files, look, reports
from tests.people import Cast
from webapp.accounts.service import deactivate
from webapp.board.counters import totals
from webapp.jobs.models import JobStatus
from webapp.policy import Action, may

PLACES = json.dumps(
    {"needs": [{"location_name": "Shelter", "are_supplies_needed": True, "needs": ["water"]}]}
)


def counts(app: Flask) -> dict[str, int]:
    with app.app_context():
        return totals()


def test_an_authority_hands_in_reports_and_reads_how_it_went(app: Flask, cast: Cast, run_due: RunDue) -> None:
    file = as_csv(row(1), row(2, latitude="north"), row(3))
    job_id = job_of(hand_in(cast.ada, "reports", file, "haiti.csv"))
    page = cast.ada.get(f"/jobs/{job_id}").get_data(as_text=True)
    assert "haiti.csv" in page
    assert "Waiting" in page
    assert run_due() == 1
    page = cast.ada.get(f"/jobs/{job_id}").get_data(as_text=True)
    assert "Done" in page
    assert "line 3: LATITUDE" in page
    it = look(app, job_id)
    assert {"imported": 2, "known": 0, "rejected": 1}.items() <= it.result.items()
    assert counts(app)["event:pending"] == 2
    assert kept_files(app) == []


def test_a_coordinator_hands_in_needs_and_may_not_hand_in_reports(
    app: Flask, cast: Cast, run_due: RunDue
) -> None:
    page = cast.vic.get("/imports").get_data(as_text=True)
    assert "Import needs" in page
    assert "Import reports" not in page
    assert hand_in(cast.vic, "reports", reports(1)).status_code == 403
    job_id = job_of(hand_in(cast.vic, "needs", PLACES, "needs.json"))
    run_due()
    assert look(app, job_id).result["imported"] == 1
    assert counts(app)["event:active"] == 1
    assert kept_files(app) == []


def test_a_volunteer_and_a_stranger_may_not_import(app: Flask, cast: Cast) -> None:
    assert cast.sam.get("/imports").status_code == 403
    assert hand_in(cast.sam, "needs", PLACES).status_code == 403
    assert cast.stranger.get("/imports").status_code == 302
    assert jobs(app) == []
    assert kept_files(app) == []


def test_the_double_tap_is_one_job_and_one_file(app: Flask, cast: Cast, run_due: RunDue) -> None:
    tap = str(uuid.uuid4())
    first = job_of(hand_in(cast.ada, "reports", reports(1), command_id=tap))
    again = job_of(hand_in(cast.ada, "reports", reports(1), command_id=tap))
    assert first == again
    assert len(kept_files(app)) == 1
    assert run_due() == 1


def test_the_same_file_twice_imports_each_report_once(app: Flask, cast: Cast, run_due: RunDue) -> None:
    hand_in(cast.ada, "reports", reports(1, 2))
    second = job_of(hand_in(cast.ada, "reports", reports(1, 2, 3)))
    run_due()
    assert {"imported": 1, "known": 2}.items() <= look(app, second).result.items()
    assert counts(app)["event:pending"] == 3


def test_no_file_and_an_empty_one_are_said_and_make_no_job(app: Flask, cast: Cast) -> None:
    answer = cast.ada.post("/imports/reports", {})
    assert answer.status_code == 422
    assert "Choose a file." in answer.get_data(as_text=True)
    answer = hand_in(cast.ada, "reports", "")
    assert answer.status_code == 422
    assert "The file is empty." in answer.get_data(as_text=True)
    assert jobs(app) == []
    assert kept_files(app) == []


def test_an_unknown_zone_or_encoding_is_refused(app: Flask, cast: Cast) -> None:
    assert hand_in(cast.ada, "reports", reports(1), time_zone="Nowhere/At all").status_code == 422
    assert hand_in(cast.ada, "reports", reports(1), encoding="rot13").status_code == 422
    assert jobs(app) == []


def test_a_file_beyond_the_bound_is_refused_in_words(app: Flask, cast: Cast) -> None:
    bound = app.config["SETTINGS"].max_import_mb * 1_048_576
    answer = hand_in(cast.ada, "reports", b"x" * (bound + 70_000))
    assert answer.status_code == 413
    assert "Traceback" not in answer.get_data(as_text=True)
    assert kept_files(app) == []


def test_a_file_of_many_megabytes_is_taken(app: Flask, cast: Cast) -> None:
    job_of(hand_in(cast.ada, "reports", reports(1) + " " * 3_000_000))
    assert kept_files(app)[0].stat().st_size > 3_000_000


def test_a_file_that_is_no_table_fails_at_once_and_is_named_as_the_person_named_it(
    app: Flask, cast: Cast, run_due: RunDue
) -> None:
    first = job_of(hand_in(cast.ada, "reports", "one,two\n1,2\n", "../../etc/wrong.csv"))
    second = job_of(hand_in(cast.ada, "needs", '{"needs": [', "half.json"))
    run_due()
    for job_id, words in ((first, "has no column"), (second, "half.json is not JSON")):
        it = look(app, job_id)
        assert it.status is JobStatus.FAILED
        assert it.tries == 1
        assert words in it.error
        page = cast.ada.get(f"/jobs/{job_id}").get_data(as_text=True)
        assert "uploads" not in page
        assert "/etc/" not in page


def test_the_rights_count_when_it_runs_not_when_it_was_asked_for(
    app: Flask, cast: Cast, run_due: RunDue
) -> None:
    job_id = job_of(hand_in(cast.ada, "reports", reports(1)))
    other = cast.person("Anna", cast.ada.role)
    with app.app_context():
        deactivate(other.actor, user_id=cast.ada.id)
    run_due()
    assert look(app, job_id).status is JobStatus.FAILED
    assert "event:pending" not in counts(app)


def test_only_who_may_sees_the_links(cast: Cast) -> None:
    assert not may(cast.sam.actor, Action.IMPORT_NEEDS)
    assert 'href="/imports"' not in cast.sam.get("/me").get_data(as_text=True)
    assert 'href="/imports"' in cast.vic.get("/me").get_data(as_text=True)
    assert 'href="/jobs"' not in cast.vic.get("/me").get_data(as_text=True)
    assert 'href="/jobs"' in cast.ada.get("/me").get_data(as_text=True)
