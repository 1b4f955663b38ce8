"""The one place where errors become answers: pages and fragments for people, an envelope for programs."""

import errno
import logging
from decimal import Decimal
from typing import Any

from flask import Flask, current_app, g, jsonify, make_response, render_template, request
from jinja2 import TemplateNotFound
from sqlalchemy.exc import DBAPIError, InterfaceError, InternalError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import (
    HTTPException,
    InternalServerError,
    RequestEntityTooLarge,
    SecurityError,
    ServiceUnavailable,
)
from werkzeug.wrappers import Response

from webapp.access import SignInNeeded, to_sign_in
from webapp.database import utc_now
from webapp.errors import Problem
from webapp.extensions import db, login
from webapp.journal.actor import PUBLIC
from webapp.journal.plain import number
from webapp.refused_writes import Refusal, refusal
from webapp.tries import TooManyTries
from webapp.web import invalid_fields
from webapp.web.answers import is_htmx
from webapp.web.viewer import Audience, settings

log = logging.getLogger(__name__)

_WORDS = {
    400: "The request could not be understood.",
    403: "You may not do this.",
    404: "There is nothing here, or it is not yours to see.",
    405: "This address does not take that kind of request.",
    413: "What you sent is too large.",
    415: "This kind of content is not accepted here.",
    429: "Too many tries. Wait a little, then try again.",
    500: "Something went wrong on our side. Nothing was half-done. Try again.",
    503: "The server is busy or being serviced. Try again shortly.",
}
_OTHER_HOST = "This server does not answer to this name. Use the address that you were given."
_NO_DATABASE = "The database does not answer just now. Nothing was saved. Try again in a moment."
_NO_ROOM = "The server has no room to write. Nothing was saved. Tell whoever runs it; reading still works."
_READ_ONLY = "The database only lets itself be read just now. Nothing was saved. Try again in a moment."
_AWAY = (OperationalError, InterfaceError, PoolTimeout)
_RETRY_AFTER = "5"  # seconds: a restarted database is back by then, and a crowd does not pile up
# What is read by machines is answered to machines, whatever they say they accept.
_FOR_MACHINES = ("/api/", "/graphql", "/health", "/readiness", "/metrics")
# Fields that are never shown again.
_UNSHOWN = ("csrf_token", "command_id", "version", "password", "present", "secret", "token", "code")


def init_app(app: Flask) -> None:
    """Handle every error of this app."""
    app.register_error_handler(Problem, _problem)
    app.register_error_handler(HTTPException, _http)
    for away in _AWAY:
        app.register_error_handler(away, _no_database)
    app.register_error_handler(InternalError, _internal)
    app.register_error_handler(OSError, _system)
    app.register_error_handler(Exception, _unknown)


def _problem(error: Problem) -> Response:
    if isinstance(error, SignInNeeded) and not wants_json():
        if is_htmx():
            response = make_response("", 401)
            response.headers["HX-Redirect"] = to_sign_in().location or "/"
            return response
        return to_sign_in()
    invalid_fields.note(error.fields)
    if wants_json():
        told = {name: error.facts[name] for name in error.told if name in error.facts}
        shown = envelope(error.status, error.name, error.message, error.fields, told)
        return make_response(jsonify(shown), error.status)
    return answer(error.status, error.name, error.message, error.fields, error.facts)


def _http(error: HTTPException) -> Response:
    status = error.code or 500
    words = _OTHER_HOST if isinstance(error, SecurityError) else _WORDS.get(status, error.name)
    if isinstance(error, TooManyTries):
        words = error.description or words
    if status == RequestEntityTooLarge.code:
        words = f"{words} {_bounds()}"
    answered = answer(status, error.name.replace(" ", ""), words)
    for name, value in error.get_headers():
        if name.lower() in ("allow", "retry-after"):
            answered.headers[name] = value
    return answered


def _bounds() -> str:
    """How much this address takes, from this person."""
    most = (request.max_content_length or 0) // 1_048_576
    return f"At most {most} MB are taken here, in at most {request.max_form_parts} fields."


def _no_database(error: DBAPIError | PoolTimeout) -> Response:
    """The database is away, full, or has no connection left: another try may find it again."""
    words = {Refusal.NO_ROOM: _NO_ROOM, Refusal.READ_ONLY: _READ_ONLY}
    why = refusal(getattr(error, "orig", None))
    return _unavailable(error, words[why] if why else _NO_DATABASE)


def _internal(error: InternalError) -> Response:
    """PostgreSQL files its refusal to write while it may only be read here, beside faults of ours."""
    return _no_database(error) if refusal(error.orig) else _unknown(error)


def _system(error: OSError) -> Response:
    """The operating system refused something; a full or read-only disk has words of its own."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EROFS):
        return _unavailable(error, _NO_ROOM)
    return _unknown(error)


def _unavailable(error: Exception, message: str) -> Response:
    log.error("unavailable", exc_info=error, extra={"path": request.path})
    _ask_no_database()
    answered = answer(ServiceUnavailable.code, "ServiceUnavailable", message)
    answered.headers["Retry-After"] = _RETRY_AFTER
    return answered


def _ask_no_database() -> None:
    """Draw the rest of this answer without asking who the person is: that would ask the database."""
    g.no_database = True
    if "_login_user" not in g:
        g._login_user = login.anonymous_user()
    g.setdefault("actor", PUBLIC)
    chosen = settings()
    known = request.accept_languages.best_match(current_app.config["LANGUAGES"]) or chosen.locale
    g.setdefault("viewer", Audience(g.actor.role, known, chosen.time_zone, g.actor.user_id))


def _unknown(error: Exception) -> Response:
    log.exception("unhandled", exc_info=error, extra={"path": request.path})
    db.session.rollback()
    return _http(InternalServerError())


def answer(
    status: int,
    name: str,
    message: str,
    fields: dict[str, str] | None = None,
    facts: dict[str, Any] | None = None,
) -> Response:
    """The error in the form that the asker reads."""
    if wants_json():
        return make_response(jsonify(envelope(status, name, message, fields)), status)
    context = {"status": status, "message": message, "fields": fields or {}, "facts": facts or {}}
    try:
        return _drawn(status, context | {"typed": _typed()})
    except _AWAY as error:
        if "no_database" in g:
            raise
        return _no_database(error)


def _drawn(status: int, context: dict[str, Any]) -> Response:
    if is_htmx():
        response = make_response(render_template("errors/_fragment.html", **context), status)
        response.headers["HX-Retarget"] = "#flash"
        response.headers["HX-Reswap"] = "innerHTML"
        return response
    return make_response(_page(status, context), status)


def _page(status: int, context: dict[str, Any]) -> str:
    try:
        return render_template(f"errors/{status}.html", **context)
    except TemplateNotFound:
        return render_template("errors/error.html", **context)


def _typed() -> dict[str, str]:
    """What the person had typed, to show it again: nothing typed is lost to an error."""
    try:
        shown = {k: v for k, v in request.form.items() if v and len(k) < 40}
    except HTTPException:
        return {}  # too large or damaged: reading it again is refused again
    return {k: v[:5000] for k, v in shown.items() if not any(private in k for private in _UNSHOWN)}


def wants_json() -> bool:
    """Whether the asker is a program: by the address, by what it accepts, or by what it sent."""
    if request.path.startswith(_FOR_MACHINES):
        return True
    if is_htmx():
        return False
    best = request.accept_mimetypes.best_match(["text/html", "application/json"])
    named = tuple(request.accept_mimetypes.values())
    return best == "application/json" or (request.is_json and "text/html" not in named)


def envelope(
    status: int,
    name: str,
    message: str,
    fields: dict[str, str] | None = None,
    told: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """The standard error envelope; ``told`` are facts to decide by."""
    data: dict[str, Any] = {"errors": [{"field": k, "message": v} for k, v in (fields or {}).items()]}
    if told:
        data["facts"] = {k: number(v) if isinstance(v, Decimal) else v for k, v in told.items()}
    return {
        "success": False,
        "statusCode": status,
        "name": name,
        "message": message,
        "correlationId": g.get("request_id", ""),
        "timestamp": utc_now().isoformat(),
        "path": request.path,
        "data": data,
    }
