"""Distances and bounding boxes, also where maps break: the poles and the 180° meridian."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.places.distance import bounding_box, distance_km

latitudes = st.floats(-90, 90)
longitudes = st.floats(-180, 180)


@pytest.mark.parametrize(
    ("a", "b", "km"),
    [
        ((55.6761, 12.5683), (59.3293, 18.0686), 522),  # Copenhagen, Stockholm
        ((18.5392, -72.3350), (18.2340, -72.5350), 40),  # Port-au-Prince, Jacmel
        ((51.5074, -0.1278), (-33.8688, 151.2093), 16_994),  # London, Sydney
        ((-17.8, 179.9), (-17.8, -179.9), 21.2),  # across the 180° meridian in Fiji
        ((90, 0), (90, 123), 0),  # the pole has every longitude
        ((90, 0), (-90, 0), 20_015),
        ((0, 0), (0, 180), 20_015),
    ],
)
def test_known_distances_are_right_to_half_a_percent(
    a: tuple[float, float], b: tuple[float, float], km: float
) -> None:
    assert distance_km(*a, *b) == pytest.approx(km, rel=0.005, abs=0.001)


@given(latitudes, longitudes, latitudes, longitudes)
def test_a_distance_is_the_same_both_ways_and_never_more_than_half_the_globe(
    a_lat: float, a_lon: float, b_lat: float, b_lon: float
) -> None:
    there, back = distance_km(a_lat, a_lon, b_lat, b_lon), distance_km(b_lat, b_lon, a_lat, a_lon)
    assert there == pytest.approx(back, abs=1e-6)
    assert 0 <= there <= 20_016


@given(latitudes, longitudes, st.floats(0, 19_000), st.floats(0, 1), st.floats(0, 2 * math.pi))
def test_no_point_within_the_distance_is_outside_the_boxes(
    lat: float, lon: float, km: float, share: float, bearing: float
) -> None:
    other = _travel(lat, lon, km * share, bearing)
    boxes = bounding_box(lat, lon, km)
    if distance_km(lat, lon, *other) <= km:
        assert any(box.contains(*other) for box in boxes), (other, boxes)


@given(latitudes, longitudes, st.floats(0, 30_000))
def test_boxes_are_one_or_two_and_proper(lat: float, lon: float, km: float) -> None:
    boxes = bounding_box(lat, lon, km)
    assert len(boxes) in (1, 2)
    for box in boxes:
        assert -90 <= box.south <= box.north <= 90
        assert -180 <= box.west <= box.east <= 180


def test_a_box_across_the_180_meridian_is_two() -> None:
    east, west = bounding_box(-17.8, 179.9, 50)
    assert east.east == 180
    assert west.west == -180
    assert west.contains(-17.8, -179.8)
    assert not east.contains(-17.8, 178)


def test_a_box_around_a_pole_has_every_longitude() -> None:
    (box,) = bounding_box(89.9, 45, 100)
    assert (box.west, box.east, box.north) == (-180, 180, 90)
    assert box.south == pytest.approx(89.0, abs=0.01)


def test_a_small_box_is_tight() -> None:
    (box,) = bounding_box(60, 10, 10)
    assert box.north - box.south == pytest.approx(0.18, abs=0.001)
    assert box.east - box.west == pytest.approx(0.36, abs=0.001)


@pytest.mark.parametrize("km", [-1, math.nan])
def test_a_distance_below_zero_is_refused(km: float) -> None:
    with pytest.raises(ValueError, match="0 km or more"):
        bounding_box(0, 0, km)


def _travel(lat: float, lon: float, km: float, bearing: float) -> tuple[float, float]:
    """Where one gets by going straight on from a point."""
    angle, phi = km / 6371.0088, math.radians(lat)
    sine = math.sin(phi) * math.cos(angle) + math.cos(phi) * math.sin(angle) * math.cos(bearing)
    to = math.asin(max(-1.0, min(1.0, sine)))
    turn = math.atan2(
        math.sin(bearing) * math.sin(angle) * math.cos(phi), math.cos(angle) - math.sin(phi) * math.sin(to)
    )
    return math.degrees(to), (lon + math.degrees(turn) + 540) % 360 - 180
