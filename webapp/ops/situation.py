"""How things stand at the moment of a scrape: rows by status, the journal, disk, memory, backups."""

import logging
import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Iterator

import psutil
from flask import current_app
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy.exc import SQLAlchemyError

from webapp.board.counters import totals
from webapp.extensions import db
from webapp.jobs.queries import depth
from webapp.journal.queries import head
from webapp.ops.health import running_version
from webapp.ops.meters import server
from webapp.settings import Settings

log = logging.getLogger(__name__)


class Situation(Collector):
    """Gauges read when they are asked for. What cannot be read is left out and counted, the rest is told."""

    def collect(self) -> Iterable[Metric]:
        """All gauges of the installation."""
        settings: Settings = current_app.config["SETTINGS"]
        yield _gauge("mayday_info", "The running version.", 1, version=running_version())
        readers: dict[str, Callable[[], Iterator[Metric]]] = {
            "process": _processes,
            "disk": lambda: _disk(settings),
            "backup": lambda: _backup(settings),
            "rows": _rows,
            "jobs": _jobs,
        }
        failures = CounterMetricFamily(
            "mayday_metric_failures", "Times that this process could not read a metric.", labels=["metric"]
        )
        for name, read in readers.items():
            yield from _readable(name, read)
            failures.add_metric([name], _failed[name])
        yield failures

    def describe(self) -> Iterable[Metric]:
        """Nothing ahead: registering must not read anything."""
        return ()


# Since this process began. The log has the first failure of a row, and when it is over.
_failed: Counter[str] = Counter()
_failing: set[str] = set()


def _readable(name: str, read: Callable[[], Iterator[Metric]]) -> list[Metric]:
    try:
        found = list(read())
    except (OSError, psutil.Error, SQLAlchemyError) as error:
        if isinstance(error, SQLAlchemyError):
            db.session.rollback()
        _failed[name] += 1
        if name not in _failing:
            log.warning("metric.unreadable", extra={"metric": name, "error": type(error).__name__})
        _failing.add(name)
        return []
    _failing.discard(name)
    return found


def _gauge(name: str, text: str, value: float, **labels: str) -> Metric:
    family = GaugeMetricFamily(name, text, labels=list(labels))
    family.add_metric(list(labels.values()), value)
    return family


def _processes() -> Iterator[Metric]:
    """The workers and the process that started them; just this one where that is not known."""
    parent = psutil.Process(server.pid) if server.pid else psutil.Process()
    alive = [parent, *(parent.children() if server.pid else [])]
    memory, seconds = 0, 0.0
    for process in alive:
        with process.oneshot():
            memory += process.memory_info().rss
            times = process.cpu_times()
            seconds += times.user + times.system
    ended = parent.cpu_times()
    seconds += ended.children_user + ended.children_system
    yield _gauge("mayday_process_memory_bytes", "Resident memory of all processes.", memory)
    yield _gauge("mayday_processes", "Processes of the server.", len(alive))
    cpu = CounterMetricFamily("mayday_process_cpu_seconds", "Processor time of all processes.")
    cpu.add_metric([], seconds)
    yield cpu


def _disk(settings: Settings) -> Iterator[Metric]:
    usage = shutil.disk_usage(settings.data_dir)
    yield _gauge("mayday_disk_free_bytes", "Free space where the data is.", usage.free)
    yield _gauge("mayday_disk_size_bytes", "Size of the disk where the data is.", usage.total)


def _backup(settings: Settings) -> Iterator[Metric]:
    """When the last backup was finished; nothing when there was none."""
    try:
        made_at = (settings.data_dir / "backups" / "last.json").stat().st_mtime
    except FileNotFoundError:
        return
    yield _gauge("mayday_backup_timestamp_seconds", "When the last backup was finished (Unix time).", made_at)


def _rows() -> Iterator[Metric]:
    counts, newest = totals(), head()
    rows = GaugeMetricFamily("mayday_rows", "Rows by table and status.", labels=["table", "status"])
    for name, value in sorted(counts.items()):
        rows.add_metric(name.split(":", 1), value)
    yield rows
    yield _gauge("mayday_journal_head", "Newest journal entry.", newest)


def _jobs() -> Iterator[Metric]:
    """Background jobs that wait, run, or have failed and wait for somebody."""
    family = GaugeMetricFamily("mayday_jobs", "Background jobs by status.", labels=["status"])
    for status, number in sorted(depth().items()):
        family.add_metric([status], number)
    yield family
