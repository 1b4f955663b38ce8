"""The address service's client against a real server that behaves well and badly."""

import threading
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest

from tests.places import conftest as lab
from tests.places.conftest import COPENHAGEN, AddressService, Answer, body, places
from webapp.places.breaker import Breaker
from webapp.places.cache import MemoryCache
from webapp.places.geocoder import GeocoderUnavailable, Point
from webapp.places.nominatim import Nominatim
from webapp.places.pace import Pace


def client(url: str, folder: Path, *, patience: float = 5.0, interval: float = 0.0) -> Nominatim:
    """A client with a cache of its own, whose breaker opens at the third failure for 0.3 s."""
    return Nominatim(
        url,
        "ops@relief.example",
        cache=MemoryCache(),
        pace=Pace(folder / "turn", interval=interval),
        breaker=Breaker(failures=3, rest=0.3),
        patience=patience,
    )


def test_an_address_becomes_places(service: AddressService, tmp_path: Path) -> None:
    (place,) = client(service.url, tmp_path).search("Vesterbro, København")
    assert (place.name, place.label) == ("Vesterbro", "Vesterbro, København, Danmark")
    assert place.point == Point(55.6867243, 12.5700724)
    assert (place.kind, place.country_code, place.source) == ("suburb", "DK", "nominatim")
    assert "OpenStreetMap contributors" in place.attribution


def test_a_request_is_signed_and_says_what_it_wants(service: AddressService, tmp_path: Path) -> None:
    client(service.url + "/", tmp_path).search("Vesterbro", near=Point(55.68, 12.57), limit=3)
    _, path, query, headers = service.asked[0]
    assert path == "/search"
    assert query["q"] == "Vesterbro"
    assert (query["format"], query["limit"]) == ("jsonv2", "3")
    west, north, east, south = map(float, query["viewbox"].split(","))
    assert west < 12.57 < east
    assert south < 55.68 < north
    assert headers["User-Agent"] == "Mayday (ops@relief.example)"


def test_a_point_becomes_an_address(service: AddressService, tmp_path: Path) -> None:
    service.answers = [lambda handler: handler.say(200, b'{"lat":"1.5","lon":"2","display_name":"Here"}')]
    place = client(service.url, tmp_path).reverse(Point(1.5, 2))
    assert place is not None
    assert (place.name, place.attribution) == ("Here", "© OpenStreetMap contributors")
    assert service.asked[0][1] == "/reverse"


def test_a_point_in_the_sea_has_no_address(service: AddressService, tmp_path: Path) -> None:
    service.answers = [body(b'{"error":"Unable to geocode"}')]
    assert client(service.url, tmp_path).reverse(Point(0, -140)) is None


def test_no_match_is_an_empty_answer(service: AddressService, tmp_path: Path) -> None:
    service.answers = [places()]
    assert client(service.url, tmp_path).search("Nowhere") == []


@pytest.mark.parametrize(("text", "limit"), [("", 5), ("  \n ", 5), ("Vesterbro", 0)])
def test_an_empty_question_is_not_sent(
    service: AddressService, tmp_path: Path, text: str, limit: int
) -> None:
    assert client(service.url, tmp_path).search(text, limit=limit) == []
    assert service.asked == []


def test_the_same_question_is_asked_once_also_when_nothing_was_found(
    service: AddressService, tmp_path: Path
) -> None:
    service.answers = [places(COPENHAGEN), places()]
    asker = client(service.url, tmp_path)
    assert asker.search("Vesterbro") == asker.search("  VESTERBRO ")
    assert asker.search("Nowhere") == asker.search("nowhere") == []
    assert len(service.asked) == 2


@pytest.mark.parametrize("status", [429, 500, 502, 503])
def test_a_hiccup_is_tried_again(service: AddressService, tmp_path: Path, status: int) -> None:
    service.answers = [body(b"", status), places(COPENHAGEN)]
    assert len(client(service.url, tmp_path).search("Vesterbro")) == 1
    assert len(service.asked) == 2


def test_a_line_that_is_cut_is_tried_again(service: AddressService, tmp_path: Path) -> None:
    service.answers = [lab.hang_up, places(COPENHAGEN)]
    assert len(client(service.url, tmp_path).search("Vesterbro")) == 1


def test_a_failing_service_is_asked_three_times_at_most(service: AddressService, tmp_path: Path) -> None:
    service.answers = [body(b"", 500)]
    with pytest.raises(GeocoderUnavailable):
        client(service.url, tmp_path).search("Vesterbro")
    assert len(service.asked) == 3


@pytest.mark.parametrize("status", [301, 302, 307, 400, 401, 403, 404, 204])
def test_other_answers_are_neither_followed_nor_tried_again(
    service: AddressService, tmp_path: Path, status: int
) -> None:
    inside = f"{service.url}/inside"
    service.answers = [body(b"", status, Location=inside)]
    with pytest.raises(GeocoderUnavailable):
        client(service.url, tmp_path).search("Vesterbro")
    assert [path for _, path, _, _ in service.asked] == ["/search"]


def test_retry_after_in_seconds_is_waited_for(service: AddressService, tmp_path: Path) -> None:
    service.answers = [body(b"", 429, Retry_After="1"), places(COPENHAGEN)]
    assert len(client(service.url, tmp_path).search("Vesterbro")) == 1
    assert service.asked[1][0] - service.asked[0][0] >= 1


def test_retry_after_as_a_date_is_waited_for(service: AddressService, tmp_path: Path) -> None:
    moment = format_datetime(datetime.now(UTC) + timedelta(seconds=2), usegmt=True)
    service.answers = [body(b"", 503, Retry_After=moment), places(COPENHAGEN)]
    assert len(client(service.url, tmp_path).search("Vesterbro")) == 1
    assert service.asked[1][0] - service.asked[0][0] >= 0.5


def test_a_long_retry_after_leaves_the_service_alone(service: AddressService, tmp_path: Path) -> None:
    service.answers = [body(b"", 429, Retry_After="600"), places(COPENHAGEN)]
    asker = client(service.url, tmp_path)
    for _ in range(3):
        with pytest.raises(GeocoderUnavailable):
            asker.search("Vesterbro")
    assert len(service.asked) == 1


@pytest.mark.parametrize("value", ["soon", "-5", "1e9", "²", "Wed, 99 Foo 2026", ""])
def test_a_senseless_retry_after_is_not_believed(service: AddressService, tmp_path: Path, value: str) -> None:
    service.answers = [body(b"", 503, Retry_After=value.encode().decode("latin-1")), places(COPENHAGEN)]
    assert len(client(service.url, tmp_path).search("Vesterbro")) == 1


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"<html>Sign in to the hotel network</html>",
        b"\xff\xfe\x00",
        b"{}",
        b"null",
        b'["a"]',
        b'[{"lat":"1","lon":"2"}]',
        b'[{"lat":"north","lon":"2","display_name":"x"}]',
        b'[{"lat":"91","lon":"2","display_name":"x"}]',
        b'[{"lat":"nan","lon":"2","display_name":"x"}]',
        b'[{"lat":NaN,"lon":1e999,"display_name":"x"}]',
        b'[{"lat":"1","lon":"2","display_name":7}]',
        b'[{"lat":"1","lon":"2","display_name":"x","address":[]}]',
        b'[{"lat":"1","lon":"2","display_name":"' + b"x" * 3000 + b'"}]',
        b"[" * 100_000,
        b'[{"lat":"1","lon":"2","display_name":"x"}',
    ],
)
def test_garbage_is_an_unavailable_service(service: AddressService, tmp_path: Path, answer: bytes) -> None:
    service.answers = [body(answer), places(COPENHAGEN)]
    asker = client(service.url, tmp_path)
    with pytest.raises(GeocoderUnavailable):
        asker.search("Vesterbro")
    assert len(asker.search("Vesterbro")) == 1, "garbage must not be kept"


@pytest.mark.parametrize("answer", [lab.drip, lab.drip_headers, lab.silent])
def test_nobody_waits_longer_than_their_patience(
    service: AddressService, tmp_path: Path, answer: Answer
) -> None:
    service.answers = [answer]
    ended = threading.Event()

    def ask() -> None:
        with pytest.raises(GeocoderUnavailable):
            client(service.url, tmp_path, patience=0.4).search("Vesterbro")
        ended.set()

    threading.Thread(target=ask, daemon=True).start()
    # The server would go on for ever; ten times the patience is a generous bound on a busy machine.
    assert ended.wait(4), "still waiting"


def test_an_endless_body_is_cut_off(service: AddressService, tmp_path: Path) -> None:
    service.answers = [lab.endless]
    with pytest.raises(GeocoderUnavailable, match="too much"):
        client(service.url, tmp_path).search("Vesterbro")


def test_a_closed_port_is_an_unavailable_service(service: AddressService, tmp_path: Path) -> None:
    url = service.url
    service.shutdown()
    service.server_close()
    with pytest.raises(GeocoderUnavailable, match="cannot be reached"):
        client(url, tmp_path).search("Vesterbro")


@pytest.mark.parametrize("url", ["http://", "http://[::1", "http://.example", "ftp://127.0.0.1"])
def test_a_senseless_address_is_an_unavailable_service(tmp_path: Path, url: str) -> None:
    with pytest.raises(GeocoderUnavailable):
        client(url, tmp_path).search("Vesterbro")


def test_a_dead_service_is_left_alone_and_tried_again_after_a_rest(
    service: AddressService, tmp_path: Path
) -> None:
    service.answers = [body(b"", 404)]
    asker = client(service.url, tmp_path)
    for _ in range(5):
        with pytest.raises(GeocoderUnavailable):
            asker.search("Vesterbro")
    assert len(service.asked) == 3
    time.sleep(0.35)
    service.answers = [places(COPENHAGEN)]
    assert len(asker.search("Vesterbro")) == 1
    assert len(asker.search("Amager")) == 1


def test_after_a_rest_one_failure_is_enough_to_rest_again(service: AddressService, tmp_path: Path) -> None:
    service.answers = [body(b"", 404)]
    asker = client(service.url, tmp_path)
    for _ in range(3):
        with pytest.raises(GeocoderUnavailable):
            asker.search("Vesterbro")
    time.sleep(0.35)
    for _ in range(3):
        with pytest.raises(GeocoderUnavailable):
            asker.search("Vesterbro")
    assert len(service.asked) == 4


def test_after_a_rest_only_one_tries_it_out(service: AddressService, tmp_path: Path) -> None:
    service.answers = [body(b"", 404)] * 3 + [lab.silent]
    asker = client(service.url, tmp_path)
    for _ in range(3):
        with pytest.raises(GeocoderUnavailable):
            asker.search("Vesterbro")
    time.sleep(0.35)

    def try_out() -> None:
        with pytest.raises(GeocoderUnavailable):
            asker.search("Amager")

    trial = threading.Thread(target=try_out)
    trial.start()
    while len(service.asked) < 4:
        time.sleep(0.01)
    with pytest.raises(GeocoderUnavailable, match="left alone"):
        asker.search("Vesterbro")
    service.over.set()
    trial.join()
    # The line that was cut under the trial may be tried again; the other person's words were never sent.
    assert [query["q"] for _, _, query, _ in service.asked[3:]].count("Vesterbro") == 0


def test_requests_keep_their_distance(service: AddressService, tmp_path: Path) -> None:
    asker = client(service.url, tmp_path, interval=0.2)
    threads = [threading.Thread(target=asker.search, args=(f"Street {i}",)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    times = sorted(at for at, *_ in service.asked)
    assert len(times) == 4
    # Turns are given out 0.2 s apart; the first and the last are three turns apart, less what one was late.
    assert times[-1] - times[0] >= 0.5


def test_a_queue_longer_than_the_patience_is_busy_and_not_the_service_s_fault(
    service: AddressService, tmp_path: Path
) -> None:
    asker = client(service.url, tmp_path, patience=0.5, interval=30)
    assert len(asker.search("Street 0")) == 1
    for i in range(4):
        with pytest.raises(GeocoderUnavailable, match="busy"):
            asker.search(f"Street {i + 1}")
    (tmp_path / "turn").unlink()
    assert len(asker.search("Street 9")) == 1, "being busy must not open the breaker"


def test_a_text_in_any_script_and_a_contact_with_accents_are_sent(
    service: AddressService, tmp_path: Path
) -> None:
    asker = Nominatim(service.url, "Søren\n", cache=MemoryCache(), pace=Pace(tmp_path / "turn", interval=0))
    with pytest.raises(GeocoderUnavailable):
        asker.search("كوبنهاغن")
    good = Nominatim(service.url, "Søren", cache=MemoryCache(), pace=Pace(tmp_path / "turn", interval=0))
    assert len(good.search("كوبنهاغن & co=1")) == 1
    assert service.asked[-1][2]["q"] == "كوبنهاغن & co=1"


@pytest.mark.parametrize(
    ("row", "precision"),
    [
        ({"addresstype": "house", "place_rank": 30}, "exact"),
        ({"addresstype": "building", "place_rank": 30}, "exact"),
        ({"addresstype": "amenity", "place_rank": 30}, "exact"),
        ({"addresstype": "road", "place_rank": 26}, "street"),
        ({"addresstype": "footway", "place_rank": 27}, "street"),
        ({"addresstype": "suburb", "place_rank": 19}, "district"),
        ({"addresstype": "neighbourhood", "place_rank": 24}, "district"),
        ({"addresstype": "quarter", "place_rank": 20}, "district"),
        ({"addresstype": "city", "place_rank": 16}, "town"),
        ({"addresstype": "town", "place_rank": 18}, "town"),
        ({"addresstype": "village", "place_rank": 19}, "town"),
        ({"addresstype": "postcode", "place_rank": 21}, "area"),
        ({"addresstype": "county", "place_rank": 12}, "area"),
        ({"addresstype": "state"}, "area"),
        ({"addresstype": None}, "area"),
    ],
)
def test_a_place_says_how_exact_it_is(
    row: dict[str, object], precision: str, service: AddressService, tmp_path: Path
) -> None:
    service.answers = [places(COPENHAGEN | row)]
    (place,) = client(service.url, tmp_path).search("Vesterbro")
    assert place.precision == precision
