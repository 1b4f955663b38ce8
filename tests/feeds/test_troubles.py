"""Feeds that fail, and alerts that do: said with the reason, tried ever less often, and no other stops."""

import threading
from datetime import timedelta

import pytest
import time_machine
from flask import Flask

from tests import receiver as lab
from tests.conftest import both_databases
from tests.feeds.conftest import feed, read, subscribe, told
from tests.feeds.publisher import INDEX, Publisher, atom, entry
from tests.interchange.cap import alert, events, good, info
from tests.people import Cast
from tests.receiver import Answer
from webapp.database import utc_now
from webapp.feeds import condition, reading, watching
from webapp.ops.checks import State

AWAY = lab.say(302, b"", Location="http://10.1.2.3/inside")


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lab.say(500), "the answer 500"),
        (lab.say(404), "the answer 404"),
        (lab.say(304), "the answer 304"),  # nobody asked whether it changed
        (lab.say(200, b"<html><body>Moved</body></html>"), "neither a feed"),
        (lab.say(200, b"{}"), "This is no feed"),
        (lab.say(200, b""), "This is no feed"),
        (lab.say(200, b'<!DOCTYPE x [<!ENTITY a "b">]><feed>&a;</feed>'), "document type"),
        (lab.garbage, "broke off"),
        (lab.cut_short, "broke off"),
        (lab.endless, "too much"),
        (AWAY, "private network"),
        (lambda handler: handler.say(302, Location=handler.path), "in circles"),
    ],
)
def test_a_feed_that_fails_says_why(
    app: Flask, cast: Cast, publisher: Publisher, answer: Answer, words: str
) -> None:
    number = subscribe(cast.ada, publisher.put(INDEX, answer))
    outcome = read(app, number)
    assert outcome is not None
    assert words in outcome.reason
    now = feed(app, number)
    assert (now.failures, now.read_at) == (1, None)
    for path in ("/alert-feeds", f"/alert-feeds/{number}"):
        page = cast.ada.get(path).get_data(as_text=True)
        assert words in page
        assert "Cannot be read" in page
    assert told(app) == ["feed.subscribed", "feed.failed"]


@pytest.mark.parametrize("answer", [lab.silent, lab.drip, lab.drip_headers])
def test_a_slow_feed_is_left(
    app: Flask, cast: Cast, publisher: Publisher, answer: Answer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "INDEX_SECONDS", 0.3)
    outcome = read(app, subscribe(cast.ada, publisher.put(INDEX, answer)))
    assert outcome is not None
    assert "too long" in outcome.reason


def test_an_address_inside_is_refused(app: Flask, cast: Cast) -> None:
    outcome = read(app, subscribe(cast.ada, "http://192.168.1.1/alerts"))
    assert outcome is not None
    assert "private network" in outcome.reason


@both_databases
def test_it_is_tried_ever_less_often_up_to_an_hour_and_recovers(
    app: Flask, cast: Cast, publisher: Publisher
) -> None:
    number = subscribe(cast.ada, publisher.put(INDEX, "gone", status=503))
    pauses = []
    with time_machine.travel(utc_now(), tick=False) as clock:
        for _ in range(7):
            read(app, number, only_due=True)
            pauses.append(feed(app, number).due_at - utc_now())
            assert read(app, number, only_due=True) is None  # not before its time
            clock.shift(pauses[-1])
        assert [pause.total_seconds() / 60 for pause in pauses] == [3, 6, 12, 24, 48, 60, 60]
        with app.app_context():
            finding = condition.check()
        assert (finding.state, finding.facts["feeds_failing"]) == (State.UP, 1)
        assert "1 of 1 alert feeds" in finding.note
        publisher.index(atom(entry(publisher.put("/a", good()))))
        read(app, number, only_due=True)
        now = feed(app, number)
        assert (now.failures, now.failing_since, now.reason) == (0, None, "")
        assert now.due_at - utc_now() == timedelta(minutes=3)
    assert told(app) == ["feed.subscribed", "feed.failed", "feed.recovered"]
    assert len(events(app)) == 1


def test_one_bad_alert_stops_no_other(app: Flask, cast: Cast, publisher: Publisher) -> None:
    bad = [
        publisher.put("/bad1", "<alert"),
        publisher.put("/bad2", "<html/>"),
        publisher.put("/bad3", good(sent="yesterday")),
        publisher.put("/bad4", AWAY),
        publisher.put("/bad5", alert(info(urgency="Soon"))),
        publisher.server.url(path="/missing"),
        "ftp://met.example/x",
        "http://10.0.0.1/x",
    ]
    number = subscribe(
        cast.ada,
        publisher.index(
            atom(*[entry(each) for each in bad], "<entry/>", entry(publisher.put("/ok", good())))
        ),
    )
    outcome = read(app, number)
    assert outcome is not None
    assert (outcome.taken, len(outcome.refused), outcome.left) == (1, 9, 0)
    assert len(events(app)) == 1
    read(app, number)
    assert publisher.asked("/bad1") == publisher.asked("/missing") == 1
    assert feed(app, number).failures == 0


def test_an_alert_that_cannot_be_fetched_yet_is_asked_for_again_a_few_times(
    app: Flask, cast: Cast, publisher: Publisher
) -> None:
    for path in ("/a", "/never"):
        publisher.put(path, "busy", status=503)
    links = [publisher.server.url(path=path) for path in ("/a", "/never")]
    number = subscribe(cast.ada, publisher.index(atom(*map(entry, links)), etag='"1"'))
    read(app, number)
    publisher.put("/a", good())
    for _ in range(8):
        read(app, number)
    assert len(events(app)) == 1
    assert (publisher.asked("/a"), publisher.asked("/never")) == (2, 5)


def test_a_long_feed_is_read_in_parts(
    app: Flask, cast: Cast, publisher: Publisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "MOST_FETCHED", 3)
    links = [publisher.put(f"/{n}", good(identifier=f"N{n}")) for n in range(7)]
    number = subscribe(cast.ada, publisher.index(atom(*map(entry, links)), etag='"1"'))
    counts = []
    for _ in range(4):
        read(app, number)
        counts.append(len(events(app)))
    assert counts == [3, 6, 7, 7]
    assert all(publisher.asked(f"/{n}") == 1 for n in range(7))


def test_of_two_that_begin_at_once_one_reads(app: Flask, cast: Cast, publisher: Publisher) -> None:
    number = subscribe(cast.ada, publisher.index(atom()))
    readers = [threading.Thread(target=read, args=(app, number), kwargs={"only_due": True}) for _ in range(4)]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join()
    assert publisher.asked(INDEX) == 1


def test_the_worker_reads_what_is_due_and_nobody_waits_for_a_slow_feed(
    app: Flask, cast: Cast, publisher: Publisher
) -> None:
    subscribe(cast.ada, publisher.put("/slow", lab.silent))
    subscribe(cast.ada, publisher.index(atom()))
    paused = subscribe(cast.ada, publisher.put("/paused", atom()))
    cast.ada.post(f"/alert-feeds/{paused}/pause")
    with app.app_context():
        assert watching.read_due(app.config["SETTINGS"]) == 2
        assert watching.read_due(app.config["SETTINGS"]) == 0
    publisher.server.wait_for(2)
    assert {each.path for each in publisher.server.received} == {"/slow", INDEX}
    publisher.server.over.set()
