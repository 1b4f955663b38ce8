"""A file as rows of named cells, whichever way it was written: CSV, CSV with HXL hashtags, or GeoJSON."""

import itertools
import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, BinaryIO

from webapp.interchange import json_text
from webapp.interchange.files import Unreadable, as_text, check_encoding, known_encoding, open_file
from webapp.interchange.rows import LOOK, Broken, Record, Rows, delimiter_of, says_delimiter
from webapp.interchange.tables import heading
from webapp.interchange.tables.cells import joined, unshielded
from webapp.interchange.tables.columns import Table
from webapp.interchange.tables.geometry import point_of
from webapp.interchange.tables.heading import Heading
from webapp.interchange.ushahidi import Rejected
from webapp.places.precision import LocationPrecision
from webapp.resources.amounts import written

# HXL 1.1: up to 24 rows of headings before the row of hashtags.
_HEADINGS = 25
_POSITION = ("longitude", "latitude")  # the order of GeoJSON
_PRECISION = "location_precision"
_WORLD = re.compile(r"CRS84|EPSG:{1,2}4326", re.IGNORECASE)
# A file that is looked at counts as so much of the work of importing it.
LOOK_SHARE = 20


@dataclass(frozen=True, slots=True)
class Row:
    """One row: where it stands, its cells by our names, what the file calls them, and the cells left over."""

    where: str
    cells: dict[str, str]
    labels: dict[str, str]
    extra: dict[str, str]


@dataclass(frozen=True, slots=True)
class Refused:
    """A row that cannot be read, and why."""

    where: str
    why: str


@dataclass(slots=True)
class Source:
    """A file that was opened: its rows, what its columns are taken for, and how far it was read."""

    rows: Iterator[Row | Refused]
    labels: dict[str, str]  # by our names, what the file calls them
    unused: Sequence[str]
    prefix: str  # what tells its numbers from those of other files
    size: int
    reached: Callable[[], int]
    notes: Sequence[str] = ()  # what is said about the file as a whole


def is_json(path: Path) -> bool:
    """Whether the file begins as JSON does. Raises `Unreadable` when it cannot be opened."""
    stream, _size = open_file(path)
    with stream:
        return stream.read(4096).removeprefix(b"\xef\xbb\xbf").lstrip()[:1] in (b"{", b"[")


def open_table(
    path: Path, table: Table, *, encoding: str = "utf-8", advance: Callable[[int], None] = lambda _step: None
) -> Source:
    """The rows of a file; close the iterator of rows when done. Raises `Unreadable`."""
    if is_json(path):
        return _features(path, table)
    known_encoding(encoding)
    stream, size = open_file(path)
    try:
        check_encoding(stream, encoding, lambda step: advance(step // LOOK_SHARE))
        return _csv(stream, size, table, encoding)
    except BaseException:
        stream.close()
        raise


def _csv(stream: BinaryIO, size: int, table: Table, encoding: str) -> Source:
    text = as_text(stream, encoding)
    rows = Rows(text, re.compile(""), delimiter=delimiter_of(text.read(LOOK)))
    text.seek(0)
    first = [row for row in itertools.islice(rows, _HEADINGS) if not says_delimiter(row)]
    tags = heading.tag_row(table, [row.fields if isinstance(row, Record) else None for row in first])
    names = _names(first, tags)
    found = heading.read(table, names, _fields(first[tags]) if tags is not None else None)
    rows.columns, rows.starts = len(names), _row_start(rows.delimiter, len(names))
    rest = itertools.chain(first[1 if tags is None else tags + 1 :], rows)
    return Source(
        rows=_rows(stream, rest, found),
        labels=found.labels,
        unused=list(found.extra.values()),
        prefix=",".join(heading.folded(name) for name in names),
        size=size,
        # Rows wait in batches: the file may be read to its end, and closed, while they are taken in.
        reached=lambda: size if stream.closed else stream.tell(),
        notes=_passed_over(first, tags),
    )


def _fields(row: Record | Broken) -> list[str]:
    if isinstance(row, Broken):
        raise Unreadable("The first line is no heading of a CSV table.")
    return row.fields


def _names(first: Sequence[Record | Broken], tags: int | None) -> list[str]:
    """What the columns are called: the row above the hashtags, or the hashtags where there is none."""
    if not first:
        raise Unreadable("The file has no heading.")
    if tags is None:
        return _fields(first[0])
    above = first[tags - 1] if tags > 0 else first[tags]
    own = _fields(first[tags])
    names = above.fields if isinstance(above, Record) else own
    return [name.strip() or tag for name, tag in itertools.zip_longest(names, own, fillvalue="")][: len(own)]


def _passed_over(first: Sequence[Record | Broken], tags: int | None) -> list[str]:
    """What is said about rows above the hashtags that are neither these nor the words above them."""
    if not tags or tags < 2:
        return []
    lines = [str(row.line) for row in first[: tags - 1]]
    return [f"Above the hashtags, not read as rows: line {', '.join(lines)}."]


def _row_start(delimiter: str, columns: int) -> re.Pattern[str]:
    """A line with as many parts as there are columns: where reading can go on after a broken row."""
    sign = re.escape(delimiter)
    return re.compile(rf"(?:[^{sign}\n]*{sign}){{{columns - 1}}}")


def _rows(stream: BinaryIO, rows: Iterator[Record | Broken], found: Heading) -> Iterator[Row | Refused]:
    wide = len(found.at) + len(found.extra)
    with stream:
        for row in rows:
            if isinstance(row, Broken):
                on = f" Went on at line {row.resumed}." if row.resumed else ""
                yield Refused(f"line {row.line}", f"{row.why}.{on}")
            elif len(row.fields) != wide:
                yield Refused(f"line {row.line}", f"{len(row.fields)} values where the heading has {wide}.")
            elif any(field.strip() for field in row.fields):
                yield _row(f"line {row.line}", [unshielded(field) for field in row.fields], found)


def _row(where: str, fields: Sequence[str], found: Heading) -> Row:
    cells = {name: fields[index] for name, index in found.at.items()}
    extra = {name: value for index, name in found.extra.items() if (value := fields[index].strip())}
    return Row(where, cells, found.labels, extra)


def _features(path: Path, table: Table) -> Source:
    features = _listed(json_text.load(path))
    placed = any(isinstance(feature, dict) and feature.get("geometry") for feature in features)
    every = [name for feature in features for name in _properties(feature)]
    names = list(dict.fromkeys([*every, *((*_POSITION, _PRECISION) if placed else ())]))
    found = heading.read(table, [_whole(name) for name in names])
    done = [0]

    def rows() -> Iterator[Row | Refused]:
        for number, feature in enumerate(features, start=1):
            done[0] = number
            try:
                values = _values(feature)
            except Rejected as refused:
                yield Refused(f"feature {number}", str(refused))
            else:
                texts = [_text(values.get(name)) for name in names]
                if "quantity" in found.at:
                    at = found.at["quantity"]
                    texts[at] = _amount(values.get(names[at]))
                yield _row(f"feature {number}", texts, found)

    prefix = ",".join(sorted(heading.folded(_whole(name)) for name in names))
    extra = list(found.extra.values())
    return Source(rows(), found.labels, extra, prefix, len(features), lambda: done[0])


def _listed(found: Any) -> list[Any]:
    """The features of what a file says. Raises `Unreadable` for anything but GeoJSON in WGS 84."""
    kind = found.get("type") if isinstance(found, dict) else None
    if kind == "Feature":
        return [found]
    if kind != "FeatureCollection":
        said = f"type “{str(kind)[:40]}”" if kind else "no type"
        raise Unreadable(f"This is no GeoJSON of features: it has {said}. Save it as a FeatureCollection.")
    if found.get("crs") and not _WORLD.search(json.dumps(found["crs"])):
        raise Unreadable("The positions are not in WGS 84 (“crs” says so). Save the file as EPSG:4326.")
    features = found.get("features")
    if not isinstance(features, list):
        raise Unreadable("The FeatureCollection has no list “features”.")
    return features


def _properties(feature: object) -> dict[str, Any]:
    """The properties of a feature, with its own id; nothing for what is none."""
    if not isinstance(feature, dict):
        return {}
    given = feature.get("properties")
    named: dict[str, Any] = given if isinstance(given, dict) else {}
    own = feature.get("id")
    return {"id": own} | named if isinstance(own, str | int) and not isinstance(own, bool) else named


def _values(feature: object) -> dict[str, Any]:
    """What a feature says, with its position; that of its geometry counts. Raises `Rejected`.

    The middle of a shape says how exact it is where the feature does not.
    """
    if not isinstance(feature, dict) or feature.get("type") != "Feature":
        raise Rejected("type", "is not “Feature”.")
    geometry = feature.get("geometry")
    point = point_of(geometry)
    position = dict(zip(_POSITION, point, strict=True)) if point is not None else {}
    values = _properties(feature) | position
    shaped = isinstance(geometry, dict) and geometry.get("type") != "Point"
    if position and shaped and not values.get(_PRECISION):
        values[_PRECISION] = LocationPrecision.AREA.value
    return values


def _whole(text: str) -> str:
    """The text without halves of characters, which JSON can spell and nothing can keep."""
    return text.encode("utf-8", "replace").decode()


def _amount(value: object) -> str:
    """An amount of JSON as people write it: the decimal point of its numbers is never one of thousands."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return written(Decimal(str(value))) if is_number else _text(value)


def _text(value: object) -> str:
    """A value of JSON as the text of a cell."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list) and all(isinstance(part, str | int | float) for part in value):
        return _whole(joined(str(part) for part in value))
    return _whole(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))
