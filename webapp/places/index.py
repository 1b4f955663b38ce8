"""Places kept small in memory: names in one block of bytes that is searched as a whole, facts in another."""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from webapp.places.distance import bounding_box, distance_km


class Entry(NamedTuple):
    """One place as the index holds it; ``people`` is its population, 0 when unknown."""

    row: int
    name: str
    country: str
    region: str
    people: int
    latitude: float
    longitude: float


class PlaceIndex:
    """Places from lines of ``name, country, region, people, latitude, longitude, names`` between tabs.

    ``names`` are folded and separated by ``|``. Lines come in order of likelihood, and hits come back in it.
    An object per place would take ten times the memory; it never changes, so threads share it.
    """

    def __init__(self, lines: Iterable[bytes]) -> None:
        rows, names = bytearray(), bytearray()
        self._row_starts, self._name_starts = array("I"), array("I")
        latitudes, longitudes = array("d"), array("d")
        for line in lines:
            row, _, keys = line.rstrip(b"\n").rpartition(b"\t")
            _, latitude, longitude = row.rsplit(b"\t", 2)
            latitudes.append(float(latitude))
            longitudes.append(float(longitude))
            self._row_starts.append(len(rows))
            self._name_starts.append(len(names))
            rows += row + b"\n"
            names += b"|" + keys + b"|\n"
        self._rows, self._names = bytes(rows), bytes(names)
        self._row_starts.append(len(rows))
        self._name_starts.append(len(names))
        self._southmost_first = array("I", sorted(range(len(latitudes)), key=latitudes.__getitem__))
        self._latitudes = array("d", (latitudes[row] for row in self._southmost_first))
        self._longitudes = array("d", (longitudes[row] for row in self._southmost_first))

    def __len__(self) -> int:
        return len(self._row_starts) - 1

    def entry(self, row: int) -> Entry:
        """The facts of a row."""
        line = self._rows[self._row_starts[row] : self._row_starts[row + 1] - 1].decode()
        name, country, region, people, latitude, longitude = line.split("\t")
        return Entry(row, name, country, region, int(people), float(latitude), float(longitude))

    def names(self, row: int) -> str:
        """The folded names of a row as ``|first|second|``; the first is its own, others are translations."""
        return self._names[self._name_starts[row] : self._name_starts[row + 1] - 1].decode()

    def rows_with(self, piece: str, *, at_most: int) -> Iterator[int]:
        """Rows whose ``|first|second|`` contains the piece, the likeliest first."""
        needle, position = piece.encode(), 0
        for _ in range(at_most):
            position = self._names.find(needle, position)
            if position < 0:
                return
            row = bisect_right(self._name_starts, position) - 1
            yield row
            position = self._name_starts[row + 1]

    def nearest(self, latitude: float, longitude: float, *, within_km: float) -> Entry | None:
        """The closest place within a distance, or None."""
        best: tuple[float, int] | None = None
        for box in bounding_box(latitude, longitude, within_km):
            first = bisect_left(self._latitudes, box.south)
            for i in range(first, bisect_right(self._latitudes, box.north)):
                if box.west <= self._longitudes[i] <= box.east:
                    away = distance_km(latitude, longitude, self._latitudes[i], self._longitudes[i])
                    if away <= within_km and (best is None or away < best[0]):
                        best = (away, self._southmost_first[i])
        return None if best is None else self.entry(best[1])


class Areas:
    """Countries and states: what they are called, and which of them a word means."""

    def __init__(self, lines: Iterable[bytes]) -> None:
        self._titles: dict[str, str] = {}
        self._codes: dict[str, list[str]] = {}
        for line in lines:
            code, title, names = line.decode().rstrip("\n").split("\t")
            self._titles[code] = title
            for name in names.split("|"):
                self._codes.setdefault(name, []).append(code)

    def title(self, code: str) -> str:
        """The name to show for a code such as "HT" or "US-TX"; the code itself when it is unknown."""
        return self._titles.get(code, code)

    def called(self, name: str) -> list[str]:
        """The codes that a folded name can mean: "georgia" is a country and a state."""
        return self._codes.get(name, [])
