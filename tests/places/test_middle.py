"""Rules of the middle of a shape: right however small, over the date line, and never outside its box."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.places.middle import Position, middle_of_areas, middle_of_points


def box(west: float, south: float, east: float, north: float) -> list[Position]:
    return [(west, south), (east, south), (east, north), (west, north), (west, south)]


@pytest.mark.parametrize("size", [1e-6, 6e-5, 1e-3, 1.0, 20.0])
@given(west=st.floats(-150, 130), south=st.floats(-85, 65), closed=st.booleans(), turned=st.booleans())
def test_the_middle_of_a_box_is_right_at_any_size_and_place(
    size: float, west: float, south: float, closed: bool, turned: bool
) -> None:
    ring = box(west, south, west + size, south + size)[: 5 if closed else 4]
    found = middle_of_areas([[ring[::-1] if turned else ring]])
    assert found == pytest.approx((west + size / 2, south + size / 2), abs=2e-6)


@given(
    west=st.floats(-180, 180),
    south=st.floats(-59, 59),
    corners=st.lists(st.tuples(st.floats(0, 90), st.floats(0, 30)), min_size=1, max_size=12),
)
def test_the_middle_is_never_outside_the_box(west: float, south: float, corners: list[Position]) -> None:
    shape = [((west + x + 180) % 360 - 180, south + y) for x, y in corners]
    east, high = max(x for x, _ in corners), max(y for _, y in corners)
    for longitude, latitude in (middle_of_points(shape), middle_of_areas([[shape]])):
        assert -180 <= longitude <= 180
        assert south - 1e-9 <= latitude <= south + high + 1e-9
        on = (longitude - west) % 360
        assert on <= east + 1e-6 or on >= 360 - 1e-6


@pytest.mark.parametrize("east", [-179.5, 180.5])
def test_shapes_over_the_date_line_stay_there(east: float) -> None:
    longitude, latitude = middle_of_areas([[box(179.5, -18, east, -17)]])
    assert (abs(longitude), latitude) == (180, -17.5)
    parted = [[box(179.5, -18, 180, -17)], [box(-180, -18, -179.5, -17)]]
    assert (abs(middle_of_areas(parted)[0]), middle_of_areas(parted)[1]) == (180, -17.5)
    assert abs(middle_of_points([(179.9, -17), (-179.9, -17)])[0]) == 180


def test_holes_poles_lines_and_single_points() -> None:
    hole = box(11, 51, 13.9, 53.9)
    assert middle_of_areas([[box(10, 50, 14, 54), hole]]) == pytest.approx((11.501383, 51.501383), abs=1e-6)
    assert middle_of_areas([[[(0, 80), (90, 80), (180, 80), (-90, 80)]]])[1] == 90
    assert middle_of_areas([[[(7, 1), (9, 3), (7, 1)]]]) == (8, 2)
    assert middle_of_areas([[[(7, 1)] * 4]]) == (7, 1)
    assert middle_of_areas([[box(-180, -90, 180, 90)]]) == (0, 0)
