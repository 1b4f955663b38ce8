"""A job is called off by who asked for it, or an authority; one that runs stops at its next step."""

import threading

from flask import Flask

from tests.jobs.conftest import RunDue, hand_in, job_of, kept_files, left_running, look, reports
from tests.people import Cast
from webapp.board.counters import totals
from webapp.jobs import running
from webapp.jobs.models import JobStatus
from webapp.jobs.queue import due


def test_a_waiting_job_is_called_off_and_its_file_goes(app: Flask, cast: Cast, run_due: RunDue) -> None:
    job_id = job_of(hand_in(cast.ada, "reports", reports(1)))
    answer = cast.ada.post(f"/jobs/{job_id}/cancel")
    assert answer.status_code == 303
    assert look(app, job_id).status is JobStatus.CANCELLED
    assert kept_files(app) == []
    assert run_due() == 0
    assert cast.ada.post(f"/jobs/{job_id}/cancel").status_code == 409
    assert cast.ada.post(f"/jobs/{job_id}/retry").status_code == 409


def test_the_wrong_people_cannot_call_it_off(app: Flask, cast: Cast) -> None:
    job_id = job_of(hand_in(cast.vic, "needs", "[]"))
    assert cast.vera.post(f"/jobs/{job_id}/cancel").status_code == 404
    assert cast.sam.post(f"/jobs/{job_id}/cancel").status_code == 403
    assert cast.stranger.post(f"/jobs/{job_id}/cancel").status_code == 403
    assert look(app, job_id).status is JobStatus.QUEUED


def test_a_running_import_stops_at_its_next_step_and_imports_nothing_after(app: Flask, cast: Cast) -> None:
    job_id = job_of(hand_in(cast.ada, "reports", reports(*range(1, 50))))
    left_running(app, job_id, "the worker")
    assert cast.ada.post(f"/jobs/{job_id}/cancel").status_code == 303
    with app.app_context():
        running._run(app, running._work(app, job_id, "the worker", threading.Event()))
        assert "event:pending" not in totals()
        assert due() == []
    assert look(app, job_id).status is JobStatus.CANCELLED
