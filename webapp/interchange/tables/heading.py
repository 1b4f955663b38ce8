"""Which column of a file is which of ours: by HXL hashtag where the file has them, or by its heading."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache

from webapp.interchange.files import Unreadable
from webapp.interchange.tables.columns import COLUMNS, NEEDED, Column, Table

# More columns than any table of people, and few enough to look at each.
MOST_COLUMNS = 500
_TAG = re.compile(r"#[a-z][a-z0-9_]*(?:\s*\+\s*[a-z][a-z0-9_]*)*", re.IGNORECASE)
_SHOWN = 12


@dataclass(frozen=True, slots=True)
class Heading:
    """Where each of our columns stands in a file, what the file calls it, and the columns left over."""

    at: dict[str, int]
    labels: dict[str, str]
    extra: dict[int, str]


def folded(text: str) -> str:
    """A heading as it is compared: without accents, case, and anything but letters and digits."""
    plain = unicodedata.normalize("NFKD", text).casefold()
    plain = "".join(c for c in plain if not unicodedata.combining(c))
    return " ".join(re.sub(r"[\W_]+", " ", plain).split())


def is_tag_row(fields: Sequence[str]) -> bool:
    """Whether a row is one of HXL hashtags: whatever stands in it is one."""
    said = [field.strip() for field in fields if field.strip()]
    return bool(said) and all(_TAG.fullmatch(field) for field in said)


def read(table: Table, names: Sequence[str], tags: Sequence[str] | None = None) -> Heading:
    """The heading of a file. With a row of hashtags, these decide; an untagged column is left over.

    Raises `Unreadable` that names what is missing.
    """
    if len(names) > MOST_COLUMNS:
        raise Unreadable(f"The heading has {len(names)} columns; at most {MOST_COLUMNS} are read.")
    at = _by_tag(table, tags) if tags is not None else _by_name(table, names)
    shown = [str(name).strip() or f"column {number}" for number, name in enumerate(names, start=1)]
    heading = Heading(
        at=at,
        labels={name: shown[index] for name, index in at.items()},
        extra={index: shown[index] for index in range(len(names)) if index not in at.values()},
    )
    _require(table, heading, shown)
    return heading


def _require(table: Table, heading: Heading, shown: Sequence[str]) -> None:
    missing = [" or ".join(some) for some in NEEDED[table] if not any(name in heading.at for name in some)]
    if missing:
        seen = ", ".join(name[:40] for name in shown[:_SHOWN])
        raise Unreadable(
            f"The heading has no column for {' nor for '.join(missing)}. It says: {seen}"
            f"{' …' if len(shown) > _SHOWN else ''}. Is this the right file, and the right kind?"
        )


def _by_name(table: Table, names: Iterable[str]) -> dict[str, int]:
    """Our own names come before others' words for them; of two alike, the first counts."""
    at: dict[str, int] = {}
    said = [folded(str(name)) for name in names]
    for index, name in enumerate(said):
        if name in _own(table):
            at.setdefault(_own(table)[name], index)
    for index, name in enumerate(said):
        if index not in at.values() and name in _others(table):
            at.setdefault(_others(table)[name], index)
    return _without_half_a_position(at, said)


def _without_half_a_position(at: dict[str, int], said: Sequence[str]) -> dict[str, int]:
    """A lonely “x” is no longitude."""
    there = {"latitude", "longitude"} & at.keys()
    if len(there) == 1 and said[at[next(iter(there))]] not in there:
        return {name: index for name, index in at.items() if name not in there}
    return at


@cache
def _own(table: Table) -> dict[str, str]:
    return {folded(column.name): column.name for column in COLUMNS[table]}


@cache
def _others(table: Table) -> dict[str, str]:
    found: dict[str, str] = {}
    for column in COLUMNS[table]:
        for word in column.also:
            found.setdefault(folded(word), column.name)
    return found


def _by_tag(table: Table, tags: Iterable[str]) -> dict[str, int]:
    """The closest first: a file's tag is a column's when it has all the attributes of one of its tags."""
    fits = [
        (missing, column.name, index)
        for index, tag in enumerate(tags)
        if tag.strip()
        for column in COLUMNS[table]
        if (missing := _distance(column, parts(tag))) is not None
    ]
    at: dict[str, int] = {}
    for _missing, name, index in sorted(fits, key=lambda fit: (fit[0], fit[2])):
        if name not in at and index not in at.values():
            at[name] = index
    return at


def parts(tag: str) -> tuple[str, frozenset[str]]:
    """``#geo +lat`` as its hashtag and its attributes; their order says nothing (HXL 1.1)."""
    first, *attributes = tag.replace(" ", "").casefold().split("+")
    return first, frozenset(attributes)


def _distance(column: Column, tag: tuple[str, frozenset[str]]) -> tuple[int, int] | None:
    """How many attributes the file's tag has more than ours, then how usual ours is; None: another thing."""
    found = [
        (len(tag[1] - attributes), order)
        for order, (hashtag, attributes) in enumerate(map(parts, column.tags))
        if hashtag == tag[0] and attributes <= tag[1]
    ]
    return min(found, default=None)
