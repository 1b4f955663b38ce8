"""What readers of the journal ask."""

from collections.abc import Sequence

from sqlalchemy import func, select

from webapp.extensions import db
from webapp.journal.models import JournalEntry


def head() -> int:
    """The newest seq; 0 in an empty journal."""
    return db.session.execute(select(func.max(JournalEntry.seq))).scalar_one() or 0


def after(seq: int, limit: int) -> Sequence[JournalEntry]:
    """Entries that followed ``seq``, in order, at most ``limit``."""
    statement = select(JournalEntry).where(JournalEntry.seq > seq).order_by(JournalEntry.seq).limit(limit)
    return db.session.execute(statement).scalars().all()
