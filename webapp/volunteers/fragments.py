"""What changes on open pages when people come and go: the event's page, the roster, one's own page."""

from collections.abc import Iterator, Sequence

from flask import render_template

from webapp.board import counters
from webapp.journal import JournalEntry
from webapp.live.fragments import (
    EVERY_ENTRY,
    Fragment,
    follows,
    put,
    put_personal,
    refresh,
    remove,
    touched,
    upsert_card,
)
from webapp.policy import Action
from webapp.volunteers import queries, roster
from webapp.web.viewer import viewer

PERSON_CARD = "volunteers/_assignment_card.html"
ROW = "volunteers/_roster_row.html"


@follows("assignment")
def event_people(ids: frozenset[int], _entries: Sequence[JournalEntry]) -> Iterator[Fragment]:
    """The people of an event: volunteers on it see who said yes; coordinators see all who are asked."""
    for person in queries.these_people(ids):
        channel, target = f"event:{person.event_id}:team", f"assignment-{person.id}"
        if person.status in queries.SEEN_BY_TEAM:
            action = Action.ROSTER_OF_EVENT
            yield upsert_card(channel, action, "event-people", target, PERSON_CARD, person)
        elif person.status in queries.ON_EVENT_PAGE:
            yield upsert_card(channel, Action.ROSTER, "event-people", target, PERSON_CARD, person)
        else:
            yield remove(channel, Action.ROSTER_OF_EVENT, target, "event-people")


@follows("assignment")
def own_pages(ids: frozenset[int], _entries: Sequence[JournalEntry]) -> Iterator[Fragment]:
    """The page of everybody whose own assignment changed."""
    for user_id in {person.user_id for person in queries.these_people(ids)}:
        yield from _own(user_id)


@follows("event")
def pages_of_people_on_it(ids: frozenset[int], _entries: Sequence[JournalEntry]) -> Iterator[Fragment]:
    """The pages of everybody on a changed event: its title, its place, how many more are there."""
    for user_id in queries.people_on(ids):
        yield from _own(user_id)


@follows(EVERY_ENTRY)
def roster_rows(_ids: frozenset[int], entries: Sequence[JournalEntry]) -> Iterator[Fragment]:
    """The rows of everybody who acted (a sign of life), whom an entry concerns, or who changed."""
    changed = {entry.user_id for entry in entries} | {entry.actor_id for entry in entries}
    ids = {user_id for user_id in changed if user_id is not None} | touched(entries, "user")
    renamed = [e.subject_id for e in entries if e.subject_type == "event" and "title" in e.changes]
    ids |= set(queries.people_on([id_ for id_ in renamed if id_ is not None])) if renamed else set()
    for person in roster.these(ids):
        target = f"person-{person.id}"
        if person.active:
            yield upsert_card("volunteers", Action.ROSTER, "roster", target, ROW, person)
        else:
            yield remove("volunteers", Action.ROSTER, target, "roster")
    if ids:
        totals = counters.totals()
        yield put("volunteers", Action.ROSTER, "roster-states", "volunteers/_states.html", counts=totals)
        yield refresh("volunteers", Action.ROSTER, "roster-filtered")
        yield refresh("volunteers", Action.ROSTER, "roster-states-filtered")


def _own(user_id: int) -> Iterator[Fragment]:
    channel = f"user:{user_id}"
    yield put_personal(channel, Action.NOW, "now", lambda: _drawn("volunteers/_now.html"))
    yield put_personal(channel, Action.NOW, "now-actions", lambda: _drawn("volunteers/_now_actions.html"))


def _drawn(template: str) -> str:
    user_id = viewer().user_id
    standings = queries.standings(user_id) if user_id is not None else []
    return render_template(template, standings=standings).strip()
