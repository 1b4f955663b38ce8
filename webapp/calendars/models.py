"""The secret links of people's calendars."""

from typing import ClassVar

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from webapp.database import Base
from webapp.journal import Journalled


class CalendarLink(Journalled, Base):
    """The one link of a person's calendar; the link holds a random token, here is only its SHA-256."""

    __tablename__ = "calendar_link"
    journal_private: ClassVar[frozenset[str]] = frozenset({"token_hash"})

    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"), unique=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
