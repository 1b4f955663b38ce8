"""Signed-in browsers: start a session, end it, end all of a person's."""

import secrets
from datetime import timedelta

from webapp import journal
from webapp.accounts.identity import token_hash
from webapp.accounts.models import SignInSession, User
from webapp.database import utc_now
from webapp.extensions import db
from webapp.journal import Actor


def start(actor: Actor, user: User, *, browser: str = "", days: int = 30) -> str:
    """Start a session for a person who has proven who they are; return the token for the cookie."""
    token = secrets.token_urlsafe(32)
    _start(actor, user.id, token_hash(token), browser[:200], days)
    return token


@journal.command
def _start(_actor: Actor, user_id: int, hashed: str, browser: str, days: int) -> SignInSession:
    now = utc_now()
    session = SignInSession(
        user_id=user_id,
        token_hash=hashed,
        browser=browser,
        last_seen_at=now,
        expires_at=now + timedelta(days=days),
    )
    db.session.add(session)
    db.session.flush()
    journal.append("session.started", None, user_id=user_id, session=session.id)
    return session
