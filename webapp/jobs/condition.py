"""What readiness says about background jobs: is a worker there, does something wait for one."""

from datetime import timedelta

from sqlalchemy.exc import SQLAlchemyError

from webapp.database import utc_now
from webapp.jobs import queries
from webapp.jobs.models import JobStatus
from webapp.jobs.records import DEAD_AFTER
from webapp.ops.checks import Finding, State

PATIENCE = timedelta(minutes=2)  # that a job may wait before somebody should look
ALONE = timedelta(seconds=20)  # the same where no worker runs; a restart takes less
MANY = 20  # jobs that wait while no worker runs


def check() -> Finding:
    """Degraded when the worker went silent, or when jobs wait and none is there. Pages serve all the same."""
    try:
        beat, depth = queries.last_beat(), queries.depth()
        late = queries.overdue(PATIENCE if beat else ALONE)
    except SQLAlchemyError as error:
        return Finding(State.DEGRADED, f"Jobs cannot be read ({type(error).__name__}).")
    facts = {f"jobs_{status}": count for status, count in depth.items()}
    if beat is None:
        if late or depth[JobStatus.QUEUED] >= MANY:
            return Finding(State.DEGRADED, "Jobs wait and no worker runs. Start one: mayday jobs", facts)
        return Finding(note="No job worker runs.", facts=facts)
    age = utc_now() - beat
    facts["beat_age_s"] = int(age.total_seconds())
    if age > DEAD_AFTER:
        return Finding(State.DEGRADED, "The job worker is silent. Start it again: mayday jobs", facts)
    if late and not depth[JobStatus.RUNNING]:
        return Finding(State.DEGRADED, "Jobs wait although a worker runs; the log says why.", facts)
    return Finding(facts=facts)
