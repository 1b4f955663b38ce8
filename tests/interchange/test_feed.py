"""Rules of what everybody sees: only public events, never a person; the same for all."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from flask.testing import FlaskClient
from lxml import etree

from tests.browser import Browsers
from tests.conftest import dispose, settings_for
from tests.events.making import closed, number_at, opened, reported, stored, version
from tests.people import Cast
from tests.servers import running_server
from tests.statements import statements
from webapp import create_app
from webapp.errors import Forbidden
from webapp.events import service
from webapp.events.models import Visibility
from webapp.extensions import db
from webapp.journal import SYSTEM
from webapp.resources import service as resources
from webapp.resources.models import ResourceType
from webapp.settings import Settings
from webapp.volunteers import service as volunteers

PUBLIC = {"visibility": Visibility.PUBLIC}
ATOM = "{http://www.w3.org/2005/Atom}"
POINT = "{http://www.georss.org/georss}point"
PATHS = ("/public", "/feed.atom", "/public/{event}", "/events/{event}/cap.xml")


def need(app: Flask, event_id: int, name: str, quantity: int) -> None:
    """The event needs pumps."""
    with app.app_context():
        kind = db.select(ResourceType).where(ResourceType.code == "equipment.pump")
        pump = db.session.execute(kind).scalar_one()
        resources.add_need(
            SYSTEM,
            event_id=event_id,
            resource_type_id=pump.id,
            name=name,
            quantity=quantity,
            unit=pump.units[0],
        )


def text(client: FlaskClient, path: str) -> str:
    """A page as everybody sees it."""
    answer = client.get(path)
    assert answer.status_code == 200, (path, answer.status)
    return answer.get_data(as_text=True)


def entries(client: FlaskClient) -> list[etree._Element]:
    """The entries of the feed."""
    answer = client.get("/feed.atom")
    assert answer.mimetype == "application/atom+xml"
    return etree.fromstring(answer.data).findall(f"{ATOM}entry")


def test_only_public_events_are_shown_and_for_a_week_after_they_end(app: Flask, cast: Cast) -> None:
    shown = opened(app, cast.ada, title="Open to all", **PUBLIC)
    over = closed(app, cast.ada, title="Over since today", **PUBLIC)
    hidden = [
        opened(app, cast.ada, title="For us"),
        closed(app, cast.ada, title="For us, over"),
        reported(app, cast.sam, title="Not verified"),
    ]
    page = text(cast.stranger, "/public")
    assert page.index("Open to all") < page.index("Over since today")
    assert "For us" not in page
    assert "Not verified" not in page
    assert {entry.findtext(f"{ATOM}title") for entry in entries(cast.stranger)} == {
        "Open to all",
        "Over since today",
    }
    for event in (shown, over):
        assert cast.stranger.get(f"/public/{event}").status_code == 200
    for event in (*hidden, 4711):
        assert cast.stranger.get(f"/public/{event}").status_code == 404
    with time_machine.travel(datetime.now(UTC) + timedelta(days=8)):
        assert "Over since today" not in text(cast.stranger, "/public")
        assert len(entries(cast.stranger)) == 1
        assert cast.stranger.get(f"/public/{over}").status_code == 404


def test_a_pending_report_is_not_public_before_it_is_verified(app: Flask, cast: Cast) -> None:
    event = reported(app, cast.ada, **PUBLIC)
    assert cast.stranger.get(f"/public/{event}").status_code == 404
    with app.app_context():
        service.verify(cast.ada.actor, event_id=event)
    assert cast.stranger.get(f"/public/{event}").status_code == 200


def test_it_tells_what_is_needed_and_no_person(app: Flask, cast: Cast) -> None:
    event = opened(
        app, cast.ada, title="Flood <b>", place_name="Vesterbro", latitude=55.67, longitude=12.55, **PUBLIC
    )
    need(app, event, "Pumps for Bo Hansen", 3)
    need(app, event, "More pumps, ask Liv", 2)
    with app.app_context():
        joined = volunteers.join(cast.sam.actor, event_id=event)
        volunteers.check_in(cast.sam.actor, assignment_id=joined.id)
    page = text(cast.stranger, f"/public/{event}")
    assert "Flood &lt;b&gt;" in page
    assert "<b>5</b> pumps" in page
    assert "<dt>Helpers there</dt><dd>1</dd>" in page
    everything = page + text(cast.stranger, "/public") + text(cast.stranger, "/feed.atom")
    everything += text(cast.stranger, f"/events/{event}/cap.xml")
    for private in ("Bo Hansen", "Liv", "Sam", "Ada", "@example.org", stored(app, event).join_code or ""):
        assert private not in everything, private


def test_the_feed_is_an_atom_feed(app: Flask, cast: Cast) -> None:
    opened(app, cast.ada, title="First", **PUBLIC)
    event = opened(
        app,
        cast.ada,
        title="Rain\x1f & wind",
        description="Water.",
        latitude=55.67,
        longitude=12.55,
        **PUBLIC,
    )
    feed = etree.fromstring(cast.stranger.get("/feed.atom").data)
    newest, oldest = feed.findall(f"{ATOM}entry")
    assert newest.findtext(f"{ATOM}title") == "Rain & wind"
    assert newest.findtext(POINT) == "55.670000 12.550000"
    assert oldest.find(POINT) is None
    assert "Water." in (newest.findtext(f"{ATOM}summary") or "")
    links = {link.get("rel"): (link.get("type"), link.get("href")) for link in newest.findall(f"{ATOM}link")}
    assert links == {
        "alternate": ("text/html", f"http://localhost/public/{event}"),
        "related": ("application/cap+xml", f"http://localhost/events/{event}/cap.xml"),
    }
    assert feed.findtext(f"{ATOM}updated") == newest.findtext(f"{ATOM}updated")
    # RFC 4287, section 4.1: what a feed and an entry must have.
    for node in (feed, newest, oldest):
        assert all(node.findtext(f"{ATOM}{name}") for name in ("id", "title", "updated"))
    assert feed.findtext(f"{ATOM}author/{ATOM}name")
    assert len({entry.findtext(f"{ATOM}id") for entry in feed.findall(f"{ATOM}entry")}) == 2


def test_without_public_events_page_and_feed_say_so(client: FlaskClient) -> None:
    assert "Nothing to tell just now" in text(client, "/public")
    assert entries(client) == []


def test_everybody_gets_the_same_answer_without_a_cookie(app: Flask, cast: Cast) -> None:
    event = opened(app, cast.ada, **PUBLIC)
    for path in (p.format(event=event) for p in PATHS):
        answers = [
            who.get(path, headers={"Accept-Language": lang})
            for who, lang in ((cast.stranger, "en"), (cast.sam.client, "fr"), (cast.ada.client, "ar"))
        ]
        assert len({answer.data for answer in answers}) == 1, path
        for answer in answers:
            assert answer.headers["Cache-Control"].startswith("public, max-age="), path
            assert "Set-Cookie" not in answer.headers, path
            assert not {"Cookie", "HX-Request", "Accept-Language"} & set(
                answer.headers.get("Vary", "").split(", ")
            ), path


def test_who_has_it_already_gets_304_until_it_changes(app: Flask, cast: Cast) -> None:
    event = opened(app, cast.ada, **PUBLIC)
    for path in (p.format(event=event) for p in PATHS):
        tag = cast.stranger.get(path).headers["ETag"]
        known = {"If-None-Match": tag}
        again = cast.stranger.get(path, headers=known)
        assert (again.status_code, again.data, "Set-Cookie" in again.headers) == (304, b"", False)
        with app.app_context():
            service.edit_event(cast.ada.actor, event_id=event, seen_version=None, title=f"Now for {path}")
        assert cast.stranger.get(path, headers=known).status_code == 200


def test_long_lists_go_on_by_key(app: Flask, cast: Cast) -> None:
    titles = [f"Event {n:03}" for n in range(53)]
    for title in titles:
        opened(app, cast.ada, title=title, **PUBLIC)
    first = text(cast.stranger, "/public")
    following = first.split('href="/public?after=')[1].split('"')[0]
    second = text(cast.stranger, f"/public?after={following}")
    assert [title for title in titles if title in first] == titles[3:]
    assert [title for title in titles if title in second] == titles[:3]
    for cursor in ("x", "9-9-9", "1-1-", "0-3-99999999999999999999"):
        assert cast.stranger.get(f"/public?after={cursor}").status_code == 404


def test_the_number_of_statements_does_not_grow(app: Flask, cast: Cast) -> None:
    event = opened(app, cast.ada, **PUBLIC)

    def asked() -> list[int]:
        counts = []
        for path in (p.format(event=event) for p in PATHS):
            with statements(app) as seen:
                cast.stranger.get(path)
            counts.append(len(seen))
        return counts

    few = asked()
    for _ in range(10):
        need(app, opened(app, cast.ada, **PUBLIC), "Pumps", 1)
        need(app, event, "Pumps", 1)
    assert asked() == few
    assert max(few) <= 3


def test_reads_are_limited_by_address(data_dir: Path) -> None:
    app = create_app(settings_for(data_dir, limit_reads="3 per minute"))
    client = app.test_client()
    assert [client.get(path).status_code for path in ("/public", "/feed.atom", "/public")] == [200, 200, 200]
    refused = client.get("/feed.atom")
    assert (refused.status_code, "Retry-After" in refused.headers) == (429, True)
    dispose(app)


def test_the_address_of_the_installation_is_in_the_feed(data_dir: Path) -> None:
    app = create_app(settings_for(data_dir, public_url="https://help.example"))
    opened(app, Cast(app).ada, **PUBLIC)
    feed = text(app.test_client(), "/feed.atom")
    assert "https://help.example/public/1" in feed
    assert "http://localhost" not in feed
    dispose(app)


# Who decides.


GOOD = {"title": "Cellar flooded", "priority": "2", "category": "Met"}


def test_an_authority_makes_an_event_public_by_its_form_and_takes_it_back(app: Flask, cast: Cast) -> None:
    answer = cast.ada.post("/events/new", GOOD | {"visibility": "public"})
    event = number_at(answer.location)
    assert stored(app, event).visibility is Visibility.PUBLIC
    assert f'href="/public/{event}"' in cast.vic.get(f"/events/{event}").get_data(as_text=True)
    cast.ada.post(f"/events/{event}/edit", GOOD | {"version": version(app, event), "visibility": "internal"})
    assert stored(app, event).visibility is Visibility.INTERNAL
    assert cast.stranger.get(f"/public/{event}").status_code == 404


def test_a_coordinators_edit_leaves_it_as_it_is(app: Flask, cast: Cast) -> None:
    for seen_by in Visibility:
        event = opened(app, cast.ada, visibility=seen_by)
        assert 'name="visibility"' not in cast.vic.get(f"/events/{event}/edit").get_data(as_text=True)
        other = next(v for v in Visibility if v is not seen_by)
        cast.vic.post(
            f"/events/{event}/edit", GOOD | {"version": version(app, event), "visibility": other.value}
        )
        after = stored(app, event)
        assert (after.title, after.visibility) == ("Cellar flooded", seen_by)


def test_nobody_but_an_authority_publishes_by_any_door(app: Flask, cast: Cast) -> None:
    event = opened(app, cast.ada)
    with app.app_context():
        with pytest.raises(Forbidden):
            service.edit_event(cast.vic.actor, event_id=event, seen_version=None, **PUBLIC)
        with pytest.raises(Forbidden):
            service.report_event(cast.sam.actor, title="Look here", **PUBLIC)
    answer = cast.sam.post("/events/new", GOOD | {"visibility": "public"})
    assert stored(app, number_at(answer.location)).visibility is Visibility.INTERNAL


def test_a_wrong_choice_is_refused(cast: Cast) -> None:
    answer = cast.ada.post("/events/new", GOOD | {"visibility": "secret"})
    assert answer.status_code == 422
    assert 'name="visibility"' in answer.get_data(as_text=True)


@pytest.mark.browser
@pytest.mark.slow
@pytest.mark.parametrize(("width", "scheme"), [(360, "dark"), (1440, "light")])
def test_axe_finds_nothing_on_the_public_pages(
    app: Flask, settings: Settings, cast: Cast, browsers: Browsers, width: int, scheme: str
) -> None:
    event = opened(
        app, cast.ada, title="Cellar flooded", place_name="V" * 100, latitude=1.0, longitude=2.0, **PUBLIC
    )
    closed(app, cast.ada, title="Tree on the road", **PUBLIC)
    need(app, event, "Pumps", 3)
    found = []
    with running_server(settings) as server:
        page = browsers.open(
            None, server.url, "/public", width, color_scheme=scheme, java_script_enabled=False
        )
        for path in ("/public", f"/public/{event}"):
            page.goto(server.url + path)
            sideways = page.locator("html").bounding_box()
            assert sideways is not None
            assert sideways["width"] <= width
        page = browsers.open(None, server.url, "/public", width, color_scheme=scheme)
        for path in ("/public", f"/public/{event}"):
            page.goto(server.url + path)
            for violation in Axe().run(page).response["violations"]:
                found.append((path, violation["id"], violation["nodes"][0]["html"][:200]))
    assert found == []
