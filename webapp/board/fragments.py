"""What changes on the board: counts and event cards. Needs and entries are drawn by their features."""

from collections.abc import Iterator, Sequence

from webapp.board import counters, queries
from webapp.journal import JournalEntry
from webapp.live.fragments import EVERY_ENTRY, Fragment, follows, put, remove, upsert_card
from webapp.policy import Action

EVENT = "board/_event_card.html"
LIST = "board-events"
_COUNTED = tuple(f"{table}." for table in counters.COUNTED)


@follows(EVERY_ENTRY)
def counts(_ids: frozenset[int], entries: Sequence[JournalEntry]) -> Iterator[Fragment]:
    """The numbers on top, once per batch."""
    if any(entry.verb.startswith(_COUNTED) for entry in entries):
        yield put("board", Action.BOARD, "counts", "board/_counts.html", counts=counters.totals())


@follows("event")
def event_cards(ids: frozenset[int], _entries: Sequence[JournalEntry]) -> Iterator[Fragment]:
    """Each changed event's card; a closed or rejected event leaves the board."""
    for event in queries.these_events(ids):
        target = f"board-event-{event.id}"
        if event.status_rank <= 1:
            yield upsert_card("board", Action.BOARD, LIST, target, EVENT, event)
        else:
            yield remove("board", Action.BOARD, target, LIST)
