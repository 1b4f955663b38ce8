"""What every request gets: an id, checks before the view, headers after it; what every template gets."""

import re
import uuid
from typing import Any

from flask import Flask, Response, current_app, g, has_request_context, redirect, request, url_for
from flask_babel import get_locale
from werkzeug.routing import IntegerConverter
from werkzeug.wrappers import Response as BaseResponse

from webapp import access, limits
from webapp.database import utc_now
from webapp.journal.transaction import request_id, say_content
from webapp.policy import Action, may
from webapp.web import nav, shared, times
from webapp.web.answers import ASKED_WITH, is_htmx
from webapp.web.csrf import check_csrf, csrf_token
from webapp.web.forms import command_for
from webapp.web.numbers import degrees
from webapp.web.proxies import ORIGINAL
from webapp.web.viewer import settings, viewer

# As proxies make them (a UUID, or hexadecimal): no token and hardly a password looks like that.
_WELL_FORMED = re.compile(r"[0-9A-Fa-f-]{12,64}")
_RTL = frozenset({"ar", "fa", "he", "ur"})

SECURITY_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
        "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), payment=()",
}


# A year, as browsers ask for. Only said where cookies need HTTPS anyway: a laptop has no certificate.
HTTPS_ONLY = "max-age=31536000"


class RowNumber(IntegerConverter):
    """Numbers of rows in addresses; one that no row will ever have is an address that is not there.

    Bounded by how it is written: of a number that is only found too large afterwards, werkzeug says that
    the method is wrong (405) where there are several.
    """

    regex = r"\d{1,18}"


def init_app(app: Flask) -> None:
    """Bind the steps of each request, in this order, and the template globals."""
    app.url_map.converters["int"] = RowNumber
    app.before_request(_identify_request)
    app.before_request(check_csrf)
    app.before_request(limits.check_request)
    app.before_request(access.check_request)
    app.after_request(_headers)
    app.context_processor(_template_context)
    app.add_template_filter(times.local_time, "local_time")
    app.add_template_filter(times.form_time, "form_time")
    app.add_template_filter(times.hours, "hours")
    app.add_template_filter(times.amount, "amount")
    app.add_template_filter(degrees, "degrees")
    app.add_template_global(csrf_token, "csrf_token")
    app.add_template_global(allowed, "may")
    app.add_template_global(is_htmx, "is_htmx")
    app.add_template_global(Action, "Action")
    app.add_template_global(button_command, "command_for")
    # Templates are also drawn outside of requests (live fragments), where Flask's own would refuse.
    app.extensions["paths"] = app.url_map.bind("localhost")
    app.jinja_env.globals["url_for"] = path_for
    app.add_url_rule("/", "home", home)
    access.allows(Action.ENTER)(app.view_functions["static"])


@access.allows(Action.ENTER)
def home() -> BaseResponse:
    """Everybody's start: the board, the volunteer's own page, or sign-in."""
    actor = viewer().actor
    if actor.role is None:
        return redirect(url_for("accounts.sign_in"))
    return redirect(url_for("board.show" if may(actor, Action.BOARD) else "volunteers.now"))


def _identify_request() -> None:
    # It goes into the log and the journal as it is: only a proxy that is believed may choose it.
    given = request.headers.get("X-Request-ID", "") if ORIGINAL in request.environ else ""
    g.request_id = given if _WELL_FORMED.fullmatch(given) else uuid.uuid4().hex
    request_id.set(g.request_id)
    say_content(None)  # threads serve one request after another


def _headers(response: Response) -> Response:
    for name, value in SECURITY_HEADERS.items():
        response.headers.setdefault(name, value)
    if settings().secure_cookies:
        response.headers.setdefault("Strict-Transport-Security", HTTPS_ONLY)
    response.headers["X-Request-ID"] = g.get("request_id", "")
    if not shared.is_shared():
        response.vary.update(ASKED_WITH)
    return response


def allowed(action: str, subject: object = None) -> bool:
    """For templates: whether the viewer may do this, as ``may('event.edit', event)``."""
    return may(viewer().actor, Action(action), subject)


def path_for(endpoint: str, **values: Any) -> str:
    """The path of an endpoint, the same inside and outside of requests."""
    path: str = current_app.extensions["paths"].build(endpoint, values)
    return path


def button_command(action: str, subject: Any) -> str:
    """For templates: the command id of a one-button form about this row at its present version."""
    kind = getattr(subject, "__tablename__", type(subject).__name__)
    return str(command_for(action, f"{kind}:{subject.id}", subject.version, viewer().user_id))


def _template_context() -> dict[str, Any]:
    locale = str(get_locale() or "en").replace("_", "-")
    shared = {
        "settings": settings(),
        "viewer": viewer(),
        "response_name": settings().response_name,
        "lang": locale,
        "text_dir": "rtl" if locale[:2] in _RTL else "ltr",
    }
    if not has_request_context():
        return shared
    return shared | {
        "nav": nav.links(),
        "account_links": nav.account_links(),
        "home_url": path_for("home"),
        "sign_in_url": path_for("accounts.sign_in"),
        "sign_out_url": path_for("accounts.sign_out"),
        "rendered_at": utc_now().isoformat(timespec="seconds"),
    }
