"""The offline gazetteer on real names."""

import subprocess
import sys
import threading
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from webapp.places.folding import fold
from webapp.places.gazetteer import WORLD_FILE, BadPlacesFile, Gazetteer, own_places, world
from webapp.places.geocoder import GeocoderUnavailable, Place, Point


@pytest.fixture(scope="module")
def gazetteer() -> Gazetteer:
    return world()


def first(gazetteer: Gazetteer, text: str, near: Point | None = None) -> Place:
    found = gazetteer.search(text, near=near, limit=1)
    assert found, f"nothing found for {text}"
    return found[0]


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("Copenhagen", "Copenhagen, Denmark"),
        ("KØBENHAVN", "Copenhagen, Denmark"),
        ("kobenhavn", "Copenhagen, Denmark"),
        ("كوبنهاغن", "Copenhagen, Denmark"),
        ("Jakmèl", "Jacmel, Haiti"),
        ("leogane", "Léogâne, Haiti"),
        ("port-au-prince", "Port-au-Prince, Haiti"),
        ("port au pri", "Port-au-Prince, Haiti"),
        ("prince port au", "Port-au-Prince, Haiti"),
        ("n’djamena", "N'Djamena, Chad"),
        ("İSTANBUL", "Istanbul, Turkey"),
        ("Vesterbro, Copenhagen", "Copenhagen, Denmark"),
        ("Frederiksberg, København", "Frederiksberg, Denmark"),
        ("2200 Texas Ave, Houston, TX 77003", "Houston, Texas, United States"),
        ("Paris, Texas", "Paris, Texas, United States"),
        ("Paris, TX, USA", "Paris, Texas, United States"),
        ("Jacmel, Haiti", "Jacmel, Haiti"),
        ("jacmel haiti", "Jacmel, Haiti"),
        ("Delmas 33 Port au Prince Haiti", "Port-au-Prince, Haiti"),
        ("Carrefour, Port-au-Prince, Haiti", "Carrefour, Haiti"),
        ("cellar flooded vesterbro copenhagen", "Copenhagen, Denmark"),
        ("Haiti", "Port-au-Prince, Haiti"),
        ("Mexico", "Mexico City, Mexico"),
    ],
)
def test_a_place_is_found_however_it_is_written(gazetteer: Gazetteer, text: str, label: str) -> None:
    assert first(gazetteer, text).label == label


def test_a_place_tells_where_it_is_and_whom_to_credit(gazetteer: Gazetteer) -> None:
    place = first(gazetteer, "Port-au-Prince")
    assert (place.latitude, place.longitude) == pytest.approx((18.54, -72.34), abs=0.02)
    assert (place.country_code, place.kind, place.source) == ("HT", "city", "gazetteer")
    assert place.precision == "town"
    assert "GeoNames" in place.attribution
    assert "CC BY 4.0" in place.attribution


def test_the_larger_town_comes_first_unless_the_smaller_is_near(gazetteer: Gazetteer) -> None:
    assert first(gazetteer, "Paris").country_code == "FR"
    assert first(gazetteer, "Paris", near=Point(32.8, -96.8)).label == "Paris, Texas, United States"


def test_a_half_typed_name_lists_several(gazetteer: Gazetteer) -> None:
    found = gazetteer.search("san", limit=10)
    assert len(found) == 10
    assert all(" san" in f" {fold(place.name)}" for place in found)


@pytest.mark.parametrize(
    "text", ["", "   ", ",,,", "zzzzqq", "fondwa, Haiti", "77003", "|", "\t\n", "%", "a"]
)
def test_what_nobody_knows_is_not_found_and_no_guess_is_made(gazetteer: Gazetteer, text: str) -> None:
    assert gazetteer.search(text) == []


def test_a_limit_is_kept(gazetteer: Gazetteer) -> None:
    assert gazetteer.search("Paris", limit=0) == []
    assert gazetteer.search("Paris", limit=-1) == []
    assert len(gazetteer.search("san", limit=2)) == 2


def test_a_very_long_text_is_cut_not_refused(gazetteer: Gazetteer) -> None:
    assert gazetteer.search("Copenhagen, " + "x" * 1_000_000)[0].label == "Copenhagen, Denmark"


@settings(deadline=None)
@given(st.text(max_size=60))
def test_no_text_breaks_the_search(gazetteer: Gazetteer, text: str) -> None:
    assert len(gazetteer.search(text, limit=3)) <= 3


@given(st.text(max_size=40))
def test_folding_a_folded_name_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@pytest.mark.parametrize(
    ("point", "name"),
    [
        (Point(18.234, -72.535), "Jacmel"),
        (Point(55.676, 12.566), "Copenhagen"),
        (Point(-16.8, -179.99), None),
        (Point(0, -140), None),
        (Point(90, 0), None),
        (Point(-90, 180), None),
    ],
)
def test_a_point_is_named_by_the_closest_town_if_one_is_close(
    gazetteer: Gazetteer, point: Point, name: str | None
) -> None:
    place = gazetteer.reverse(point)
    assert (place.name if place else None) == name


def test_threads_that_come_first_together_get_the_same_answers() -> None:
    fresh, answers = world(), []
    start = threading.Barrier(8)

    def ask() -> None:
        start.wait()
        answers.append(fresh.search("Jacmel")[0].label)

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == ["Jacmel, Haiti"] * 8


def test_the_file_is_small_and_names_its_source() -> None:
    assert WORLD_FILE.stat().st_size <= 2_500_000
    assert "GeoNames" in WORLD_FILE.with_name("NOTICE").read_text(encoding="utf-8")


def test_nothing_is_read_before_the_first_search_and_little_is_kept_after(tmp_path: Path) -> None:
    missing = world(tmp_path / "missing.gz")
    with pytest.raises(GeocoderUnavailable):
        missing.search("Paris")
    tracemalloc.start()
    try:
        fresh = world()
        assert tracemalloc.get_traced_memory()[0] < 100_000
        fresh.search("Paris")
        assert tracemalloc.get_traced_memory()[0] < 30_000_000
    finally:
        tracemalloc.stop()


def test_a_damaged_file_is_an_unavailable_geocoder(tmp_path: Path) -> None:
    cut = tmp_path / "cut.gz"
    cut.write_bytes(WORLD_FILE.read_bytes()[:50_000])
    with pytest.raises(GeocoderUnavailable):
        world(cut).search("Paris")


def test_own_places_are_found(tmp_path: Path) -> None:
    path = tmp_path / "own.csv"
    path.write_text(
        "name,latitude,longitude,address,country\n"
        "Dépôt Nord,18.60,-72.30,Route 9,HT\n"
        '"School, gate B",55.67,12.55,,\n',
        encoding="utf-8-sig",
    )
    own = own_places(path)
    assert own.search("depot nord")[0].label == "Dépôt Nord, Route 9, HT"
    assert own.search("school gate")[0].point == Point(55.67, 12.55)
    assert own.search("school gate")[0].precision == "exact"
    assert own.search("Copenhagen") == []


@pytest.mark.parametrize("side", [1, -1])
def test_the_closest_place_can_be_across_the_180_meridian(tmp_path: Path, side: int) -> None:
    path = tmp_path / "own.csv"
    path.write_text(f"name,latitude,longitude\nJetty,-17.8,{179.9 * side}\nFarm,-17.8,{179.2 * side}\n")
    place = own_places(path).reverse(Point(-17.8, -179.9 * side))
    assert place is not None
    assert place.name == "Jetty"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (b"", "no column latitude, longitude, name"),
        (b"name,latitude\nA,1\n", "no column longitude"),
        (b"name,latitude,longitude\nDepot,1,2\nGate,91,2\n", "line 3: latitude must be"),
        (b"name,latitude,longitude\nDepot,nan,2\n", "line 2: latitude must be"),
        (b"name,latitude,longitude\nDepot,1\n", "line 2: latitude must be"),
        (b"name,latitude,longitude\n---,1,2\n", "line 2: name must have letters"),
        (b"name,latitude,longitude\n" + b"x" * 201 + b",1,2\n", "line 2: .* more than 200"),
        (b"name,latitude,longitude\n\xff\xfe,1,2\n", "UTF-8"),
        (b"name,latitude,longitude\n" + b"Depot,1,2\n" * 100_001, "more than 100,000"),
    ],
)
def test_a_bad_list_of_own_places_is_refused_with_its_line(tmp_path: Path, text: bytes, says: str) -> None:
    path = tmp_path / "own.csv"
    path.write_bytes(text)
    with pytest.raises(BadPlacesFile, match=says):
        own_places(path)


def test_a_missing_list_of_own_places_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadPlacesFile, match="cannot be read"):
        own_places(tmp_path / "missing.csv")


def test_the_gazetteer_needs_no_network_at_all() -> None:
    script = (
        "import socket\n"
        "from webapp.places.gazetteer import world\n"
        "def refuse(*a, **k): raise SystemExit('network')\n"
        "socket.socket = socket.create_connection = socket.getaddrinfo = refuse\n"
        "assert world().search('Jacmel')[0].country_code == 'HT'\n"
    )
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
