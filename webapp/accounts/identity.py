"""From a request's cookie to an actor: one statement loads the session and its person."""

import hashlib
from dataclasses import replace

from flask import g, has_request_context
from flask_login import current_user
from sqlalchemy.orm import contains_eager

from webapp.accounts import bearer
from webapp.accounts.models import SignInSession, User
from webapp.database import utc_now
from webapp.errors import Forbidden
from webapp.extensions import db, login
from webapp.journal.actor import PUBLIC, SYSTEM, Actor, ActorKind
from webapp.journal.transaction import reads_actors


def token_hash(token: str) -> str:
    """SHA-256 of a random token (256 bits): enough at rest, as nothing can be guessed."""
    return hashlib.sha256(token.encode()).hexdigest()


class SignedIn:
    """The signed-in person as flask-login and templates see them: plain values of this request."""

    is_authenticated = True
    is_anonymous = False

    def __init__(self, session: SignInSession, user: User, token: str) -> None:
        self.session_id = session.id
        self.session_seen_at = session.last_seen_at
        self.session_expires_at = session.expires_at
        self.token = token
        self.id = user.id
        self.name = user.name
        self.role = user.role
        self.status = user.status
        self.locale = user.locale
        self.time_zone = user.time_zone
        self.is_active = user.active

    def get_id(self) -> str:
        """What flask-login keeps in the cookie: the session's token, not the person's id."""
        return self.token

    @property
    def actor(self) -> Actor:
        """The person as services and policy see them."""
        return Actor(ActorKind.USER, self.id, self.role, self.name, self.session_id)


@login.user_loader
def load(token: str) -> SignedIn | None:
    """The session behind the cookie, unless it ended, ran out, or its person was deactivated."""
    session = db.session.execute(
        db.select(SignInSession)
        .join(SignInSession.user)
        .options(contains_eager(SignInSession.user))
        .where(
            SignInSession.token_hash == token_hash(token),
            SignInSession.ended_at.is_(None),
            SignInSession.expires_at > utc_now(),
            User.deactivated_at.is_(None),
            User.erased_at.is_(None),
        )
    ).scalar_one_or_none()
    return SignedIn(session, session.user, token) if session is not None else None


def current_actor() -> Actor:
    """Who makes this request; the system outside of requests."""
    if not has_request_context():
        return SYSTEM
    if "actor" not in g:
        g.actor = bearer.actor() or (current_user.actor if current_user.is_authenticated else PUBLIC)
    actor: Actor = g.actor
    return actor


@reads_actors
def as_of_now(actor: Actor) -> Actor:
    """The person with the role that they have at this moment, read inside the command.

    Raises `Forbidden` for somebody who was deactivated or erased since the request began, `InvalidToken` for
    a program or device whose sign-in ended since.
    """
    if actor.family_id is not None:
        return bearer.of_family(actor.family_id)
    if actor.kind is not ActorKind.USER:
        return actor
    row = db.session.execute(
        db.select(User.role, User.deactivated_at, User.erased_at).where(User.id == actor.user_id)
    ).one_or_none()
    if row is None or row.deactivated_at is not None or row.erased_at is not None:
        raise Forbidden("You may not do this any more: your account was closed. Nothing was changed.")
    return actor if row.role is actor.role else replace(actor, role=row.role)
