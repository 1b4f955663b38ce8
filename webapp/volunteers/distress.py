"""A call for help by a person in the field: told to the coordinators at once.

A call may never be swallowed as the repetition of an older one, so it carries no remembered command: one
person's calls within `ONE_CALL` are one call, whatever page they came from, and any later one is new.
"""

from datetime import datetime, timedelta

from webapp import journal
from webapp.accounts.models import User
from webapp.database import utc_now
from webapp.errors import Forbidden
from webapp.events.models import Event
from webapp.extensions import db
from webapp.journal import Actor, JournalEntry, Journalled
from webapp.messages import service as messages
from webapp.messages.models import Message
from webapp.volunteers import moving, queries
from webapp.volunteers.models import Assignment

VERB = "assignment.distress"
# A double tap, a retry, a second frightened tap: seconds apart.
ONE_CALL = timedelta(minutes=1)


@journal.command
def call_for_help(actor: Actor) -> None:
    """Tell the coordinators that this person needs help, with the event that they are at."""
    if actor.user_id is None:
        raise Forbidden("Sign in first. In danger call 112 or 911.")
    user = moving.lock_user(actor.user_id)
    if not _just_called(user.id):
        _tell(actor, user, "", None)


@journal.command
def call_from_phone(
    actor: Actor, *, text: str, position: tuple[float, float] | None, event_id: int | None
) -> Message | None:
    """The same from the person's paired phone, with what they wrote and where they are.

    The phone gives each call an id of its own, so that none is merged with another. ``event_id`` is not
    asked for: where the person is checked in says more.
    """
    if actor.user_id is None:
        raise Forbidden("Sign in first. In danger call 112 or 911.")
    return _tell(actor, moving.lock_user(actor.user_id), text.strip(), position)


def _tell(actor: Actor, user: User, text: str, position: tuple[float, float] | None) -> Message | None:
    """The entry that everybody on duty sees, and the message that goes to each coordinator's devices."""
    standing = queries.standing(user.id)
    event = db.session.get(Event, standing.event_id) if standing else None
    subject: Journalled = (db.session.get(Assignment, standing.id) if standing else None) or user
    name = moving.first_name(user.name)
    journal.append(
        VERB,
        subject,
        event_id=event.id if event else None,
        user_id=user.id,
        person=name,
        title=event.title if event else None,
        place=event.place_name if event else None,
        meeting_point=standing.meeting_point if standing else None,
    )
    where = f"“{event.title}”" if event else None
    words = [f"{name} needs help", f"at {where}" if where else "", f": {text}" if text else "."]
    message: Message | None = messages.call_for_help(
        actor,
        body=" ".join(words[:2]).strip() + words[2],
        event_id=event.id if event else None,
        position=position,
    )
    return message


def last_call(user_id: int) -> datetime | None:
    """When the person last called for help."""
    statement = (
        db.select(JournalEntry.at)
        .where(JournalEntry.user_id == user_id, JournalEntry.verb == VERB)
        .order_by(JournalEntry.seq.desc())
    )
    return db.session.execute(statement.limit(1)).scalar_one_or_none()


def _just_called(user_id: int) -> bool:
    called = last_call(user_id)
    return called is not None and called > utc_now() - ONE_CALL
