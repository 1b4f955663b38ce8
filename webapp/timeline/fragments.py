"""New entries on open pages: the timeline, an event's own timeline; the board takes its own."""

from collections.abc import Iterator, Sequence

from webapp.journal import JournalEntry
from webapp.live.fragments import EVERY_ENTRY, Fragment, follows, refresh, upsert_card
from webapp.policy import Action
from webapp.timeline import queries

ENTRY = "timeline/_entry.html"


@follows(EVERY_ENTRY)
def new_entries(_ids: frozenset[int], entries: Sequence[JournalEntry]) -> Iterator[Fragment]:
    """Each entry once in the feed of the board, the timeline page, and its event's page."""
    for happening in reversed(queries.these([entry.seq for entry in entries])):
        target = f"entry-{happening.seq}"
        yield upsert_card("board", Action.TIMELINE, "feed", target, ENTRY, happening)
        if happening.event_id is not None:
            channel = f"event:{happening.event_id}"
            yield upsert_card(channel, Action.TIMELINE, "feed", target, ENTRY, happening)
    renamed = [entry for entry in entries if _renames(entry)]
    if renamed:  # the new name stands on older entries, too
        yield refresh("board", Action.TIMELINE, "feed")
    for event_id in {entry.subject_id for entry in renamed if entry.subject_type == "event"}:
        yield refresh(f"event:{event_id}", Action.TIMELINE, "feed")
    yield refresh("board", Action.TIMELINE, "feed-filtered")


def _renames(entry: JournalEntry) -> bool:
    before = (entry.changes.get(name, [None])[0] for name in ("title", "name"))
    return entry.subject_type in ("event", "user") and any(before)
