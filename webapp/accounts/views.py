"""Pages of accounts."""

from flask import Blueprint

from webapp.access import allows
from webapp.policy import Action

blueprint = Blueprint("accounts", __name__)


@blueprint.get("/sign-in")
@allows(Action.ENTER)
def sign_in() -> str:
    """To be built."""
    return "sign_in"


@blueprint.get("/sign-out")
@allows(Action.STAY)
def sign_out() -> str:
    """To be built."""
    return "sign_out"


@blueprint.get("/me")
@allows(Action.STAY)
def me() -> str:
    """To be built."""
    return "me"


@blueprint.get("/users")
@allows(Action.USER_ADMIN)
def users() -> str:
    """To be built."""
    return "users"
