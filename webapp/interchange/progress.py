"""What an import says while it runs: a line per refusal, and a bar once it takes longer than a moment."""

import sys
import time
from types import TracebackType
from typing import Any, Self

import click

PATIENCE = 2.0  # seconds before a bar is drawn


class Progress:
    """Counts work done out of ``total``; draws a bar on a terminal after `PATIENCE` seconds."""

    def __init__(self, label: str, total: int) -> None:
        self._label, self._total = label, max(total, 1)
        self._started = time.monotonic()
        self._done = 0
        self._bar: Any = None
        self.rejected = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the bar's line."""
        if self._bar is not None:
            self._bar.render_finish()

    def reach(self, done: int) -> None:
        """So much is done by now."""
        step, self._done = min(done, self._total) - self._done, min(done, self._total)
        late = time.monotonic() - self._started > PATIENCE
        if self._bar is None and late and sys.stderr.isatty():
            step = self._done
            self._bar = click.progressbar(length=self._total, label=self._label, file=sys.stderr)
            self._bar.render_progress()
        if self._bar is not None and step > 0:
            self._bar.update(step)

    def advance(self, step: int) -> None:
        """So much more is done."""
        self.reach(self._done + step)

    def reject(self, where: str, why: str) -> None:
        """Say which row or place was refused, and why."""
        self.rejected += 1
        self.say(f"{where}: {why}")

    def say(self, line: str) -> None:
        """One line for the person, on stderr, not into the bar."""
        if self._bar is not None:
            click.echo(err=True)
        click.echo(line, err=True)
