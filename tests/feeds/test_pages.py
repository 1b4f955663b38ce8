"""The pages and the command about alert feeds: subscribe, change, pause, remove."""

import uuid

import pytest
from flask import Flask

from tests.feeds.conftest import Run, feed, read, subscribe, told
from tests.feeds.publisher import Publisher, atom, entry
from tests.interchange.cap import events, good
from tests.people import Cast
from webapp.events import service as making
from webapp.extensions import db
from webapp.feeds.models import CapFeed, FeedStatus
from webapp.journal import SYSTEM

URL = "https://met.example/alerts.atom?key=secret-of-ours"
GOOD = {"url": URL, "name": "Met Office"}


def feeds(app: Flask) -> list[CapFeed]:
    """All feeds."""
    with app.app_context():
        return list(db.session.execute(db.select(CapFeed)).scalars())


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"url": ""}, "Write the address"),
        ({"url": "met.example"}, "must start with http"),
        ({"url": "https://me:pass@met.example/"}, "must not hold a name"),
        ({"url": "https://met.example/" + "x" * 2000}, "at most 2000"),
        ({"name": ""}, "Write a name"),
        ({"name": "x" * 121}, "at most 120"),
        ({"latitude": "55"}, "Empty all three"),
        ({"latitude": "95", "longitude": "1", "radius_km": "1"}, "Degrees are from"),
        ({"latitude": "5", "longitude": "1", "radius_km": "0"}, "whole kilometres"),
        ({"latitude": "5", "longitude": "1", "radius_km": "99999"}, "whole kilometres"),
        ({"latitude": "5", "longitude": "1", "radius_km": "near"}, "Not a valid integer"),
        ({"categories": ["Nonsense"]}, "not a valid choice"),
        ({"least_severity": "Awful"}, "Not a valid choice"),
    ],
)
def test_bad_input_is_refused_and_what_was_typed_stays(
    app: Flask, cast: Cast, wrong: dict[str, object], words: str
) -> None:
    answer = cast.ada.post("/alert-feeds", GOOD | wrong)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert words in page
    assert "Met Office" in page or "name" in wrong
    assert feeds(app) == []


def test_a_double_tap_and_the_same_address_subscribe_once(app: Flask, cast: Cast) -> None:
    form = GOOD | {"command_id": str(uuid.uuid4())}
    assert [cast.ada.post("/alert-feeds", form).status_code for _ in range(2)] == [303, 303]
    again = cast.ada.post("/alert-feeds", GOOD)
    assert again.status_code == 422
    assert "subscribed to already" in again.get_data(as_text=True)
    assert len(feeds(app)) == 1


def test_the_address_stands_on_its_page_alone(app: Flask, cast: Cast) -> None:
    number = subscribe(cast.ada, URL)
    assert "secret-of-ours" in cast.ada.get(f"/alert-feeds/{number}").get_data(as_text=True)
    for path in ("/alert-feeds", "/timeline"):
        assert "secret-of-ours" not in cast.ada.get(path).get_data(as_text=True)
    assert "subscribed to the alert feed Met Office" in cast.ada.get("/timeline").get_data(as_text=True)


def test_it_is_changed_paused_and_removed(app: Flask, cast: Cast, publisher: Publisher) -> None:
    number = subscribe(cast.ada, publisher.index(atom(entry(publisher.put("/a", good())))))
    read(app, number)
    version = feed(app, number).version
    place = {"latitude": "55,5", "longitude": "-12.25", "radius_km": "30"}
    changed = {"name": "Weather", "categories": ["Met", "Fire"], "version": version} | place
    assert cast.ada.post(f"/alert-feeds/{number}", changed).status_code == 303
    now = feed(app, number)
    assert (now.name, now.latitude, now.longitude, now.radius_km) == ("Weather", 55.5, -12.25, 30)
    assert now.categories == ["Fire", "Met"]
    stale = cast.ada.post(f"/alert-feeds/{number}", {"name": "Mine", "version": version})
    assert stale.status_code == 409
    assert "Somebody saved other values" in stale.get_data(as_text=True)
    cast.ada.post(f"/alert-feeds/{number}/pause")
    assert feed(app, number).status is FeedStatus.PAUSED
    assert cast.ada.post(f"/alert-feeds/{number}/read").status_code == 409
    assert read(app, number, only_due=True) is None
    cast.ada.post(f"/alert-feeds/{number}/resume")
    cast.ada.post(f"/alert-feeds/{number}/read")
    assert read(app, number, only_due=True) is not None
    assert cast.ada.post(f"/alert-feeds/{number}/remove").location == "/alert-feeds"
    assert cast.ada.get(f"/alert-feeds/{number}").status_code == 404
    assert len(events(app)) == 1
    assert told(app) == [
        f"feed.{word}" for word in ("subscribed", "edited", "paused", "resumed", "asked", "removed")
    ]


def test_the_area_of_the_response_is_proposed(app: Flask, cast: Cast) -> None:
    with app.app_context():
        for latitude in (10.0, 11.0):
            making.open_event(SYSTEM, title="Flood", latitude=latitude, longitude=20.0)
    page = cast.ada.get("/alert-feeds").get_data(as_text=True)
    for name, value in (("latitude", "10.5"), ("longitude", "20"), ("radius_km", "105")):
        assert f'name="{name}" type="text" value="{value}"' in page


def test_only_an_authority_finds_them(cast: Cast) -> None:
    assert "/alert-feeds" in cast.ada.get("/board").get_data(as_text=True)
    assert "/alert-feeds" not in cast.vic.get("/board").get_data(as_text=True)
    assert cast.vic.get("/alert-feeds").status_code == 403


def test_the_command(app: Flask, run: Run, publisher: Publisher) -> None:
    index = publisher.index(atom(entry(publisher.put("/a", good()))))
    added = run(
        "feeds", "add", index, "--name", "Met", "--area", "55.7", "12.6", "30", "--severity", "Severe"
    )
    assert added.exit_code == 0, added.output
    assert "Feed 1 is read" in added.output
    assert run("feeds", "add", index, "--name", "Again").exit_code == 1
    assert run("feeds", "add", "nonsense", "--name", "x").exit_code == 1
    ran = run("feeds", "read")
    assert (ran.exit_code, "1 alerts taken in" in ran.output) == (0, True)
    assert len(events(app)) == 1
    assert run("feeds", "list").output.startswith("1\ton\t20")
    publisher.put("/index.xml", "gone", status=503)
    failed = run("feeds", "read", "1")
    assert (failed.exit_code, "the answer 503" in failed.output) == (1, True)
    assert "the answer 503" in run("feeds", "list").output
    assert run("feeds", "read", "9").exit_code == 1
    assert run("feeds", "remove", "1").exit_code == 0
    assert run("feeds", "remove", "1").exit_code == 1
    assert run("feeds", "list").output == ""
