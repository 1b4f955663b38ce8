"""Rows as text: CSV, CSV with a row of HXL hashtags, GeoJSON; piece by piece, so that nothing is held."""

import csv
import enum
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from webapp.interchange.tables.cells import cell, json_value
from webapp.interchange.tables.columns import Column

# Spreadsheets take a file without it for another encoding; what reads CSV well passes it over.
BYTE_ORDER_MARK = "\ufeff"


class Format(enum.StrEnum):
    """What an export is written as."""

    CSV = "csv"
    HXL = "hxl"
    GEOJSON = "geojson"

    @property
    def suffix(self) -> str:
        """What the file's name ends with."""
        return ".hxl.csv" if self is Format.HXL else f".{self}"

    @property
    def media_type(self) -> str:
        """RFC 7946 and RFC 4180."""
        return "application/geo+json" if self is Format.GEOJSON else "text/csv; charset=utf-8"


Rows = Sequence[Mapping[str, Any]]


def written(form: Format, columns: Sequence[Column], batches: Iterable[Rows]) -> Iterator[str]:
    """The text of an export, a piece for each batch."""
    if form is Format.GEOJSON:
        return _geojson(columns, batches)
    return _csv(columns, batches, tagged=form is Format.HXL)


def _csv(columns: Sequence[Column], batches: Iterable[Rows], *, tagged: bool) -> Iterator[str]:
    head = [[column.name for column in columns]]
    if tagged:
        head.append([column.tags[0] for column in columns])
    yield BYTE_ORDER_MARK + _lines(head)
    for rows in batches:
        if rows:
            yield _lines([cell(row.get(column.name)) for column in columns] for row in rows)


def _lines(rows: Iterable[Sequence[str]]) -> str:
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue()


def _geojson(columns: Sequence[Column], batches: Iterable[Rows]) -> Iterator[str]:
    """RFC 7946: what has no position is a feature without a geometry, so that nothing is lost."""
    yield '{"type": "FeatureCollection", "features": ['
    sign = "\n"
    for rows in batches:
        for row in rows:
            yield sign + json.dumps(_feature(columns, row), ensure_ascii=False, allow_nan=False)
            sign = ",\n"
    yield "\n]}\n"


def _feature(columns: Sequence[Column], row: Mapping[str, Any]) -> dict[str, Any]:
    properties = {
        column.name: json_value(row.get(column.name))
        for column in columns
        if column.name not in ("latitude", "longitude")
    }
    placed = row.get("latitude") is not None
    geometry = {"type": "Point", "coordinates": [row["longitude"], row["latitude"]]} if placed else None
    return {"type": "Feature", "geometry": geometry, "properties": properties}
