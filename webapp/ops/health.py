"""Probes: is the process there, and can it serve."""

from flask import Blueprint, Flask, jsonify
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.wrappers import Response

from webapp.access import allows
from webapp.extensions import db
from webapp.policy import Action

blueprint = Blueprint("health", __name__)


def init_app(app: Flask) -> None:
    """Register the probes."""
    app.register_blueprint(blueprint)


@blueprint.get("/health/live")
@allows(Action.PROBE)
def live() -> Response:
    """The process answers."""
    return jsonify(status="ok")


@blueprint.get("/health")
@blueprint.get("/readiness")
@blueprint.get("/health/ready")
@allows(Action.PROBE)
def ready() -> tuple[Response, int]:
    """The process can serve: its database answers."""
    try:
        db.session.execute(text("SELECT 1"))
    except SQLAlchemyError:
        return jsonify(status="down", database="down"), 503
    return jsonify(status="ok", database="ok"), 200
