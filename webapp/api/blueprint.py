"""The blueprint of all operations: what comes in is read strictly before a view sees it."""

import hashlib
from typing import Any

from flask import Blueprint, Response, request
from werkzeug.exceptions import HTTPException

from webapp.accounts.bearer import challenge
from webapp.journal import ContentChanged, StaleVersion
from webapp.web import json_body
from webapp.web.failures import answer

VERSION = "v1"
PREFIX = f"/api/{VERSION}"
_READING = frozenset({"GET", "HEAD", "OPTIONS"})
KEY = "Idempotency-Key"

lenient: set[str] = set()  # endpoints, without the blueprint's name, whose items are judged one by one
blueprint = Blueprint("api", __name__, url_prefix=PREFIX)


@blueprint.before_request
def read_body() -> None:
    """Read the body once, strictly; an empty one is an empty object.

    Who may send it was asked before (`access`). Raises `Malformed`, `UnsupportedType`.
    """
    if request.method in _READING:
        return
    one_by_one = (request.endpoint or "").rpartition(".")[2] in lenient
    body = json_body.body(lenient=one_by_one) if request.get_data(cache=True) else {}
    request._cached_json = (body, body)


@blueprint.errorhandler(StaleVersion)
def stale(error: StaleVersion) -> Any:
    """A precondition that does not hold (RFC 9110, 13.1.1): read it again and decide."""
    return answer(412, error.name, "Somebody changed this meanwhile. Read it again, then decide.")


@blueprint.errorhandler(ContentChanged)
def reused(error: ContentChanged) -> Any:
    """The same key with another body: which deed was meant, only the sender can say."""
    words = f"This {KEY} was used before, with another body. Send a new one for each deed."
    return answer(error.status, error.name, words, {KEY: words})


@blueprint.after_request
def not_stored(response: Response) -> Response:
    """What is read by right is nobody else's: no cache on the way keeps it, and each asker revalidates."""
    response.headers.setdefault("Cache-Control", "private, no-cache")
    response.vary.add("Authorization")
    if response.status_code == 401:
        response.headers["WWW-Authenticate"] = challenge()
    if request.method in ("GET", "HEAD") and response.status_code == 200 and not response.is_streamed:
        _tag(response)
        try:
            response.make_conditional(request)
        except HTTPException:  # an unsatisfiable Range, which is not offered
            return response
    return response


def _tag(response: Response) -> None:
    """Name the answer as it is: beside the row's version by all that is shown with it.

    A heartbeat, a skill or another's title moves no version of the row, and is news to who reads it.
    """
    version, _weak = response.get_etag()
    shown = hashlib.sha256(response.get_data()).hexdigest()[:16]
    response.set_etag(f"{version}.{shown}" if version else shown)
