"""Real workers in processes of their own: killed, stopped, two at once, and inside a server."""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from pydantic import SecretStr

from tests.conftest import REDIS, both_databases, dispose
from tests.jobs.conftest import PATIENCE, hand_in, job_of, kept_files, look, reports, wait_until
from tests.people import Cast
from tests.servers import environment, running_server
from webapp import create_app
from webapp.board.counters import totals
from webapp.extensions import db
from webapp.interchange.reports import BATCH
from webapp.jobs.models import JobStatus, JobWorker
from webapp.jobs.service import enqueue
from webapp.journal import SYSTEM, JournalEntry
from webapp.settings import Settings

pytestmark = pytest.mark.slow
ROOT = Path(__file__).resolve().parents[2]
MANY = 3000


@contextlib.contextmanager
def worker(settings: Settings) -> Iterator[subprocess.Popen[bytes]]:
    """`mayday jobs`, gone at the end of the ``with``."""
    log = settings.data_dir / "jobs.log"
    with log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "webapp.ops.cli", "jobs"],
            env=environment(settings) | {"MAYDAY_ENV": "production"},
            cwd=ROOT,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        yield process
    except BaseException:
        sys.stderr.write(log.read_text()[-5000:])
        raise
    finally:
        process.kill()
        process.wait()


def stop(process: subprocess.Popen[bytes]) -> int:
    """Ask it to stop, as a service manager does."""
    process.send_signal(signal.SIGTERM)
    return process.wait(PATIENCE)


def events(app: Flask) -> int:
    """How many reports are here."""
    with app.app_context():
        found = totals().get("event:pending", 0)
        db.session.remove()
        return found


def reported(app: Flask) -> int:
    """How many entries say that an event was reported."""
    with app.app_context():
        statement = db.select(db.func.count()).select_from(JournalEntry)
        return int(db.session.execute(statement.where(JournalEntry.verb == "event.reported")).scalar_one())


def workers(app: Flask) -> list[JobWorker]:
    """Who says that it is there."""
    with app.app_context():
        found = list(db.session.execute(db.select(JobWorker)).scalars())
        db.session.remove()
        return found


def status(app: Flask, job_id: int) -> JobStatus:
    """Where the job is."""
    return look(app, job_id).status


@both_databases
def test_an_import_whose_worker_was_killed_is_run_again_and_each_report_is_here_once(
    app: Flask, settings: Settings, cast: Cast
) -> None:
    job_id = job_of(hand_in(cast.ada, "reports", reports(*range(1, MANY + 1))))
    with worker(settings) as first:
        wait_until(lambda: events(app) > 0, "the import begins")
        first.kill()
        first.wait()
    there = events(app)
    assert 0 < there < MANY
    assert there % BATCH == 0, "whole batches only"
    assert status(app, job_id) is JobStatus.RUNNING
    with worker(settings) as second:
        wait_until(lambda: status(app, job_id) is JobStatus.DONE, "it is run again")
        assert stop(second) == 0
    assert events(app) == reported(app) == MANY
    it = look(app, job_id)
    assert it.tries == 2
    assert it.result["imported"] + it.result["known"] == MANY
    assert it.result["known"] >= there
    assert kept_files(app) == []


def test_a_worker_that_is_stopped_puts_its_import_back_and_the_next_ends_it(
    app: Flask, settings: Settings, cast: Cast
) -> None:
    job_id = job_of(hand_in(cast.ada, "reports", reports(*range(1, MANY + 1))))
    with worker(settings) as first:
        wait_until(lambda: events(app) > 0, "the import begins")
        assert stop(first) == 0
    it = look(app, job_id)
    assert (it.status, it.tries) == (JobStatus.QUEUED, 0)
    assert 0 < events(app) < MANY
    assert workers(app) == []
    with worker(settings) as second:
        wait_until(lambda: status(app, job_id) is JobStatus.DONE, "it is run again")
        assert stop(second) == 0
    assert events(app) == reported(app) == MANY


def test_of_two_workers_one_works_and_the_other_takes_over(app: Flask, settings: Settings) -> None:
    with worker(settings) as first:
        wait_until(lambda: len(workers(app)) == 1, "the first works")
        with worker(settings) as second:
            with app.app_context():
                one = enqueue(SYSTEM, kind="clean-up").id
            wait_until(lambda: status(app, one) is JobStatus.DONE, "it is done")
            assert [row.pid for row in workers(app)] == [first.pid]
            first.kill()
            first.wait()
            wait_until(lambda: [row.pid for row in workers(app)] == [second.pid], "the second takes over")
            with app.app_context():
                two = enqueue(SYSTEM, kind="clean-up").id
            wait_until(lambda: status(app, two) is JobStatus.DONE, "it is done, too")
            assert stop(second) == 0


def test_a_job_that_the_queue_lost_is_found_again(app: Flask, settings: Settings) -> None:
    with app.app_context():
        job_id = enqueue(SYSTEM, kind="clean-up").id
    for file in settings.data_dir.glob("jobs.db*"):
        file.unlink()
    with worker(settings):
        wait_until(lambda: status(app, job_id) is JobStatus.DONE, "it is run all the same")


def test_a_server_runs_jobs_inside_and_only_where_it_is_told_to(
    app: Flask, settings: Settings, cast: Cast
) -> None:
    with running_server(settings.model_copy(update={"jobs": "outside"})):
        job_id = job_of(hand_in(cast.ada, "reports", reports(1, 2)))
        assert workers(app) == []
        assert status(app, job_id) is JobStatus.QUEUED
    with running_server(settings, workers=2) as server:
        wait_until(lambda: status(app, job_id) is JobStatus.DONE, "one of its processes runs it")
        assert len(workers(app)) == 1
        server.terminate()
        assert server.process.returncode == 0
    assert workers(app) == []


def test_once_runs_what_is_due_and_ends(app: Flask, settings: Settings) -> None:
    with app.app_context():
        job_id = enqueue(SYSTEM, kind="backup").id
    ran = subprocess.run(
        [sys.executable, "-m", "webapp.ops.cli", "jobs", "--once"],
        env=environment(settings),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout == f"{job_id}\tBackup\tdone\n"
    assert (settings.data_dir / "backups" / look(app, job_id).result["file"]).exists()


def test_whether_a_worker_is_alive_can_be_asked(app: Flask, settings: Settings) -> None:
    def ask() -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "webapp.ops.cli", "jobs", "--check"],
            env=environment(settings),
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )

    assert ask().returncode == 1
    with worker(settings):
        wait_until(lambda: len(workers(app)) == 1, "it works")
        assert ask().returncode == 0


def test_a_worker_refuses_a_database_without_its_schema(tmp_path: Path, settings: Settings) -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "webapp.ops.cli", "jobs"],
        env=environment(settings.model_copy(update={"data_dir": tmp_path / "new"})),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert ran.returncode == 1
    assert "mayday db upgrade" in ran.stderr


@pytest.mark.redis
def test_with_redis_jobs_go_through_it_and_no_queue_file_is_made(settings: Settings, data_dir: Path) -> None:
    from redis import Redis

    key = SecretStr(os.urandom(32).hex())
    chosen = settings.model_copy(update={"redis_url": REDIS, "secret_key": key})
    app = create_app(chosen)
    line = Redis.from_url(REDIS, socket_timeout=5)
    queue = app.extensions["jobs"].huey.storage.queue_key
    with app.app_context():
        job_id = enqueue(SYSTEM, kind="clean-up").id
    assert line.llen(queue) == 1
    with worker(chosen):
        wait_until(lambda: status(app, job_id) is JobStatus.DONE, "it is run")
    assert not (data_dir / "jobs.db").exists()
    dispose(app)


@pytest.mark.redis
def test_without_the_redis_that_is_set_a_job_is_delayed_and_not_refused(settings: Settings) -> None:
    app = create_app(settings.model_copy(update={"redis_url": "redis://127.0.0.1:1/0"}))
    with app.app_context():
        job_id = enqueue(SYSTEM, kind="clean-up").id
    assert status(app, job_id) is JobStatus.QUEUED
    dispose(app)
