"""Pages of volunteers."""

from flask import Blueprint

from webapp.access import allows
from webapp.policy import Action

blueprint = Blueprint("volunteers", __name__)


@blueprint.get("/people")
@allows(Action.ROSTER)
def roster() -> str:
    """To be built."""
    return "roster"


@blueprint.get("/now")
@allows(Action.NOW)
def now() -> str:
    """To be built."""
    return "now"


@blueprint.get("/nearby")
@allows(Action.EVENT_LIST)
def nearby() -> str:
    """To be built."""
    return "nearby"
