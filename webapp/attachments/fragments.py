"""Files on open event pages, as they are added and removed."""

from collections.abc import Iterator, Sequence

from webapp.attachments import queries
from webapp.journal import JournalEntry
from webapp.live.fragments import Fragment, follows, remove, upsert_card
from webapp.policy import Action

CARD = "attachments/_file_card.html"
LIST = "event-files"


@follows("attachment")
def event_files(ids: frozenset[int], entries: Sequence[JournalEntry]) -> Iterator[Fragment]:
    """Each changed file on its event's page; of an event that is not active, coordinators alone learn."""
    there = {card.id: card for card in queries.these(ids)}
    for card in there.values():
        action = Action.EVENT_VIEW if card.event_active else Action.TIMELINE
        yield upsert_card(f"event:{card.event_id}", action, LIST, f"file-{card.id}", CARD, card)
    for entry in entries:
        if entry.verb == "attachment.removed" and entry.subject_id not in there:
            target = f"file-{entry.subject_id}"
            yield remove(f"event:{entry.event_id}", Action.EVENT_VIEW, target, LIST)
