"""The page behind a sign-in link: one button, so that a preview of the link does not use it up."""

from flask import url_for
from werkzeug.wrappers import Response

from webapp.access import allows
from webapp.accounts import binding, entering, links
from webapp.accounts.guarding import limit_guesses
from webapp.accounts.models import User
from webapp.accounts.views import blueprint
from webapp.extensions import db
from webapp.journal.actor import PUBLIC
from webapp.policy import Action
from webapp.web.answers import go, page
from webapp.web.forms import ActionForm, posted_action


@blueprint.get("/sign-in/<token>")
@allows(Action.ENTER)
@limit_guesses
def link(token: str) -> Response:
    """Who the link lets in, and the button that does."""
    _, user = links.find(token)
    answer = page("accounts/sign_in_link.html", who=user, form=ActionForm(formdata=None))
    answer.headers["Cache-Control"] = "no-store"
    return answer


@blueprint.post("/sign-in/<token>")
@allows(Action.ENTER)
@limit_guesses
def enter_by_link(token: str) -> Response:
    """Let the person in; the link is used up."""
    form = posted_action()
    used = links.use_link(PUBLIC, token=token, command_id=binding.command("link", form.command, token))
    user = db.session.get_one(User, used.user_id)
    entering.enter(user, form.command)
    return go(url_for("home"), f"Welcome, {user.name}.")
