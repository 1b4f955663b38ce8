"""Coordinates as people write them."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.places.coordinates import BadCoordinates, parse
from webapp.places.geocoder import Point


@pytest.mark.parametrize(
    ("text", "latitude", "longitude"),
    [
        ("18.54, -72.33", 18.54, -72.33),
        ("18.54,-72.33", 18.54, -72.33),
        ("  18.54   -72.33 ", 18.54, -72.33),
        ("18,54 -72,33", 18.54, -72.33),
        ("18,54; -72,33", 18.54, -72.33),
        ("geo:18.54,-72.33", 18.54, -72.33),
        ("18.54N 72.33W", 18.54, -72.33),
        ("72.33W, 18.54N", 18.54, -72.33),
        ("N18.54 W72.33", 18.54, -72.33),
        ("s 33.5, e 151.2", -33.5, 151.2),
        ("18°32'N 72°20'W", 18.53333, -72.33333),
        ("18°32’24”N 72°19′48″W", 18.54, -72.33),
        ("18° 32' 24\" N, 72° 19' 48\" W", 18.54, -72.33),
        ("18°32N 72°20W", 18.53333, -72.33333),
        ("−17.8, 179.9", -17.8, 179.9),
        ("١٨٫٥٤، -٧٢٫٣٣", 18.54, -72.33),
        ("۱۸٫۵۴ ۷۲٫۳۳", 18.54, 72.33),
        ("\u200f18.54, \u200e-72.33", 18.54, -72.33),
        ("90, 180", 90, 180),
        ("0,0", 0, 0),
    ],
)
def test_many_ways_to_write_a_point_mean_that_point(text: str, latitude: float, longitude: float) -> None:
    point = parse(text)
    assert point is not None
    assert (point.latitude, point.longitude) == pytest.approx((latitude, longitude), abs=0.00001)


@pytest.mark.parametrize(
    "text",
    [
        *("", "Vesterbro", "12 Main Street", "2200 Texas Ave, Houston, TX 77003", "(18.5, 72.3"),
        *("12 34", "18.54", "1e5, 3", "nan, nan", "²,3", "1,2,3", "1.2.3,4", "0x10, 3", "18.5, -72.3" * 50),
    ],
)
def test_other_text_is_not_taken_for_coordinates(text: str) -> None:
    assert parse(text) is None


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("91, 0", "latitude 91 is not between -90 and 90"),
        ("-72.33, 1000", "longitude 1000 is not between"),
        ("0, -180.001", "longitude -180.001 is not between"),
        ("18°60'N 72°W", "less than 60"),
        ("18°32'60\"N 72°W", "less than 60"),
        ("-18N, 72E", "not both"),
        ("18N, 72N", "one latitude"),
        ("18N, 72", "or neither"),
        ("18 N, 72 O", "write E for east or W for west"),
    ],
)
def test_coordinates_that_name_no_point_are_refused_with_what_to_do(text: str, says: str) -> None:
    with pytest.raises(BadCoordinates, match=says):
        parse(text)


@given(st.floats(-90, 90), st.floats(-180, 180))
def test_every_point_written_down_is_read_back(latitude: float, longitude: float) -> None:
    point = parse(f"{latitude:.6f}, {longitude:.6f}")
    assert point is not None
    assert (point.latitude, point.longitude) == pytest.approx((latitude, longitude), abs=1e-6)


@given(st.text(max_size=100) | st.text(alphabet="0123456789.,-+°'\" NSEWO", max_size=60))
def test_no_text_breaks_the_reader(text: str) -> None:
    with contextlib.suppress(BadCoordinates):
        point = parse(text)
        assert point is None or isinstance(point, Point)
