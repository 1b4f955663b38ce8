"""Secrets that a form gives, bound to the browser that sends it.

A form that makes a session, a code or a link may be sent twice (a double tap, a lost answer). The second
time must give the same secret, which is kept only as a hash. So it is derived from the form's command id
and from what only this browser's cookie holds: neither the database nor the journal can give it away.
"""

import base64
import hashlib
import hmac
import uuid

from flask import current_app, session
from flask_login import current_user

from webapp.web.csrf import VISITOR

_NAMESPACE = uuid.UUID("c6d6c0de-51f0-4f0b-a4f0-7a9b3f1c2e88")


def digest(purpose: str, seed: uuid.UUID) -> bytes:
    """32 secret bytes for this purpose, form and browser."""
    key = str(current_app.secret_key).encode()
    return hmac.new(key, f"{purpose}:{seed}:{_browser()}".encode(), hashlib.sha256).digest()


def token(purpose: str, seed: uuid.UUID) -> str:
    """The same as text for a cookie or a link."""
    return base64.urlsafe_b64encode(digest(purpose, seed)).rstrip(b"=").decode()


def command(purpose: str, seed: uuid.UUID, *parts: object) -> uuid.UUID:
    """The command id of what somebody not signed in does: good only from the same browser."""
    return uuid.uuid5(_NAMESPACE, f"{purpose}:{seed}:{_browser()}:{parts}")


def _browser() -> str:
    if current_user.is_authenticated:
        return str(current_user.token)
    return str(session.get(VISITOR, ""))
