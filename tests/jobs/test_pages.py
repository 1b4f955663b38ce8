"""The list of jobs for authorities, the backup at a press, and what probes and metrics are told."""

import uuid
from datetime import timedelta

from flask import Flask

from tests.jobs.conftest import RunDue, jobs, left_running, look
from tests.people import Cast
from webapp.database import utc_now
from webapp.extensions import db
from webapp.jobs import condition, records
from webapp.jobs.models import Job, JobStatus, JobWorker
from webapp.jobs.service import enqueue
from webapp.journal import SYSTEM
from webapp.ops.checks import Finding, State


def test_an_authority_has_a_backup_made(app: Flask, cast: Cast, run_due: RunDue) -> None:
    tap = str(uuid.uuid4())
    for _ in range(2):
        answer = cast.ada.post("/jobs/backup", {"command_id": tap})
        assert answer.status_code == 303
    assert run_due() == 1
    (it,) = jobs(app)
    assert it.status is JobStatus.DONE
    assert (app.config["SETTINGS"].data_dir / "backups" / it.result["file"]).stat().st_size > 0
    page = cast.ada.get(answer.location).get_data(as_text=True)
    assert it.result["file"] in page


def test_nobody_else_has_a_backup_made(app: Flask, cast: Cast) -> None:
    assert cast.vic.post("/jobs/backup").status_code == 403
    assert cast.sam.post("/jobs/backup").status_code == 403
    assert cast.ada.get("/jobs/backup").status_code in (404, 405)
    assert jobs(app) == []


def test_the_list_is_newest_first_in_pages_and_by_state(app: Flask, cast: Cast, run_due: RunDue) -> None:
    with app.app_context():
        first = enqueue(SYSTEM, kind="clean-up").id
        run_due()
        ids = [enqueue(SYSTEM, kind="clean-up").id for _ in range(51)]
    page = cast.ada.get("/jobs").get_data(as_text=True)
    assert page.index(f'id="job-card-{ids[-1]}"') < page.index(f'id="job-card-{ids[1]}"')
    assert f'id="job-card-{ids[0]}"' not in page
    assert f"before={ids[1]}" in page
    older = cast.ada.get(f"/jobs?before={ids[1]}").get_data(as_text=True)
    assert f'id="job-card-{ids[0]}"' in older
    done = cast.ada.get("/jobs?status=done").get_data(as_text=True)
    assert f'id="job-card-{first}"' in done
    assert f'id="job-card-{ids[0]}"' not in done
    for odd in ("?status=nonsense", "?before=nonsense", "?before=-1", "?before=99999999999999999999"):
        assert cast.ada.get(f"/jobs{odd}").status_code in (200, 404), odd


def test_metrics_count_what_waits_runs_and_failed(app: Flask, cast: Cast) -> None:
    with app.app_context():
        ids = [enqueue(SYSTEM, kind="clean-up").id for _ in range(3)]
    left_running(app, ids[0])
    told = cast.stranger.get("/metrics", environ_base={"REMOTE_ADDR": "127.0.0.1"}).get_data(as_text=True)
    assert 'mayday_jobs{status="queued"} 2.0' in told
    assert 'mayday_jobs{status="running"} 1.0' in told
    assert 'mayday_jobs{status="failed"} 0.0' in told


def test_there_is_no_page_of_a_job_that_is_not_there(cast: Cast) -> None:
    assert cast.ada.get("/jobs/999").status_code == 404
    assert cast.ada.get("/jobs/abc").status_code == 404


def test_the_timeline_says_what_was_done(app: Flask, cast: Cast, run_due: RunDue) -> None:
    with app.app_context():
        enqueue(cast.ada.actor, kind="backup")
    run_due()
    assert "is done: Backup" in cast.ada.get("/timeline").get_data(as_text=True)


def test_readiness_says_when_the_worker_is_silent_or_jobs_wait_for_one(app: Flask, cast: Cast) -> None:
    assert check(app).state is State.UP
    with app.app_context():
        job_id = enqueue(SYSTEM, kind="clean-up").id
    assert check(app).facts["jobs_queued"] == 1
    assert check(app).state is State.UP, "it has only just been asked for"
    _set(app, Job, run_at=utc_now() - timedelta(minutes=3))
    assert check(app).state is State.DEGRADED
    with app.app_context():
        records.begin("worker", "here", 1)
    left_running(app, job_id, "worker")
    assert check(app).state is State.UP
    assert check(app).facts["jobs_running"] == 1
    _set(app, JobWorker, beat_at=utc_now() - timedelta(minutes=2))
    assert check(app).state is State.DEGRADED
    assert "silent" in check(app).note
    with app.app_context():
        records.beat("worker", "here", 1)
    assert check(app).state is State.UP
    with app.app_context():
        records.end("worker")
    assert look(app, job_id).status is JobStatus.QUEUED
    report = cast.ada.get("/health/ready").json
    assert report["checks"]["jobs"]["jobs_queued"] == 1


def test_many_jobs_that_wait_without_a_worker_are_told_at_once(app: Flask, cast: Cast) -> None:
    with app.app_context():
        for _ in range(condition.MANY):
            enqueue(cast.ada.actor, kind="clean-up", command_id=uuid.uuid4())
    assert check(app).state is State.DEGRADED
    assert "no worker runs" in check(app).note


def check(app: Flask) -> Finding:
    with app.app_context():
        return condition.check()


def _set(app: Flask, model: type, **values: object) -> None:
    with app.app_context(), db.engine.begin() as connection:
        connection.execute(db.update(model.__table__).values(**values))  # type: ignore[attr-defined]
