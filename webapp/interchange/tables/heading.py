"""Which column of a file is which of ours: by HXL hashtag where the file has them, or by its heading."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache

from webapp.interchange.files import Unreadable
from webapp.interchange.tables.columns import COLUMNS, HASHTAGS, NEEDED, Column, Table

# More columns than any table of people, and few enough to look at each.
MOST_COLUMNS = 500
# Attributes are taken as people write them: spaces around, numbers, one left out behind its sign.
_TAG = re.compile(r"#\s*[^\W\d_]\w*(?:\s*\+\s*\w*)*\s*")
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


def tag_row(table: Table, rows: Sequence[Sequence[str] | None]) -> int | None:
    """Which of a file's first rows is its HXL hashtags; none where there are none. ``None`` is a broken row.

    What people write about begins with # as well. So most columns must carry a hashtag of HXL, and no data
    may stand above: nothing between it and a heading that can be read by its words.
    """
    used: set[int] = set()
    fits = False
    for index, fields in enumerate(rows):
        said = {at for at, field in enumerate(fields or ()) if field.strip()}
        if fields is not None and not said:
            continue
        used |= said
        if fields is not None and _are_tags(table, fields, used, fits):
            return index
        if fits:
            return None
        fits = (
            fields is not None and 2 * len(said) > len(fields) and _has_needed(table, _by_name(table, fields))
        )
    return None


def _are_tags(table: Table, fields: Sequence[str], used: set[int], below_heading: bool) -> bool:
    """Whether this row is hashtags, ``used`` being the columns with anything in them up to here."""
    said = [field.strip() for field in fields if field.strip()]
    tags = [field for field in said if _TAG.fullmatch(field) and parts(field)[0] in HASHTAGS]
    precise = [tag for tag in tags if "+" in tag]
    if below_heading:
        few = len(tags) == len(said) > 1 and 2 * len(precise) > len(tags)
        return few or (2 * len(tags) > len(used) and (len(used) > 1 or bool(precise)))
    by_name, by_tag = _by_name(table, fields), _by_tag(table, fields)
    if not _has_needed(table, by_tag):
        return not _has_needed(table, by_name) and 2 * len(tags) > len(used)
    return 2 * len(tags) > len(used) or (len(tags) == len(said) and len(by_tag) > len(by_name))


def read(table: Table, names: Sequence[str], tags: Sequence[str] | None = None) -> Heading:
    """The heading of a file. With a row of hashtags, these decide; an untagged column is left over.

    Where they leave out what a row cannot do without, the words above them decide. Raises `Unreadable` that
    names what is missing.
    """
    if len(names) > MOST_COLUMNS:
        raise Unreadable(f"The heading has {len(names)} columns; at most {MOST_COLUMNS} are read.")
    at = _by_tag(table, tags or ())
    if not _has_needed(table, at) and (tags is None or _has_needed(table, _by_name(table, names))):
        at = _by_name(table, names)
    shown = [str(name).strip() or f"column {number}" for number, name in enumerate(names, start=1)]
    heading = Heading(
        at=at,
        labels={name: shown[index] for name, index in at.items()},
        extra={index: shown[index] for index in range(len(names)) if index not in at.values()},
    )
    _require(table, heading, shown)
    return heading


def _has_needed(table: Table, at: dict[str, int]) -> bool:
    return all(any(name in at for name in some) for some in NEEDED[table])


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
    first, *attributes = "".join(tag.split()).casefold().split("+")
    return first, frozenset(attributes) - {""}


def _distance(column: Column, tag: tuple[str, frozenset[str]]) -> tuple[int, int] | None:
    """How many attributes the file's tag has more than ours, then how usual ours is; None: another thing."""
    found = [
        (len(tag[1] - attributes), order)
        for order, (hashtag, attributes) in enumerate(map(parts, column.tags))
        if hashtag == tag[0] and attributes <= tag[1]
    ]
    return min(found, default=None)
