"""The counters of a process, and how those of several processes are added up.

prometheus_client decides at its import whether processes share: it must not be imported before
`share` had its say. So it is imported by the first count, which every worker makes after it was started.
"""

import os
import shutil
import threading
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
    from prometheus_client.registry import Collector

FOLDER = "PROMETHEUS_MULTIPROC_DIR"
# Seconds; page budgets are at 0.1 and the timeouts of balancers near 10.
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


@dataclass(frozen=True)
class Meters:
    """Every counter that the code counts with, and their registry."""

    registry: "CollectorRegistry"
    requests: "Counter"
    latency: "Histogram"
    entries: "Counter"
    sign_ins: "Counter"
    tokens_reused: "Counter"
    limited: "Counter"
    redis_failures: "Counter"
    cards: "Counter"
    sockets: "Gauge"
    live_up: "Gauge"
    reader_seq: "Gauge"
    broadcasts: "Counter"
    frames: "Counter"
    frame_bytes: "Counter"
    dropped: "Counter"
    broadcast_lag: "Histogram"
    webhook_deliveries: "Counter"
    feed_readings: "Counter"


@dataclass
class _Server:
    """The process that started the workers, where that is known; workers inherit it by their fork."""

    pid: int | None = field(default=None)


server = _Server()
_making = threading.Lock()


def share(base: Path, workers: int) -> None:
    """Called by the process that starts the workers, before it does: several count into one folder.

    The folder is this server's own (another may use the same data) and is emptied: counts begin anew with
    the server, as Prometheus expects of a restart. What ended servers left behind is removed.
    """
    server.pid = os.getpid()
    if workers < 2:
        os.environ.pop(FOLDER, None)
        return
    for left in base.glob("*"):
        if left.name.isdigit() and not psutil.pid_exists(int(left.name)):
            shutil.rmtree(left, ignore_errors=True)
    folder = Path(os.environ.get(FOLDER) or base / str(server.pid))
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    os.environ[FOLDER] = str(folder)


def forget(pid: int) -> None:
    """Drop what a worker that ended had now (its sockets); what it had counted stays counted."""
    if os.environ.get(FOLDER):
        from prometheus_client.multiprocess import mark_process_dead

        mark_process_dead(pid)  # type: ignore[no-untyped-call]


def meter() -> Meters:
    """The counters of this process."""
    # Made twice by two first requests at once, what one of them counts would be lost.
    with _making:
        return _made()


@cache
def _made() -> Meters:
    from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics

    # The time each series began: twice the text, and absent with several processes anyway.
    disable_created_metrics()  # type: ignore[no-untyped-call]
    own = CollectorRegistry()

    def counter(name: str, text: str, *labels: str) -> Counter:
        return Counter(f"mayday_{name}", text, labels, registry=own)

    def gauge(name: str, text: str, mode: str, *labels: str) -> Gauge:
        return Gauge(f"mayday_{name}", text, labels, registry=own, multiprocess_mode=mode)  # type: ignore[arg-type]

    def histogram(name: str, text: str, *labels: str) -> Histogram:
        return Histogram(f"mayday_{name}", text, labels, registry=own, buckets=BUCKETS)

    return Meters(
        registry=own,
        requests=counter("requests", "Answered requests.", "route", "method", "status"),
        latency=histogram("request_seconds", "Time to answer, in seconds.", "route"),
        entries=counter("journal_entries", "Journal entries committed by this server.", "verb"),
        sign_ins=counter("sign_ins", "Tries to sign in.", "outcome"),
        # Without a label, so that it stands at zero until the first: an increase is seen from there.
        tokens_reused=counter("tokens_reused", "Refresh tokens that were used twice: somebody copied one."),
        limited=counter("rate_limited", "Requests refused by a rate limit.", "route"),
        redis_failures=counter("redis_failures", "Times that Redis did not answer.", "purpose"),
        cards=counter("cards", "Cards that were drawn, or kept from an earlier drawing.", "outcome"),
        sockets=gauge("sockets", "Open live sockets.", "livesum"),
        live_up=gauge("live_up", "1 while hub and reader of every process run.", "livemin", "part"),
        reader_seq=gauge("reader_seq", "Last journal entry that a reader handled.", "livemin", "reader"),
        broadcasts=counter("broadcasts", "Broadcasts to channels."),
        frames=counter("frames", "Frames written to sockets."),
        frame_bytes=counter("frame_bytes", "Bytes written to sockets."),
        dropped=counter("sockets_dropped", "Sockets that the hub closed, by reason.", "reason"),
        broadcast_lag=histogram("broadcast_lag_seconds", "From a journal entry's time to its frames."),
        feed_readings=counter("feed_readings", "Readings of alert feeds.", "outcome"),
        webhook_deliveries=counter("webhook_deliveries", "Tries to deliver to a webhook.", "outcome"),
    )


def exposition(situation: "Collector") -> tuple[bytes, str]:
    """The sums of all processes and the situation, as Prometheus reads it, and its content type."""
    from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
    from prometheus_client.multiprocess import MultiProcessCollector

    counted = meter().registry
    if os.environ.get(FOLDER):
        counted = CollectorRegistry()
        MultiProcessCollector(counted)  # type: ignore[no-untyped-call]
    now = CollectorRegistry()
    now.register(situation)
    return generate_latest(counted) + generate_latest(now), CONTENT_TYPE_LATEST
