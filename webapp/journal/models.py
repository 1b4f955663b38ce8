"""Journal entries, remembered commands, and the mixin of rows whose changes must be journalled."""

import uuid
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import JSON, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from webapp.database import Base, BigId, Row, UtcDateTime, text_enum, utc_now
from webapp.journal.actor import ActorKind


class Journalled(Row):
    """A row of the situation: it changes only inside a command that appends an entry.

    ``journal_private`` names columns whose values (contact details, secrets) never enter the journal;
    that they changed does. ``journal_ignored`` names columns that are bookkeeping, not situation.
    """

    journal_private: ClassVar[frozenset[str]] = frozenset()
    journal_ignored: ClassVar[frozenset[str]] = frozenset({"created_at", "updated_at", "version"})


class JournalEntry(Base):
    """One thing that happened. ``seq`` rises in commit order and has no smaller latecomers."""

    __tablename__ = "journal_entry"

    seq: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime(), default=utc_now)
    actor_kind: Mapped[ActorKind] = mapped_column(text_enum(ActorKind))
    # The person; of a device, its owner.
    actor_id: Mapped[int | None] = mapped_column(BigId)
    device_id: Mapped[int | None] = mapped_column(BigId)
    verb: Mapped[str] = mapped_column(String(60))
    subject_type: Mapped[str] = mapped_column(String(40))
    subject_id: Mapped[int | None] = mapped_column(BigId)
    subject_version: Mapped[int | None] = mapped_column(Integer)
    event_id: Mapped[int | None] = mapped_column(BigId)
    # A person whom the entry concerns besides the actor (whose assignment, whose offer).
    user_id: Mapped[int | None] = mapped_column(BigId)
    # {field: [before, after]} of the subject.
    changes: Mapped[dict[str, list[Any]]] = mapped_column(JSON, default=dict)
    # {"need:3": {field: [before, after]}}: what else changed with it.
    effects: Mapped[dict[str, dict[str, list[Any]]]] = mapped_column(JSON, default=dict)
    # Plain facts for the reader of the feed: a title, a reason, an amount. No contact details.
    facts: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    request_id: Mapped[str | None] = mapped_column(String(64))
    command_id: Mapped[uuid.UUID | None]

    __table_args__ = (
        Index("ix_journal_entry_subject", "subject_type", "subject_id", "seq"),
        Index("ix_journal_entry_event", "event_id", "seq"),
        Index("ix_journal_entry_user", "user_id", "seq"),
        Index("ix_journal_entry_actor", "actor_id", "seq"),
    )


class Command(Base):
    """A command that took effect, with what it gave, so that its repetition gives the same."""

    __tablename__ = "command"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime(), default=utc_now, index=True)
    actor_kind: Mapped[ActorKind] = mapped_column(text_enum(ActorKind))
    actor_id: Mapped[int | None] = mapped_column(BigId)
    action: Mapped[str] = mapped_column(String(120))
    result_type: Mapped[str | None] = mapped_column(String(40))
    result_id: Mapped[int | None] = mapped_column(BigId)
    # What was sent with it (`transaction.say_content`); None where nobody said, as before this was kept.
    content: Mapped[str | None] = mapped_column(String(64))
