"""Probes: is the process there, and can it serve. Plain, fast, and without a session."""

from functools import cache
from importlib.metadata import PackageNotFoundError, version

from flask import Blueprint, Flask, Request, current_app, jsonify
from flask import Response as FlaskResponse
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface, SessionMixin
from werkzeug.wrappers import Response

from webapp.access import allows
from webapp.ops import vitals
from webapp.ops.checks import Checks, State
from webapp.policy import Action
from webapp.web.shared import is_shared

blueprint = Blueprint("health", __name__)
# What machines ask each second: answered without opening a session, so never with a cookie or a
# `Vary: Cookie` (flask-login would read the session of every answer).
PROBES = frozenset({"/health", "/health/live", "/health/ready", "/readiness", "/metrics"})


class QuietSessions(SecureCookieSessionInterface):
    """Flask's signed cookies, but none for probes and for what is the same for everybody."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """The session of the request; for a probe one that cannot be written."""
        if request.path in PROBES:
            return self.make_null_session(app)
        return super().open_session(app, request)

    def save_session(self, app: Flask, session: SessionMixin, response: FlaskResponse) -> None:
        """Keep the session, unless caches between may keep the answer: nobody's cookie is in that."""
        if not is_shared():
            super().save_session(app, session, response)


def init_app(app: Flask) -> None:
    """Register the probes and what they ask."""
    vitals.init_app(app)
    app.extensions["checks"] = Checks(app)
    app.session_interface = QuietSessions()
    app.register_blueprint(blueprint)


@cache
def running_version() -> str:
    """The version of the installed package."""
    try:
        return version("mayday")
    except PackageNotFoundError:
        return "unknown"


@blueprint.get("/health/live")
@allows(Action.PROBE)
def live() -> Response:
    """The process answers; nothing else is asked."""
    return _plain(jsonify(status=State.UP, version=running_version()))


@blueprint.get("/health")
@blueprint.get("/readiness")
@blueprint.get("/health/ready")
@allows(Action.PROBE)
def ready() -> tuple[Response, int]:
    """Whether the process can serve, and how well each thing is that it needs; 503 when it cannot."""
    checks: Checks = current_app.extensions["checks"]
    state, reports = checks.look()
    answer = jsonify(status=state, version=running_version(), checks=reports)
    return _plain(answer), 503 if state is State.DOWN else 200


def _plain(answer: Response) -> Response:
    answer.headers["Cache-Control"] = "no-store"
    return answer
