"""Pages of board."""

from flask import Blueprint

from webapp.access import allows
from webapp.policy import Action

blueprint = Blueprint("board", __name__)


@blueprint.get("/board")
@allows(Action.BOARD)
def show() -> str:
    """To be built."""
    return "show"
