"""Getting in: sign up, prove who one is, and turn that into a session of this browser."""

import uuid
from dataclasses import dataclass
from datetime import timedelta

from flask import g, request, session
from flask_login import current_user, login_user
from sqlalchemy import Select, select

from webapp import journal
from webapp.accounts import binding, codes, guarding, known_browsers, passwords, sessions
from webapp.accounts.contact import Contact
from webapp.accounts.identity import load
from webapp.accounts.models import SignInCode, User
from webapp.accounts.service import create_user
from webapp.database import utc_now
from webapp.errors import Problem
from webapp.extensions import db
from webapp.journal import Actor, Role
from webapp.journal.actor import PUBLIC, ActorKind
from webapp.web.viewer import settings

# A code that was used a moment ago is looked at once more, for the second half of a double tap.
SECOND_TAP = timedelta(minutes=2)
# How many of a person's codes are compared with what was typed; always as many, known person or not.
SLOTS = 3
NEW_CODE = "new_code"  # in the session: the personal code until the person has written it down


class WrongCredentials(Problem):
    """Unknown person, wrong password, wrong or used code: one answer for all."""

    status = 422
    name = "WrongCredentials"


@dataclass(frozen=True, slots=True)
class Proof:
    """Who somebody has shown to be, and by what."""

    user_id: int
    code_id: int | None
    password_outdated: bool


@journal.command
def sign_up(
    actor: Actor,
    *,
    name: str,
    contact: Contact,
    password_hash: str | None = None,
    code_hash: str | None = None,
    role: Role = Role.SUV,
    locale: str | None = None,
) -> User:
    """Make a person with the password or personal code that lets them in again.

    The caller has decided that they may (open sign-up, a join code, an invitation).
    """
    user = create_user(
        actor, name=name, contact=contact, role=role, password_hash=password_hash, locale=locale
    )
    if code_hash:
        codes.add_personal(user.id, code_hash)
    return user


def prove(contact: Contact, secret: str) -> Proof | None:
    """Compare a password or code with what is kept. The time depends only on what was typed."""
    found = db.session.execute(
        db.select(User.id, User.password_hash)
        .where(contact.may_be(), User.deactivated_at.is_(None), User.erased_at.is_(None))
        .order_by(contact.matches().desc())
    ).first()
    code = codes.normal(secret)
    user_id, password_hash = (found.id, found.password_hash) if found else (0, None)
    slots = [(row.id, row.code_hash) for row in db.session.execute(_comparable(user_id))]
    db.session.rollback()  # no transaction stays open while hashing
    if code is None:
        right, code_id = passwords.matches(password_hash, secret), None
    else:
        right = passwords.matches(password_hash, secret) and not guarding.only_codes()
        padded = [*slots, *[(None, None)] * SLOTS][:SLOTS]
        hits = [id_ for id_, hash_ in padded if passwords.matches(hash_, code)]
        code_id = hits[0] if hits and not right else None
    if not right and code_id is None:
        return None
    return Proof(user_id, code_id, right and passwords.outdated(password_hash or ""))


def _comparable(user_id: int) -> Select[int, str]:
    now = utc_now()
    unused = SignInCode.used_at.is_(None)
    return (
        select(SignInCode.id, SignInCode.code_hash)
        .where(
            SignInCode.user_id == user_id,
            SignInCode.is_link.is_(False),
            SignInCode.expires_at > now,
            unused | (SignInCode.used_at > now - SECOND_TAP),
        )
        .order_by(unused.desc(), SignInCode.id.desc())
        .limit(SLOTS)
    )


@journal.command
def use_code(_actor: Actor, *, code_id: int, next_hash: str) -> SignInCode:
    """Let somebody in by a code once, and give them the next one. Raises `WrongCredentials`."""
    code = db.session.get(SignInCode, code_id, with_for_update=True)
    now = utc_now()
    if code is None or code.used_at is not None or code.expires_at <= now:
        raise wrong()
    code.used_at = now
    kind = "personal" if code.made_by_id is None else "desk"
    journal.append("code.used", None, user_id=code.user_id, kind=kind)
    codes.add_personal(code.user_id, next_hash)
    return code


@journal.command
def refuse(_actor: Actor, *, contact: Contact) -> None:
    """Note a failed try where the person can see it. Unknown people are noted alike."""
    tried = db.select(User.id).where(contact.may_be()).order_by(contact.matches().desc())
    user_id = db.session.execute(tried).scalars().first()
    journal.append("session.refused", None, user_id=user_id)


@journal.command
def _rehash(_actor: Actor, *, user_id: int, password_hash: str) -> None:
    user = db.session.get_one(User, user_id, with_for_update=True)
    user.password_hash = password_hash
    journal.append("user.edited", user, user_id=user_id)


def sign_in(contact: Contact, secret: str, seed: uuid.UUID) -> str | None:
    """Sign in with a password or a code; return the next code when it was a code.

    ``seed`` is the form's command id. Raises `WrongCredentials`.
    """
    proof = prove(contact, secret)
    if proof is None:
        refuse(PUBLIC, contact=contact)
        raise wrong()
    next_code = None
    if proof.code_id is not None:
        next_code = codes.derived("next", seed)
        used = binding.command("use_code", seed, proof.code_id)
        use_code(PUBLIC, code_id=proof.code_id, next_hash=passwords.hashed(next_code), command_id=used)
    elif proof.password_outdated:
        _rehash(PUBLIC, user_id=proof.user_id, password_hash=passwords.hashed(secret))
    enter(db.session.get_one(User, proof.user_id), seed)
    if next_code:
        session[NEW_CODE] = next_code
    return next_code


def wrong() -> WrongCredentials:
    """The one answer to everything that does not let in."""
    message = (
        "The contact and the password or code do not fit together. Check both. "
        "No luck? A coordinator can make you a code."
    )
    return WrongCredentials(message)


def enter(user: User, seed: uuid.UUID) -> None:
    """Sign this browser in, with a cookie session made anew: nothing from before sign-in lives on."""
    token = binding.token("session", seed)
    started = binding.command("session", seed, user.id)
    if current_user.is_authenticated:
        sessions.end(current_user.actor, session_id=current_user.session_id)
    sessions.start(
        actor_of(user),
        user,
        browser=request.user_agent.string,
        days=settings().session_days,
        token=token,
        command_id=started,
    )
    session.clear()
    session.permanent = True
    signed_in = load(token)
    if signed_in is None:
        raise wrong()  # the form was sent again after its session had ended
    login_user(signed_in)
    forget_viewer()
    known_browsers.remember(user.id)


def forget_viewer() -> None:
    """The request goes on as somebody else: nothing remembered of the former actor may stay."""
    for remembered in ("actor", "viewer"):
        g.pop(remembered, None)


def actor_of(user: User) -> Actor:
    """The person as services see them."""
    return Actor(ActorKind.USER, user.id, user.role, user.name)
