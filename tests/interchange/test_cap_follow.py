"""Rules of later messages of an alert: the newest counts, in whatever order; people's words stay."""

from itertools import permutations

import pytest
from flask import Flask

from tests.conftest import both_databases
from tests.events.making import stored, verbs, version
from tests.events.test_live import drawn, newest, the
from tests.interchange.cap import alert, alerts, events, good, info, name
from tests.interchange.conftest import Bring
from tests.people import Cast
from webapp.cap.models import Became
from webapp.events import service
from webapp.events.models import EventStatus
from webapp.journal.queries import head
from webapp.volunteers import service as volunteers

LATER, LATEST = "2026-03-01T11:00:00+01:00", "2026-03-01T12:00:00+01:00"


def update(*infos: str, references: list[str] | None = None, **values: str) -> str:
    said = infos or (info(headline="Water three metres above normal", severity="Extreme"),)
    return alert(
        *said,
        references=references or [name()],
        **({"identifier": "A2", "msgType": "Update", "sent": LATER} | values),
    )


def cancel(references: list[str] | None = None, **values: str) -> str:
    given = {"identifier": "A3", "msgType": "Cancel", "sent": LATEST, "note": "The wind has turned."}
    return alert(references=references or [name()], **(given | values))


@both_databases
def test_an_update_changes_the_same_event(app: Flask, bring: Bring) -> None:
    assert "1 updated" in bring(good(), update())
    [event] = events(app)
    assert (event.title, event.severity, event.priority) == ("Water three metres above normal", "Extreme", 1)
    assert verbs(app, event.id) == ["event.reported", "event.source_updated"]
    assert event.status is EventStatus.PENDING


def test_what_a_person_changed_stays(app: Flask, cast: Cast, bring: Bring) -> None:
    bring(good())
    [event] = events(app)
    cast.ada.post(
        f"/events/{event.id}/edit",
        {"title": "Harbour flooded", "priority": "4", "category": "Met", "version": version(app, event.id)},
    )
    moved = "<area><areaDesc>Old town</areaDesc><circle>55.7,12.5 1</circle></area>"
    bring(update(info(headline="New", severity="Extreme", description="Now.", area=moved)))
    after = stored(app, event.id)
    assert (after.title, after.priority) == ("Harbour flooded", 4)
    assert (after.description, after.latitude, after.place_name) == ("Now.", 55.7, "Old town")


def test_of_a_position_both_numbers_or_none_are_taken_over(app: Flask, cast: Cast, bring: Bring) -> None:
    bring(good())
    [event] = events(app)
    with app.app_context():
        service.edit_event(
            cast.ada.actor, event_id=event.id, seen_version=None, latitude=55.0, longitude=12.6
        )
    bring(update(info(area="<area><areaDesc>Old town</areaDesc><circle>1,2 1</circle></area>")))
    after = stored(app, event.id)
    assert (after.latitude, after.longitude, after.place_name) == (55.0, 12.6, "Old town")


@both_databases
def test_an_update_that_comes_first_makes_the_event_and_the_older_alert_changes_nothing(
    app: Flask, bring: Bring
) -> None:
    bring(update())
    [event] = events(app)
    late = bring(good())
    assert ("0 already known" in late, "a newer one was here" in late) == (True, True)
    assert "1 already known" in bring(good())
    assert [each.id for each in events(app)] == [event.id]
    assert stored(app, event.id).title == "Water three metres above normal"
    assert {row.identifier: row.became for row in alerts(app)} == {"A1": Became.OLDER, "A2": Became.EVENT}
    assert {row.event_id for row in alerts(app)} == {event.id}


def test_three_messages_in_any_order_end_alike(app: Flask, bring: Bring) -> None:
    last = update(
        info(headline="Four metres"), identifier="A4", sent=LATEST, references=[name(), name("A2", LATER)]
    )
    bring(last, good(), update())
    [event] = events(app)
    assert event.title == "Four metres"


def test_a_reference_in_another_zone_finds_its_message(app: Flask, bring: Bring) -> None:
    bring(good(), update(references=[name(sent="2026-03-01T09:00:00-00:00")]))
    assert len(events(app)) == 1


@both_databases
def test_a_cancelled_report_is_rejected(app: Flask, cast: Cast, bring: Bring) -> None:
    assert "1 cancelled" in bring(good(), cancel())
    [event] = events(app)
    assert (event.status, event.closing_note) == (EventStatus.REJECTED, "Cancelled by its sender.")
    page = cast.ada.get(f"/events/{event.id}").get_data(as_text=True)
    assert "Its sender cancelled this alert." in page
    assert "The wind has turned." in page
    assert "Leave the quays." in page


def test_cancelling_does_not_end_what_people_work_on(app: Flask, cast: Cast, bring: Bring) -> None:
    bring(good())
    [event] = events(app)
    with app.app_context():
        service.verify(cast.ada.actor, event_id=event.id)
        volunteers.join(cast.sam.actor, event_id=event.id)
    bring(cancel())
    after = stored(app, event.id)
    assert (after.status, after.people_expected) == (EventStatus.ACTIVE, 1)
    assert verbs(app, event.id)[-1] == "event.source_cancelled"
    for person in (cast.ada, cast.sam):
        page = person.get(f"/events/{event.id}").get_data(as_text=True)
        assert "Its sender cancelled this alert." in page
    assert "passed on that its sender cancelled the alert" in cast.vic.get("/timeline").get_data(as_text=True)


def test_an_update_after_the_cancellation_is_shown_again(app: Flask, cast: Cast, bring: Bring) -> None:
    bring(good())
    [event] = events(app)
    with app.app_context():
        service.verify(cast.ada.actor, event_id=event.id)
    bring(cancel(), update(sent="2026-03-01T13:00:00+01:00", references=[name(), name("A3", LATEST)]))
    assert stored(app, event.id).title == "Water three metres above normal"
    page = cast.ada.get(f"/events/{event.id}").get_data(as_text=True)
    assert "Its sender cancelled" not in page


def test_an_alert_whose_cancellation_came_first_is_no_event(app: Flask, bring: Bring) -> None:
    assert "1 cancelled" in bring(cancel())
    assert "1 cancelled" in bring(good())
    assert events(app) == []


def test_an_event_that_is_over_is_not_changed(app: Flask, cast: Cast, bring: Bring) -> None:
    bring(good())
    [event] = events(app)
    with app.app_context():
        service.reject(cast.ada.actor, event_id=event.id, reason="An old one")
    late = bring(update())
    assert ("0 already known" in late, "the event is over" in late) == (True, True)
    assert stored(app, event.id).title == "Water two metres above normal"
    assert verbs(app, event.id) == ["event.reported", "event.rejected", "cap.received"]


def test_nobody_changes_the_alert_of_another_sender(app: Flask, bring: Bring) -> None:
    bring(good())
    for document in (cancel(sender="prankster@web.example"), update(sender="prankster@web.example")):
        assert "nobody may change the alert of another" in bring(document)
    [event] = events(app)
    assert (event.status, event.title) == (EventStatus.PENDING, "Water two metres above normal")


def test_a_message_that_joins_two_alerts_cancels_both(app: Flask, bring: Bring) -> None:
    bring(good(), good(identifier="B1"), cancel(references=[name(), name("B1")]))
    assert [event.status for event in events(app)] == [EventStatus.REJECTED] * 2


def test_the_alert_on_open_pages_becomes_what_a_fresh_page_shows(
    app: Flask, cast: Cast, bring: Bring
) -> None:
    bring(alert(info("da-DK", headline="Vandet står højt"), info()))
    with app.app_context():
        service.verify(cast.ada.actor, event_id=1)
    for document in (update(info("da-DK", headline="Vandet stiger"), info()), cancel()):
        with app.app_context():
            seen = head()
        bring(document)
        with app.app_context():
            fragment = the(newest(seen), "event:1", "event-alert")
            texts = {person.id: drawn(fragment, person) for person in (cast.ada, cast.sam)}
        for person in (cast.ada, cast.sam):
            assert texts[person.id] in person.get("/events/1").get_data(as_text=True)
        assert "Vandet stiger" in texts[cast.sam.id]


def test_a_message_that_refers_to_itself_or_twice_to_another_is_one_message(app: Flask, bring: Bring) -> None:
    assert "1 imported" in bring(alert(info(), references=[name(), name("A0"), name("A0")])).replace(
        "alerts ", ""
    )
    assert len(alerts(app)) == 2
    assert "refers to no message" in bring(update(references=[name("A2", LATER)]))


def test_a_late_cancellation_ends_each_alert_that_nothing_newer_speaks_of(app: Flask, bring: Bring) -> None:
    newer = update(sent="2026-03-01T13:00:00+01:00")
    bring(good(), good(identifier="B1"), newer, cancel(references=[name(), name("B1")]))
    first, second = events(app)
    assert (first.status, first.title) == (EventStatus.PENDING, "Water three metres above normal")
    assert (second.status, second.closing_note) == (EventStatus.REJECTED, "Cancelled by its sender.")


def test_an_update_that_joins_two_alerts_leaves_a_line_on_the_other(
    app: Flask, cast: Cast, bring: Bring
) -> None:
    bring(good(), good(identifier="B1"), update(references=[name(), name("B1")]))
    first, second = events(app)
    assert verbs(app, second.id) == ["event.reported", "event.source_joined"]
    feed = cast.ada.get("/timeline").get_data(as_text=True)
    assert f'joined the alert to another: {first.title} <a href="/events/{first.id}">' in feed


def test_an_expired_alert_says_on_its_event_that_it_is_over(app: Flask, cast: Cast, bring: Bring) -> None:
    bring(alert(info(expires="2026-03-02T10:00:00+01:00")))
    [event] = events(app)
    assert "This alert is over" in cast.ada.get(f"/events/{event.id}").get_data(as_text=True)


def test_what_a_cancellation_names_and_never_came_makes_no_event_later(app: Flask, bring: Bring) -> None:
    west, east = name(), name("B1")
    bring(good(), update(), cancel([west, east], sent="2026-03-01T10:30:00+01:00"))
    bring(good(identifier="B1"))
    [event] = events(app)
    assert event.title == "Water three metres above normal"
    assert event.status is EventStatus.PENDING


# A Cancel that comes before the news rejects the report; news of a rejected one are kept: people decide.
@pytest.mark.parametrize("order", [it for it in permutations(range(4)) if it.index(2) < it.index(3)])
def test_a_late_cancellation_ends_what_nothing_newer_speaks_of_in_any_order(
    app: Flask, bring: Bring, order: tuple[int, ...]
) -> None:
    """Two alerts, news of the first, and a Cancel of both that was sent before those news."""
    west, east = name(), name("B1")
    sent = [
        good(),
        good(identifier="B1"),
        update(),
        cancel([west, east], sent="2026-03-01T10:30:00+01:00"),
    ]
    bring(*(sent[place] for place in order))
    standing = [event for event in events(app) if event.status is EventStatus.PENDING]
    assert [event.title for event in standing] == ["Water three metres above normal"]


def test_a_cancellation_stands_on_the_page_of_the_alert_that_it_ends(
    app: Flask, cast: Cast, bring: Bring
) -> None:
    newer = update(sent="2026-03-01T13:00:00+01:00")
    bring(good(), good(identifier="B1"), newer, cancel(references=[name(), name("B1")]))
    pages = [cast.ada.get(f"/events/{event.id}").get_data(as_text=True) for event in events(app)]
    assert ["Its sender cancelled this alert." in page for page in pages] == [False, True]


def test_an_alert_that_comes_after_its_cancellation_is_never_pending(app: Flask, bring: Bring) -> None:
    newer = update(sent="2026-03-01T13:00:00+01:00")
    bring(good(), newer, cancel(references=[name(), name("B1")]), good(identifier="B1"))
    assert [(each.status, each.title) for each in events(app)] == [
        (EventStatus.PENDING, "Water three metres above normal")
    ]


@both_databases
@pytest.mark.parametrize("turned", [False, True])
def test_a_newer_alert_is_not_lost_to_a_cancellation_that_came_first(
    app: Flask, bring: Bring, turned: bool
) -> None:
    both = [good(), update(sent="2026-03-01T13:00:00+01:00")]
    bring(cancel(references=[name(), name("B1")]), *(reversed(both) if turned else both))
    assert [(each.status, each.title) for each in events(app)] == [
        (EventStatus.PENDING, "Water three metres above normal")
    ]
