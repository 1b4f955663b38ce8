"""The one place where errors become answers: pages and fragments for people, an envelope for programs."""

import logging
from typing import Any

from flask import Flask, g, jsonify, make_response, render_template, request
from flask_login import current_user
from jinja2 import TemplateNotFound
from werkzeug.exceptions import HTTPException, InternalServerError
from werkzeug.wrappers import Response

from webapp.access import SignInNeeded, to_sign_in
from webapp.database import utc_now
from webapp.errors import Problem
from webapp.extensions import db
from webapp.web.answers import is_htmx

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


def init_app(app: Flask) -> None:
    """Handle every error of this app."""
    app.register_error_handler(Problem, _problem)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _unknown)


def _problem(error: Problem) -> Response:
    if isinstance(error, SignInNeeded) and not wants_json():
        if is_htmx():
            response = make_response("", 401)
            response.headers["HX-Redirect"] = to_sign_in().location or "/"
            return response
        return to_sign_in()
    return answer(error.status, error.name, error.message, error.fields, error.facts)


def _http(error: HTTPException) -> Response:
    status = error.code or 500
    answered = answer(status, error.name.replace(" ", ""), _WORDS.get(status, error.name))
    for name, value in error.get_headers():
        if name.lower() in ("allow", "retry-after"):
            answered.headers[name] = value
    return answered


def _unknown(error: Exception) -> Response:
    db.session.rollback()
    log.exception("unhandled", exc_info=error, extra={"path": request.path})
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
    context["typed"] = _typed()
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
    hidden = ("csrf_token", "command_id", "version", "password")
    return {k: v[:5000] for k, v in request.form.items() if v and not k.startswith(hidden) and len(k) < 40}


def wants_json() -> bool:
    """Whether the asker is a program."""
    if request.path.startswith(("/api/", "/health")):
        return True
    best = request.accept_mimetypes.best_match(["text/html", "application/json"])
    return best == "application/json" and not is_htmx() and not current_user.is_authenticated


def envelope(status: int, name: str, message: str, fields: dict[str, str] | None = None) -> dict[str, Any]:
    """The standard error envelope."""
    return {
        "success": False,
        "statusCode": status,
        "name": name,
        "message": message,
        "correlationId": g.get("request_id", ""),
        "timestamp": utc_now().isoformat(),
        "path": request.path,
        "data": {"errors": [{"field": k, "message": v} for k, v in (fields or {}).items()]},
    }
