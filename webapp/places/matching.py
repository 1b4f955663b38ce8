"""Which places a text means: the parts of an address, the countries in it, and how likely each match is."""

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from webapp.places.distance import distance_km
from webapp.places.folding import fold
from webapp.places.geocoder import MAX_TEXT, Point
from webapp.places.index import Areas, Entry, PlaceIndex

# Bounds on the work of one search: parts of an address, words of a part, rows looked at for a piece.
_MAX_PARTS, _MAX_WORDS, _MAX_ROWS = 6, 8, 2000
# A part such as a district belongs to the town in the next part when it is this close to it, km.
_SAME_TOWN_KM = 60
# How much a kind of match counts, in powers of ten of population.
_EXACT, _PREFIX, _WORDS = 3.0, 1.0, 0.0
# What it costs when the match is a name in another language: often another word that looks alike.
_TRANSLATED, _TRANSLATED_IN_PART = 0.5, 2.0
# Being ten times as far from the person, beyond about 20 km, costs 1.5 powers of ten of population.
_NEAR_KM, _NEAR_WEIGHT = 20, 1.5
_SEPARATORS = re.compile(r"[,;\n\r\t،؛、/|()]+")


@dataclass(frozen=True)
class _Query:
    parts: list[str]
    # Each set holds the codes one country or state name can mean; a place must be in one of each set.
    inside: list[set[str]]


_Look = Callable[[str], list[tuple[float, Entry]]]


def find(index: PlaceIndex, areas: Areas, text: str, near: Point | None, limit: int) -> list[Entry]:
    """The likeliest places first. A part that is not known (a street) leaves it to a known one (its town)."""
    parts = [part for part in map(fold, _SEPARATORS.split(text[:MAX_TEXT])) if part][-_MAX_PARTS:]
    return _Search(index, areas, near).answer(parts)[:limit]


def _without_numbers(part: str) -> str:
    return " ".join(word for word in part.split() if not word.isdigit())


class _Search:
    """One search: what it looks in and from where."""

    def __init__(self, index: PlaceIndex, areas: Areas, near: Point | None) -> None:
        self._index, self._areas, self._near = index, areas, near

    def answer(self, parts: list[str]) -> list[Entry]:
        query = self._without_areas(parts)
        if found := self._anchored(self._exact, query):
            return found
        if len(parts) == 1 and (codes := self._areas.called(parts[0])):
            return self._largest_in(codes)
        return self._anchored(self._loose, query) or self._anchored(self._inner, query)

    def _without_areas(self, parts: list[str]) -> _Query:
        """Take countries and states off the end: "Jacmel, Haiti", "Houston, TX 77003", "jacmel haiti"."""
        inside: list[set[str]] = []
        while len(parts) > 1 and (codes := self._areas.called(_without_numbers(parts[-1]))):
            inside.append(set(codes))
            parts = parts[:-1]
        if inside or not parts or self._areas.called(parts[-1]) or self._exact(parts[-1]):
            return _Query(parts, inside)
        words = parts[-1].split()
        for count in range(min(3, len(words) - 1), 0, -1):
            name = " ".join(words[-count:])
            # Codes of two or three letters are too often ordinary words when no comma sets them off.
            if len(name) > 3 and (codes := self._areas.called(name)):
                return _Query([*parts[:-1], " ".join(words[:-count])], [set(codes)])
        return _Query(parts, [])

    def _anchored(self, look: _Look, query: _Query) -> list[Entry]:
        """The rightmost known part, led by what the parts before it name close to it."""
        for place in range(len(query.parts) - 1, -1, -1):
            part = query.parts[place]
            if anchors := self._ranked(look(part), query.inside):
                if look == self._exact:
                    anchors = self._ranked([*look(part), *self._loose(part)], query.inside)
                return self._details(query.parts[:place], anchors) + anchors
        return []

    def _details(self, parts: Sequence[str], anchors: Sequence[Entry]) -> list[Entry]:
        towns, known = anchors[:3], {entry.row for entry in anchors}
        for part in parts:
            named = self._ranked(self._exact(part), [])
            if close := [e for e in named if e.row not in known and any(_same_town(e, t) for t in towns)]:
                return close
        return []

    def _ranked(self, scored: Sequence[tuple[float, Entry]], inside: Sequence[set[str]]) -> list[Entry]:
        best: dict[int, tuple[float, Entry]] = {}
        for bonus, entry in scored:
            if all(entry.country in codes or f"{entry.country}-{entry.region}" in codes for codes in inside):
                score = bonus + self._likelihood(entry)
                if entry.row not in best or best[entry.row][0] < score:
                    best[entry.row] = (score, entry)
        return [entry for _, entry in sorted(best.values(), key=lambda hit: (-hit[0], hit[1].row))]

    def _likelihood(self, entry: Entry) -> float:
        likely = math.log10(entry.people + 10)
        if self._near is None:
            return likely
        away = distance_km(self._near.latitude, self._near.longitude, entry.latitude, entry.longitude)
        return likely - _NEAR_WEIGHT * math.log10(1 + away / _NEAR_KM)

    def _exact(self, part: str) -> list[tuple[float, Entry]]:
        return [
            (_EXACT - (0 if self._own_name(entry) == part else _TRANSLATED), entry)
            for entry in self._entries(f"|{part}|")
        ]

    def _loose(self, part: str) -> list[tuple[float, Entry]]:
        """Names that begin with the part, and names that have all its words, the last perhaps half typed."""
        words = part.split()
        rarest = max(words, key=len)
        scored = [self._partly(_PREFIX, entry, [part]) for entry in self._entries(f"|{part}", len(part) > 1)]
        for start in "| ":
            for entry in self._entries(f"{start}{rarest}", len(rarest) > 2):
                if _has_words(self._index.names(entry.row), words):
                    scored.append(self._partly(_WORDS, entry, words))
        return scored

    def _partly(self, bonus: float, entry: Entry, words: Sequence[str]) -> tuple[float, Entry]:
        translated = not _has_words(f"|{self._own_name(entry)}", words)
        return bonus - (_TRANSLATED_IN_PART if translated else 0), entry

    def _own_name(self, entry: Entry) -> str:
        return self._index.names(entry.row).split("|", 2)[1]

    def _inner(self, part: str) -> list[tuple[float, Entry]]:
        """The longest run of words inside the part that is a name: "cellar flooded vesterbro copenhagen"."""
        words = part.split()[-_MAX_WORDS:]
        for size in range(len(words) - 1, 0, -1):
            runs = (" ".join(words[start : start + size]) for start in range(len(words) - size + 1))
            if scored := [hit for run in runs if _can_be_name(run) for hit in self._exact(run)]:
                return scored
        return []

    def _entries(self, piece: str, long_enough: bool = True) -> list[Entry]:
        rows = self._index.rows_with(piece, at_most=_MAX_ROWS) if long_enough else ()
        return [self._index.entry(row) for row in rows]

    def _largest_in(self, codes: Sequence[str]) -> list[Entry]:
        found: list[Entry] = []
        for row in range(len(self._index) if codes else 0):
            entry = self._index.entry(row)
            if entry.country in codes or f"{entry.country}-{entry.region}" in codes:
                found.append(entry)
                if len(found) == 5:
                    break
        return self._ranked([(_WORDS, entry) for entry in found], [])


def _same_town(entry: Entry, town: Entry) -> bool:
    return distance_km(entry.latitude, entry.longitude, town.latitude, town.longitude) <= _SAME_TOWN_KM


def _has_words(names: str, words: Sequence[str]) -> bool:
    return all(f"|{word}" in names or f" {word}" in names for word in words)


def _can_be_name(run: str) -> bool:
    return len(run) > 3 and not run.replace(" ", "").isdigit()
