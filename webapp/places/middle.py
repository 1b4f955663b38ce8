"""The middle of a shape on the globe: of points and lines their mean, of areas their centroid.

Positions are longitude and latitude in degrees, as in GeoJSON. Longitudes are counted on over the date
line where that makes the shape narrower, and a middle never lies outside the box around its shape.
"""

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

Position = tuple[float, float]
Ring = Sequence[Position]

# Of the square of its width: an area that is smaller is a line, whatever rounding made of it.
_NO_AREA = 1e-9
# A ring around the Earth that stays beyond this latitude is one around a pole.
_POLAR = 60.0
_DIGITS = 6  # a tenth of a metre


class _Part(NamedTuple):
    middle: Position
    weight: float


def middle_of_points(points: Sequence[Position]) -> Position:
    """The mean of at least one position; of equal ones that one."""
    xs = _together([x for x, _ in points])
    ys = [y for _, y in points]
    return _inside((_mean(xs), _mean(ys)), xs, ys)


def middle_of_areas(areas: Sequence[Sequence[Ring]]) -> Position:
    """The centroid of at least one area; each is its outline, then its holes, closed or not.

    Areas without extent (all corners equal or on a line) count only where there are no others.
    """
    parts = [_area(rings) for rings in areas]
    corners = [corner for rings in areas for corner in rings[0]]
    total = math.fsum(part.weight for part in parts)
    if len(parts) == 1:
        return parts[0].middle
    if not total:
        return middle_of_points([part.middle for part in parts])
    xs = _together([part.middle[0] for part in parts])
    x = xs[0] + math.fsum(part.weight * (at - xs[0]) for part, at in zip(parts, xs, strict=True)) / total
    y = math.fsum(part.weight * part.middle[1] for part in parts) / total
    return _inside((x, y), xs, [y for _, y in corners])


def _area(rings: Sequence[Ring]) -> _Part:
    """The centroid of an area and how large it is, in square degrees as on a map."""
    outline = rings[0]
    if _is_polar(outline):
        return _Part((outline[0][0], math.copysign(90.0, outline[0][1])), 1.0)
    xs, ys = _together([x for x, _ in outline]), [y for _, y in outline]
    origin = xs[0], ys[0]
    outer = _moments(xs, ys, origin)
    width = max(max(xs) - min(xs), max(ys) - min(ys))
    if outer[0] <= _NO_AREA * width * width:
        return _Part(middle_of_points(list(dict.fromkeys(outline))), 0.0)
    rest = outer
    for hole in rings[1:]:
        if hole:
            near = [x + 360 * round((origin[0] - x) / 360) for x, _ in hole]
            cut = _moments(near, [y for _, y in hole], origin)
            rest = (rest[0] - cut[0], rest[1] - cut[1], rest[2] - cut[2])
    if rest[0] <= _NO_AREA * outer[0]:  # holes that leave nothing are a mistake
        rest = outer
    size, east, north = rest
    return _Part(_inside((origin[0] + east / size, origin[1] + north / size), xs, ys), size)


def _moments(xs: Sequence[float], ys: Sequence[float], origin: Position) -> tuple[float, float, float]:
    """The size of what a ring holds, and its moments around ``origin``.

    Around a corner of the shape: far from 0, 0 the digits of a small area would cancel out.
    """
    corners = [(x - origin[0], y - origin[1]) for x, y in zip(xs, ys, strict=True)]
    pairs = list(zip(corners, [*corners[1:], corners[0]], strict=True))
    crosses = [x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in pairs]
    doubled = math.fsum(crosses)
    east = math.fsum((a[0] + b[0]) * cross for (a, b), cross in zip(pairs, crosses, strict=True))
    north = math.fsum((a[1] + b[1]) * cross for (a, b), cross in zip(pairs, crosses, strict=True))
    sign = math.copysign(1.0, doubled)
    return sign * doubled / 2, sign * east / 6, sign * north / 6


def _is_polar(ring: Ring) -> bool:
    if min(abs(y) for _, y in ring) < _POLAR or min(y for _, y in ring) * max(y for _, y in ring) < 0:
        return False
    steps = [b[0] - a[0] for a, b in zip(ring, [*ring[1:], ring[0]], strict=True)]
    return abs(math.fsum(step - 360 * round(step / 360) for step in steps)) > 180


def _together(longitudes: Sequence[float]) -> list[float]:
    """Longitudes counted on over the date line where more than half of the Earth is empty between them."""
    within = [x if -180 <= x <= 180 else x - 360 * math.floor((x + 180) / 360) for x in longitudes]
    order = sorted(set(within))
    gap, east = max(((b - a, b) for a, b in pairwise(order)), default=(0.0, 0.0))
    if gap <= 180 or order == [-180.0, 180.0]:
        return within
    return [x + 360 if x < east else x for x in within]


def _mean(values: Sequence[float]) -> float:
    return values[0] + math.fsum(value - values[0] for value in values) / len(values)


def _inside(point: Position, xs: Sequence[float], ys: Sequence[float]) -> Position:
    """The point, rounded, within the box of the shape, its longitude on the globe."""
    x, y = (
        min(max(round(value, _DIGITS), min(values)), max(values))
        for value, values in zip(point, (xs, ys), strict=True)
    )
    return (x - 360 if x >= 180 and max(xs) > 180 else x), y
