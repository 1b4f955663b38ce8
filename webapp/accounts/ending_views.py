"""Signing one's other browsers and programs out, from one's own page."""

from flask import url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from webapp.access import allows
from webapp.accounts import families, sessions
from webapp.accounts.identity import current_actor
from webapp.accounts.views import blueprint
from webapp.errors import Invalid
from webapp.policy import Action
from webapp.web.answers import go
from webapp.web.forms import posted_action


@blueprint.post("/me/sessions/<int:session_id>/end")
@allows(Action.STAY)
def end_session(session_id: int) -> Response:
    """Sign one of one's devices out."""
    if session_id == current_user.session_id:
        raise Invalid("This is the device you are using. Use “Sign out” instead.")
    form = posted_action()
    sessions.end(current_actor(), session_id=session_id, command_id=form.command)
    return go(url_for("accounts.me", _anchor="sessions"), "That device is signed out.")


@blueprint.post("/me/programs/<int:family_id>/end")
@allows(Action.STAY)
def end_program(family_id: int) -> Response:
    """Sign one of one's programs out."""
    form = posted_action()
    families.end(current_actor(), family_id=family_id, command_id=form.command)
    return go(url_for("accounts.me", _anchor="sessions"), "That program is signed out.")


@blueprint.post("/me/sessions/end-others")
@allows(Action.STAY)
def end_other_sessions() -> Response:
    """Sign out everywhere else."""
    form = posted_action()
    sessions.end_all(
        current_actor(), user_id=current_user.id, keep=current_user.session_id, command_id=form.command
    )
    return go(url_for("accounts.me", _anchor="sessions"), "All your other devices are signed out.")
