"""Asking for jobs, calling them off, trying them again, and how they end."""

from typing import Any

from webapp import journal, policy
from webapp.database import utc_now
from webapp.errors import NotFound, WrongTransition
from webapp.extensions import db
from webapp.jobs.kinds import kind_of, words_of
from webapp.jobs.models import STEPS, Job, JobStatus
from webapp.journal import Actor
from webapp.policy import Action
from webapp.transitions import words


@journal.command
def enqueue(actor: Actor, *, kind: str, arguments: dict[str, Any] | None = None, about: str = "") -> Job:
    """Ask for a job; it runs soon, once, also when the same command comes twice.

    The right is that of its kind. ``arguments`` are plain values without secrets. Raises `NotFound` for an
    unknown kind, `Forbidden`.
    """
    policy.require(actor, kind_of(kind).action)
    job = Job(kind=kind, arguments=arguments or {}, about=about[:160], requested_by_id=actor.user_id)
    db.session.add(job)
    db.session.flush()
    _say("job.queued", job)
    return job


@journal.command
def cancel(actor: Actor, *, job_id: int) -> Job:
    """Call a job off. One that runs stops at its next step; what it did until then stays.

    Raises `NotFound`, `WrongTransition`.
    """
    job = _changeable(actor, job_id)
    STEPS.require(job.status, JobStatus.CANCELLED)
    job.status, job.finished_at = JobStatus.CANCELLED, utc_now()
    _say("job.cancelled", job)
    return job


@journal.command
def retry(actor: Actor, *, job_id: int) -> Job:
    """Have a failed job tried again, with all its tries anew. Raises `NotFound`, `WrongTransition`."""
    job = _changeable(actor, job_id)
    if job.status is not JobStatus.FAILED:
        raise WrongTransition(f"This job is {words(job.status)}. Only a failed one can be tried again.")
    policy.require(actor, kind_of(job.kind).action)
    job.status, job.tries, job.run_at, job.finished_at = JobStatus.QUEUED, 0, utc_now(), None
    job.error, job.worker = "", None
    _say("job.retried", job)
    return job


@journal.command
def finish(_worker: Actor, *, job_id: int, worker: str, result: dict[str, Any]) -> bool:
    """The worker is done with it; whether the job was still its own."""
    job = _held(job_id, worker)
    if job is None:
        return False
    STEPS.require(job.status, JobStatus.DONE)
    job.status, job.finished_at, job.result, job.error = JobStatus.DONE, utc_now(), result, ""
    job.done, job.words = job.total, ""
    _say("job.finished", job)
    return True


@journal.command
def fail(_worker: Actor, *, job_id: int, worker: str, error: str, result: dict[str, Any]) -> bool:
    """The worker gives it up: a dead letter, until somebody has it tried again; whether it was its own."""
    job = _held(job_id, worker)
    if job is None:
        return False
    STEPS.require(job.status, JobStatus.FAILED)
    job.status, job.finished_at, job.error, job.result = JobStatus.FAILED, utc_now(), error[:500], result
    _say("job.failed", job, reason=job.error)
    return True


def _changeable(actor: Actor, job_id: int) -> Job:
    job = db.session.get(Job, job_id, with_for_update=True)
    if job is None:
        raise NotFound("There is no such job.")
    policy.require(actor, Action.JOB_CHANGE, job)
    return job


def _held(job_id: int, worker: str) -> Job | None:
    job = db.session.get(Job, job_id, with_for_update=True)
    return job if job is not None and job.status is JobStatus.RUNNING and job.worker == worker else None


def _say(verb: str, job: Job, **facts: str) -> None:
    kind = words_of(job.kind)
    name = f"{kind}: {job.about}" if job.about else kind
    told: dict[str, Any] = {"name": name, "kind": job.kind} | facts
    journal.append(verb, job, user_id=job.requested_by_id, **told)
