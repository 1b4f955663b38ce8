"""What the tests of jobs share: running what is due, handing in files, looking at a job."""

import io
import re
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from tests.interchange.conftest import as_csv, row
from tests.people import Person
from webapp.extensions import db
from webapp.jobs import queries, records, running
from webapp.jobs.models import Job, JobStatus
from webapp.jobs.queries import Shown
from webapp.jobs.queue import due

PATIENCE = 60.0
RunDue = Callable[[], int]


@pytest.fixture
def run_due(app: Flask) -> RunDue:
    """Do what a worker does with all that is due, here; gives how many jobs it were."""

    def run() -> int:
        with app.app_context():
            found = due()
        for job_id in found:
            running.run(app, job_id, "worker of the test", threading.Event())
        return len(found)

    return run


def look(app: Flask, job_id: int) -> Shown:
    """The job as it is now."""
    with app.app_context():
        found = queries.by_id(job_id)
        db.session.remove()
    assert found is not None
    return found


def jobs(app: Flask) -> list[Shown]:
    """All jobs, the newest first."""
    with app.app_context():
        return queries.newest(100)


def hand_in(
    person: Person, kind: str, content: str | bytes, name: str = "file.csv", **more: Any
) -> TestResponse:
    """Send a file by the form of the page."""
    data = content.encode() if isinstance(content, str) else content
    return person.post(f"/imports/{kind}", {"file": (io.BytesIO(data), name), **more})


def job_of(answer: TestResponse) -> int:
    """The job that an answer leads to."""
    assert answer.status_code == 303, answer.get_data(as_text=True)[:2000]
    found = re.search(r"/jobs/(\d+)$", answer.location)
    assert found, answer.location
    return int(found[1])


def reports(*numbers: int) -> str:
    """A good file of reports with these serials."""
    return as_csv(*(row(n) for n in numbers))


def kept_files(app: Flask) -> list[Path]:
    """The files that wait for an import."""
    folder = app.config["SETTINGS"].data_dir / "uploads"
    return sorted(folder.iterdir()) if folder.is_dir() else []


def wait_until(holds: Callable[[], bool], what: str) -> None:
    """Return as soon as it holds; fail after a while."""
    deadline = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < deadline, what
        time.sleep(0.05)


def left_running(app: Flask, job_id: int, worker: str = "a worker that died") -> None:
    """Leave the job as a worker that was killed leaves it."""
    with app.app_context():
        assert records.claim(job_id, worker)
        assert db.session.get_one(Job, job_id).status is JobStatus.RUNNING
        db.session.remove()
