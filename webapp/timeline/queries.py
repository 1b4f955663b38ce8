"""What the timeline reads: journal entries with the names of who acted and where."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, Select, func, select

from webapp.accounts.models import User
from webapp.events.models import Event
from webapp.extensions import db
from webapp.journal import JournalEntry
from webapp.journal.actor import ActorKind
from webapp.journal.queries import head

# Text order of the keys is newest first; a journal of 10^13 entries would take a while.
_LAST = 10**13

# Bookkeeping that nobody wants to read among what happened.
_QUIET = (
    *("session.started", "session.refused", "session.ended", "contact.viewed", "code.made", "code.used"),
    *("token.issued", "token.revoked", "token.reused", "identity.linked", "identity.unlinked"),
    *("job.queued", "job.retried", "calendar.shared", "calendar.unshared"),
    *("device.pairing_begun", "message.delivered", "message.read"),
)


@dataclass(frozen=True, slots=True)
class Happening:
    """One entry as the feed shows it."""

    seq: int
    at: datetime
    verb: str
    actor_kind: ActorKind
    actor_id: int | None
    actor_name: str | None
    device_id: int | None
    subject_type: str
    subject_id: int | None
    user_id: int | None
    event_id: int | None
    event_title: str | None
    facts: dict[str, Any]
    changed: tuple[str, ...]

    @property
    def key(self) -> str:
        """Sorts the newest first, as text."""
        return f"{_LAST - self.seq:014d}"

    @property
    def card_key(self) -> tuple[Any, ...]:
        """All that the card depends on: an entry never changes, the names beside it may."""
        return (self.seq, self.actor_name, self.event_title)


def newest(limit: int, before: int | None = None, verbs: Iterable[str] = ()) -> list[Happening]:
    """The newest entries, newest first; ``before`` continues a list; ``verbs`` keeps only those."""
    statement = _statement().limit(limit)
    if before is not None:
        statement = statement.where(JournalEntry.seq < before)
    if verbs:
        statement = statement.where(JournalEntry.verb.in_(tuple(verbs)))
    return _read(statement)


def newest_and_head(limit: int) -> tuple[list[Happening], int]:
    """The newest entries, and the newest seq of all, also of what is not shown: the page is drawn at it."""
    newest_seq = select(func.max(JournalEntry.seq)).scalar_subquery().label("head")
    rows = db.session.execute(_statement().add_columns(newest_seq).limit(limit)).mappings().all()
    return [_happening(row) for row in rows], rows[0]["head"] if rows else head()


def events_of(user_ids: Iterable[int]) -> set[int]:
    """The events in whose timelines these people acted."""
    ids = tuple(user_ids)
    if not ids:
        return set()
    statement = select(JournalEntry.event_id).where(JournalEntry.actor_id.in_(ids)).distinct()
    return {found for found in db.session.execute(statement).scalars() if found is not None}


def of_event(event_id: int, limit: int, before: int | None = None) -> list[Happening]:
    """The newest entries about one event, newest first."""
    statement = _statement().where(JournalEntry.event_id == event_id).limit(limit)
    if before is not None:
        statement = statement.where(JournalEntry.seq < before)
    return _read(statement)


def following(seq: int, limit: int) -> list[Happening]:
    """The entries after ``seq``, oldest first. None of them comes late: see decision 2."""
    later = _statement().where(JournalEntry.seq > seq)
    return _read(later.order_by(None).order_by(JournalEntry.seq).limit(limit))


def these(seqs: Sequence[int]) -> list[Happening]:
    """The entries with these numbers, newest first."""
    return _read(_statement().where(JournalEntry.seq.in_(seqs)))


_BESIDE = ("actor_name", "event_title", "changed")
_COLUMNS: list[Any] = [
    *(JournalEntry.__table__.c[name] for name in Happening.__dataclass_fields__ if name not in _BESIDE),
    JournalEntry.__table__.c.changes,
    User.name.label("actor_name"),
    Event.title.label("event_title"),
]


def _statement() -> Select[Any]:
    return (
        select(*_COLUMNS)
        .outerjoin(User, User.id == JournalEntry.actor_id)
        .outerjoin(Event, Event.id == JournalEntry.event_id)
        .where(JournalEntry.verb.not_in(_QUIET))
        .order_by(JournalEntry.seq.desc())
    )


def _read(statement: Select[Any]) -> list[Happening]:
    return [_happening(row) for row in db.session.execute(statement).mappings()]


def _happening(row: RowMapping) -> Happening:
    besides = ("changes", "head")
    return Happening(
        changed=tuple(row["changes"] or ()), **{k: v for k, v in row.items() if k not in besides}
    )
