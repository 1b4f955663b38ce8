"""How an assignment moves on: its status table, its times, and what follows from it.

Callers hold the event's row lock. Locks are taken in the order event, assignment, user, everywhere.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from flask import current_app
from flask_babel import gettext as _

from webapp import journal
from webapp.accounts.models import User, UserStatus
from webapp.database import utc_now
from webapp.errors import Conflict, NotFound
from webapp.events.models import Event
from webapp.extensions import db
from webapp.journal import Actor
from webapp.volunteers.models import (
    ASSIGNMENT_TRANSITIONS,
    EXPECTED,
    OPEN,
    PRESENT,
    Assignment,
    AssignmentStatus,
)


class Elsewhere(Conflict):
    """The person is checked in at another event. Facts: ``title``, ``event_id``, ``assignment_id``."""

    name = "Elsewhere"
    told = ("title", "event_id", "assignment_id")


def move(
    event: Event, assignment: Assignment, wanted: AssignmentStatus, left_at: datetime | None = None
) -> None:
    """Give the assignment its next status, with all that hangs on it.

    The event's numbers of people and the person's own status follow. ``left_at`` is when a presence that
    ends ended; now, unless somebody said. Raises `WrongTransition`.
    """
    before = assignment.status
    ASSIGNMENT_TRANSITIONS.require(before, wanted)
    assignment.status = wanted
    _stamp(assignment, before, wanted, left_at)
    count(event, before, wanted)
    if (before in EXPECTED) != (wanted in EXPECTED):
        follow(assignment.user_id)


def begin(event: Event, assignment: Assignment) -> None:
    """Add a new assignment in the status that it was made with, with all that hangs on it."""
    db.session.add(assignment)
    db.session.flush()
    count(event, None, assignment.status)
    if assignment.status in EXPECTED:
        assignment.accepted_at = utc_now()
        follow(assignment.user_id)


def count(event: Event, before: AssignmentStatus | None, after: AssignmentStatus) -> None:
    """Keep the event's numbers of people who are expected and who are checked in."""
    event.people_expected += (after in EXPECTED) - (before in EXPECTED)
    here = AssignmentStatus.CHECKED_IN
    event.people_checked_in += (after is here) - (before is here)


def follow(user_id: int) -> None:
    """Derive whether the person is assigned; ``unavailable`` is the person's own word and stays."""
    db.session.flush()
    user = lock_user(user_id)
    if user.status is UserStatus.UNAVAILABLE:
        return
    engaged = db.select(Assignment.id).where(Assignment.user_id == user_id, Assignment.status.in_(EXPECTED))
    found = db.session.execute(engaged.limit(1)).first() is not None
    user.status = UserStatus.ASSIGNED if found else UserStatus.AVAILABLE


def lock_user(user_id: int) -> User:
    """The person, their row locked until the command ends. Raises `NotFound`."""
    user = db.session.get(User, user_id, with_for_update=True)
    if user is None:
        raise NotFound("There is no such person.")
    return user


def open_at(event_id: int, user_ids: Iterable[int]) -> dict[int, Assignment]:
    """The open assignments of these people at an event, by person, their rows locked."""
    statement = (
        db.select(Assignment)
        .where(Assignment.event_id == event_id, Assignment.user_id.in_(user_ids), Assignment.status.in_(OPEN))
        .order_by(Assignment.id)
        .with_for_update()
    )
    return {row.user_id: row for row in db.session.execute(statement).scalars()}


def one_at_a_time() -> bool:
    """Whether this installation lets a person be checked in at one event only."""
    return bool(current_app.config["SETTINGS"].one_event_at_a_time)


def require_nowhere_else(actor: Actor, assignment: Assignment) -> None:
    """Raise `Elsewhere` when the person is checked in at another event and the setting forbids two.

    The person's row is locked first, so that two check-ins at two events come one after the other; the
    unique index ``uq_assignment_present`` holds the same rule in the database.
    """
    user = lock_user(assignment.user_id)
    if not one_at_a_time():
        return
    statement = (
        db.select(Assignment.id, Assignment.event_id, Event.title)
        .join(Event, Event.id == Assignment.event_id)
        .where(
            Assignment.user_id == assignment.user_id,
            Assignment.id != assignment.id,
            Assignment.status.in_(PRESENT),
        )
    )
    other = db.session.execute(statement.limit(1)).first()
    if other is None:
        return
    if actor.user_id == user.id:
        message = _("You are checked in at “%(title)s”. Check out there first.", title=other.title)
    else:
        message = _(
            "%(who)s is checked in at “%(title)s”. Check out there first.",
            who=first_name(user.name),
            title=other.title,
        )
    raise Elsewhere(message, title=other.title, event_id=other.event_id, assignment_id=other.id)


def tell(verb: str, assignment: Assignment, event: Event, **facts: Any) -> None:
    """Append the entry about an assignment, with what a feed sentence needs and no contact details."""
    name = db.session.execute(db.select(User.name).where(User.id == assignment.user_id)).scalar_one()
    journal.append(
        f"assignment.{verb}",
        assignment,
        event_id=event.id,
        user_id=assignment.user_id,
        title=event.title,
        person=first_name(name),
        status=assignment.status,
        **facts,
    )


def first_name(name: str) -> str:
    """What volunteers see of each other."""
    return name.split()[0] if name.split() else name


def _stamp(
    assignment: Assignment, before: AssignmentStatus, wanted: AssignmentStatus, left_at: datetime | None
) -> None:
    now = utc_now()
    if wanted is AssignmentStatus.ACCEPTED:
        assignment.accepted_at = now
    if wanted is AssignmentStatus.CHECKED_IN:
        assignment.checked_in_at = assignment.checked_in_at or now
        assignment.confirmed_at = now
    assignment.overdue_at = None
    if before in PRESENT and wanted not in PRESENT:
        assignment.checked_out_at = left_at or now  # also when cancelled: the hours were worked
    if wanted not in OPEN:
        assignment.ended_at = now
