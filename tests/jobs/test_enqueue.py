"""A job is asked for once, by those who may, and only one worker gets it."""

import threading
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask

from tests.conftest import both_databases, dispose
from tests.jobs.conftest import RunDue, jobs, look
from tests.people import Cast
from webapp.errors import Forbidden, NotFound
from webapp.extensions import db
from webapp.jobs import queries, records, running
from webapp.jobs.models import JobStatus
from webapp.jobs.service import enqueue
from webapp.journal import SYSTEM, CommandReused, JournalEntry


def verbs(app: Flask) -> list[str]:
    with app.app_context():
        statement = db.select(JournalEntry.verb).where(JournalEntry.subject_type == "job")
        return list(db.session.execute(statement.order_by(JournalEntry.seq)).scalars())


def test_the_same_command_twice_is_one_job(app: Flask, cast: Cast) -> None:
    command = uuid.uuid4()
    with app.app_context():
        first = enqueue(cast.ada.actor, kind="clean-up", command_id=command).id
        assert enqueue(cast.ada.actor, kind="clean-up", command_id=command).id == first
        with pytest.raises(CommandReused):
            enqueue(cast.vic.actor, kind="clean-up", command_id=command)
    assert [it.id for it in jobs(app)] == [first]
    assert verbs(app) == ["job.queued"]


@pytest.mark.parametrize("kind", ["clean-up", "backup", "import.reports"])
def test_who_may_not_do_it_may_not_have_it_done(app: Flask, cast: Cast, kind: str) -> None:
    with app.app_context():
        for person in (cast.vic, cast.sam):
            with pytest.raises(Forbidden):
                enqueue(person.actor, kind=kind)
    assert jobs(app) == []


def test_an_unknown_kind_is_refused(app: Flask) -> None:
    with app.app_context(), pytest.raises(NotFound):
        enqueue(SYSTEM, kind="rm -rf")


def test_what_was_asked_for_is_in_the_queue_and_run_once(app: Flask, run_due: RunDue) -> None:
    with app.app_context():
        job_id = enqueue(SYSTEM, kind="clean-up").id
        assert app.extensions["jobs"].huey.pending_count() == 1
        assert queries.depth() == {"queued": 1, "running": 0, "failed": 0}
    assert run_due() == 1
    assert run_due() == 0
    assert look(app, job_id).status is JobStatus.DONE
    assert verbs(app) == ["job.queued", "job.finished"]


@both_databases
def test_of_many_workers_that_ask_one_gets_the_job(app: Flask) -> None:
    with app.app_context():
        job_id = enqueue(SYSTEM, kind="clean-up").id

    def ask(number: int) -> bool:
        with app.app_context():
            return records.claim(job_id, f"worker {number}")

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(ask, range(16))) == 1
    assert look(app, job_id).tries == 1


def test_a_queue_that_cannot_be_written_delays_a_job_and_refuses_none(app: Flask, run_due: RunDue) -> None:
    (app.config["SETTINGS"].data_dir / "jobs.db").mkdir()
    with app.app_context():
        job_id = enqueue(SYSTEM, kind="clean-up").id
    assert look(app, job_id).status is JobStatus.QUEUED
    run_due()
    assert look(app, job_id).status is JobStatus.DONE


def test_a_job_of_another_version_becomes_a_dead_letter(app: Flask, run_due: RunDue) -> None:
    from webapp.jobs.models import Job

    with app.app_context():
        job_id = enqueue(SYSTEM, kind="clean-up").id
        with db.engine.begin() as connection:
            connection.execute(db.update(Job.__table__).values(kind="of.tomorrow"))
    run_due()
    assert look(app, job_id).status is JobStatus.FAILED
    assert "of.tomorrow" in look(app, job_id).error


def test_a_worker_that_is_to_stop_takes_nothing_more(app: Flask) -> None:
    with app.app_context():
        job_id = enqueue(SYSTEM, kind="clean-up").id
    stopping = threading.Event()
    stopping.set()
    running.run(app, job_id, "a worker", stopping)
    assert look(app, job_id).status is JobStatus.QUEUED
    assert look(app, job_id).tries == 0
    dispose(app)
