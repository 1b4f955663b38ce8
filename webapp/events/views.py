"""Pages of events."""

from flask import Blueprint

from webapp.access import allows
from webapp.policy import Action

blueprint = Blueprint("events", __name__)


@blueprint.get("/events")
@allows(Action.EVENT_LIST)
def index() -> str:
    """To be built."""
    return "index"
