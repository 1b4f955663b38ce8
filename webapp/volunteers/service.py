"""What can be done with assignments: assign, join, approve, accept, decline, check in and out, end.

Each verb takes the event's row lock first, so that it comes wholly before or wholly after the closing of
its event. People do these things for themselves; coordinators may do each for anyone.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime

from flask_babel import gettext as _

from webapp import journal, policy
from webapp.accounts.models import User
from webapp.database import utc_now
from webapp.errors import Conflict, Forbidden, Invalid, NotFound
from webapp.events.closing import ends_with_event
from webapp.events.models import Event, EventStatus
from webapp.events.service import lock_active
from webapp.extensions import db
from webapp.journal import Actor
from webapp.policy import Action
from webapp.volunteers import hours, moving, times
from webapp.volunteers.models import ASSIGNMENT_TRANSITIONS, OPEN, PRESENT, Assignment, AssignmentStatus

# Longest texts in characters, equal to their columns.
LONGEST = {"task": 300, "bring": 200, "meeting_point": 200}
# So many people in one command: a bus load, not the whole roster by a slip of the finger.
MOST_AT_ONCE = 100
_LONGEST_NOTES = 5_000
_OWN_CANCEL = frozenset({AssignmentStatus.REQUESTED, AssignmentStatus.ACCEPTED})


@journal.command
def assign(
    actor: Actor, *, user_id: int, event_id: int, task: str = "", bring: str = "", meeting_point: str = ""
) -> Assignment:
    """Ask a person to help at an event; they accept or decline.

    Raises `NotFound`, `Conflict` when the event is not active or the person is on it already, `Invalid`
    for too long a text.
    """
    policy.require(actor, Action.ASSIGNMENT_MANAGE)
    texts = _texts(task=task, bring=bring, meeting_point=meeting_point)
    event = lock_active(event_id)
    refused = _refused(event, [user_id])
    if refused:
        raise Conflict(refused[user_id])
    return _offer(actor, event, user_id, texts)


@journal.command
def assign_many(
    actor: Actor,
    *,
    user_ids: Iterable[int],
    event_id: int,
    task: str = "",
    bring: str = "",
    meeting_point: str = "",
) -> Event:
    """Ask several people at once: all of them, or nobody with each refusal named.

    Raises `Invalid` whose ``fields`` name the reason per person as ``user-ID``.
    """
    policy.require(actor, Action.ASSIGNMENT_MANAGE)
    texts = _texts(task=task, bring=bring, meeting_point=meeting_point)
    chosen = sorted(set(user_ids))
    if not chosen:
        raise Invalid("Choose at least one person.", fields={"user_id": "Choose at least one person."})
    if len(chosen) > MOST_AT_ONCE:
        message = f"Choose at most {MOST_AT_ONCE} people at once."
        raise Invalid(message, fields={"user_id": message})
    event = lock_active(event_id)
    refused = _refused(event, chosen)
    if refused:
        message = "Nobody was asked. " + " ".join(refused.values())
        raise Invalid(message, fields={f"user-{id_}": words for id_, words in refused.items()})
    for user_id in chosen:
        _offer(actor, event, user_id, texts)
    return event


@journal.command
def join(actor: Actor, *, event_id: int) -> Assignment:
    """Go to an event oneself: accepted at once, or requested when the event wants approval.

    Somebody who was asked already accepts by joining; who is on the event already stays as they are.
    Raises `NotFound`, or `Conflict` unless the event is active.
    """
    if actor.user_id is None:
        raise Forbidden(_("Sign in to join."))
    event = _joinable(actor, event_id)
    present = moving.open_at(event.id, [actor.user_id]).get(actor.user_id)
    if present is None:
        return _join_anew(actor, event, actor.user_id)
    if present.status is AssignmentStatus.OFFERED:
        _step(event, present, AssignmentStatus.ACCEPTED)
    return present


@journal.command
def join_and_check_in(actor: Actor, *, event_id: int) -> Assignment:
    """Join, and check in too unless a coordinator must approve first."""
    assignment: Assignment = join(actor, event_id=event_id)
    if assignment.status is AssignmentStatus.ACCEPTED:
        return check_in(actor, assignment_id=assignment.id)
    return assignment


@journal.command
def approve(actor: Actor, *, assignment_id: int) -> Assignment:
    """Let a person come who asked to. Raises `Conflict` unless they asked."""
    event, assignment = _taken(actor, Action.ASSIGNMENT_MANAGE, assignment_id)
    if assignment.status is not AssignmentStatus.REQUESTED:
        ASSIGNMENT_TRANSITIONS.require(assignment.status, AssignmentStatus.ACCEPTED)
        raise Conflict(_("Nobody asked to join here: the person was asked and answers themselves."))
    return _step(event, assignment, AssignmentStatus.ACCEPTED, approved=True)


@journal.command
def accept(actor: Actor, *, assignment_id: int) -> Assignment:
    """Say yes to having been asked. Raises `Conflict` unless that was the question."""
    event, assignment = _taken(actor, Action.ASSIGNMENT_OWN, assignment_id)
    if assignment.status is AssignmentStatus.REQUESTED:
        raise Conflict(_("A coordinator has to approve this first."))
    return _step(event, assignment, AssignmentStatus.ACCEPTED)


@journal.command
def decline(actor: Actor, *, assignment_id: int) -> Assignment:
    """Say no: the person asked, or the coordinator to somebody who wants to join."""
    event, assignment = _taken(actor, Action.ASSIGNMENT_OWN, assignment_id)
    if assignment.status is AssignmentStatus.REQUESTED:
        policy.require(actor, Action.ASSIGNMENT_MANAGE, assignment)
    return _step(event, assignment, AssignmentStatus.DECLINED)


@journal.command
def check_in(actor: Actor, *, assignment_id: int) -> Assignment:
    """Arrive, or be heard of again after lost contact (the hours then run on from the first check-in).

    Raises `Elsewhere` when the person is checked in at another event and the setting forbids two.
    """
    event, assignment = _taken(actor, Action.ASSIGNMENT_OWN, assignment_id)
    ASSIGNMENT_TRANSITIONS.require(assignment.status, AssignmentStatus.CHECKED_IN)
    moving.require_nowhere_else(actor, assignment)
    assignment.exclusive = moving.one_at_a_time()
    return _step(event, assignment, AssignmentStatus.CHECKED_IN)


@journal.command
def check_out(actor: Actor, *, assignment_id: int, left_at: datetime | None = None) -> Assignment:
    """Leave: the hours end here, or at ``left_at`` for somebody who forgot to say so when they left.

    Raises `Invalid` for a moment before the check-in or in the future.
    """
    event, assignment = _taken(actor, Action.ASSIGNMENT_OWN, assignment_id)
    if left_at is not None and assignment.status in PRESENT:
        times.require_order(assignment.checked_in_at, left_at)
    return _step(event, assignment, AssignmentStatus.CHECKED_OUT, left_at)


@journal.command
def mark_no_contact(actor: Actor, *, assignment_id: int) -> Assignment:
    """Record that a welfare check found nobody."""
    event, assignment = _taken(actor, Action.ASSIGNMENT_MANAGE, assignment_id)
    return _step(event, assignment, AssignmentStatus.NO_CONTACT)


@journal.command
def cancel(actor: Actor, *, assignment_id: int) -> Assignment:
    """Call an open assignment off. A person calls off their own before they are there."""
    event, assignment = _taken(actor, Action.ASSIGNMENT_OWN, assignment_id)
    if assignment.status in OPEN and not may_cancel(actor, assignment.status):
        if assignment.status in PRESENT:
            raise Conflict(_("You are checked in. Check out instead, so that your hours count."))
        raise Conflict(_("You were asked to come. Answer no instead."))
    return _step(event, assignment, AssignmentStatus.CANCELLED)


def may_cancel(actor: Actor, status: AssignmentStatus) -> bool:
    """Whether one who may act on an assignment in this status may call it off."""
    if policy.may(actor, Action.ASSIGNMENT_MANAGE):
        return status in OPEN
    return status in _OWN_CANCEL


@journal.command
def write_notes(actor: Actor, *, user_id: int, notes: str, seen_version: int | None) -> User:
    """Keep what coordinators should know of a person. Raises `StaleVersion` when the notes changed since."""
    user = moving.lock_user(user_id)
    policy.require(actor, Action.PROFILE_NOTES, user)
    journal.require_version(user, seen_version, frozenset({"notes"}))
    if len(notes) > _LONGEST_NOTES:
        message = f"Use at most {_LONGEST_NOTES} characters; this has {len(notes)}."
        raise Invalid(message, fields={"notes": message})
    user.notes = notes or None
    journal.append("user.edited", user, user_id=user.id, person=moving.first_name(user.name))
    return user


@ends_with_event
def end_assignments(actor: Actor, event: Event) -> None:
    """End every open assignment of a closing event: who is there is checked out, the rest is called off."""
    statement = (
        db.select(Assignment)
        .where(Assignment.event_id == event.id, Assignment.status.in_(OPEN))
        .order_by(Assignment.user_id)  # people are locked in this order
        .with_for_update()
    )
    for assignment in db.session.execute(statement).scalars().all():
        here = assignment.status in PRESENT
        wanted = AssignmentStatus.CHECKED_OUT if here else AssignmentStatus.CANCELLED
        # Nobody said that a forgotten presence went on until now.
        counted = hours.presence(assignment).until(utc_now())
        _step(event, assignment, wanted, counted, closing=True)


def _step(
    event: Event,
    assignment: Assignment,
    wanted: AssignmentStatus,
    left_at: datetime | None = None,
    **facts: object,
) -> Assignment:
    moving.move(event, assignment, wanted, left_at)
    moving.tell(wanted.value, assignment, event, **facts)
    return assignment


def _taken(actor: Actor, action: Action, assignment_id: int) -> tuple[Event, Assignment]:
    """The event and the assignment, both locked, once the actor may see it and do this."""
    where = db.session.execute(
        db.select(Assignment.user_id, Assignment.event_id).where(Assignment.id == assignment_id)
    ).first()
    if where is None:
        raise NotFound("There is nothing here, or it is not yours to see.")
    policy.require(actor, Action.ASSIGNMENT_VIEW, where)
    policy.require(actor, action, where)
    event = lock_active(where.event_id)
    assignment = db.session.get(Assignment, assignment_id, with_for_update=True)
    assert assignment is not None  # rows of the situation are never deleted
    return event, assignment


def _joinable(actor: Actor, event_id: int) -> Event:
    """The event to join, locked. One that the actor could never see is as good as absent."""
    event = db.session.get(Event, event_id, with_for_update=True)
    if event is None:
        raise NotFound("There is no such event.")
    if event.status is not EventStatus.RESOLVED:
        policy.require(actor, Action.EVENT_VIEW, event)
    return lock_active(event_id)


def _join_anew(actor: Actor, event: Event, user_id: int) -> Assignment:
    waits = event.needs_approval and not policy.may(actor, Action.ASSIGNMENT_MANAGE)
    status = AssignmentStatus.REQUESTED if waits else AssignmentStatus.ACCEPTED
    assignment = Assignment(user_id=user_id, event_id=event.id, status=status)
    assignment.exclusive = moving.one_at_a_time()
    moving.begin(event, assignment)
    moving.tell(status.value, assignment, event)
    return assignment


def _offer(actor: Actor, event: Event, user_id: int, texts: Mapping[str, str]) -> Assignment:
    assignment = Assignment(
        user_id=user_id,
        event_id=event.id,
        status=AssignmentStatus.OFFERED,
        offered_by_id=actor.user_id,
        exclusive=moving.one_at_a_time(),
        **texts,
    )
    moving.begin(event, assignment)
    moving.tell("offered", assignment, event, task=assignment.task)
    return assignment


def _refused(event: Event, user_ids: list[int]) -> dict[int, str]:
    """Why each of these people cannot be asked; empty when all can."""
    rows = db.session.execute(
        db.select(User.id, User.name, User.deactivated_at, User.erased_at).where(User.id.in_(user_ids))
    )
    people = {row.id: row for row in rows}
    on_it = moving.open_at(event.id, user_ids)
    refused: dict[int, str] = {}
    for user_id in user_ids:
        person = people.get(user_id)
        if person is None or person.erased_at is not None:
            refused[user_id] = f"There is no person number {user_id}."
        elif person.deactivated_at is not None:
            refused[user_id] = f"{person.name} is deactivated."
        elif user_id in on_it:
            refused[user_id] = f"{person.name} is on this event already."
    return refused


def _texts(**texts: str) -> dict[str, str]:
    """The texts of an assignment as they are stored. Raises `Invalid` for one that is too long."""
    cleaned = {name: text.strip() for name, text in texts.items()}
    wrong = {
        name: f"Use at most {LONGEST[name]} characters; this has {len(text)}."
        for name, text in cleaned.items()
        if len(text) > LONGEST[name]
    }
    if wrong:
        raise Invalid(" ".join(wrong.values()), fields=wrong)
    return cleaned
