"""Every route says which action it is; the request is checked before the view runs.

`allows(Action.X)` marks a view. `check_request` runs before each request: a route without a mark is a
programming error and is refused; a test walks the URL map for it.
"""

from collections.abc import Callable
from typing import TypeVar

from flask import Flask, Response, abort, redirect, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from webapp import policy
from webapp.accounts.identity import current_actor
from webapp.errors import Problem
from webapp.policy import OPEN_TO_ALL, Action

F = TypeVar("F", bound=Callable[..., object])
_MARK = "policy_action"


class SignInNeeded(Problem):
    """Nobody is signed in; pages send the person to sign in and back again."""

    status = 401
    name = "SignInNeeded"


def allows(action: Action) -> Callable[[F], F]:
    """Declare which action a view is."""

    def mark(view: F) -> F:
        setattr(view, _MARK, action)
        return view

    return mark


def action_of(app: Flask, endpoint: str) -> Action | None:
    """The action that the endpoint's view declares, if it does."""
    return getattr(app.view_functions[endpoint], _MARK, None)


def check_request() -> BaseResponse | Response | None:
    """Refuse a request whose actor's role may never do what the route is for."""
    from flask import current_app

    if request.endpoint is None:
        return None  # no such address: the 404 or 405 handler answers
    if request.method == "OPTIONS" and getattr(request.url_rule, "provide_automatic_options", False):
        return None  # which methods there are: no view runs, and a browser asks it without its token (CORS)
    action = action_of(current_app, request.endpoint)
    if action is None:
        abort(500, f"{request.endpoint} declares no action")
    if action in OPEN_TO_ALL:
        return None
    actor = current_actor()
    if actor.user_id is None:
        raise SignInNeeded("Sign in to continue.")
    policy.require(actor, action)
    return None


def to_sign_in() -> BaseResponse:
    """Send the person to sign in, and back to this page afterwards."""
    back = request.full_path.rstrip("?") if request.method == "GET" else None
    return redirect(url_for("accounts.sign_in", next=back))
