"""What changes on open pages when a job begins, ends or fails: its own page, and the list of all."""

from collections.abc import Iterator, Sequence

from flask import render_template

from webapp.jobs import queries
from webapp.jobs.queries import Shown
from webapp.journal import JournalEntry
from webapp.live.fragments import Fragment, follows, put, put_personal, upsert_card
from webapp.policy import Action

CHANNEL = "jobs"


@follows("job")
def changed(ids: frozenset[int], _entries: Sequence[JournalEntry]) -> Iterator[Fragment]:
    """Draw these jobs anew."""
    for it in queries.these(ids):
        yield from of_job(it)


def of_job(it: Shown) -> Iterator[Fragment]:
    """The job on its own page, for who asked for it and for authorities, and in the list."""
    region = f"job-{it.id}"
    yield put(CHANNEL, Action.JOB_LIST, region, "jobs/_job.html", it=it)
    yield upsert_card(CHANNEL, Action.JOB_LIST, "jobs-list", f"job-card-{it.id}", "jobs/_card.html", it)
    if it.requested_by_id is not None:
        yield put_personal(
            f"user:{it.requested_by_id}",
            Action.JOB_VIEW,
            region,
            lambda: render_template("jobs/_job.html", it=it).strip(),
        )
