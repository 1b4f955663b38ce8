"""What readiness asks: checks that features register, run side by side and never waited for long.

Each check runs in a thread of its own, at most once at a time. Whoever probes gets what is known after a
short bound: a check that is stuck is reported with its last answer and that answer's age, and holds up
neither the others nor the next probe. Answers are kept for a second, so that probes cost nothing.
"""

import enum
import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from flask import Flask

log = logging.getLogger(__name__)

BOUND = 0.8  # seconds that a probe waits for checks it started
KEPT = 1.0  # seconds that answers serve further probes
STUCK = 10.0  # seconds without an answer after which the last one counts no more


class State(enum.StrEnum):
    """How well something is; `worst` orders them."""

    UP = "up"
    DEGRADED = "degraded"  # it serves, and somebody should look
    DOWN = "down"


_ORDER = list(State)


def worst(*states: State) -> State:
    """The worst of several states; up when there is none."""
    return max(states, key=_ORDER.index, default=State.UP)


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found. ``note`` is for the person on duty and holds no address, path or secret."""

    state: State = State.UP
    note: str = ""
    facts: Mapping[str, int | float | str] = field(default_factory=dict)


Function = Callable[[], Finding]
_registered: dict[str, tuple[Function, bool]] = {}


def register(name: str, function: Function, *, vital: bool = True) -> None:
    """Have readiness ask this too, in an app context. Without an answer a vital check is down, another
    degraded. The same name again replaces the function."""
    _registered[name] = (function, vital)


class _Check:
    """One check of one app: a run under way at most, and the last answer."""

    def __init__(self, app: Flask, name: str, function: Function, vital: bool) -> None:
        self._app, self._name, self._function = app, name, function
        self._mute = State.DOWN if vital else State.DEGRADED
        self._last: Finding | None = None
        self._took = 0.0
        self._answered_at = 0.0
        self._started_at: float | None = None
        self._ended = threading.Event()

    def start(self) -> bool:
        """Run, unless a run is under way; whether it was started."""
        if self._started_at is not None:
            return False
        self._started_at = time.monotonic()
        self._ended.clear()
        threading.Thread(target=self._run, name=f"check-{self._name}", daemon=True).start()
        return True

    def wait(self, until: float) -> None:
        """Wait for the run under way, at most until that moment."""
        self._ended.wait(max(0.0, until - time.monotonic()))

    def report(self) -> dict[str, Any]:
        """The last answer with its latency and age; how long a run under way has not answered."""
        now, started, last = time.monotonic(), self._started_at, self._last
        if last is None:
            return {"status": self._mute.value, "note": "No answer yet."}
        state, note = last.state, last.note
        if started is not None:
            late = now - started
            state = worst(state, self._mute if late > STUCK else State.DEGRADED)
            note = f"No answer for {late:.0f} s. {note}".strip()
        told = {"status": state.value, "latency_ms": round(self._took * 1000, 1)}
        told |= {"age_s": round(now - self._answered_at, 1)} | dict(last.facts)
        return told | {"note": note} if note else told

    def _run(self) -> None:
        started = time.monotonic()
        try:
            with self._app.app_context():
                found = self._function()
        except Exception:
            log.exception("check failed", extra={"check": self._name})
            found = Finding(self._mute, "The check itself failed; the log says why.")
        self._answered_at = time.monotonic()
        self._last, self._took = found, self._answered_at - started
        self._started_at = None
        self._ended.set()


class Checks:
    """All checks of an app, and what they last said."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._lock = threading.Lock()
        self._checks: dict[str, _Check] = {}
        self._looked_at = float("-inf")

    def look(self) -> tuple[State, dict[str, dict[str, Any]]]:
        """The state of the whole, and each check's report."""
        with self._lock:
            if time.monotonic() - self._looked_at >= KEPT:
                self._run_all()
                self._looked_at = time.monotonic()
            reports = {name: check.report() for name, check in self._checks.items()}
        return worst(*(State(report["status"]) for report in reports.values())), reports

    def _run_all(self) -> None:
        for name, (function, vital) in _registered.items():
            self._checks.setdefault(name, _Check(self._app, name, function, vital))
        started = [check for check in self._checks.values() if check.start()]
        until = time.monotonic() + BOUND
        for check in started:
            check.wait(until)
