"""Which rows of a file are here already, also when its columns were moved, renamed or added to.

A numbered row has a reference of what its file is (its heading, or the sender that was named) and its number.
The same list comes back with other columns, so its number under another heading is looked at as well: it is
the same row where what it says agrees, or where most others of its file do; numbers alone would take another
sender's list for known. A row without a number is known by what it says in our columns.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import func, select

from webapp.events.models import Event
from webapp.extensions import db
from webapp.places.folding import fold
from webapp.resources.models import Need, Offer

Model = type[Event] | type[Need] | type[Offer]
# Of more lists than this only the newest are looked through: each costs a batch of references.
_MOST_LISTS = 40
OTHER_WORDS = (
    "its number is here already with other words; left as it is. If another sent this list, say who (source)"
)


@dataclass(frozen=True, slots=True)
class Said:
    """What a row says, as far as it tells rows apart. ``older`` are references that it may have been given
    before; ``whole`` is the one that includes columns which are not ours."""

    ref: str
    title: str
    places: frozenset[str] = frozenset()
    position: tuple[float, float] | None = None
    numbered: bool = False
    whole: str = ""
    older: tuple[str, ...] = ()

    @classmethod
    def of(cls, ref: str, values: dict[str, Any], **more: Any) -> "Said":
        """From checked values, or the columns of what is here."""
        places = frozenset(
            word for name in ("place_name", "address") for word in fold(str(values.get(name) or "")).split()
        )
        latitude, longitude = values.get("latitude"), values.get("longitude")
        placed = latitude is not None and longitude is not None
        position = (round(latitude, 4), round(longitude, 4)) if placed else None  # type: ignore[arg-type]
        title = str(values.get("title") or values.get("name") or "")
        return cls(ref, fold(title) or title, places, position, **more)

    def agrees(self, other: "Said") -> bool:
        """Whether both can be the same row: alike in name, and not at two places."""
        if self.position and other.position:
            apart = self.position != other.position
            if not apart:
                return True
        else:
            apart = bool(self.places and other.places and not self.places & other.places)
        mine, theirs = set(self.title.split()), set(other.title.split())
        return not apart and 2 * len(mine & theirs) >= max(len(mine), len(theirs), 1)


@dataclass(slots=True)
class SameRows:
    """Finds the rows of one file again. ``kind`` begins their references; those of a ``named`` sender are
    its own, whatever the heading."""

    model: Model
    kind: str
    named: bool
    _seen: dict[str, str] = field(default_factory=dict)
    _lists: list[str] | None = None
    _agreed: Counter[str] = field(default_factory=Counter)
    _met: Counter[str] = field(default_factory=Counter)

    def found(self, rows: Sequence[Said]) -> list[tuple[str, str]]:
        """The reference of each row, that of what is here where it is known, and what is to be said of it."""
        rows = [self._apart(row) for row in rows]
        exact = self._here({ref for row in rows for ref in (row.ref, *row.older)})
        lost = [row for row in rows if row.numbered and row.ref not in exact and not self.named]
        others = self._elsewhere(lost)
        for row in lost:
            for other in others.get(self._number(row.ref), ()):
                self._met[self._list(other.ref)] += 1
                self._agreed[self._list(other.ref)] += row.agrees(other)
        return [self._one(row, exact, others) for row in rows]

    def _apart(self, row: Said) -> Said:
        """Rows of one file that differ only in columns which are not ours are different rows."""
        if row.numbered or not row.whole or self._seen.setdefault(row.ref, row.whole) == row.whole:
            return row
        return Said(row.whole, row.title)

    def _one(self, row: Said, exact: dict[str, Said], others: dict[str, list[Said]]) -> tuple[str, str]:
        for ref in (row.ref, *row.older):
            if ref in exact:
                return ref, OTHER_WORDS if row.numbered and not row.agrees(exact[ref]) else ""
        there = others.get(self._number(row.ref), []) if row.numbered else []
        for other in there:
            if row.agrees(other):
                return other.ref, ""
        for other in sorted(there, key=lambda it: -self._agreed[self._list(it.ref)]):
            if 2 * self._agreed[self._list(other.ref)] > self._met[self._list(other.ref)]:
                return other.ref, OTHER_WORDS
        return row.ref, ""

    def _list(self, ref: str) -> str:
        return ref[: len(self.kind) + 10]

    def _number(self, ref: str) -> str:
        return ref[len(self.kind) + 10 :]

    def _elsewhere(self, rows: Sequence[Said]) -> dict[str, list[Said]]:
        """What is here with these numbers under other headings, by number."""
        if not rows:
            return {}
        refs = {f"{other}{self._number(row.ref)}" for other in self._others() for row in rows}
        found: dict[str, list[Said]] = {}
        for ref, said in self._here(refs).items():
            found.setdefault(self._number(ref), []).append(said)
        return found

    def _others(self) -> list[str]:
        """What the references of the lists that are here begin with, the newest first; one statement."""
        if self._lists is None:
            columns: Any = self.model.__table__.c
            begins = func.substr(columns.source_ref, 1, len(self.kind) + 10)
            statement = (
                select(begins)
                .where(columns.source_ref.like(f"{self.kind}:{'_' * 8}:%"))
                .group_by(begins)
                .order_by(func.max(columns.id).desc())
                .limit(_MOST_LISTS)
            )
            self._lists = list(db.session.execute(statement).scalars())
        return self._lists

    def _here(self, refs: set[str]) -> dict[str, Said]:
        columns: Any = self.model.__table__.c
        shown = [columns[name] for name in _SHOWN if name in columns]
        found: dict[str, Said] = {}
        wanted = sorted(refs)
        for start in range(0, len(wanted), _AT_ONCE):
            some = wanted[start : start + _AT_ONCE]
            for row in db.session.execute(select(*shown).where(columns.source_ref.in_(some))).mappings():
                found[row["source_ref"]] = Said.of(row["source_ref"], dict(row))
        return found


_SHOWN = ("source_ref", "title", "name", "place_name", "address", "latitude", "longitude")
_AT_ONCE = 2_000
