"""Signed-in browsers: start a session, extend it while it is used, end it, end all of a person's."""

import logging
import secrets
import uuid
from datetime import datetime, timedelta

from flask import Flask, Response, current_app, g, session
from flask_login import current_user
from sqlalchemy.exc import SQLAlchemyError

from webapp import journal
from webapp.accounts import families
from webapp.accounts.identity import SignedIn, token_hash
from webapp.accounts.models import SignInSession, User
from webapp.database import WRITE, utc_now
from webapp.errors import NotFound
from webapp.extensions import db
from webapp.journal import Actor
from webapp.journal.order import one_writer

log = logging.getLogger(__name__)

SEEN_EVERY = timedelta(minutes=5)
EXTEND_EVERY = timedelta(days=1)


def start(
    actor: Actor,
    user: User,
    *,
    browser: str = "",
    days: int = 30,
    token: str | None = None,
    command_id: uuid.UUID | None = None,
) -> str:
    """Start a session for a person who has proven who they are; return the token for the cookie.

    ``token`` is given by callers whose form may be sent twice (see `binding`); random otherwise.
    """
    token = token or secrets.token_urlsafe(32)
    _start(actor, user.id, token_hash(token), browser[:200], days, command_id=command_id)
    return token


@journal.command
def _start(_actor: Actor, user_id: int, hashed: str, browser: str, days: int) -> SignInSession:
    now = utc_now()
    row = SignInSession(
        user_id=user_id,
        token_hash=hashed,
        browser=browser,
        last_seen_at=now,
        expires_at=now + timedelta(days=days),
    )
    db.session.add(row)
    db.session.flush()
    journal.append("session.started", None, user_id=user_id, session=row.id)
    return row


@journal.command
def end(actor: Actor, *, session_id: int) -> None:
    """End one of one's own sessions. Raises `NotFound` for anybody else's."""
    row = db.session.get(SignInSession, session_id, with_for_update=True)
    if row is None or row.user_id != actor.user_id:
        raise NotFound("This device is not signed in any more.")
    _end(row)


@journal.command
def end_all(actor: Actor, *, user_id: int, keep: int | None = None) -> None:
    """End every session of a person, their programs' too; ``keep`` is the id of one that stays.

    The caller has decided that the actor may. Each end is journalled, so that its sockets close.
    """
    for row in db.session.execute(
        db.select(SignInSession)
        .where(SignInSession.user_id == user_id, SignInSession.ended_at.is_(None))
        .order_by(SignInSession.id)
        .with_for_update()
    ).scalars():
        if row.id != keep:
            _end(row)
    families.end_of_person(actor, user_id=user_id)


def _end(row: SignInSession) -> None:
    if row.ended_at is None:
        row.ended_at = utc_now()
        journal.append("session.ended", None, user_id=row.user_id, session=row.id)


def keep_alive(response: Response) -> Response:
    """After each request: note once in a while that the person was here, when the page is already sent."""
    if "_login_user" not in g or not current_user.is_authenticated:
        return response  # nobody asked who it is (probes, static files): neither does this
    person: SignedIn = current_user._get_current_object()
    now = utc_now()
    if now - person.session_seen_at < SEEN_EVERY:
        return response
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    lifetime = timedelta(days=app.config["SETTINGS"].session_days)
    extended = now + lifetime if person.session_expires_at < now + lifetime - EXTEND_EVERY else None
    if extended:
        session.modified = True  # the cookie's own time starts anew, too
    response.call_on_close(lambda: _note(app, person.session_id, person.id, now, extended))
    return response


def _note(app: Flask, session_id: int, user_id: int, now: datetime, expires_at: datetime | None) -> None:
    """Bookkeeping, not situation: no entry, no new version, and no page ever fails over it."""
    values = {"last_seen_at": now} | ({"expires_at": expires_at} if expires_at else {})
    sessions, users = SignInSession.__table__, User.__table__
    with app.app_context():
        try:
            with one_writer(db.session()), db.engine.connect() as connection:
                connection = connection.execution_options(**{WRITE: True})
                connection.execute(
                    sessions.update()  # type: ignore[attr-defined]
                    .where(sessions.c.id == session_id, sessions.c.ended_at.is_(None))
                    .values(values)
                )
                connection.execute(
                    users.update().where(users.c.id == user_id).values(last_seen_at=now)  # type: ignore[attr-defined]
                )
                connection.commit()
        except SQLAlchemyError:
            log.warning("last seen not noted", exc_info=True, extra={"session": session_id})
