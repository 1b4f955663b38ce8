"""The one rule for hours: how long a presence lasted, as every page, number and export counts it.

Hours run from check-in to check-out, in true elapsed time, whatever became of the assignment. A presence
that is still open counts until now, but not longer than `span` after the person last said that they are
there: then it is overdue, the person and the coordinators are asked, and until somebody answers nothing is
added. What ends without a word of the person (their event closes, they are let go) ends there, too.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from flask import current_app
from sqlalchemy import ColumnElement, Row, and_, func, select

from webapp.database import utc_now
from webapp.extensions import db
from webapp.volunteers.models import PRESENT, Assignment, AssignmentStatus


class Presence(NamedTuple):
    """What hours depend on, of an assignment: its check-in, its check-out, the last word in between."""

    start: datetime | None
    end: datetime | None
    confirmed_at: datetime | None = None

    def until(self, now: datetime) -> datetime | None:
        """Until when it counts. None where it never began."""
        if self.start is None or self.end is not None:
            return self.end
        return min(now, max(self.start, self.confirmed_at or self.start) + span())

    def worked(self, now: datetime, since: datetime | None = None) -> timedelta:
        """How long it lasted, of that what lies after ``since``."""
        until = self.until(now)
        if self.start is None or until is None:
            return timedelta()
        return max(timedelta(), until - max(self.start, since or self.start))

    def overdue(self, status: AssignmentStatus, now: datetime) -> bool:
        """Whether the person has to be asked: checked in, and longer than `span` without a word.

        Somebody who could not be reached is looked for already.
        """
        until = self.until(now)
        return (
            status is AssignmentStatus.CHECKED_IN and self.end is None and until is not None and until < now
        )


def span() -> timedelta:
    """After how long a presence is overdue."""
    return timedelta(hours=current_app.config["SETTINGS"].overdue_hours)


def presence(row: Assignment) -> Presence:
    """Of a whole assignment."""
    return Presence(row.checked_in_at, row.checked_out_at, row.confirmed_at)


def is_overdue() -> ColumnElement[bool]:
    """The same as a condition on assignments."""
    said = func.coalesce(Assignment.confirmed_at, Assignment.checked_in_at)
    return and_(Assignment.status == AssignmentStatus.CHECKED_IN, said < utc_now() - span())


def per_event(user_id: int) -> dict[int, timedelta]:
    """What a person worked up to now, on each event that they were at."""
    found: dict[int, timedelta] = {}
    now = utc_now()
    for event_id, stay in _stays(user_id):
        found[event_id] = found.get(event_id, timedelta()) + stay.worked(now)
    return found


def in_all(user_id: int) -> timedelta:
    """What a person worked up to now."""
    return sum(per_event(user_id).values(), timedelta())


def _stays(user_id: int) -> Iterator[tuple[int, Presence]]:
    of = Assignment
    statement = select(of.event_id, of.checked_in_at, of.checked_out_at, of.confirmed_at)
    for row in db.session.execute(statement.where(of.user_id == user_id, of.checked_in_at.is_not(None))):
        yield row.event_id, Presence(row.checked_in_at, row.checked_out_at, row.confirmed_at)


def other_presence(
    assignment: Assignment, start: datetime, end: datetime
) -> Row[int, datetime | None] | None:
    """Another presence of the same person that shares time with this one: its event and its check-in."""
    of = Assignment
    statement = select(of.event_id, of.checked_in_at).where(
        of.user_id == assignment.user_id,
        of.id != assignment.id,
        of.checked_in_at < end,
        (of.checked_out_at > start) | (of.checked_out_at.is_(None) & of.status.in_(PRESENT)),
    )
    return db.session.execute(statement.order_by(of.checked_in_at).limit(1)).first()
