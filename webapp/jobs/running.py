"""One run of one job: claimed, run, and ended well, put back, tried again later, or given up."""

import logging
import random
import threading
from datetime import timedelta
from typing import Any

import click
from flask import Flask

from webapp.accounts.models import User
from webapp.database import utc_now
from webapp.errors import Problem
from webapp.extensions import db
from webapp.interchange.files import Unreadable
from webapp.jobs import records, service
from webapp.jobs.kinds import GiveUp, Interrupted, Kind, Work, kind_of
from webapp.jobs.models import Job
from webapp.journal import SYSTEM, Actor
from webapp.journal.actor import ActorKind

log = logging.getLogger(__name__)

# Seconds before the second try, doubled for each further one up to the most; jitter takes up to half away,
# so that many that failed together do not come back together.
FIRST_PAUSE, LONGEST_PAUSE = 10.0, 900.0
_UNKNOWN_REASON = "Something went wrong that is not the file's or yours; the log says what."


def run(app: Flask, job_id: int, worker: str, stopping: threading.Event) -> None:
    """Run the job, unless it is another's, not due, or over."""
    with app.app_context():
        try:
            if not stopping.is_set() and records.claim(job_id, worker):
                _run(app, _work(app, job_id, worker, stopping))
        finally:
            db.session.remove()


def _work(app: Flask, job_id: int, worker: str, stopping: threading.Event) -> tuple[Job, Work]:
    db.session.rollback()
    job = db.session.get_one(Job, job_id, populate_existing=True)
    actor = _actor(job.requested_by_id)
    work = Work(job_id, worker, actor, dict(job.arguments), job.about, app.config["SETTINGS"], stopping)
    db.session.rollback()
    return job, work


def _actor(user_id: int | None) -> Actor:
    """Who asked for it, with the rights of now; somebody who was let go has none."""
    if user_id is None:
        return SYSTEM
    user = db.session.get_one(User, user_id)
    return Actor(ActorKind.USER, user.id, user.role if user.active else None, user.name)


def _run(app: Flask, found: tuple[Job, Work]) -> None:
    job, work = found
    log.info("job begins", extra={"job": work.job_id, "kind": job.kind, "attempt": job.tries})
    try:
        kind = kind_of(job.kind)
        result = kind.run(work)
    except Interrupted:
        records.put_back(work.job_id, work.worker)
        log.info("job put back", extra={"job": work.job_id})
    except records.Lost:
        log.info("job was cancelled or taken over", extra={"job": work.job_id})
    except (GiveUp, Unreadable, Problem) as refused:
        _give_up(work, str(refused))
    except Exception as error:
        # Whatever a kind gets wrong must not end the worker: the job is tried again, then a dead letter.
        log.exception("job failed", extra={"job": work.job_id, "kind": job.kind})
        _try_again(kind, job, work, error)
    else:
        _end(kind, work, result)


def _end(kind: Kind, work: Work, result: dict[str, Any]) -> None:
    db.session.rollback()
    told = result | _lines(work)
    if service.finish(SYSTEM, job_id=work.job_id, worker=work.worker, result=told):
        kind.tidy(work.settings, work.arguments)
        log.info("job is done", extra={"job": work.job_id, "kind": kind.name})


def _give_up(work: Work, reason: str) -> None:
    db.session.rollback()
    service.fail(SYSTEM, job_id=work.job_id, worker=work.worker, error=reason, result=_lines(work))


def _try_again(kind: Kind, job: Job, work: Work, error: Exception) -> None:
    db.session.rollback()
    reason = error.message if isinstance(error, click.ClickException) else _UNKNOWN_REASON
    if job.tries > kind.retries:
        _give_up(work, reason)
        return
    pause = timedelta(seconds=pause_after(job.tries))
    records.put_back(work.job_id, work.worker, run_at=utc_now() + pause, error=reason)


def pause_after(tries: int) -> float:
    """Seconds until the next try: growing, bounded, and different for each."""
    longest = min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** (tries - 1))
    return longest * random.uniform(0.5, 1)  # noqa: S311 - jitter, not a secret


def _lines(work: Work) -> dict[str, Any]:
    """What it said, for the person who reads the result."""
    return {"lines": work.lines, "left_out": work.left_out} if work.lines else {}
