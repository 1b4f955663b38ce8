"""Assignments of people to events, with check-in and check-out."""

import enum
from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from webapp.database import Base, UtcDateTime, text_enum
from webapp.journal import Journalled
from webapp.transitions import Transitions


class AssignmentStatus(enum.StrEnum):
    """Where a person is with an event."""

    OFFERED = "offered"
    REQUESTED = "requested"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    CHECKED_IN = "checked_in"
    NO_CONTACT = "no_contact"
    CHECKED_OUT = "checked_out"
    CANCELLED = "cancelled"


_S = AssignmentStatus
ASSIGNMENT_TRANSITIONS = Transitions(
    "assignment",
    {
        _S.OFFERED: frozenset({_S.ACCEPTED, _S.DECLINED, _S.CANCELLED}),
        _S.REQUESTED: frozenset({_S.ACCEPTED, _S.DECLINED, _S.CANCELLED}),
        _S.ACCEPTED: frozenset({_S.CHECKED_IN, _S.CANCELLED}),
        _S.CHECKED_IN: frozenset({_S.CHECKED_OUT, _S.NO_CONTACT, _S.CANCELLED}),
        _S.NO_CONTACT: frozenset({_S.CHECKED_IN, _S.CHECKED_OUT, _S.CANCELLED}),
        _S.DECLINED: frozenset(),
        _S.CHECKED_OUT: frozenset(),
        _S.CANCELLED: frozenset(),
    },
)
OPEN = frozenset({_S.OFFERED, _S.REQUESTED, _S.ACCEPTED, _S.CHECKED_IN, _S.NO_CONTACT})
# Said yes and not finished: these make a person "assigned" and count for the event.
EXPECTED = frozenset({_S.ACCEPTED, _S.CHECKED_IN, _S.NO_CONTACT})
PRESENT = frozenset({_S.CHECKED_IN, _S.NO_CONTACT})

_OPEN_SQL = "status IN ('offered', 'requested', 'accepted', 'checked_in', 'no_contact')"
_PRESENT_SQL = "exclusive AND status IN ('checked_in', 'no_contact')"


class Assignment(Journalled, Base):
    """A person on an event. Hours run from check-in to check-out (see `hours`)."""

    __tablename__ = "assignment"

    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    event_id: Mapped[int] = mapped_column(ForeignKey("event.id"))
    team_id: Mapped[int | None] = mapped_column(ForeignKey("team.id"))
    task: Mapped[str] = mapped_column(String(300), default="")
    bring: Mapped[str] = mapped_column(String(200), default="")
    meeting_point: Mapped[str] = mapped_column(String(200), default="")
    note: Mapped[str] = mapped_column(Text, default="")
    status: Mapped[AssignmentStatus] = mapped_column(text_enum(AssignmentStatus))
    offered_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    accepted_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    checked_in_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    checked_out_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    # When the person last said that they are there; and since when they have been asked again.
    confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    overdue_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    # Set while the installation lets a person be at one event at a time; the index below holds it.
    exclusive: Mapped[bool] = mapped_column(default=True)

    __table_args__ = (
        Index(
            "uq_assignment_open",
            "user_id",
            "event_id",
            unique=True,
            sqlite_where=text(_OPEN_SQL),
            postgresql_where=text(_OPEN_SQL),
        ),
        Index(
            "uq_assignment_present",
            "user_id",
            unique=True,
            sqlite_where=text(_PRESENT_SQL),
            postgresql_where=text(_PRESENT_SQL),
        ),
        Index("ix_assignment_event", "event_id", "status", "id"),
        Index("ix_assignment_user", "user_id", "status", "id"),
    )
