"""What is published comes in as pending events, once, and later messages of an alert follow."""

from html import escape

import pytest
from flask import Flask

from tests.conftest import both_databases
from tests.feeds.conftest import feed, read, subscribe
from tests.feeds.publisher import INDEX, Publisher, atom, entry, item, rss
from tests.interchange.cap import alert, cancel_of, events, good, info, name
from tests.people import Cast
from webapp.events.models import Category, EventStatus, Severity, Source

CAP = "application/cap+xml"
CAP_1_1 = "urn:oasis:names:tc:emergency:cap:1.1"


@both_databases
def test_what_an_atom_index_links_to_becomes_pending_events(
    app: Flask, cast: Cast, publisher: Publisher
) -> None:
    one = publisher.put("/a.cap", good())
    publisher.put("/b.cap", good(identifier="B"))
    number = subscribe(cast.ada, publisher.index(atom(entry(one, type_=CAP), entry("b.cap"))))
    read(app, number, only_due=True)
    found = events(app)
    assert [(event.status, event.source) for event in found] == [(EventStatus.PENDING, Source.CAP)] * 2
    assert found[0].title == "Water two metres above normal"
    now = feed(app, number)
    assert (now.taken, now.failures, now.reason) == (2, 0, "")
    assert now.read_at is not None
    assert "Met Office" in cast.ada.get("/alert-feeds").get_data(as_text=True)


@pytest.mark.parametrize("type_", [CAP, "application/xml", "text/xml", ""])
def test_the_link_to_the_alert_is_found_among_others(
    app: Flask, cast: Cast, publisher: Publisher, type_: str
) -> None:
    page = publisher.put("/page.html", "<html>For people</html>")
    kind = f'type="{type_}" ' if type_ else ""
    links = (
        f'<link rel="self" href="{page}"/><link type="text/html" href="{page}"/><link {kind}href="/a.cap"/>'
    )
    publisher.put("/a.cap", good())
    number = subscribe(cast.ada, publisher.index(atom(entry(id_="x", more=links))))
    read(app, number)
    assert len(events(app)) == 1
    assert publisher.asked("/page.html") == 0


def test_an_rss_index_with_links(app: Flask, cast: Cast, publisher: Publisher) -> None:
    number = subscribe(
        cast.ada,
        publisher.index(
            rss(item(publisher.put("/a.cap", good())), item(publisher.put("/b", good(identifier="B"))))
        ),
    )
    read(app, number)
    assert len(events(app)) == 2


@pytest.mark.parametrize(
    "content",
    [
        f'<content type="text/xml">{good()}</content>',
        f'<content type="{CAP}">{good()}</content>',
        f'<content type="text/xml">{escape(good())}</content>',
        f'<content type="text/xml"><![CDATA[{good()}]]></content>',
        f'<content type="text/xml">{good().replace(":1.2", ":1.1")}</content>',
    ],
    ids=["element", "cap type", "escaped", "cdata", "1.1"],
)
def test_a_whole_alert_inside_an_entry(app: Flask, cast: Cast, publisher: Publisher, content: str) -> None:
    other = publisher.put("/other", "never asked for")
    number = subscribe(cast.ada, publisher.index(atom(entry(other, more=content))))
    read(app, number)
    [event] = events(app)
    assert event.title == "Water two metres above normal"
    assert publisher.asked("/other") == 0


@pytest.mark.parametrize("space", ["1.1", "1.2"])
def test_an_alert_is_made_of_the_elements_of_an_entry(
    app: Flask, cast: Cast, publisher: Publisher, space: str
) -> None:
    more = (
        "<author><name>w-nws.webmaster@noaa.example</name></author><summary>Rivers rise.</summary>"
        "<cap:event>Flood Warning</cap:event><cap:effective>2026-03-01T09:00:00-06:00</cap:effective>"
        "<cap:expires>2099-03-01T19:00:00-06:00</cap:expires><cap:status>Actual</cap:status>"
        "<cap:msgType>Alert</cap:msgType><cap:category>Met</cap:category><cap:urgency>Expected</cap:urgency>"
        "<cap:severity>severe</cap:severity><cap:certainty>Likely</cap:certainty>"
        "<cap:areaDesc>Calhoun; Greene</cap:areaDesc>"
        "<cap:polygon>39,-90 39,-91 40,-91 40,-90 39,-90</cap:polygon>"
        "<cap:geocode><valueName>FIPS6</valueName><value>017013 017061</value>"
        "<valueName>UGC</valueName><value>ILC013</value></cap:geocode>"
        "<cap:parameter><valueName>VTEC</valueName><value/></cap:parameter>"
    )
    document = atom(entry(id_="https://w.example/get.php?x=IL&y=1,2", more=more)).replace(
        "cap:1.1", f"cap:{space}"
    )
    number = subscribe(cast.ada, publisher.index(document))
    outcome = read(app, number)
    assert outcome is not None
    assert outcome.refused == []
    [event] = events(app)
    assert (event.title, event.kind, event.description) == ("A warning", "Flood Warning", "Rivers rise.")
    assert (event.category, event.severity) == (Category.MET, Severity.SEVERE)
    assert event.place_name == "Calhoun; Greene"
    assert (event.latitude, event.longitude) == pytest.approx((39.5, -90.5), abs=0.02)
    assert "ILC013" in cast.ada.get(f"/events/{event.id}").get_data(as_text=True)


def test_the_elements_of_an_entry_count_where_its_link_is_a_page_for_people(
    app: Flask, cast: Cast, publisher: Publisher
) -> None:
    page = publisher.put("/page", "<html>For people</html>")
    more = "<cap:event>Gale</cap:event><cap:severity>Minor</cap:severity>"
    number = subscribe(cast.ada, publisher.index(atom(entry(page, more=more))))
    read(app, number)
    assert [event.kind for event in events(app)] == ["Gale"]


@pytest.mark.parametrize("space", ["1.1", "1.2"])
def test_a_bare_alert_at_the_address(app: Flask, cast: Cast, publisher: Publisher, space: str) -> None:
    number = subscribe(cast.ada, publisher.index(good().replace("cap:1.2", f"cap:{space}")))
    read(app, number)
    read(app, number)
    assert len(events(app)) == 1


def test_a_resource_of_cap_1_1_needs_no_type(app: Flask, cast: Cast, publisher: Publisher) -> None:
    resource = "<resource><resourceDesc>Map</resourceDesc><uri>https://x.example/m.png</uri></resource>"
    document = alert(info(certainty="Very Likely", more=resource)).replace("cap:1.2", "cap:1.1")
    read(app, subscribe(cast.ada, publisher.index(document)))
    assert [event.certainty for event in events(app)] == ["Likely"]


def test_a_known_alert_is_not_fetched_again(app: Flask, cast: Cast, publisher: Publisher) -> None:
    one = publisher.put("/a.cap", good())
    number = subscribe(cast.ada, publisher.index(atom(entry(one))))
    read(app, number)
    two = publisher.put("/b.cap", good(identifier="B"))
    publisher.index(atom(entry(two), entry(one)))
    read(app, number)
    read(app, number)
    assert (publisher.asked("/a.cap"), publisher.asked("/b.cap")) == (1, 1)
    assert len(events(app)) == 2


@pytest.mark.parametrize(
    ("given", "asked"),
    [({"etag": '"v1"'}, ("if-none-match", '"v1"')),
     ({"modified": "Sun, 01 Mar 2026 10:00:00 GMT"}, ("if-modified-since", "Sun, 01 Mar 2026 10:00:00 GMT"))],
    ids=["etag", "date"],
)  # fmt: skip
def test_an_unchanged_index_is_not_sent_again(
    app: Flask, cast: Cast, publisher: Publisher, given: dict[str, str], asked: tuple[str, str]
) -> None:
    number = subscribe(cast.ada, publisher.index(atom(entry(publisher.put("/a.cap", good()))), **given))
    first, second = read(app, number), read(app, number)
    assert first is not None
    assert second is not None
    assert (first.unchanged, second.unchanged) == (False, True)
    assert asked[0] not in publisher.server.received[0].headers
    assert publisher.server.received[-1].headers[asked[0]] == asked[1]
    assert feed(app, number).failures == 0


@pytest.mark.parametrize("newest_first", [True, False])
def test_updates_and_cancels_follow_in_whatever_order(
    app: Flask, cast: Cast, publisher: Publisher, newest_first: bool
) -> None:
    first = entry(publisher.put("/1", good()), updated="2026-03-01T09:00:00Z")
    changed = alert(
        info(headline="Three metres"), identifier="A2", msgType="Update", sent="2026-03-01T12:00:00+01:00",
        references=[name()],
    )  # fmt: skip
    second = entry(publisher.put("/2", changed), updated="2026-03-01T11:00:00Z")
    both = (second, first) if newest_first else (first, second)
    number = subscribe(cast.ada, publisher.index(atom(*both)))
    read(app, number)
    assert [event.title for event in events(app)] == ["Three metres"]
    third = entry(publisher.put("/3", cancel_of(good())), updated="2026-03-01T17:00:00Z")
    publisher.index(atom(third, *both))
    read(app, number)
    assert [event.status for event in events(app)] == [EventStatus.REJECTED]


def test_exercises_and_tests_make_no_event(app: Flask, cast: Cast, publisher: Publisher) -> None:
    drill = publisher.put("/1", good(status="Exercise"))
    number = subscribe(
        cast.ada, publisher.index(atom(entry(drill), entry(publisher.put("/2", good(status="Test")))))
    )
    read(app, number)
    read(app, number)
    assert events(app) == []
    assert publisher.asked("/1") == 1
    assert publisher.asked(INDEX) == 2
