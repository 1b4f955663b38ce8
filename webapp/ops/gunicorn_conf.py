"""How gunicorn runs Mayday: used by ``mayday serve`` and by ``gunicorn -c python:webapp.ops.gunicorn_conf``.

Live sockets are handed to the hub, so a thread is busy only while it makes a page.
"""

import gc
import resource
from typing import Any

DESCRIPTORS = 65_536
logger_class = "webapp.ops.server_log.ServerLogger"
worker_class = "webapp.ops.worker.GatheringWorker"
threads = 16
# Open connections a worker may hold besides the hub's sockets; far above what threads serve at once. Who
# comes beyond that is let in, and who waited longest goes.
worker_connections = 4000
keepalive = 5
# Nobody's word on scheme or address is taken here: MAYDAY_TRUSTED_PROXIES says whose is (webapp/web/proxies).
forwarded_allow_ips = ""
secure_scheme_headers: dict[str, str] = {}
# Seconds that a stopping worker may take to finish its requests.
graceful_timeout = 20
timeout = 60
# The control socket would be one shared path for all instances of a user.
control_socket_disable = True
# Heartbeat files belong in memory: a slow disk must not look like a hung worker.
worker_tmp_dir = "/dev/shm"  # noqa: S108 - only gunicorn's own temporary file goes there


def on_starting(server: Any) -> None:
    """Before the workers: have them count into one folder, so that /metrics is the sum of all."""
    from webapp import settings
    from webapp.ops import heap, meters

    heap.keep_little()
    _allow_descriptors()
    meters.share(settings.load_or_leave().run_dir / "metrics", server.cfg.workers)


def post_worker_init(worker: Any) -> None:
    """In each worker, after the fork: wait for the turn to run background jobs, where that is done inside."""
    from webapp.ops import heap, pages

    # What is loaded stays to the end: looking through it for garbage would stop pages for nothing.
    gc.freeze()
    app = worker.wsgi
    # Long polls end when the worker is told to stop: they would use up the time of requests that work.
    app.extensions["long_polls"].alive = lambda: bool(worker.alive)
    pages.watch(app, worker.page_for)
    heap.give_back(lambda: int(worker.connections + worker.nr))
    if app.config["SETTINGS"].jobs == "inside":
        from webapp.jobs.worker import Worker

        # A worker that was told to stop finishes its requests first; jobs can come to their end meanwhile.
        worker.jobs = Worker(app, alive=lambda: bool(worker.alive)).start()


def worker_exit(_server: Any, worker: Any) -> None:
    """At a worker's end: a job that runs comes to its next step, or goes back into the queue."""
    if hasattr(worker, "jobs"):
        worker.jobs.stop()
    gc.freeze()  # or the interpreter takes a second to take apart what ends with the process anyway


def on_exit(_server: Any) -> None:
    """At the end of the first process, for the same reason."""
    gc.freeze()


def child_exit(_server: Any, worker: Any) -> None:
    """After a worker: what it had open is open no more."""
    from webapp.ops import meters

    meters.forget(worker.pid)


def _allow_descriptors() -> None:
    """As many open connections as the machine lets us have: the usual 1,024 are less than one shelter's."""
    present, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = most if most != resource.RLIM_INFINITY else max(present, DESCRIPTORS)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(wanted, max(present, DESCRIPTORS)), most))


def options() -> dict[str, Any]:
    """The settings above, and the hooks below, by gunicorn's names."""
    from gunicorn.config import Config

    known = Config().settings
    return {name: value for name, value in globals().items() if name in known}
