"""The worker: one of an installation's processes on a machine that runs jobs, one after the other.

It runs as a thread inside a server process (laptop mode) or in a process of its own (`mayday jobs`). A
file lock lets only one of them work on a data folder; the others wait for their turn, so that a process
that dies is followed by another. Threads do not survive a fork: start it in the process that keeps it.
"""

import fcntl
import logging
import os
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import asdict
from typing import IO, Any, Protocol

from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from webapp.extensions import db
from webapp.jobs import nightly, nodes, records, running
from webapp.jobs.queue import queue_of
from webapp.jobs.ticking import Clock
from webapp.settings import Settings

log = logging.getLogger(__name__)
# Its many lines about itself say nothing that ours do not.
logging.getLogger("huey").setLevel(logging.WARNING)

LOCK = "jobs.lock"
LOOK_EVERY = 1.0  # seconds between looks: for the lock, for being asked to stop, for jobs that nobody has
BEAT_EVERY = 10.0  # … between signs of life
# Seconds that a job may take to come to its next step once the worker is to stop. A server has 20 in all.
PATIENCE = 12.0


class Companion(Protocol):
    """What works beside the jobs, in the same process and under the same lock, on threads of its own."""

    def start(self) -> Any:
        """Begin."""

    def stop(self) -> None:
        """End, within two seconds."""


# Makes one for an app and the place that the lock is for.
Make = Callable[[Flask, str], Companion]


def beside(app: Flask, make: Make) -> None:
    """Have this work wherever jobs are worked on."""
    app.extensions.setdefault("beside_jobs", []).append(make)


class Worker:
    """Runs the jobs of an application until it is stopped, or until ``alive`` says no more."""

    def __init__(self, app: Flask, alive: Callable[[], bool] = lambda: True) -> None:
        self._app = app
        self._alive = alive
        self._settings: Settings = app.config["SETTINGS"]
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._live, name="jobs", daemon=True)
        self._place = nodes.place_of(self._settings)
        self._name = f"{self._place}:{os.getpid()}:{secrets.token_hex(4)}"
        self.working = threading.Event()
        self._clock = Clock({})

    def start(self) -> "Worker":
        """Begin to wait for the turn, and then to work."""
        self._thread.start()
        return self

    def stop(self) -> None:
        """Stop: a job comes to its next step and goes back into the queue. Waits for that, for a while."""
        self._over.set()
        self._thread.join(PATIENCE + 3)

    @property
    def running(self) -> bool:
        """Whether it is there: working, or waiting for its turn."""
        return self._thread.is_alive()

    def _stopping(self) -> bool:
        return self._over.is_set() or not self._alive()

    def _live(self) -> None:
        try:
            lock = self._my_turn()
            if lock is not None:
                with lock:
                    self._work()
        except Exception:
            # A thread that ends silently would leave jobs waiting without a word.
            log.exception("jobs.worker_ended")

    def _my_turn(self) -> IO[str] | None:
        """The lock, once it is free; none when it is time to stop."""
        self._settings.run_dir.mkdir(parents=True, exist_ok=True)
        lock = (self._settings.run_dir / LOCK).open("w")
        while not self._stopping():
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                self._over.wait(LOOK_EVERY)
            else:
                return lock
        lock.close()
        return None

    def _work(self) -> None:
        queue = queue_of(self._app)
        stop_jobs = threading.Event()
        queue.run = lambda job_id: running.run(self._app, job_id, self._name, stop_jobs)
        nightly.register(queue.huey, self._app)
        consumer = queue.huey.create_consumer(workers=1, worker_type="thread", max_delay=0.5)
        # Signals belong to the process, and can only be set in its main thread.
        consumer._set_signal_handlers = lambda: None
        begun = self._look_around(0.0, begin=True)
        consumer.start()
        makers: list[Make] = self._app.extensions.get("beside_jobs", [])
        companions = [make(self._app, self._place) for make in makers]
        for companion in companions:
            companion.start()
        log.info("jobs.working", extra={"worker": self._name})
        self.working.set()
        while not self._stopping():
            begun = self._look_around(begun)
            self._over.wait(LOOK_EVERY)
        stop_jobs.set()
        for companion in companions:
            companion.stop()
        _join(consumer)
        self._guarded(lambda: records.end(self._name))
        log.info("jobs.stopped", extra={"worker": self._name})

    def _look_around(self, beat_at: float, *, begin: bool = False) -> float:
        """Say that it lives and see to jobs that nobody has; gives when it last said so."""
        now = time.monotonic()
        said = True
        if begin:
            said = self._guarded(lambda: records.begin(self._name, self._place, os.getpid(), self._prints()))
        elif now - beat_at >= BEAT_EVERY:
            said = self._guarded(lambda: records.beat(self._name, self._place, os.getpid(), self._prints()))
        else:
            now = beat_at
        self._guarded(self._see_to_jobs)
        self._tick()
        return now if said else 0.0

    @staticmethod
    def _prints() -> dict[str, str | None]:
        return asdict(nodes.own_prints())

    def _tick(self) -> None:
        for look in self._clock.due():
            self._guarded(lambda look=look: look(self._settings))  # type: ignore[misc]

    def _see_to_jobs(self) -> None:
        if put_back := records.sweep():
            log.warning("jobs.put_back", extra={"jobs": put_back})
        queue_of(self._app).send_due()

    def _guarded(self, step: Callable[[], Any]) -> bool:
        """Whether it could be done: a database that is away is tried again at the next look."""
        try:
            with self._app.app_context():
                step()
        except (SQLAlchemyError, OSError) as error:
            log.warning("jobs.no_database", extra={"error": type(error).__name__})
            return False
        finally:
            with self._app.app_context():
                db.session.remove()
        return True


def _join(consumer: Any) -> None:
    """Wait for the job that runs, at most so long; what is left then is put back by its row."""
    consumer.stop(graceful=False)
    until = time.monotonic() + PATIENCE
    for _, thread in consumer.worker_threads:
        thread.join(max(0.0, until - time.monotonic()))
