"""The blueprint of all operations: what comes in is read strictly before a view sees it."""

import hashlib
import json
import re
from typing import Any

from flask import Blueprint, Response, request
from werkzeug.exceptions import HTTPException

from webapp.accounts.bearer import challenge
from webapp.errors import Problem
from webapp.journal import StaleVersion
from webapp.web.failures import answer

VERSION = "v1"
PREFIX = f"/api/{VERSION}"
DEEPEST = 32  # levels of a JSON body
_READING = frozenset({"GET", "HEAD", "OPTIONS"})
# A text that does not end is passed over to the end, once: looked for again from each of its quotes it would
# take hours of one small body.
_TEXT_DEPTH = re.compile(rb'"(?:[^"\\]|\\.)*+"?|[\[{]|[\]}]', re.DOTALL)

blueprint = Blueprint("api", __name__, url_prefix=PREFIX)


class Malformed(Problem):
    """The body is no JSON object."""

    status = 400
    name = "Malformed"


class UnsupportedType(Problem):
    """The body is of another type than JSON."""

    status = 415
    name = "UnsupportedMediaType"


@blueprint.before_request
def read_body() -> None:
    """Read the body once, as strict JSON: an object, no NaN, no endless nesting, no name twice.

    Raises `Malformed`, `UnsupportedType`. Who may send it was asked before (`access`).
    """
    if request.method in _READING:
        return
    raw = request.get_data(cache=True)
    if not raw:
        request._cached_json = ({}, {})
        return
    if request.mimetype != "application/json":
        raise UnsupportedType("Send JSON, with Content-Type: application/json.")
    body = _parsed(raw)
    request._cached_json = (body, body)


def _parsed(raw: bytes) -> dict[str, Any]:
    depth = deepest = 0
    for found in _TEXT_DEPTH.finditer(raw):
        sign = found[0]
        if sign in b"[{":
            depth += 1
            deepest = max(deepest, depth)
        elif sign in b"]}":
            depth -= 1
    if deepest > DEEPEST:
        raise Malformed(f"The body is nested deeper than {DEEPEST} levels.")
    try:
        body = json.loads(raw, object_pairs_hook=_once, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise Malformed(f"The body is not JSON: {error}"[:200]) from None
    if not isinstance(body, dict):
        raise Malformed("The body must be a JSON object.")
    return body


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name stands twice in one object")
    return found


def _no_number(name: str) -> float:
    raise ValueError(f"{name} is no number")


@blueprint.errorhandler(StaleVersion)
def stale(error: StaleVersion) -> Any:
    """A precondition that does not hold (RFC 9110, 13.1.1): read it again and decide."""
    return answer(412, error.name, "Somebody changed this meanwhile. Read it again, then decide.")


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
