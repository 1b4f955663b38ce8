"""CSRF protection: a token bound to the sign-in session, and the browser's own word on the origin.

The token is an HMAC of the session's token (or of a random visitor id before sign-in), so it is the same
all session long: a page that stays open for ten hours still works, and a live fragment can carry a form.
Why not Flask-WTF's: its tokens differ at each rendering and run out. See docs/decisions.
"""

import hashlib
import hmac
import secrets
from urllib.parse import urlsplit

from flask import current_app, has_request_context, request, session
from flask_login import current_user

from webapp.accounts.bearer import carries_no_cookie_rights
from webapp.errors import Problem

SAFE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
FIELD = "csrf_token"
HEADER = "X-CSRF-Token"
VISITOR = "visitor"


class CrossSite(Problem):
    """The request does not come from a page that this server gave to this person."""

    status = 403
    name = "CrossSite"


def csrf_token() -> str:
    """The token for forms of the present person; empty in live drawings, where the page fills in its own."""
    if not has_request_context():
        return ""
    if current_user.is_authenticated:
        return token_of_session(current_user.token)
    if VISITOR not in session:
        session[VISITOR] = secrets.token_urlsafe(16)
    return _token(f"visitor:{session[VISITOR]}")


def token_of_session(session_token: str) -> str:
    """The token for forms of whoever is signed in by this session."""
    return _token(f"session:{session_token}")


def _token(bound_to: str) -> str:
    secret = str(current_app.secret_key).encode()
    return hmac.new(secret, bound_to.encode(), hashlib.sha256).hexdigest()


def check_csrf() -> None:
    """Refuse a write from elsewhere. Raises `CrossSite`."""
    if request.method in SAFE or request.endpoint is None:
        return  # without an endpoint no view runs: the 404 or 405 handler answers
    if carries_no_cookie_rights():
        return
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        raise CrossSite("This was sent from another site. Open the page here and try again.")
    origin = request.headers.get("Origin")
    if origin is not None and origin != "null" and host_of(origin) != request.host:
        raise CrossSite("This was sent from another site. Open the page here and try again.")
    given = request.headers.get(HEADER) or request.form.get(FIELD, "")
    if not hmac.compare_digest(given.encode(), csrf_token().encode()):
        raise CrossSite("You signed in or out since this page was opened. Load the page and send again.")


def host_of(origin: str) -> str | None:
    """Host and port of an ``Origin`` header; None for one that is no address at all."""
    try:
        return urlsplit(origin).netloc
    except ValueError:
        return None
