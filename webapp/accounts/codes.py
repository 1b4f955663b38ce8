"""Sign-in codes: short enough to read aloud over a bad line, long enough not to be guessed.

Eight of 30 characters are 39 bits. Guesses are bounded by whom they come from (`guarding`), never by code:
five wrong ones would end the code for the person it was made for.
"""

import re
import uuid
from datetime import timedelta

from webapp import journal
from webapp.accounts import binding
from webapp.accounts.models import SignInCode, User
from webapp.database import utc_now
from webapp.errors import NotFound
from webapp.extensions import db
from webapp.journal import Actor
from webapp.policy import Action, require

# No 0 O 1 I L, no U (heard as "you"): what is left is told apart on paper and by ear.
ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH = 8
PERSONAL = timedelta(days=90)
DESK = timedelta(minutes=10)

_SHAPE = re.compile(rf"[{ALPHABET}]{{{LENGTH}}}")


def derived(purpose: str, seed: uuid.UUID) -> str:
    """The code for this form of this browser: the same when the form is sent again, known to no other."""
    return spelled(int.from_bytes(binding.digest(purpose, seed), "big"))


def spelled(number: int) -> str:
    """A large number's last eight letters."""
    letters = []
    for _ in range(LENGTH):
        number, letter = divmod(number, len(ALPHABET))
        letters.append(ALPHABET[letter])
    return "".join(letters)


def shown(code: str) -> str:
    """The code in two groups, as it is written down and read aloud."""
    return f"{code[:4]}-{code[4:]}"


def normal(typed: str) -> str | None:
    """A code as typed, in its one form; ``None`` when the text cannot be a code."""
    text = re.sub(r"[\s\-–—.]", "", typed).upper()
    return text if _SHAPE.fullmatch(text) else None


def add_personal(user_id: int, code_hash: str) -> SignInCode:
    """Inside a command: give the person this code and end the personal one before it."""
    now = utc_now()
    for code in live(user_id, now):
        if code.made_by_id is None:
            code.used_at = now
    row = SignInCode(user_id=user_id, code_hash=code_hash, expires_at=now + PERSONAL)
    db.session.add(row)
    return row


def live(user_id: int, now: object) -> list[SignInCode]:
    """The person's codes that still work, the newest first."""
    statement = (
        db.select(SignInCode)
        .where(
            SignInCode.user_id == user_id,
            SignInCode.is_link.is_(False),
            SignInCode.used_at.is_(None),
            SignInCode.expires_at > now,
        )
        .order_by(SignInCode.id.desc())
    )
    return list(db.session.execute(statement).scalars())


@journal.command
def renew(actor: Actor, *, code_hash: str) -> SignInCode:
    """Give oneself a new personal code; the old one ends."""
    user = _person(actor.user_id or 0)
    require(actor, Action.PROFILE_EDIT, user)
    row = add_personal(user.id, code_hash)
    db.session.flush()
    journal.append("code.made", None, user_id=user.id, kind="personal")
    return row


@journal.command
def make_at_desk(actor: Actor, *, user_id: int, code_hash: str) -> SignInCode:
    """A code that lets somebody in for ten minutes, read out to them by a coordinator.

    The person sees on their own page who made it.
    """
    user = _person(user_id)
    require(actor, Action.USER_CODE, user)
    now = utc_now()
    for code in live(user_id, now):
        if code.made_by_id is not None:
            code.used_at = now
    row = SignInCode(
        user_id=user_id,
        code_hash=code_hash,
        made_by_id=actor.user_id or 0,
        expires_at=now + DESK,
    )
    db.session.add(row)
    db.session.flush()
    journal.append("code.made", None, user_id=user_id, kind="desk", by=actor.name)
    return row


def _person(user_id: int) -> User:
    user = db.session.get(User, user_id, with_for_update=True)
    if user is None or not user.active:
        raise NotFound("There is no such person, or they cannot sign in any more.")
    return user
