"""The geocoder people get, as the app builds it: it finds what it can and never fails."""

import logging
from pathlib import Path

import pytest
from flask import Flask

from tests.places.conftest import COPENHAGEN, AddressService, body, places
from webapp import places as feature
from webapp.errors import Invalid
from webapp.places import Geocoder, Point, current_geocoder
from webapp.settings import SettingsError, load


def geocoder(folder: Path, **settings: object) -> Geocoder:
    """The geocoder of an app with these settings."""
    app = Flask("places")
    app.config["SETTINGS"] = load(_env_file=None, data_dir=folder, **settings)
    feature.init_app(app)
    with app.app_context():
        return current_geocoder()


def remote(folder: Path, service: AddressService) -> Geocoder:
    return geocoder(folder, geocoder_url=service.url, geocoder_contact="ops@relief.example")


def test_without_settings_towns_are_found_offline(tmp_path: Path) -> None:
    asked = geocoder(tmp_path)
    assert asked.search("Jacmel, Haiti")[0].source == "gazetteer"
    town = asked.reverse(Point(18.234, -72.535))
    assert town is not None
    assert town.name == "Jacmel"


def test_with_an_address_service_it_is_asked_first(tmp_path: Path, service: AddressService) -> None:
    assert remote(tmp_path, service).search("Vesterbro, Copenhagen")[0].source == "nominatim"


def test_when_the_service_fails_the_gazetteer_answers(tmp_path: Path, service: AddressService) -> None:
    service.answers = [body(b"<html>")]
    asked = remote(tmp_path, service)
    assert asked.search("Vesterbro, Copenhagen")[0].label == "Copenhagen, Denmark"
    assert (asked.reverse(Point(55.676, 12.566)) or pytest.fail("nothing")).name == "Copenhagen"


def test_a_failure_is_logged_without_what_was_looked_up(
    tmp_path: Path, service: AddressService, caplog: pytest.LogCaptureFixture
) -> None:
    service.answers = [body(b"", 403)]
    with caplog.at_level(logging.DEBUG, logger="webapp"):
        remote(tmp_path, service).search("Secret Street 5, Copenhagen")
    told = [str(vars(record)) for record in caplog.records if record.name.startswith("webapp")]
    assert any("geocoder.unavailable" in line for line in told)
    assert not any("Secret" in line for line in told)


def test_when_the_service_knows_nothing_the_gazetteer_is_tried(
    tmp_path: Path, service: AddressService
) -> None:
    service.answers = [places()]
    assert remote(tmp_path, service).search("Jacmel")[0].source == "gazetteer"


def test_answers_outlive_a_restart(tmp_path: Path, service: AddressService) -> None:
    remote(tmp_path, service).search("Vesterbro")
    service.answers = [body(b"", 404)]
    assert remote(tmp_path, service).search("Vesterbro")[0].source == "nominatim"
    assert len(service.asked) == 1


def test_coordinates_are_understood_without_asking_anybody(tmp_path: Path, service: AddressService) -> None:
    (place,) = remote(tmp_path, service).search("18°32'N 72°20'W")
    assert place.point.latitude == pytest.approx(18.5333, abs=0.001)
    assert (place.kind, place.precision) == ("coordinates", "exact")
    assert place.country_code == "HT"
    assert service.asked == []


def test_coordinates_in_the_open_sea_are_still_a_place(tmp_path: Path) -> None:
    (place,) = geocoder(tmp_path).search("0, -140")
    assert place.label == "0.00000, -140.00000"


def test_coordinates_out_of_range_are_refused_for_the_form_to_say(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="latitude 91"):
        geocoder(tmp_path).search("91, 0")


def test_own_places_lead_when_named_and_follow_when_half_named(
    tmp_path: Path, service: AddressService
) -> None:
    own = tmp_path / "own.csv"
    own.write_text("name,latitude,longitude\nVesterbro School,55.67,12.55\n")
    asked = geocoder(
        tmp_path, geocoder_url=service.url, geocoder_contact="x@relief.example", gazetteer_extra=own
    )
    assert asked.search("vesterbro school, copenhagen")[0].name == "Vesterbro School"
    assert [p.name for p in asked.search("Vesterbro")] == ["Vesterbro", "Vesterbro School"]


def test_a_bad_list_of_own_places_stops_the_start_and_is_named(tmp_path: Path) -> None:
    own = tmp_path / "own.csv"
    own.write_text("name,latitude,longitude\nDepot,91,0\n")
    with pytest.raises(SettingsError, match=r"MAYDAY_GAZETTEER_EXTRA: line 2: latitude"):
        geocoder(tmp_path, gazetteer_extra=own)


def test_the_same_place_is_shown_once_and_a_limit_is_kept(tmp_path: Path, service: AddressService) -> None:
    elsewhere = COPENHAGEN | {"lat": "10"}
    service.answers = [places(COPENHAGEN, COPENHAGEN, elsewhere)]
    asked = remote(tmp_path, service)
    assert len(asked.search("Vesterbro")) == 2
    assert asked.search("Vesterbro", limit=0) == []
    assert len(asked.search("Vesterbro", limit=1)) == 1
