"""The kinds of job: what a kind is called, who may ask for it, how often it is tried, and what runs it."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from webapp.errors import NotFound
from webapp.interchange.progress import Progress
from webapp.jobs import records
from webapp.journal import Actor
from webapp.policy import Action
from webapp.settings import Settings

TELL_EVERY = 0.5  # seconds between two notes of how far a job is
MOST_LINES = 200  # lines that a job keeps for the person; of more it keeps the count


class Interrupted(Exception):
    """The worker is asked to stop: the job goes back into the queue."""


class GiveUp(Exception):
    """Another try would fail the same way; the message says why, for the person."""


@dataclass
class Work:
    """One run of a job, as its kind sees it."""

    job_id: int
    worker: str
    actor: Actor
    arguments: dict[str, Any]
    about: str
    settings: Settings
    stopping: threading.Event
    lines: list[str] = field(default_factory=list)
    left_out: int = 0
    _told_at: float = float("-inf")

    def tell(self, done: int, total: int, words: str) -> None:
        """Note how far it is, at most twice a second.

        Raises `Interrupted` when the worker is to stop, and `records.Lost` when the job was cancelled or
        is somebody else's now. Call it between two steps that are whole in themselves.
        """
        if self.stopping.is_set():
            raise Interrupted
        now = time.monotonic()
        if now - self._told_at >= TELL_EVERY:
            self._told_at = now
            records.note_progress(self.job_id, self.worker, done, total, words)

    def say(self, line: str) -> None:
        """Keep a line for the person: a row that was refused, and why."""
        if len(self.lines) < MOST_LINES:
            self.lines.append(line[:300])
        else:
            self.left_out += 1

    def progress(self, label: str, total: int) -> Progress:
        """What an import reports to, in place of a bar on a terminal."""
        return JobProgress(self, label, total)


class JobProgress(Progress):
    """An import's progress, noted in the job's row instead of drawn on a terminal."""

    def __init__(self, work: Work, label: str, total: int) -> None:
        super().__init__(label, total)
        self._work = work
        work.tell(0, self._total, label)

    def reach(self, done: int) -> None:
        """So much is done by now."""
        self._done = min(done, self._total)
        self._work.tell(self._done, self._total, self._label)

    def say(self, line: str) -> None:
        """One line for the person."""
        self._work.say(line)


@dataclass(frozen=True)
class Kind:
    """A kind of job. ``tidy`` removes what it needed, once it will not run again."""

    name: str
    words: str
    action: Action
    run: Callable[[Work], dict[str, Any]]
    retries: int
    tidy: Callable[[Settings, dict[str, Any]], None]


_kinds: dict[str, Kind] = {}
Function = Callable[[Work], dict[str, Any]]


def job(
    name: str,
    *,
    words: str,
    action: Action,
    retries: int = 3,
    tidy: Callable[[Settings, dict[str, Any]], None] = lambda _settings, _arguments: None,
) -> Callable[[Function], Function]:
    """Register a function as what runs this kind of job. What it gives is shown as the job's result.

    It must be harmless to run it again from its beginning: a worker may die at any moment.
    """

    def register(run: Function) -> Function:
        _kinds[name] = Kind(name, words, action, run, retries, tidy)
        return run

    return register


def kind_of(name: str) -> Kind:
    """The kind of this name. Raises `NotFound`."""
    if name not in _kinds:
        raise NotFound(f"This version has no job “{name}”.")
    return _kinds[name]


def words_of(name: str) -> str:
    """What people call this kind; also for one that only another version knows."""
    return _kinds[name].words if name in _kinds else name
