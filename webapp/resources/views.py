"""Pages of resources."""

from flask import Blueprint

from webapp.access import allows
from webapp.policy import Action

blueprint = Blueprint("resources", __name__)


@blueprint.get("/resources")
@allows(Action.RESOURCE_BOARD)
def side_by_side() -> str:
    """To be built."""
    return "side_by_side"


@blueprint.get("/offers")
@allows(Action.OFFER_MAKE)
def my_offers() -> str:
    """To be built."""
    return "my_offers"
