"""Pages about background jobs: all of them for authorities, one of them for who asked for it."""

from flask import Blueprint, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from webapp import policy
from webapp.access import allows
from webapp.accounts.identity import current_actor
from webapp.errors import NotFound
from webapp.jobs import queries, service
from webapp.jobs.kinds import kind_of
from webapp.jobs.models import JobStatus
from webapp.policy import Action
from webapp.web.answers import go, page
from webapp.web.forms import posted_action
from webapp.web.viewer import settings

blueprint = Blueprint("jobs", __name__)

PAGE = 50


@blueprint.get("/jobs")
@allows(Action.JOB_LIST)
def index() -> Response:
    """All jobs, the newest first; ``?status=failed`` are the dead letters."""
    status = next((known for known in JobStatus if known == request.args.get("status")), None)
    before = request.args.get("before", type=_row_number)
    rows = queries.newest(PAGE + 1, status=status, before=before)
    more = rows[PAGE - 1].id if len(rows) > PAGE else None
    return page(
        "jobs/index.html",
        block="main",
        # A filtered list and a later page stay as they are while one reads them.
        channels=() if status or before else ("jobs",),
        rows=rows[:PAGE],
        statuses=list(JobStatus),
        only=status,
        next_url=url_for("jobs.index", status=status and status.value, before=more) if more else None,
    )


def _row_number(text: str) -> int:
    """A number that a row can have. Raises ValueError, which leaves the cursor out."""
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise ValueError
    return int(text)


@blueprint.get("/jobs/<int:job_id>")
@allows(Action.JOB_VIEW)
def show(job_id: int) -> Response:
    """One job: how far it is, how it ended, what it refused."""
    actor = current_actor()
    it = queries.by_id(job_id)
    if it is None:
        raise NotFound(_("There is no such job."))
    policy.require(actor, Action.JOB_VIEW, it)
    own = it.requested_by_id == actor.user_id
    return page("jobs/show.html", block="main", channels=(f"user:{actor.user_id}" if own else "jobs",), it=it)


@blueprint.post("/jobs/<int:job_id>/<any(cancel, retry):step>")
@allows(Action.JOB_CHANGE)
def step(job_id: int, step: str) -> Response:
    """Call a job off, or have a failed one tried again."""
    form = posted_action()
    if step == "retry":
        service.retry(current_actor(), job_id=job_id, command_id=form.command)
        return go(url_for("jobs.show", job_id=job_id), _("It is tried again."))
    job = service.cancel(current_actor(), job_id=job_id, command_id=form.command)
    kind_of(job.kind).tidy(settings(), job.arguments)
    return go(url_for("jobs.show", job_id=job_id), _("Called off."))


@blueprint.post("/jobs/backup")
@allows(Action.BACKUP)
def backup() -> Response:
    """Make a backup now."""
    job = service.enqueue(current_actor(), kind="backup", command_id=posted_action().command)
    return go(url_for("jobs.show", job_id=job.id), _("The backup is being made."))
