"""The journal over the API: read on from what was handled, or one event's story."""

from webapp.accounts.identity import current_actor
from webapp.api.operation import operation
from webapp.api.schemas import following
from webapp.events import queries as events
from webapp.policy import Action, require
from webapp.timeline import queries, sentences
from webapp.timeline.queries import Happening
from webapp.timeline.schemas import EntryOut, EntryPage, JournalQuery, TimelineQuery

TAG = "Journal"


@operation("GET", "/journal", Action.TIMELINE, tag=TAG, gives=EntryPage)
def read_journal(query: JournalQuery) -> EntryPage:
    """What happened after `after`, oldest first: a program that keeps the last `seq` misses nothing.

    Entries about ways in (sessions, codes, tokens) are not among them, so the numbers have gaps.
    """
    rows = queries.following(int(query.after), query.limit + 1)
    found, further = following(rows, query.limit, lambda entry: entry.seq)
    return EntryPage(items=[_shown(entry) for entry in found], next=further)


@operation("GET", "/events/<int:event_id>/timeline", Action.TIMELINE, tag=TAG, gives=EntryPage)
def show_timeline(event_id: int, query: TimelineQuery) -> EntryPage:
    """What happened on an event, newest first."""
    event = events.event(event_id)
    require(current_actor(), Action.EVENT_VIEW, event)
    rows = queries.of_event(event.id, query.limit + 1, query.row)
    found, further = following(rows, query.limit, lambda entry: entry.seq)
    return EntryPage(items=[_shown(entry) for entry in found], next=further)


def _shown(entry: Happening) -> EntryOut:
    values = {name: getattr(entry, name) for name in EntryOut.model_fields if name not in ("text", "changed")}
    return EntryOut(**values, text=sentences.sentence(entry), changed=list(entry.changed))
