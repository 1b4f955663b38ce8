"""What a changed event changes on open pages: its head, and its card in the list of events."""

from collections.abc import Iterator, Sequence

from webapp.events import queries
from webapp.events.models import EventStatus
from webapp.journal import JournalEntry
from webapp.live.fragments import Fragment, follows, put, refresh, upsert_card
from webapp.policy import Action

CARD = "events/_card.html"
LIST = "events-list"
FILTERED = "events-filtered"


@follows("event")
def event_heads(ids: frozenset[int], entries: Sequence[JournalEntry]) -> Iterator[Fragment]:
    """The head of each changed event's page.

    Volunteers on the page learn that it was closed; what coordinators change after that is not for them.
    """
    told = {entry.event_id for entry in entries if entry.verb == "event.closed"}
    for event in queries.heads(ids):
        over = event.status is EventStatus.RESOLVED and event.id not in told
        action = Action.TIMELINE if over else Action.EVENT_VIEW
        yield put(f"event:{event.id}", action, "event-head", "events/_head.html", event=event)


@follows("event")
def listed_cards(ids: frozenset[int], _entries: Sequence[JournalEntry]) -> Iterator[Fragment]:
    """Each changed event's card in the unfiltered list; a filtered list loads again."""
    for event in queries.these(ids):
        yield upsert_card("board", Action.BOARD, LIST, f"event-{event.id}", CARD, event)
    yield refresh("board", Action.BOARD, FILTERED)
