"""``mayday jobs``: the worker as a process of its own."""

import os
import signal
import threading
from types import FrameType

import click
from flask import Flask, current_app
from flask.cli import with_appcontext

from webapp.database import utc_now
from webapp.jobs import queries, running
from webapp.jobs.queue import due
from webapp.jobs.records import DEAD_AFTER
from webapp.jobs.worker import Worker
from webapp.ops import logs
from webapp.ops.serve import check_folder, close_connections, prepare_database, serving
from webapp.settings import Settings


@click.command("jobs")
@click.option("--once", is_flag=True, help="Run what is due now, and end.")
@click.option("--check", is_flag=True, help="End with 0 if a worker is alive, with 1 if none is.")
@with_appcontext
def jobs(once: bool, check: bool) -> None:
    """Run background jobs until stopped: imports, backups, the clean-up.

    For a server with MAYDAY_JOBS=outside, or with several processes. Of several on one data folder one
    works and the others wait. A stopped one puts back what it cannot finish.
    """
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    settings: Settings = app.config["SETTINGS"]
    if check:
        _check()
        return
    logs.configure(settings)
    check_folder(settings.data_dir)
    with serving(settings):
        prepare_database(app, migrate=False)
        if once:
            _run_due(app)
        else:
            _run_until_stopped(app)


def _check() -> None:
    beat = queries.last_beat()
    if beat is None or beat < utc_now() - DEAD_AFTER:
        raise click.ClickException("No job worker is alive. Start one: mayday jobs")
    click.echo("A job worker is alive.")


def _run_due(app: Flask) -> None:
    never = threading.Event()
    for job_id in due():
        running.run(app, job_id, f"once:{os.getpid()}", never)
        it = queries.by_id(job_id)
        click.echo(f"{job_id}\t{it.title if it else ''}\t{it.status.value if it else 'gone'}")


def _run_until_stopped(app: Flask) -> None:
    over = threading.Event()

    def stop(_number: int, _frame: FrameType | None) -> None:
        over.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    close_connections(app)
    worker = Worker(app).start()
    click.echo("Waiting for jobs. Stop with Ctrl+C.")
    while not over.wait(1.0) and worker.running:
        pass
    worker.stop()
    if not over.is_set():
        raise click.ClickException("The worker has ended; the log says why.")
