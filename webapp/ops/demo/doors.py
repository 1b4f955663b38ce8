"""Sign-in links for the demo: one person per role, the same link until it is used or runs out."""

import base64
import hashlib
import hmac
from itertools import count

from flask import current_app

from webapp.accounts.identity import token_hash
from webapp.accounts.links import make_link
from webapp.accounts.models import SignInCode, User
from webapp.database import utc_now
from webapp.extensions import db
from webapp.journal import SYSTEM
from webapp.ops.demo import people


def doors() -> list[tuple[User, str]]:
    """Who one can be in the demo, each with the token of a link that works now."""
    keys = [f"{key}@{people.DOMAIN}" for key in people.DOORS]
    found = db.session.execute(db.select(User).where(User.email.in_(keys)).order_by(User.id)).scalars().all()
    return [(user, _working_token(user)) for user in found if user.active]


def _working_token(user: User) -> str:
    """The newest link if it still works, else a new one; made from our key, so nothing keeps it."""
    for number in count():
        token = _token(user.id, number)
        link = db.session.execute(
            db.select(SignInCode).where(SignInCode.code_hash == token_hash(token))
        ).scalar_one_or_none()
        if link is None:
            make_link(SYSTEM, user_id=user.id, token=token)
            return token
        if link.used_at is None and link.expires_at > utc_now():
            return token
    raise AssertionError("unreachable")


def _token(user_id: int, number: int) -> str:
    key = str(current_app.secret_key).encode()
    made = hmac.new(key, f"demo door:{user_id}:{number}".encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(made).rstrip(b"=").decode()
