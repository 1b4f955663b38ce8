"""A position close to zero is written without an exponent in every format."""

import re
import uuid

import pytest
from flask import Flask

from tests.events.making import opened
from tests.interchange.test_calendar import link_of
from tests.people import Cast
from webapp.events.models import Visibility
from webapp.volunteers import service as volunteers
from webapp.web.numbers import degrees

EXPONENT = re.compile(r"\d[eE]-\d")


@pytest.mark.parametrize(
    ("value", "text"),
    [(-1e-06, "-0.000001"), (1e-7, "0"), (-1e-9, "0"), (-0.0, "0"), (180.0, "180"), (55.6761, "55.6761")],
)
def test_degrees_are_plain_decimals(value: float, text: str) -> None:
    assert degrees(value) == text


def test_no_format_writes_an_exponent(app: Flask, cast: Cast) -> None:
    event = opened(app, cast.ada, latitude=-1e-06, longitude=2e-06, visibility=Visibility.PUBLIC)
    with app.app_context():
        volunteers.assign(cast.vic.actor, event_id=event, user_id=cast.sam.id)
    calendar = cast.stranger.get(link_of(cast.sam, str(uuid.uuid4()))).get_data(as_text=True)
    assert "GEO:-0.000001;0.000002" in calendar
    for person, path, text in (
        (cast.stranger, f"/public/{event}", "geo:-0.000001,0.000002?q=-0.000001,0.000002"),
        (cast.stranger, "/feed.atom", "-0.000001 0.000002"),
        (cast.stranger, f"/events/{event}/cap.xml", "-0.000001,0.000002 0"),
        (cast.vic, f"/events/{event}", "geo:-0.000001,0.000002"),
        (cast.vic, f"/events/{event}/edit", 'value="-0.000001"'),
        (cast.sam, "/now", "geo:-0.000001,0.000002"),
    ):
        answer = person.get(path)
        assert answer.status_code == 200, path
        body = answer.get_data(as_text=True)
        assert text in body, path
        assert not EXPONENT.search(
            re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}|[\w.]+\.(?:css|js|svg)|sha\d+-\S+", "", body)
        )
