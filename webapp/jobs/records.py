"""Bookkeeping of jobs: who runs which, how far it is, and who is alive. Nothing here is an event.

Each step is one conditional statement, so that of two workers only one gets a job, and one that lost its
job (cancelled, or taken over while it seemed dead) hears of it at its next note.
"""

import contextlib
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Delete, Table, Update, delete, insert, select, update
from sqlalchemy.engine import Connection

from webapp.database import WRITE, utc_now
from webapp.extensions import db
from webapp.jobs.models import Job, JobStatus, JobWorker
from webapp.journal.order import one_writer

DEAD_AFTER = timedelta(seconds=60)  # of a worker that does not say that it lives
NO_PRINTS: Mapping[str, str | None] = {}

_jobs: Table = Job.__table__  # type: ignore[assignment]
_workers: Table = JobWorker.__table__  # type: ignore[assignment]


class Lost(Exception):
    """The job is not this worker's any more."""


@contextlib.contextmanager
def writing() -> Iterator[Connection]:
    """A write transaction of its own, beside the session."""
    with one_writer(db.session()), db.engine.connect() as connection:
        options: dict[str, Any] = {WRITE: True}
        if connection.dialect.name == "postgresql":
            options["isolation_level"] = "READ COMMITTED"
        connection = connection.execution_options(**options)
        yield connection
        connection.commit()


def _change(**values: object) -> Update:
    changed = {"version": _jobs.c.version + 1, "updated_at": utc_now()} | values
    return update(_jobs).values(changed)


def claim(job_id: int, worker: str) -> bool:
    """Whether this worker may run the job now; of several that ask, one."""
    now = utc_now()
    statement = _change(
        status=JobStatus.RUNNING, worker=worker, started_at=now, tries=_jobs.c.tries + 1, done=0, words=""
    ).where(_jobs.c.id == job_id, _jobs.c.status == JobStatus.QUEUED, _jobs.c.run_at <= now)
    with writing() as connection:
        return connection.execute(statement).rowcount == 1


def note_progress(job_id: int, worker: str, done: int, total: int, words: str) -> None:
    """Note how far the job is, and wake the readers that show it. Raises `Lost`."""
    statement = _change(done=done, total=total, words=words[:200])
    with writing() as connection:
        if connection.execute(statement.where(_held(job_id, worker))).rowcount != 1:
            raise Lost
    from webapp.live import wake

    wake.tell(None, seq=0)


def put_back(job_id: int, worker: str, *, run_at: datetime | None = None, error: str = "") -> None:
    """Give the job back to the queue: at once and as if not tried, or with an error at a later moment."""
    tries = _jobs.c.tries if run_at else _jobs.c.tries - 1
    statement = _change(
        status=JobStatus.QUEUED, worker=None, tries=tries, run_at=run_at or utc_now(), error=error[:500]
    )
    with writing() as connection:
        connection.execute(statement.where(_held(job_id, worker)))


def _held(job_id: int, worker: str) -> Any:
    return (_jobs.c.id == job_id) & (_jobs.c.status == JobStatus.RUNNING) & (_jobs.c.worker == worker)


def begin(name: str, place: str, pid: int, prints: Mapping[str, str | None] = NO_PRINTS) -> None:
    """A worker is there. Others of its place are dead, as only one at a time holds its lock. ``prints`` are
    `key_print` and `files_print`."""
    with writing() as connection:
        connection.execute(delete(_workers).where(_workers.c.place == place))
        connection.execute(insert(_workers).values(name=name, place=place, pid=pid, **_now(), **prints))


def beat(name: str, place: str, pid: int, prints: Mapping[str, str | None] = NO_PRINTS) -> None:
    """The worker is alive. Its row is made anew where it was taken for dead."""
    with writing() as connection:
        changed = connection.execute(
            update(_workers).where(_workers.c.name == name).values(beat_at=utc_now())
        )
        if not changed.rowcount:
            connection.execute(insert(_workers).values(name=name, place=place, pid=pid, **_now(), **prints))


def end(name: str) -> None:
    """The worker goes; what it still ran is put back."""
    with writing() as connection:
        connection.execute(delete(_workers).where(_workers.c.name == name))
        connection.execute(_abandoned().where(_jobs.c.worker == name))


def _now() -> dict[str, datetime]:
    now = utc_now()
    return {"started_at": now, "beat_at": now}


def sweep() -> int:
    """Put back the running jobs of workers that are dead, and forget those; gives how many jobs it were."""
    dead = _workers.c.beat_at < utc_now() - DEAD_AFTER
    orphans = (_jobs.c.status == JobStatus.RUNNING) & _jobs.c.worker.not_in(
        select(_workers.c.name).where(~dead)
    )
    with db.engine.connect() as connection:
        if not connection.execute(select(_jobs.c.id).where(orphans).limit(1)).first():
            return 0
    with writing() as connection:
        found = connection.execute(_abandoned().where(orphans)).rowcount
        connection.execute(delete(_workers).where(dead))
        return found


def _abandoned() -> Update:
    return _change(status=JobStatus.QUEUED, worker=None, run_at=utc_now()).where(
        _jobs.c.status == JobStatus.RUNNING
    )


def remove(statement: Delete) -> int:
    """Remove rows that are no part of the situation; gives how many."""
    with writing() as connection:
        return connection.execute(statement).rowcount
