"""Pages of timeline."""

from flask import Blueprint

from webapp.access import allows
from webapp.policy import Action

blueprint = Blueprint("timeline", __name__)


@blueprint.get("/timeline")
@allows(Action.TIMELINE)
def show() -> str:
    """To be built."""
    return "show"
