"""What pages, probes and metrics ask about jobs."""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, func, select

from webapp.accounts.models import User
from webapp.database import utc_now
from webapp.extensions import db
from webapp.jobs.kinds import words_of
from webapp.jobs.models import UNDER_WAY, Job, JobStatus, JobWorker

# Text order of the keys is newest first.
_LAST = 10**12
_NAMESPACE = uuid.UUID("0b8a0c86-6bdf-46c8-a2b1-0f3a6f4a5d0e")


@dataclass(frozen=True, slots=True)
class Shown:
    """A job as a page shows it."""

    id: int
    version: int
    kind: str
    about: str
    status: JobStatus
    requested_by_id: int | None
    requested_by: str | None
    done: int
    total: int
    words: str
    tries: int
    result: dict[str, Any]
    error: str
    created_at: datetime
    run_at: datetime
    started_at: datetime | None
    finished_at: datetime | None

    @property
    def title(self) -> str:
        """What kind of job, in words."""
        return words_of(self.kind)

    @property
    def key(self) -> str:
        """Sorts the newest first, as text."""
        return f"{_LAST - self.id:013d}"

    @property
    def card_key(self) -> tuple[Any, ...]:
        """All that the card depends on."""
        return (self.id, self.version, self.requested_by)

    @property
    def per_cent(self) -> int:
        """How much of it is done, 0 to 100."""
        return min(100, 100 * self.done // self.total) if self.total > 0 else 0

    @property
    def counts(self) -> list[tuple[str, Any]]:
        """The numbers and names of its result."""
        return [(name, value) for name, value in self.result.items() if name not in ("lines", "left_out")]

    def button(self, step: str) -> str:
        """The command id of its button: the same for everybody, so that live and fresh pages agree."""
        return str(uuid.uuid5(_NAMESPACE, f"{step}:{self.id}:{self.version}"))


def _shown() -> Select[Any]:
    taken = [name for name in Shown.__dataclass_fields__ if name != "requested_by"]
    columns = [getattr(Job, name) for name in taken]
    return select(*columns, User.name.label("requested_by")).outerjoin(User, User.id == Job.requested_by_id)


def _read(statement: Select[Any]) -> list[Shown]:
    return [Shown(**row) for row in db.session.execute(statement).mappings()]


def newest(limit: int, *, status: JobStatus | None = None, before: int | None = None) -> list[Shown]:
    """The newest jobs, newest first; ``before`` continues a list."""
    statement = _shown().order_by(Job.id.desc()).limit(limit)
    if status is not None:
        statement = statement.where(Job.status == status)
    if before is not None:
        statement = statement.where(Job.id < before)
    return _read(statement)


def own_imports(user_id: int, limit: int) -> list[Shown]:
    """What a person had imported, newest first."""
    theirs = (Job.requested_by_id == user_id) & Job.kind.startswith("import.")
    return _read(_shown().where(theirs).order_by(Job.id.desc()).limit(limit))


def by_id(job_id: int) -> Shown | None:
    """One job, if there is such a one."""
    return next(iter(these([job_id])), None)


def arguments(job_id: int) -> dict[str, Any]:
    """What a job was asked to do; nothing for one that is not there."""
    return db.session.execute(select(Job.arguments).where(Job.id == job_id)).scalar() or {}


def these(ids: Iterable[int]) -> list[Shown]:
    """The jobs of these ids."""
    return _read(_shown().where(Job.id.in_(list(ids))))


def running(user_ids: Sequence[int] | None = None) -> list[Shown]:
    """Jobs that run now; with ids only those that these people asked for."""
    statement = _shown().where(Job.status == JobStatus.RUNNING)
    if user_ids is not None:
        statement = statement.where(Job.requested_by_id.in_(user_ids))
    return _read(statement.limit(50))


def depth() -> dict[str, int]:
    """How many jobs wait, run, or have failed and wait for somebody. What is done is not counted."""
    statuses = (*UNDER_WAY, JobStatus.FAILED)
    statement = select(Job.status, func.count()).where(Job.status.in_(statuses)).group_by(Job.status)
    found = {status.value: 0 for status in statuses}
    return found | {status.value: count for status, count in db.session.execute(statement).all()}


def last_beat() -> datetime | None:
    """When a worker last said that it lives; none when none has, or the last one was stopped."""
    return db.session.execute(select(func.max(JobWorker.beat_at))).scalar_one()


def overdue(by: timedelta) -> bool:
    """Whether a job that may run has waited for longer than that."""
    statement = select(Job.id).where(Job.status == JobStatus.QUEUED, Job.run_at < utc_now() - by).limit(1)
    return db.session.execute(statement).first() is not None
