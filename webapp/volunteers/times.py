"""The times of a presence: asking whether it goes on, and setting them right afterwards."""

from datetime import datetime, timedelta
from typing import NamedTuple

from flask_babel import gettext as _
from sqlalchemy import select

from webapp import journal, policy
from webapp.accounts.models import User
from webapp.database import utc_now
from webapp.errors import Conflict, Invalid, NotFound
from webapp.events.models import Event
from webapp.extensions import db
from webapp.jobs.ticking import every
from webapp.journal import SYSTEM, Actor, JournalEntry
from webapp.journal.plain import plain
from webapp.policy import Action
from webapp.settings import Settings
from webapp.volunteers import hours, moving
from webapp.volunteers.models import PRESENT, Assignment, AssignmentStatus
from webapp.web.times import local_time

LONGEST_REASON = 300  # characters
LOOK_EVERY = 60.0  # seconds
_AT_ONCE = 200  # presences of one look
CORRECTED = "assignment.corrected"
# So long, and so many, a person reads on their own page.
_TOLD_FOR = timedelta(days=14)
_TOLD = 5


@journal.command
def still_there(actor: Actor, *, assignment_id: int) -> Assignment:
    """Say of somebody who is checked in that they are there still; they are asked again after another span.

    Raises `Conflict` unless they are checked in.
    """
    event, assignment = _locked(actor, Action.ASSIGNMENT_OWN, assignment_id)
    if assignment.status is not AssignmentStatus.CHECKED_IN:
        raise Conflict(_("Only who is checked in can still be there."))
    assignment.confirmed_at, assignment.overdue_at = utc_now(), None
    moving.tell("still_there", assignment, event)
    return assignment


@journal.command
def correct(
    actor: Actor,
    *,
    assignment_id: int,
    checked_in_at: datetime | None,
    checked_out_at: datetime | None,
    reason: str,
    seen_version: int | None,
) -> Assignment:
    """Set both times of a presence right, also after its event was closed; of one that goes on, the first.

    The person finds it in what happened to them. Raises `Invalid` for times that cannot be and without a
    reason, `Conflict` for somebody who never checked in and for a time that the person spent elsewhere,
    `StaleVersion`.
    """
    event, assignment = _locked(actor, Action.ASSIGNMENT_MANAGE, assignment_id)
    journal.require_version(assignment, seen_version)
    if assignment.checked_in_at is None:
        raise Conflict(_("Nobody checked in here, so there are no times to correct."))
    going_on = assignment.status in PRESENT
    wrong = _wrong(checked_in_at, checked_out_at, reason, going_on=going_on)
    if checked_in_at is None or wrong:
        raise Invalid(" ".join(wrong.values()), fields=wrong)
    end = checked_out_at or utc_now()
    require_order(checked_in_at, end, begin_field="checked_in_at", end_field="checked_out_at")
    _require_alone(assignment, checked_in_at, end)
    before = {"was_in": assignment.checked_in_at, "was_out": assignment.checked_out_at}
    assignment.checked_in_at = checked_in_at
    if not going_on:
        assignment.checked_out_at = checked_out_at
    assignment.overdue_at = None
    now = {"checked_in": checked_in_at, "checked_out": checked_out_at}
    said = {name: plain(moment) for name, moment in (before | now).items()}
    moving.tell("corrected", assignment, event, reason=reason.strip(), **said)
    return assignment


def require_order(
    start: datetime | None, end: datetime, *, begin_field: str = "", end_field: str = "left_at"
) -> None:
    """Refuse an end before the start, and moments that are still to come. Raises `Invalid`."""
    now = utc_now()
    if begin_field and start is not None and start > now:
        raise _refused(begin_field, _("This is still to come."))
    if end > now:
        raise _refused(end_field, _("This is still to come."))
    if start is not None and end < start:
        message = _("This is before the check-in at %(time)s.", time=local_time(start))
        raise _refused(end_field, message)


@every(LOOK_EVERY)
def tell_overdue(_settings: Settings) -> int:
    """Have open pages show who became overdue: an entry for each, once. Gives how many.

    Whether somebody is overdue hangs on the clock alone (`hours`); without this look it would be seen when
    a page is next loaded.
    """
    due = select(Assignment.id).where(hours.is_overdue(), Assignment.overdue_at.is_(None))
    ids = db.session.execute(due.order_by(Assignment.id).limit(_AT_ONCE)).scalars().all()
    db.session.rollback()
    return sum(bool(_mark_overdue(SYSTEM, assignment_id=id_)) for id_ in ids)


@journal.command
def _mark_overdue(actor: Actor, *, assignment_id: int) -> Assignment | None:
    event, assignment = _locked(actor, None, assignment_id)
    now = utc_now()
    if assignment.overdue_at is not None or not hours.presence(assignment).overdue(assignment.status, now):
        return None
    assignment.overdue_at = now
    moving.tell("overdue", assignment, event)
    return assignment


class Correction(NamedTuple):
    """What was corrected of one's own times, and why."""

    title: str
    checked_in: datetime
    checked_out: datetime | None
    reason: str
    at: datetime


def corrections(user_id: int) -> list[Correction]:
    """What was corrected of the person's times of late, the newest first."""
    of = JournalEntry
    statement = (
        select(of.facts, of.at)
        .where(of.user_id == user_id, of.verb == CORRECTED, of.at > utc_now() - _TOLD_FOR)
        .order_by(of.seq.desc())
        .limit(_TOLD)
    )
    return [
        Correction(
            facts["title"],
            datetime.fromisoformat(facts["checked_in"]),
            datetime.fromisoformat(facts["checked_out"]) if facts["checked_out"] else None,
            facts["reason"],
            at,
        )
        for facts, at in db.session.execute(statement)
    ]


def _locked(actor: Actor, action: Action | None, assignment_id: int) -> tuple[Event, Assignment]:
    """The event, whatever became of it, and the assignment, both locked, once the actor may do this."""
    of = Assignment
    where = db.session.execute(select(of.user_id, of.event_id).where(of.id == assignment_id)).first()
    if where is None:
        raise NotFound("There is nothing here, or it is not yours to see.")
    if action is not None:
        policy.require(actor, Action.ASSIGNMENT_VIEW, where)
        policy.require(actor, action, where)
    event = db.session.get_one(Event, where.event_id, with_for_update=True)
    return event, db.session.get_one(Assignment, assignment_id, with_for_update=True)


def _wrong(
    checked_in_at: datetime | None, checked_out_at: datetime | None, reason: str, *, going_on: bool
) -> dict[str, str]:
    """What is missing or too much, by field."""
    wrong: dict[str, str] = {}
    if checked_in_at is None:
        wrong["checked_in_at"] = _("Say when the person came.")
    if checked_out_at is None and not going_on:
        wrong["checked_out_at"] = _("Say when the person left.")
    if checked_out_at is not None and going_on:
        wrong["checked_out_at"] = _("The person is checked in still. Check them out, and say when they left.")
    if not reason.strip():
        wrong["reason"] = _("Say why: the person reads it.")
    elif len(reason.strip()) > LONGEST_REASON:
        wrong["reason"] = _("Use at most %(most)s characters.", most=LONGEST_REASON)
    return wrong


def _require_alone(assignment: Assignment, start: datetime, end: datetime) -> None:
    """Refuse times at which the person was elsewhere, where they can be at one event only. `Conflict`."""
    user: User = moving.lock_user(assignment.user_id)
    if not moving.one_at_a_time():
        return
    other = hours.other_presence(assignment, start, end)
    if other is not None:
        event = db.session.get_one(Event, other.event_id)
        raise Conflict(
            _(
                "%(who)s was at “%(title)s” from %(time)s. Correct that first.",
                who=moving.first_name(user.name),
                title=event.title,
                time=local_time(other.checked_in_at),
            )
        )


def _refused(field: str, message: str) -> Invalid:
    return Invalid(message, fields={field: message})
