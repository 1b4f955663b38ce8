"""GeoJSON geometries (RFC 7946) as one point: that of a Point, the centre of anything larger."""

import math
from collections.abc import Callable, Iterator
from typing import Any

from webapp.interchange.ushahidi import Rejected

MOST_POSITIONS = 100_000
_Position = tuple[float, float]
_COLUMN = "geometry"


def point_of(geometry: object) -> _Position | None:
    """Longitude and latitude in degrees; none for no geometry. Raises `Rejected`.

    The centre of an area is its centroid; of several areas that of the largest, since a country that the
    antimeridian parts has no centre between its parts. Of lines and points it is their mean.
    """
    if geometry is None:
        return None
    if not isinstance(geometry, dict):
        raise Rejected(_COLUMN, "is not an object with a type and coordinates.")
    kind = geometry.get("type")
    if kind == "GeometryCollection":
        return _of_collection(geometry.get("geometries"))
    if not isinstance(kind, str) or kind not in _CENTRES:
        raise Rejected(_COLUMN, f"“{str(kind)[:40]}” is no geometry of GeoJSON.")
    return _CENTRES[kind](geometry.get("coordinates"))


def _of_collection(parts: object) -> _Position | None:
    if not isinstance(parts, list):
        raise Rejected(_COLUMN, "A GeometryCollection needs a list “geometries”.")
    points = [point for part in parts if (point := point_of(part)) is not None]
    return _mean(points) if points else None


def _position(value: object) -> _Position:
    if isinstance(value, list) and 2 <= len(value) <= 4 and all(_is_degrees(part) for part in value[:2]):
        return float(value[0]), float(value[1])
    raise Rejected(_COLUMN, "A position is a list of a longitude and a latitude.")


def _is_degrees(number: object) -> bool:
    return isinstance(number, int | float) and not isinstance(number, bool) and math.isfinite(number)


def _positions(value: object) -> Iterator[_Position]:
    """Every position in lists of positions, however they are nested; bounded by how deep a file may be."""
    if not isinstance(value, list):
        raise Rejected(_COLUMN, "The coordinates are not a list.")
    if value and not isinstance(value[0], list):
        yield _position(value)
        return
    for part in value:
        yield from _positions(part)


def _mean_of(coordinates: object) -> _Position | None:
    found = list(_positions(coordinates))
    if len(found) > MOST_POSITIONS:
        raise Rejected(_COLUMN, f"{len(found)} positions are more than can be meant.")
    return _mean(found) if found else None


def _mean(points: list[_Position]) -> _Position:
    return sum(p[0] for p in points) / len(points), sum(p[1] for p in points) / len(points)


def _polygon(rings: object) -> _Position | None:
    return _largest([rings] if rings else [])


def _polygons(areas: object) -> _Position | None:
    if not isinstance(areas, list | None):
        raise Rejected(_COLUMN, "The coordinates are not a list.")
    return _largest(areas or [])


def _largest(areas: list[Any]) -> _Position | None:
    if not all(isinstance(area, list) for area in areas):
        raise Rejected(_COLUMN, "An area is a list of rings.")
    outlines = [list(_positions(area[0])) for area in areas if area]
    found = [_centroid(outline) for outline in outlines if outline]
    return max(found, key=lambda one: one[1])[0] if found else None


def _centroid(outline: list[_Position]) -> tuple[_Position, float]:
    """The centroid of the area in an outline and how large it is; of a line or a point, their mean and 0."""
    if len(outline) > MOST_POSITIONS:
        raise Rejected(_COLUMN, f"{len(outline)} positions are more than can be meant.")
    # Around the first corner, so that small areas far from 0, 0 keep their digits.
    west, south = outline[0]
    corners = [(x - west, y - south) for x, y in outline]
    doubled = x_sum = y_sum = 0.0
    for (x0, y0), (x1, y1) in zip(corners, [*corners[1:], corners[0]], strict=True):
        cross = x0 * y1 - x1 * y0
        doubled += cross
        x_sum += (x0 + x1) * cross
        y_sum += (y0 + y1) * cross
    if abs(doubled) < 1e-14:
        return _mean(outline), 0.0
    return (west + x_sum / (3 * doubled), south + y_sum / (3 * doubled)), abs(doubled) / 2


_CENTRES: dict[str, Callable[[object], _Position | None]] = {
    "Point": lambda coordinates: _position(coordinates) if coordinates else None,
    "MultiPoint": _mean_of,
    "LineString": _mean_of,
    "MultiLineString": _mean_of,
    "Polygon": _polygon,
    "MultiPolygon": _polygons,
}
