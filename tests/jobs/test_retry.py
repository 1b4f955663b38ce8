"""What fails is tried again with pauses, then is a dead letter that an authority can have tried again."""

import uuid

import pytest
from flask import Flask

from tests.jobs.conftest import RunDue, hand_in, job_of, left_running, look
from tests.people import Cast
from webapp.database import utc_now
from webapp.errors import WrongTransition
from webapp.extensions import db
from webapp.jobs import records, running, service
from webapp.jobs.models import Job, JobStatus
from webapp.jobs.service import enqueue
from webapp.journal import SYSTEM


def due_now(app: Flask) -> None:
    """Let the pause be over."""
    with app.app_context(), db.engine.begin() as connection:
        connection.execute(db.update(Job.__table__).values(run_at=utc_now()))


def break_backups(app: Flask) -> None:
    """A file stands where the folder of backups should be."""
    (app.config["SETTINGS"].data_dir / "backups").write_text("in the way")


def failed_backup(app: Flask, run_due: RunDue) -> int:
    break_backups(app)
    with app.app_context():
        job_id = enqueue(SYSTEM, kind="backup").id
    for _ in range(4):
        due_now(app)
        run_due()
    return job_id


def test_a_failure_waits_and_is_tried_again_three_times_then_given_up(
    app: Flask, cast: Cast, run_due: RunDue
) -> None:
    break_backups(app)
    with app.app_context():
        job_id = enqueue(cast.ada.actor, kind="backup").id
    for tries in (1, 2, 3):
        assert run_due() == 1
        it = look(app, job_id)
        assert (it.status, it.tries) == (JobStatus.QUEUED, tries)
        assert it.run_at > utc_now()
        assert it.error
        assert run_due() == 0, "it waits for its time"
        due_now(app)
    run_due()
    assert (look(app, job_id).status, look(app, job_id).tries) == (JobStatus.FAILED, 4)
    page = cast.ada.get("/jobs?status=failed").get_data(as_text=True)
    assert f"/jobs/{job_id}" in page


def test_the_pause_grows_is_bounded_and_differs() -> None:
    for tries in range(1, 40):
        pauses = {running.pause_after(tries) for _ in range(20)}
        longest = min(900.0, 10.0 * 2 ** (tries - 1))
        assert len(pauses) > 1
        assert all(longest / 2 <= pause <= longest for pause in pauses)


def test_an_authority_has_a_dead_letter_tried_again_and_it_succeeds(
    app: Flask, cast: Cast, run_due: RunDue
) -> None:
    job_id = failed_backup(app, run_due)
    assert look(app, job_id).status is JobStatus.FAILED
    (app.config["SETTINGS"].data_dir / "backups").unlink()
    assert "Try again" in cast.ada.get(f"/jobs/{job_id}").get_data(as_text=True)
    tap = str(uuid.uuid4())
    for _ in range(2):
        assert cast.ada.post(f"/jobs/{job_id}/retry", {"command_id": tap}).status_code == 303
    run_due()
    it = look(app, job_id)
    assert (it.status, it.tries, it.error) == (JobStatus.DONE, 1, "")
    assert it.result["file"].startswith("mayday-")


def test_nobody_else_can_have_it_tried_again(app: Flask, cast: Cast, run_due: RunDue) -> None:
    job_id = failed_backup(app, run_due)
    assert cast.vic.post(f"/jobs/{job_id}/retry").status_code == 404
    assert cast.sam.post(f"/jobs/{job_id}/retry").status_code == 403
    assert cast.ada.get(f"/jobs/{job_id}/retry").status_code == 405
    assert look(app, job_id).status is JobStatus.FAILED


def test_only_a_failed_job_is_tried_again(app: Flask, cast: Cast, run_due: RunDue) -> None:
    with app.app_context():
        job_id = enqueue(SYSTEM, kind="clean-up").id
        for _ in range(2):
            with pytest.raises(WrongTransition, match="Only a failed one"):
                service.retry(cast.ada.actor, job_id=job_id)
            run_due()
    assert cast.ada.post(f"/jobs/{job_id}/retry").status_code == 409
    assert cast.ada.post("/jobs/999/retry").status_code == 404


def test_a_job_whose_worker_died_is_put_back_and_run_again(app: Flask, run_due: RunDue) -> None:
    with app.app_context():
        job_id = enqueue(SYSTEM, kind="clean-up").id
    left_running(app, job_id)
    assert run_due() == 0
    with app.app_context():
        assert records.sweep() == 1
        assert records.sweep() == 0
    assert run_due() == 1
    assert look(app, job_id).status is JobStatus.DONE


def test_a_job_of_a_living_worker_is_left_alone(app: Flask) -> None:
    with app.app_context():
        job_id = enqueue(SYSTEM, kind="clean-up").id
        records.begin("alive", "here", 1)
    left_running(app, job_id, "alive")
    with app.app_context():
        assert records.sweep() == 0
        records.begin("its successor", "here", 2)
        assert records.sweep() == 1, "two of one place cannot both live"


def test_a_worker_that_lost_its_job_cannot_end_it(app: Flask, cast: Cast, run_due: RunDue) -> None:
    with app.app_context():
        job_id = enqueue(SYSTEM, kind="clean-up").id
    left_running(app, job_id, "slow")
    with app.app_context():
        records.sweep()
    left_running(app, job_id, "quick")
    with app.app_context():
        with pytest.raises(records.Lost):
            records.note_progress(job_id, "slow", 1, 2, "")
        assert not service.finish(SYSTEM, job_id=job_id, worker="slow", result={})
        assert not service.fail(SYSTEM, job_id=job_id, worker="slow", error="late", result={})
        assert service.finish(SYSTEM, job_id=job_id, worker="quick", result={})


def test_a_coordinator_may_try_an_own_job_again_but_not_see_anothers(
    app: Flask, cast: Cast, run_due: RunDue
) -> None:
    job_id = job_of(hand_in(cast.vic, "needs", "no json"))
    run_due()
    assert cast.vera.get(f"/jobs/{job_id}").status_code == 404
    assert cast.ada.get(f"/jobs/{job_id}").status_code == 200
    assert cast.vic.post(f"/jobs/{job_id}/retry").status_code == 303
    assert look(app, job_id).status is JobStatus.QUEUED
