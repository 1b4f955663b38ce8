"""Signing in by an account of another service (OpenID Connect).

The way there is a link, not a form: a page's policy lets forms go to this server only. A link of a stranger
that starts it does no harm: the answer is taken only by the browser whose session holds the question.
"""

import time
import uuid
from dataclasses import asdict
from typing import Any

from flask import redirect, request, session, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from webapp.access import allows
from webapp.accounts import (
    binding,
    codes,
    contact,
    entering,
    invitations,
    linking,
    passwords,
    provider,
    queries,
)
from webapp.accounts.contact import Contact
from webapp.accounts.forms import ContactForm, ProofForm
from webapp.accounts.guarding import limit_answers, limit_proof, limit_sign_up
from webapp.accounts.identity import current_actor
from webapp.accounts.models import User
from webapp.accounts.strangers import GOOD_FOR, Asked, ProviderAway, ProviderRefused, Stranger
from webapp.accounts.views import blueprint, next_page, wanted_page, welcome
from webapp.errors import Conflict, Forbidden, Invalid, Problem
from webapp.journal.actor import PUBLIC
from webapp.policy import Action
from webapp.web.answers import go, page
from webapp.web.forms import ActionForm, posted_action
from webapp.web.viewer import settings

# In the session: questions that wait for their answer, by state; and who came back and is not settled.
ASKED, CAME = "provider_asked", "provider_came"
# Several tabs may ask at once.
_MOST = 3


@blueprint.get("/sign-in/provider")
@allows(Action.ENTER)
def provider_start() -> Response:
    """Send the person to the provider."""
    back = (settings().public_url or request.host_url.rstrip("/")) + url_for("accounts.provider_back")
    invitation = request.args.get("invitation", "")[:200] or None
    try:
        url, asked = provider.provider().begin(back, next_url=_short(wanted_page()), invitation=invitation)
    except ProviderAway as away:
        return _trouble(away)
    waiting: dict[str, Any] = {state: kept for state, kept in session.get(ASKED, {}).items() if _young(kept)}
    newest = sorted(waiting.values(), key=lambda kept: kept["at"])[-(_MOST - 1) :]
    session[ASKED] = {kept["state"]: kept for kept in [*newest, asdict(asked)]}
    return redirect(url)


@blueprint.get("/sign-in/provider/back")
@allows(Action.ENTER)
@limit_answers
def provider_back() -> Response:
    """Who comes back from the provider is let in, or asked what is still to be known."""
    answer = {name: value[:4000] for name, value in request.args.items()}
    try:
        asked = _asked(answer.get("state", ""))
        stranger = provider.provider().finish(asked, answer)
    except ProviderAway as away:
        return _trouble(away)
    except ProviderRefused as refused:
        linking.refuse(PUBLIC, reason=refused.reason)
        return _trouble(refused)
    return _received(stranger, asked)


@blueprint.get("/sign-in/provider/link")
@allows(Action.ENTER)
def provider_link() -> Response:
    """There is an account with this e-mail: its holder says whether to link."""
    return _link_page(_came_for_account()[0], ProofForm(formdata=None))


@blueprint.post("/sign-in/provider/link")
@allows(Action.ENTER)
@limit_proof
def provider_linked() -> Response:
    """Link, once whoever holds the account is signed in or has proven it."""
    stranger, came = _came_for_account()
    if current_user.is_authenticated:
        form = posted_action()
        linking.link(current_actor(), stranger=stranger, command_id=form.command)
        session.pop(CAME, None)
        return go(url_for("accounts.me", _anchor="sessions"), f"You can sign in by {settings().oidc_name}.")
    proof = ProofForm(request.form)
    if not proof.validate():
        return _link_page(stranger, proof, 422)
    try:
        next_code = entering.sign_in(Contact(email=stranger.email), proof.secret.data, proof.command)
    except entering.WrongCredentials as error:
        proof.form_errors.append(error.message)
        return _link_page(stranger, proof, 422)
    linking.link(current_actor(), stranger=stranger, command_id=uuid.uuid5(proof.command, "link"))
    onward = came.get("next") or url_for("home")
    return go(url_for("accounts.my_code", next=came.get("next")) if next_code else onward)


@blueprint.get("/sign-in/provider/new")
@allows(Action.ENTER)
def provider_new() -> Response:
    """Nobody here has this account: sign up with it."""
    stranger, came = _came()
    data = {"name": stranger.name, "contact": stranger.email}
    return _new_page(ContactForm(formdata=None, data=data), came)


@blueprint.post("/sign-in/provider/new")
@allows(Action.ENTER)
@limit_sign_up
def provider_signed_up() -> Response:
    """Make the person, linked, and sign this browser in."""
    stranger, came = _came()
    if not _may_sign_up(came):
        return page("accounts/sign_up_closed.html", status=403)
    form = ContactForm(request.form)
    try:
        if form.validate():
            user = linking.sign_up(
                PUBLIC,
                stranger=stranger,
                name=form.name.data,
                contact=contact.parse(form.contact.data, settings().phone_region),
                code_hash=passwords.hashed(codes.derived("personal", form.command)),
                invitation=came.get("invitation"),
                command_id=binding.command("provider_sign_up", form.command, stranger.subject),
            )
            return welcome(user, form)
    except Invalid as error:
        form.take(error.fields)
    return _new_page(form, came, 422)


@blueprint.post("/me/identities/<int:identity_id>/unlink")
@allows(Action.STAY)
def unlink_identity(identity_id: int) -> Response:
    """Sign in by it no more."""
    form = posted_action()
    linking.unlink(current_actor(), identity_id=identity_id, command_id=form.command)
    return go(url_for("accounts.me", _anchor="sessions"), "You cannot sign in by it any more.")


def _received(stranger: Stranger, asked: Asked) -> Response:
    """Let in whom we know; ask the others."""
    found = linking.owner(stranger)
    if found is not None:
        return _welcome_back(found, asked)
    came = {"who": stranger.kept(), "at": time.time(), "next": asked.next, "invitation": asked.invitation}
    session[CAME] = came
    if current_user.is_authenticated:
        linking.require_same_email(queries.user(current_user.id), stranger)
        return redirect(url_for("accounts.provider_link"))
    if linking.namesake(stranger) is not None:
        return redirect(url_for("accounts.provider_link"))
    if not _may_sign_up(came):
        session.pop(CAME, None)
        return page("accounts/sign_up_closed.html", status=403)
    return redirect(url_for("accounts.provider_new"))


def _welcome_back(user: User, asked: Asked) -> Response:
    if current_user.is_authenticated:
        if current_user.id != user.id:
            raise Forbidden(linking.TAKEN)
        return redirect(asked.next or url_for("accounts.me"))
    if not user.active:
        linking.refuse(PUBLIC, reason="account closed", user_id=user.id)
        return _trouble(ProviderRefused("account closed"))
    entering.enter(user, uuid.uuid4())
    return redirect(asked.next or url_for("home"))


def _asked(state: str) -> Asked:
    """What this browser asked with this state; asked and answered once. Raises `ProviderRefused`."""
    waiting = dict(session.get(ASKED, {}))
    kept = waiting.pop(state, None)
    session[ASKED] = waiting
    if kept is None:
        raise ProviderRefused("state")
    return Asked(**kept)


def _came() -> tuple[Stranger, dict[str, Any]]:
    """Who came back and is not settled yet. Raises `Conflict` when nobody did, or long ago."""
    came = session.get(CAME)
    if not came or not _young(came):
        raise Conflict("That took too long. Sign in again from the start.")
    return Stranger.read(came["who"]), came


def _came_for_account() -> tuple[Stranger, dict[str, Any]]:
    """The same, where there is an account with the e-mail that the provider vouches for."""
    stranger, came = _came()
    if linking.namesake(stranger) is None:
        raise Forbidden(linking.OTHER_EMAIL)
    return stranger, came


def _short(path: str | None) -> str | None:
    """A page to go on to, unless it is too long for a cookie."""
    return path if path and len(path) <= 300 else None


def _young(kept: dict[str, Any]) -> bool:
    age: float = time.time() - kept["at"]
    return age < GOOD_FOR


def _may_sign_up(came: dict[str, Any]) -> bool:
    """Whether newcomers may: all of them, or this one by a link that works. Raises `NotFound`, `Gone`."""
    if came.get("invitation"):
        invitations.find(came["invitation"])
        return True
    return settings().open_sign_up


def _link_page(stranger: Stranger, form: ProofForm, status: int = 200) -> Response:
    answer = page(
        "accounts/provider_link.html",
        form=form,
        button=ActionForm(formdata=None),
        stranger=stranger,
        status=status,
    )
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _new_page(form: ContactForm, came: dict[str, Any], status: int = 200) -> Response:
    return page("accounts/provider_new.html", form=form, next=came.get("next"), status=status)


def _trouble(problem: Problem) -> Response:
    return page("accounts/provider_trouble.html", problem=problem, next=next_page(), status=problem.status)
