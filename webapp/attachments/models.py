"""Photos and documents that people add to an event. The bytes are in the store, under a random key."""

from typing import ClassVar

from sqlalchemy import ForeignKey, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from webapp.database import Base
from webapp.journal import Journalled

KEY_LENGTH = 32  # characters: 24 random bytes


class Attachment(Journalled, Base):
    """One file of an event. It never changes: it is added and it is removed."""

    __tablename__ = "attachment"
    # What only the file's own address should tell.
    journal_private: ClassVar[frozenset[str]] = frozenset({"key", "sha256"})

    event_id: Mapped[int] = mapped_column(ForeignKey("event.id"))
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    name: Mapped[str] = mapped_column(String(120))  # shown only; never used as a path
    caption: Mapped[str] = mapped_column(String(300), default="")
    media_type: Mapped[str] = mapped_column(String(60))  # found from the content
    size: Mapped[int] = mapped_column(Integer)  # bytes as they are kept
    sha256: Mapped[str] = mapped_column(String(64))  # of the bytes as they are kept
    key: Mapped[str] = mapped_column(String(KEY_LENGTH), unique=True)
    # Of images, in pixels as they are kept; a smaller picture is kept beside each.
    width: Mapped[int | None] = mapped_column(Integer)
    height: Mapped[int | None] = mapped_column(Integer)

    __table_args__ = (Index("ix_attachment_event", "event_id", "id"),)

    @property
    def is_image(self) -> bool:
        """Whether it can be shown in a page."""
        return self.width is not None
