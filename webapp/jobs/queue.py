"""The queue that hands jobs to workers: huey, in a file of its own, or in Redis where that is set.

The truth about a job is its row. The queue may lose a job (a worker that is killed takes what it had
with it) or hand it out twice: only one claim succeeds, and whatever is due is sent again once the queue is
empty. So a queue that is away or full delays jobs, and loses none.
"""

import hashlib
import os
import sqlite3
import threading
from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from flask import Flask, current_app
from sqlalchemy import select

from webapp.database import utc_now
from webapp.extensions import db
from webapp.jobs.models import Job, JobStatus
from webapp.jobs.queue_trouble import QueueTrouble
from webapp.settings import Settings, secret_key

if TYPE_CHECKING:
    from huey import Huey

WAKING = frozenset({"job.queued", "job.retried"})
_AT_ONCE = 100  # jobs that are sent together
_PATIENCE = 1.0  # seconds that a commit may wait for the queue


class Queue:
    """The queue as a process has it; opened with the first job, after any fork."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._pid = 0
        self._huey: Any = None
        self._task: Any = None
        self._trouble = QueueTrouble(_away())
        # What a worker does with a job; set in the process that runs them.
        self.run: Callable[[int], None] = _nobody

    @property
    def huey(self) -> "Huey":
        """The queue itself."""
        with self._lock:
            if self._pid != os.getpid():
                self._huey = _open(self._settings)
                self._trouble.watch_huey()
                self._task = self._huey.task(name="run")(self._run)
                self._pid = os.getpid()
            return self._huey

    def send(self, job_ids: Iterable[int]) -> None:
        """Hand jobs over. Never raises: what cannot be sent now is sent by a worker's look around."""
        try:
            queue = self.huey
            for job_id in job_ids:
                queue.enqueue(self._task.s(job_id))
        except _away() as error:
            self._trouble.tell(error)

    def send_due(self) -> None:
        """Send everything that is due, if the queue is empty: what is in it is on its way already."""
        try:
            waiting = self.huey.pending_count()
        except _away() as error:
            self._trouble.tell(error)
            return
        if not waiting:
            self.send(due())

    def _run(self, job_id: int) -> None:
        self.run(job_id)


def _nobody(_job_id: int) -> None:
    raise RuntimeError("this process runs no jobs")


def _open(settings: Settings) -> Any:
    """Imported here: most processes never hand over a job."""
    from huey import RedisHuey, SqliteHuey

    if settings.redis_url:
        from redis import ConnectionPool

        # A worker waits a second for the next job; an answer that takes longer than three is none.
        pool = ConnectionPool.from_url(settings.redis_url, socket_timeout=3, socket_connect_timeout=_PATIENCE)
        return RedisHuey(name_in_redis(settings), results=False, connection_pool=pool, read_timeout=1)
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    file = settings.data_dir / "jobs.db"
    return SqliteHuey("mayday", results=False, filename=str(file), fsync=True, timeout=_PATIENCE)


def name_in_redis(settings: Settings) -> str:
    """The same on all machines of an installation, and another for others that share its Redis."""
    key = f"jobs:{secret_key(settings)}"
    return f"mayday.{hashlib.sha256(key.encode()).hexdigest()[:12]}"


def _away() -> tuple[type[Exception], ...]:
    """What is raised when the queue cannot be reached."""
    try:
        from redis import RedisError
    except ImportError:
        return (sqlite3.Error, OSError)
    return (sqlite3.Error, OSError, RedisError)


def due() -> list[int]:
    """Jobs that may run now, the oldest first."""
    statement = (
        select(Job.id)
        .where(Job.status == JobStatus.QUEUED, Job.run_at <= utc_now() + timedelta(milliseconds=50))
        .order_by(Job.run_at)
        .limit(_AT_ONCE)
    )
    with db.engine.connect() as connection:
        return list(connection.execute(statement).scalars())


def queue_of(app: Flask) -> Queue:
    """The queue of this application."""
    found: Queue = app.extensions["jobs"]
    return found


def send_committed(_sender: object, *, verbs: Iterable[str] = (), **_more: object) -> None:
    """After a commit that asked for a job: hand it over."""
    if WAKING.intersection(verbs):
        queue_of(current_app._get_current_object()).send(due())  # type: ignore[attr-defined]
