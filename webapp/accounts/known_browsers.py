"""Browsers that signed a person in before: whoever guesses elsewhere does not use up their tries.

A cookie names the browser and, by keyed tags that say nothing to anybody else, the people it let in. It lets
nobody in: it only gives the browser a count of its own for tries at being one of these people.
"""

import hashlib
import hmac
import secrets

from flask import after_this_request, current_app, request
from itsdangerous import BadSignature, URLSafeSerializer
from werkzeug.wrappers import Response

from webapp.web.viewer import settings

COOKIE = "mayday_device"
# As long as browsers keep a cookie at most.
DAYS = 400
# A tablet at the desk signs many in: the last ones are known.
MOST = 20


def present() -> tuple[str, list[str]]:
    """The browser's own name and the tags of the people it let in, the last one first; "" and none for a
    browser that is not known."""
    try:
        name, tags = _signer().loads(request.cookies.get(COOKIE, "")[:2000])
    except (BadSignature, ValueError, TypeError):
        return "", []
    return str(name), [str(tag) for tag in tags]


def name_for(user_id: int) -> str:
    """The browser's name, if it let this person in before; "" if not."""
    name, tags = present()
    return name if _tag(user_id) in tags else ""


def remember(user_id: int) -> None:
    """Have the answer to this request tell the browser that it let this person in."""
    name, tags = present()
    mine = _tag(user_id)
    told = _signer().dumps([name or secrets.token_urlsafe(9), [mine, *(t for t in tags if t != mine)][:MOST]])

    @after_this_request
    def _tell(response: Response) -> Response:
        response.set_cookie(
            COOKIE,
            str(told),
            max_age=DAYS * 86_400,
            httponly=True,
            samesite="Lax",
            secure=settings().secure_cookies,
        )
        return response


def _tag(user_id: int) -> str:
    key = str(current_app.secret_key).encode()
    return hmac.new(key, f"known-person:{user_id}".encode(), hashlib.sha256).hexdigest()[:20]


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(str(current_app.secret_key), salt="known-browser")
