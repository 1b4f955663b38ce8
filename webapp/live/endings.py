"""Which open sockets an entry ends: signed out, demoted, deactivated, off the team, event not active.

Rights are checked when a page subscribes. What takes a right away later is an entry, and its sockets
close with a code that tells the page what to do: sign in (4401), load anew (4403), or subscribe again
and be checked again (1012).
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from webapp.events.models import EventStatus
from webapp.journal import JournalEntry, Role
from webapp.live.connection import Subscription
from webapp.volunteers.models import EXPECTED
from webapp.web.viewer import Audience

SIGNED_OUT = 4401
CHANGED = 4403
AGAIN = 1012

_TOKENS_OVER = frozenset({"token.revoked", "token.reused"})
_OUT = frozenset({"user.deactivated", "user.erased"})


@dataclass(frozen=True, slots=True)
class Ending:
    """Sockets that must close: those that match, with this code."""

    seq: int
    code: int
    reason: str
    matches: Callable[[Subscription], bool]


def of(entries: Sequence[JournalEntry]) -> Iterator[Ending]:
    """What these entries end."""
    for entry in entries:
        if entry.verb == "session.ended":
            session = str(entry.facts.get("session"))
            yield Ending(entry.seq, SIGNED_OUT, "signed out", _of_session(session))
        elif entry.verb in _TOKENS_OVER:
            yield Ending(
                entry.seq, SIGNED_OUT, "signed out", _of_session(f"family:{entry.facts.get('family')}")
            )
        elif entry.verb in _OUT:
            yield Ending(entry.seq, SIGNED_OUT, "signed out", _of_person(_person(entry)))
        elif entry.verb == "user.role_changed":
            yield Ending(entry.seq, CHANGED, "role changed", _of_person(_person(entry)))
        elif _left_team(entry):
            yield Ending(entry.seq, AGAIN, "subscribe again", _on_team(entry.event_id, entry.user_id))
        elif _went_out_of_sight(entry):
            yield Ending(entry.seq, AGAIN, "subscribe again", _volunteers_at(entry.subject_id))


def _person(entry: JournalEntry) -> int | None:
    return entry.subject_id if entry.subject_type == "user" and entry.subject_id else entry.user_id


def _left_team(entry: JournalEntry) -> bool:
    status = entry.changes.get("status")
    return entry.subject_type == "assignment" and status is not None and status[1] not in EXPECTED


def _went_out_of_sight(entry: JournalEntry) -> bool:
    """Volunteers see active events, and those that they reported."""
    status = entry.changes.get("status")
    return entry.subject_type == "event" and status is not None and status[1] != EventStatus.ACTIVE


def _of_session(session_id: str) -> Callable[[Subscription], bool]:
    return lambda subscription: subscription.session_id == session_id


def _of_person(user_id: int | None) -> Callable[[Subscription], bool]:
    return lambda subscription: subscription.user_id == user_id


def _on_team(event_id: int | None, user_id: int | None) -> Callable[[Subscription], bool]:
    channel = f"event:{event_id}:team"
    return lambda subscription: subscription.user_id == user_id and channel in subscription.channels


def _volunteers_at(event_id: int | None) -> Callable[[Subscription], bool]:
    channels = {f"event:{event_id}", f"event:{event_id}:team"}

    def matches(subscription: Subscription) -> bool:
        audience = subscription.audience
        is_volunteer = isinstance(audience, Audience) and audience.role is Role.SUV
        return is_volunteer and not channels.isdisjoint(subscription.channels)

    return matches
