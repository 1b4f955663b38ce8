"""How far a job is, on the pages that show it: sent twice a second at most, and not journalled.

Progress is no event of the response: a journal entry for each half second would bury what matters. So the
live reader of each process looks, while somebody listens, at the jobs that run; the worker wakes it.
"""

import time
from dataclasses import dataclass, field

from flask import Flask

from webapp.extensions import db
from webapp.jobs import queries
from webapp.jobs.fragments import CHANNEL, of_job
from webapp.jobs.kinds import TELL_EVERY
from webapp.live.wire import Wire


@dataclass
class Shown:
    """What the pages of this process have been sent: the version of each running job."""

    versions: dict[int, int] = field(default_factory=dict)
    looked_at: float = float("-inf")


def show_progress(app: Flask) -> None:
    """On the reader's thread, after each of its turns."""
    wire: Wire = app.extensions["live"]
    listened = wire.listened()
    people = [int(name.removeprefix("user:")) for name in listened if name.startswith("user:")]
    shown: Shown = app.extensions["jobs_shown"]
    now = time.monotonic()
    if now - shown.looked_at < TELL_EVERY or not (people or CHANNEL in listened):
        return
    shown.looked_at = now
    try:
        found = queries.running(None if CHANNEL in listened else people)
        wire.show([part for it in found if shown.versions.get(it.id) != it.version for part in of_job(it)])
    finally:
        db.session.remove()
    shown.versions = {it.id: it.version for it in found}
