"""CSV rows from text as people send it: one bounded row at a time, and on again after a broken one.

A quote that is never closed would swallow the rest of the file. Here a row is at most `LONGEST` characters
and `MOST_LINES` lines long; a longer one, or one with quotes or columns that do not add up, is given back
as broken, and reading goes on at the next line that looks like the start of a row.
"""

import csv
import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TextIO

_DELIMITERS = ",;\t|"
LOOK = 65_536  # characters in which the columns' sign is looked for
# Characters of a row and lines that it may span. Real reports have some thousand and some dozen.
LONGEST = 1_048_576
MOST_LINES = 1_000


@dataclass(frozen=True, slots=True)
class Record:
    """A whole row, and the line that it begins at (the first line of the file is 1)."""

    line: int
    fields: list[str]


@dataclass(frozen=True, slots=True)
class Broken:
    """A row that cannot be read, why, and the line at which reading went on (none: the end)."""

    line: int
    why: str
    resumed: int | None


@dataclass(frozen=True, slots=True)
class _Line:
    number: int
    text: str | None  # None: too long to be kept


def delimiter_of(beginning: str) -> str:
    """What parts the columns: of which the first line that has any has most, outside of quotes."""
    for line in re.sub(r'"[^"]*"', "", beginning).splitlines():
        most = max(_DELIMITERS, key=line.count)
        if most in line:
            return most
    return _DELIMITERS[0]


def says_delimiter(row: Record | Broken) -> bool:
    """A first line ``sep=;``, which some spreadsheets write for themselves."""
    return isinstance(row, Record) and row.line == 1 and row.fields[0].strip().casefold() == "sep="


class _BreakHere(Exception):
    """The row under way cannot end well."""


class Rows:
    """The rows of a CSV text, one after another; memory stays bounded by one row.

    ``starts`` is what the beginning of a row looks like. Set ``columns`` once the heading is known: a row
    with another number of values is broken.
    """

    def __init__(self, text: TextIO, starts: re.Pattern[str], delimiter: str = ",") -> None:
        csv.field_size_limit(LONGEST)
        self.columns: int | None = None
        self.starts = starts
        self.delimiter = delimiter
        self._text = text
        self._number = 0
        self._waiting: deque[_Line] = deque()
        self._taken: list[_Line] = []
        self._reader = csv.reader(self._feed(), delimiter=self.delimiter, strict=True)

    def __iter__(self) -> Iterator[Record | Broken]:
        return self

    def __next__(self) -> Record | Broken:
        """The next row that is not blank."""
        while True:
            self._taken = []
            try:
                fields = next(self._reader)
            except csv.Error:
                return self._broken("the quotes do not add up")
            except _BreakHere as broken:
                return self._broken(str(broken))
            if not fields:
                continue
            if self.columns is not None and len(fields) != self.columns:
                return self._broken(f"{len(fields)} values where the heading has {self.columns}")
            return Record(self._taken[0].number, fields)

    def _feed(self) -> Iterator[str]:
        """Lines for the row under way. Raises `_BreakHere` where it has become too much for one."""
        size = 0
        while True:
            line = self._line()
            if line is None:
                if self._taken:
                    raise _BreakHere("a quote is never closed")
                return
            size = len(line.text or "") + (size if self._taken else 0)
            if line.text is None and self._taken:
                self._waiting.appendleft(line)
                raise _BreakHere("a quote is not closed")
            self._taken.append(line)
            if line.text is None or size > LONGEST:
                raise _BreakHere(f"longer than {LONGEST:,} characters: a quote may not be closed")
            if len(self._taken) > MOST_LINES:
                raise _BreakHere(f"longer than {MOST_LINES:,} lines: a quote may not be closed")
            yield line.text

    def _line(self) -> _Line | None:
        if self._waiting:
            return self._waiting.popleft()
        text = self._text.readline(LONGEST + 1)
        if not text:
            return None
        self._number += 1
        if len(text) <= LONGEST or text.endswith(("\n", "\r")):
            return _Line(self._number, text)
        while text and not text.endswith(("\n", "\r")):
            text = self._text.readline(LONGEST)
        return _Line(self._number, None)

    def _broken(self, why: str) -> Broken:
        """Give the row back as broken, and stand at the next start of a row."""
        first, *rest = self._taken
        for index, line in enumerate(rest):
            if self._is_start(line):
                self._waiting.extendleft(reversed(rest[index:]))
                break
        else:
            self._skip_to_start()
        self._reader = csv.reader(self._feed(), delimiter=self.delimiter, strict=True)
        return Broken(first.number, why, self._waiting[0].number if self._waiting else None)

    def _skip_to_start(self) -> None:
        while (line := self._line()) is not None:
            if self._is_start(line):
                self._waiting.appendleft(line)
                return

    def _is_start(self, line: _Line) -> bool:
        return line.text is None or self.starts.match(line.text) is not None
