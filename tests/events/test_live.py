"""Rules of events' live fragments: they equal what a fresh page shows, and reach only who may see them."""

from collections.abc import Sequence

from flask import Flask

from tests.events.making import opened, reported
from tests.people import Cast, Person
from webapp.accounts import service as accounts
from webapp.events import service
from webapp.journal import JournalEntry
from webapp.journal.queries import after, head
from webapp.live import fragments
from webapp.live.fragments import Fragment, Kind
from webapp.policy import may
from webapp.web.viewer import Audience, drawing_for


def newest(seen: int) -> list[Fragment]:
    """What the entries after ``seen`` change."""
    entries: Sequence[JournalEntry] = after(seen, 100)
    return fragments.of(entries)


def drawn(fragment: Fragment, person: Person) -> str:
    """The fragment as the person's audience gets it."""
    audience = Audience(person.role, "en", "UTC")
    assert fragment.draw is not None
    with drawing_for(audience):
        return fragment.draw()


def the(found: list[Fragment], channel: str, target: str) -> Fragment:
    """The one fragment for this place."""
    (fragment,) = [f for f in found if f.place == (channel, target)]
    return fragment


def test_a_live_head_equals_that_of_a_fresh_page(app: Flask, cast: Cast) -> None:
    event = opened(app, cast.ada, latitude=1.0, longitude=2.0, description="Two\nlines")
    with app.app_context():
        seen = head()
        service.edit_event(cast.vic.actor, event_id=event, seen_version=None, title="Flood & fire")
        fragment = the(newest(seen), f"event:{event}", "event-head")
        texts = {person.id: drawn(fragment, person) for person in (cast.ada, cast.vic, cast.sam)}
    for person in (cast.ada, cast.vic, cast.sam):
        page = person.get(f"/events/{event}").get_data(as_text=True)
        assert texts[person.id] in page
    assert "/close" in texts[cast.ada.id]
    assert "/close" not in texts[cast.vic.id]


def test_a_live_card_equals_that_of_a_fresh_list(app: Flask, cast: Cast) -> None:
    with app.app_context():
        seen = head()
    event = opened(app, cast.ada, title="Flood")
    with app.app_context():
        fragment = the(newest(seen), "board", f"event-{event}")
        text = drawn(fragment, cast.vic)
    assert (fragment.kind, fragment.list_id) == (Kind.UPSERT, "events-list")
    assert text in cast.vic.get("/events").get_data(as_text=True)


def test_filtered_lists_load_again(app: Flask, cast: Cast) -> None:
    with app.app_context():
        seen = head()
    opened(app, cast.ada)
    with app.app_context():
        assert the(newest(seen), "board", "events-filtered").kind is Kind.REFRESH
    assert 'id="events-filtered"' in cast.vic.get("/events?priority=1").get_data(as_text=True)


def test_cards_of_reports_are_for_coordinators(app: Flask, cast: Cast) -> None:
    with app.app_context():
        seen = head()
    event = reported(app, cast.sam)
    with app.app_context():
        fragment = the(newest(seen), "board", f"event-{event}")
    assert may(cast.vic.actor, fragment.action)
    assert not may(cast.sue.actor, fragment.action)


def test_volunteers_learn_that_it_closed_and_nothing_after_that(app: Flask, cast: Cast) -> None:
    event = opened(app, cast.ada, description="Yard")
    with app.app_context():
        seen = head()
        service.close(cast.ada.actor, event_id=event, note="Not for volunteers")
        closing = the(newest(seen), f"event:{event}", "event-head")
        assert may(cast.sam.actor, closing.action)
        assert "Not for volunteers" not in drawn(closing, cast.sam)
        assert "Not for volunteers" in drawn(closing, cast.vic)
        seen = head()
        service.edit_event(cast.ada.actor, event_id=event, seen_version=None, description="Later words")
        edited = the(newest(seen), f"event:{event}", "event-head")
        assert not may(cast.sam.actor, edited.action)
        assert may(cast.vic.actor, edited.action)


def test_feeds_follow_a_renamed_person_and_a_renamed_event(app: Flask, cast: Cast) -> None:
    event, other = reported(app, cast.vic), opened(app, cast.ada)
    with app.app_context():
        seen = head()
        profile = accounts.Profile(name="Victoria", email="vic@example.org", phone=None)
        accounts.edit_profile(cast.vic.actor, user_id=cast.vic.id, seen_version=None, profile=profile)
        assert _feeds_again(newest(seen)) == {"board", f"event:{event}"}
        seen = head()
        service.edit_event(cast.vic.actor, event_id=other, seen_version=None, title="Renamed")
        assert _feeds_again(newest(seen)) == {"board", f"event:{other}"}


def _feeds_again(found: list[Fragment]) -> set[str]:
    return {each.channel for each in found if (each.kind, each.target) == (Kind.REFRESH, "feed")}
