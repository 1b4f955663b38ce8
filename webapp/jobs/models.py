"""Background jobs: a row for each, its statuses, and the workers that are there to run them."""

import enum
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import JSON, ForeignKey, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from webapp.database import Base, BigId, UtcDateTime, text_enum, utc_now
from webapp.journal import Journalled
from webapp.transitions import Transitions


class JobStatus(enum.StrEnum):
    """Where a job is. ``failed`` is the dead letter: it waits until somebody looks at it."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


_S = JobStatus
STEPS = Transitions(
    "job",
    {
        _S.QUEUED: frozenset({_S.RUNNING, _S.FAILED, _S.CANCELLED}),
        # Back in the queue when its worker stops or dies, or for another try.
        _S.RUNNING: frozenset({_S.DONE, _S.FAILED, _S.QUEUED, _S.CANCELLED}),
        _S.FAILED: frozenset({_S.QUEUED, _S.CANCELLED}),
    },
)
UNDER_WAY = (JobStatus.QUEUED, JobStatus.RUNNING)


class Job(Journalled, Base):
    """Work that nobody waits for at a page. Running it twice has the effect of running it once."""

    __tablename__ = "job"
    # How far it is is shown live and not written into the journal; that it began, ended or failed is.
    journal_ignored: ClassVar[frozenset[str]] = Journalled.journal_ignored | {
        "done",
        "total",
        "words",
        "tries",
        "run_at",
        "started_at",
        "worker",
    }

    kind: Mapped[str] = mapped_column(String(40))
    # Plain values without secrets: they are shown to who may see the job.
    arguments: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    # What it is about in a few words: the name of a file.
    about: Mapped[str] = mapped_column(String(160), default="")
    status: Mapped[JobStatus] = mapped_column(text_enum(JobStatus), default=JobStatus.QUEUED)
    requested_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"), index=True)
    done: Mapped[int] = mapped_column(Integer, default=0)
    total: Mapped[int] = mapped_column(Integer, default=0)
    words: Mapped[str] = mapped_column(String(200), default="")
    tries: Mapped[int] = mapped_column(Integer, default=0)
    result: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    error: Mapped[str] = mapped_column(String(500), default="")
    # Not before this moment: the pause before another try.
    run_at: Mapped[datetime] = mapped_column(UtcDateTime(), default=utc_now)
    started_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    worker: Mapped[str | None] = mapped_column(String(120))

    __table_args__ = (Index("ix_job_status", "status", "run_at"),)

    @property
    def per_cent(self) -> int:
        """How much of it is done, 0 to 100."""
        return min(100, 100 * self.done // self.total) if self.total > 0 else 0


class JobWorker(Base):
    """A process that runs jobs, and when it last said so. A stopped one takes its row away."""

    __tablename__ = "job_worker"

    name: Mapped[str] = mapped_column(String(120), primary_key=True)
    # Machine and data folder: of those with one place only one can be alive.
    place: Mapped[str] = mapped_column(String(80))
    pid: Mapped[int] = mapped_column(BigId)
    started_at: Mapped[datetime] = mapped_column(UtcDateTime(), default=utc_now)
    beat_at: Mapped[datetime] = mapped_column(UtcDateTime(), default=utc_now)
    # What all nodes must have in common, as prints: the signing key and the place of files.
    key_print: Mapped[str | None] = mapped_column(String(16))
    files_print: Mapped[str | None] = mapped_column(String(16))
