"""Which alerts of a feed come in: by area, category and severity; news about one that came always do."""

from typing import Any

import pytest
from flask import Flask

from tests.feeds.conftest import feed, read, subscribe
from tests.feeds.publisher import Publisher, atom, entry
from tests.interchange.cap import alert, cancel_of, events, info, name
from tests.people import Cast
from webapp.events.models import EventStatus

HARBOUR = {"latitude": "55.7", "longitude": "12.6", "radius_km": "20"}
FIJI = {"latitude": "-17", "longitude": "179.9", "radius_km": "50"}


def area(*shapes: str) -> str:
    """An area of these polygons, or of circles where there are only three numbers."""
    kinds = ["circle" if len(shape.split()) == 2 else "polygon" for shape in shapes]
    texts = "".join(f"<{kind}>{shape}</{kind}>" for kind, shape in zip(kinds, shapes, strict=True))
    return f"<area><areaDesc>Somewhere</areaDesc>{texts}</area>"


@pytest.mark.parametrize(
    ("filters", "shapes", "comes"),
    [
        (HARBOUR, ["55.68,12.6 3"], True),
        (HARBOUR, ["56.5,12.6 3"], False),
        (HARBOUR, ["56.5,12.6 80"], True),  # its edge reaches into the area
        (HARBOUR, ["50,0 50,30 60,30 60,0 50,0"], True),  # the area lies inside it
        (HARBOUR, ["55.8,12.4 55.8,12.5 55.9,12.5 55.8,12.4"], True),  # a corner within
        (HARBOUR, ["55.8,5 55.8,20 56,20 56,5 55.8,5"], True),  # only a side comes near
        (HARBOUR, ["40,0 40,5 45,5 45,0 40,0"], False),
        (HARBOUR, ["40,0 40,5 45,5 45,0 40,0", "55.68,12.6 1"], True),  # one of several shapes
        (HARBOUR, [], True),  # words alone: nobody knows that it is elsewhere
        ({}, ["-40,170 3"], True),
        (FIJI, ["-17,-179.9 3"], True),  # over the date line
        (FIJI, ["-17,179 -17,-179 -16,-179 -16,179 -17,179"], True),
        (FIJI, ["-17,170 3"], False),
    ],
)
def test_by_area(
    app: Flask, cast: Cast, publisher: Publisher, filters: dict[str, Any], shapes: list[str], comes: bool
) -> None:
    number = subscribe(cast.ada, publisher.index(alert(info(area=area(*shapes)))), **filters)
    read(app, number)
    assert len(events(app)) == comes
    assert feed(app, number).passed_over == (not comes)


@pytest.mark.parametrize(
    ("filters", "values", "comes"),
    [
        ({"categories": ["Met", "Fire"]}, {"category": "Met"}, True),
        ({"categories": ["Met", "Fire"]}, {"category": "Health"}, False),
        ({"least_severity": "Severe"}, {"severity": "Extreme"}, True),
        ({"least_severity": "Severe"}, {"severity": "Severe"}, True),
        ({"least_severity": "Severe"}, {"severity": "Moderate"}, False),
        ({"least_severity": "Severe"}, {"severity": "Unknown"}, False),
        ({"least_severity": "Moderate"}, {"severity": "Unknown"}, True),
        ({"least_severity": "Moderate"}, {"severity": "Minor"}, False),
        (
            {"least_severity": "Severe", "categories": ["Met"]},
            {"severity": "Minor", "category": "Met"},
            False,
        ),
    ],
)
def test_by_category_and_severity(
    app: Flask, cast: Cast, publisher: Publisher, filters: dict[str, Any], values: dict[str, str], comes: bool
) -> None:
    read(app, subscribe(cast.ada, publisher.index(alert(info(**values))), **filters))
    assert len(events(app)) == comes


def test_news_about_an_alert_that_came_in_always_pass(app: Flask, cast: Cast, publisher: Publisher) -> None:
    first = entry(publisher.put("/1", alert(info())), updated="2026-03-01T09:00:00Z")
    number = subscribe(cast.ada, publisher.index(atom(first)), least_severity="Severe", **HARBOUR)
    read(app, number)
    milder = alert(
        info(severity="Minor", area=area("0,0 1")), identifier="A2", msgType="Update",
        sent="2026-03-01T12:00:00+01:00", references=[name()],
    )  # fmt: skip
    second = entry(publisher.put("/2", milder), updated="2026-03-01T11:00:00Z")
    publisher.index(atom(second, first))
    read(app, number)
    assert [event.severity for event in events(app)] == ["Minor"]
    publisher.index(atom(entry(publisher.put("/3", cancel_of(alert(info())))), second, first))
    read(app, number)
    assert [event.status for event in events(app)] == [EventStatus.REJECTED]


def test_news_about_an_alert_that_was_filtered_out_do_not(
    app: Flask, cast: Cast, publisher: Publisher
) -> None:
    first = entry(publisher.put("/1", alert(info(severity="Minor"))), updated="2026-03-01T09:00:00Z")
    second = entry(publisher.put("/2", cancel_of(alert(info()))), updated="2026-03-01T17:00:00Z")
    number = subscribe(cast.ada, publisher.index(atom(second, first)), least_severity="Severe")
    read(app, number)
    assert events(app) == []
    assert feed(app, number).passed_over == 2


def test_with_other_filters_all_is_judged_anew(app: Flask, cast: Cast, publisher: Publisher) -> None:
    index = publisher.index(atom(entry(publisher.put("/1", alert(info(severity="Minor"))))), etag='"1"')
    number = subscribe(cast.ada, index, least_severity="Severe")
    read(app, number)
    assert events(app) == []
    version = feed(app, number).version
    cast.ada.post(f"/alert-feeds/{number}", {"name": "Met", "least_severity": "", "version": version})
    read(app, number, only_due=True)
    assert len(events(app)) == 1
