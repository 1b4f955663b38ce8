"""What changes on an event's page when its sender says something new."""

from collections.abc import Iterator, Sequence

from webapp.cap import queries
from webapp.events import queries as events
from webapp.events.models import EventStatus
from webapp.journal import JournalEntry
from webapp.live.fragments import Fragment, follows, put
from webapp.policy import Action


@follows("event")
def alerts(ids: frozenset[int], _entries: Sequence[JournalEntry]) -> Iterator[Fragment]:
    """The alert on the page of each changed event that came by CAP."""
    for it in queries.shown(events.heads(ids)):
        action = Action.TIMELINE if it.event.status is EventStatus.RESOLVED else Action.EVENT_VIEW
        yield put(f"event:{it.event.id}", action, "event-alert", "cap/_alert.html", alert=it)
