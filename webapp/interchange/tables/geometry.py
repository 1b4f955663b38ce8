"""GeoJSON geometries (RFC 7946) as one point: that of a Point, the centre of anything larger."""

import math
from collections.abc import Callable, Iterator
from typing import Any

from webapp.interchange.ushahidi import Rejected
from webapp.places.middle import middle_of_areas, middle_of_points

MOST_POSITIONS = 100_000
_Position = tuple[float, float]
_COLUMN = "geometry"


def point_of(geometry: object) -> _Position | None:
    """Longitude and latitude in degrees; none for no geometry. Raises `Rejected`.

    The centre of an area is its centroid, of several areas that of all; of lines and points their mean.
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
    return middle_of_points(points) if points else None


def _position(value: object) -> _Position:
    if isinstance(value, list) and 2 <= len(value) <= 4 and all(_is_degrees(part) for part in value[:2]):
        longitude, latitude = float(value[0]), float(value[1])
        # Some programs count on beyond the date line, which RFC 7946 does not.
        return longitude - (math.copysign(360, longitude) if 180 < abs(longitude) <= 360 else 0), latitude
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
    return middle_of_points(found) if found else None


def _polygon(rings: object) -> _Position | None:
    return _middle_of([rings] if rings else [])


def _polygons(areas: object) -> _Position | None:
    if not isinstance(areas, list | None):
        raise Rejected(_COLUMN, "The coordinates are not a list.")
    return _middle_of(areas or [])


def _middle_of(areas: list[Any]) -> _Position | None:
    if not all(isinstance(area, list) for area in areas):
        raise Rejected(_COLUMN, "An area is a list of rings.")
    found = [[ring for part in area if (ring := _ring(part))] for area in areas]
    shapes = [rings for rings in found if rings]
    return middle_of_areas(shapes) if shapes else None


def _ring(value: object) -> list[_Position]:
    ring = list(_positions(value))
    if len(ring) > MOST_POSITIONS:
        raise Rejected(_COLUMN, f"{len(ring)} positions are more than can be meant.")
    return ring


_CENTRES: dict[str, Callable[[object], _Position | None]] = {
    "Point": lambda coordinates: _position(coordinates) if coordinates else None,
    "MultiPoint": _mean_of,
    "LineString": _mean_of,
    "MultiLineString": _mean_of,
    "Polygon": _polygon,
    "MultiPolygon": _polygons,
}
