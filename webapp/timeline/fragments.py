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
    renamed = _renamed(entries)
    if any(renamed.values()):  # the new name stands on older entries, too
        yield refresh("board", Action.TIMELINE, "feed")
    for event_id in renamed["event"] | queries.events_of(renamed["user"]):
        yield refresh(f"event:{event_id}", Action.TIMELINE, "feed")
    yield refresh("board", Action.TIMELINE, "feed-filtered")


def _renamed(entries: Sequence[JournalEntry]) -> dict[str, set[int]]:
    """The ids of events and people that these entries gave another name, as subject or as effect."""
    found: dict[str, set[int]] = {"event": set(), "user": set()}
    for entry in entries:
        about = {f"{entry.subject_type}:{entry.subject_id}": entry.changes, **entry.effects}
        for place, changes in about.items():
            kind, _, id_ = place.partition(":")
            if kind in found and any(changes.get(name, [None])[0] for name in ("title", "name")):
                found[kind].add(int(id_))
    return found
