"""What lets programs and devices in: families of refresh tokens, hashed at rest."""

import uuid
from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from webapp.database import Base, Row, UtcDateTime


class TokenFamily(Row, Base):
    """One sign-in of a program or device: all tokens that came of it live and die together."""

    __tablename__ = "token_family"

    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"), index=True)
    # Set for a device's tokens; they give the device's rights, not its owner's.
    device_id: Mapped[int | None] = mapped_column(ForeignKey("device.id"), index=True)
    client: Mapped[str] = mapped_column(String(200), default="")  # as the program calls itself
    last_used_at: Mapped[datetime] = mapped_column(UtcDateTime())
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime())
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    revoked_for: Mapped[str] = mapped_column(String(40), default="")


class RefreshToken(Row, Base):
    """One refresh token, good for one use. Used ones are kept: their second use shows a theft."""

    __tablename__ = "refresh_token"

    family_id: Mapped[int] = mapped_column(ForeignKey("token_family.id"), index=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime(), index=True)
    # The Idempotency-Key of the use: the same call again (its answer was lost) is not a theft.
    used_key: Mapped[uuid.UUID | None]
