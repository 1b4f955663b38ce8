"""Assignments for programs, as far as the actor may see: by key, and of many events at once."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, case, select

from webapp import policy
from webapp.accounts.models import User
from webapp.database import utc_now
from webapp.errors import NotFound
from webapp.events.models import Event
from webapp.extensions import db
from webapp.journal import Actor
from webapp.lists import beginnings
from webapp.policy import Action
from webapp.volunteers.hours import Presence
from webapp.volunteers.models import EXPECTED, Assignment, AssignmentStatus
from webapp.volunteers.queries import ON_EVENT_PAGE, RANK, SEEN_BY_TEAM

Assigned = Row[Assignment, User]


def assignments(
    actor: Actor,
    limit: int,
    *,
    before: int | None = None,
    event_id: int | None = None,
    user_id: int | None = None,
    status: AssignmentStatus | None = None,
) -> Sequence[Assigned]:
    """Assignments with their people, newest first: a coordinator sees all, anybody else their own."""
    policy.require(actor, Action.ASSIGNMENT_VIEW)
    joined = select(Assignment, User).join(User, User.id == Assignment.user_id)
    wanted = _wanted(actor, before, event_id=event_id, user_id=user_id, status=status)
    return db.session.execute(joined.where(*wanted).order_by(Assignment.id.desc()).limit(limit)).all()


def people_of_events(actor: Actor, event_ids: Collection[int], most: int) -> Sequence[Assigned]:
    """Who is on each of these events, in the order of its page: coordinators see all who count there,
    volunteers on an event the others there, anybody else nobody.
    """
    if policy.may(actor, Action.ROSTER):
        conditions = [Assignment.event_id.in_(event_ids), Assignment.status.in_(ON_EVENT_PAGE)]
    elif policy.may(actor, Action.ROSTER_OF_EVENT):
        mine = select(Assignment.event_id).where(
            Assignment.user_id == actor.user_id,
            Assignment.event_id.in_(event_ids),
            Assignment.status.in_(EXPECTED),
        )
        conditions = [Assignment.event_id.in_(mine), Assignment.status.in_(SEEN_BY_TEAM)]
    else:
        return []
    order = (case(RANK, value=Assignment.status, else_=9), Assignment.id)
    first = beginnings(Assignment, Assignment.event_id, order, most, *conditions)
    statement = (
        select(Assignment, User)
        .join(first, first.c.id == Assignment.id)
        .join(User, User.id == Assignment.user_id)
        .order_by(Assignment.event_id, first.c.place)
    )
    return db.session.execute(statement).all()


def _wanted(actor: Actor, before: int | None, **values: object) -> list[ColumnElement[bool]]:
    """Those that the actor may see, as `Action.ASSIGNMENT_VIEW` says, with these values and below that id."""
    conditions = [] if actor.coordinates else [Assignment.user_id == actor.user_id]
    conditions += [getattr(Assignment, name) == value for name, value in values.items() if value is not None]
    return conditions if before is None else [*conditions, Assignment.id < before]


@dataclass(frozen=True, slots=True)
class AssignmentLine:
    """An assignment with the names of whom and what it joins."""

    id: int
    version: int
    user_id: int
    name: str
    event_id: int
    event_title: str
    task: str
    bring: str
    meeting_point: str
    status: AssignmentStatus
    created_at: datetime
    accepted_at: datetime | None
    checked_in_at: datetime | None
    checked_out_at: datetime | None
    ended_at: datetime | None
    confirmed_at: datetime | None

    @property
    def overdue(self) -> bool:
        """Whether somebody has to ask whether the person is there still."""
        stay = Presence(self.checked_in_at, self.checked_out_at, self.confirmed_at)
        return stay.overdue(self.status, utc_now())


def lines(
    actor: Actor,
    limit: int,
    *,
    before: int | None = None,
    event_id: int | None = None,
    user_id: int | None = None,
    status: AssignmentStatus | None = None,
) -> list[AssignmentLine]:
    """The same assignments, each with the names beside it; one statement."""
    policy.require(actor, Action.ASSIGNMENT_VIEW)
    wanted = _wanted(actor, before, event_id=event_id, user_id=user_id, status=status)
    return _read(_lines().where(*wanted).order_by(Assignment.id.desc()).limit(limit))


def line(actor: Actor, assignment_id: int) -> AssignmentLine:
    """One assignment that the actor may see. Raises `NotFound`."""
    found = _read(_lines().where(Assignment.id == assignment_id))
    if not found:
        raise NotFound("There is nothing here, or it is not yours to see.")
    policy.require(actor, Action.ASSIGNMENT_VIEW, found[0])
    return found[0]


def _lines() -> Select[Any]:
    own = Assignment.__table__.c
    names = [name for name in AssignmentLine.__dataclass_fields__ if name in own]
    return (
        select(*(own[name] for name in names), User.name, Event.title.label("event_title"))
        .join(User, User.id == Assignment.user_id)
        .join(Event, Event.id == Assignment.event_id)
    )


def _read(statement: Select[Any]) -> list[AssignmentLine]:
    return [AssignmentLine(**row) for row in db.session.execute(statement).mappings()]
