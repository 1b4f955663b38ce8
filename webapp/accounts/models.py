"""People, their skills, and what lets them in (sessions, invitations, codes), hashed at rest."""

import enum
from datetime import date, datetime
from typing import Any, ClassVar

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp.database import Base, BigId, Row, UtcDateTime, text_enum
from webapp.journal import Journalled, Role


class UserStatus(enum.StrEnum):
    """Whether a person can be sent. ``assigned`` is derived from open assignments, never set by hand."""

    AVAILABLE = "available"
    ASSIGNED = "assigned"
    UNAVAILABLE = "unavailable"


class Organisation(Journalled, Base):
    """A body that people or offers belong to."""

    __tablename__ = "organisation"

    name: Mapped[str] = mapped_column(String(120), unique=True)


class Team(Journalled, Base):
    """People who are assigned as one."""

    __tablename__ = "team"

    name: Mapped[str] = mapped_column(String(120), unique=True)
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.id"))


class User(Journalled, Base):
    """A person. Reached by phone or e-mail (at least one); deactivated or erased, never deleted."""

    __tablename__ = "user"
    journal_private: ClassVar[frozenset[str]] = frozenset(
        {"email", "email_typed", "phone", "password_hash", "emergency_contact", "notes", "home_area"}
    )
    journal_ignored: ClassVar[frozenset[str]] = Journalled.journal_ignored | {"last_seen_at"}
    # What a person edits in the profile form; a conflict is about these (see `require_version`).
    editable: ClassVar[frozenset[str]] = frozenset(
        {
            "name",
            "email",
            "phone",
            "languages",
            "locale",
            "time_zone",
            "home_area",
            "availability",
            "emergency_contact",
        }
    )

    name: Mapped[str] = mapped_column(String(120))
    email: Mapped[str | None] = mapped_column(String(254), unique=True)  # in lower case
    email_typed: Mapped[str | None] = mapped_column(String(254))  # where it was written otherwise
    # E.164, with ;ext= of an extension. SQLite looks at no lengths, and keeps the one it was made with.
    phone: Mapped[str | None] = mapped_column(String(20).with_variant(String(32), "postgresql"), unique=True)
    role: Mapped[Role] = mapped_column(text_enum(Role), default=Role.SUV)
    status: Mapped[UserStatus] = mapped_column(text_enum(UserStatus), default=UserStatus.AVAILABLE)
    password_hash: Mapped[str | None] = mapped_column(String(255))
    languages: Mapped[list[str]] = mapped_column(JSON, default=list)  # BCP 47
    locale: Mapped[str | None] = mapped_column(String(16))
    time_zone: Mapped[str | None] = mapped_column(String(64))
    home_area: Mapped[str | None] = mapped_column(String(120))
    availability: Mapped[str | None] = mapped_column(String(200))
    emergency_contact: Mapped[str | None] = mapped_column(String(200))
    notes: Mapped[str | None] = mapped_column(Text)  # coordinators' own
    consents: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.id"))
    team_id: Mapped[int | None] = mapped_column(ForeignKey("team.id"))
    last_seen_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    deactivated_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    erased_at: Mapped[datetime | None] = mapped_column(UtcDateTime())

    skills: Mapped[list["UserSkill"]] = relationship(
        back_populates="user", cascade="all, delete-orphan", order_by="UserSkill.name", lazy="raise_on_sql"
    )

    __table_args__ = (
        CheckConstraint(
            "email IS NOT NULL OR phone IS NOT NULL OR erased_at IS NOT NULL", name="can_be_reached"
        ),
        Index("ix_user_name", "name", "id"),
        Index("ix_user_role", "role", "name"),
    )

    @property
    def address(self) -> str | None:
        """The e-mail address as its owner writes it: the one to send to and to show."""
        return self.email_typed or self.email

    @property
    def active(self) -> bool:
        """Whether the person may sign in at all."""
        return self.deactivated_at is None and self.erased_at is None


class UserSkill(Journalled, Base):
    """Something a person can do, with the certificate that shows it and when that ends."""

    __tablename__ = "user_skill"

    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"), index=True)
    name: Mapped[str] = mapped_column(String(60), index=True)
    certificate: Mapped[str | None] = mapped_column(String(120))
    expires_on: Mapped[date | None]

    user: Mapped[User] = relationship(back_populates="skills", lazy="raise_on_sql")

    __table_args__ = (Index("uq_user_skill", "user_id", "name", unique=True),)


class SignInSession(Row, Base):
    """One signed-in browser. The cookie holds a random token; here is only its SHA-256."""

    __tablename__ = "sign_in_session"

    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"), index=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    browser: Mapped[str] = mapped_column(String(200), default="")
    last_seen_at: Mapped[datetime] = mapped_column(UtcDateTime())
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime())
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime())

    user: Mapped[User] = relationship(lazy="raise_on_sql")


class Invitation(Journalled, Base):
    """A one-time link that lets somebody sign up, in a role that the inviter may grant."""

    __tablename__ = "invitation"
    journal_private: ClassVar[frozenset[str]] = frozenset({"token_hash", "note"})

    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    role: Mapped[Role] = mapped_column(text_enum(Role))
    note: Mapped[str] = mapped_column(String(120), default="")
    invited_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime())
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    used_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime())


class ExternalIdentity(Journalled, Base):
    """An account of another service (OpenID Connect) that a person signs in by."""

    __tablename__ = "external_identity"
    journal_private: ClassVar[frozenset[str]] = frozenset({"subject", "email"})

    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"), index=True)
    issuer: Mapped[str] = mapped_column(String(255))
    subject: Mapped[str] = mapped_column(String(255))  # the person's number there, never used anew
    email: Mapped[str | None] = mapped_column(
        String(254)
    )  # as the service had verified it when it was linked

    __table_args__ = (Index("uq_external_identity_subject", "issuer", "subject", unique=True),)


class SignInCode(Row, Base):
    """A one-time code or link that signs a known person in; bounded in time and tries."""

    __tablename__ = "sign_in_code"

    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"), index=True)
    code_hash: Mapped[str] = mapped_column(String(255))
    # A link is found by the hash of its token; a code by the person it belongs to.
    is_link: Mapped[bool] = mapped_column(default=False)
    made_by_id: Mapped[int | None] = mapped_column(BigId)
    # Not read any more: guesses are counted by who guesses. The release before still writes and reads it.
    tries_left: Mapped[int] = mapped_column(Integer, default=100)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime())
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime())

    __table_args__ = (Index("ix_sign_in_code_hash", "code_hash"),)
