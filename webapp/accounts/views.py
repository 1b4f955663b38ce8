"""The ways in and out: sign up, sign in, sign out."""

from flask import Blueprint, redirect, request, session, url_for
from flask_login import current_user, logout_user
from werkzeug.wrappers import Response

from webapp.access import allows
from webapp.accounts import binding, codes, contact, entering, passwords, sessions
from webapp.accounts.forms import ContactForm, SignInForm, SignUpForm
from webapp.accounts.guarding import limit_sign_in, limit_sign_up
from webapp.accounts.identity import current_actor
from webapp.accounts.models import User
from webapp.accounts.service import checked_password
from webapp.errors import Forbidden, Invalid
from webapp.journal.actor import PUBLIC
from webapp.policy import Action
from webapp.web.answers import go, page, safe_next
from webapp.web.viewer import settings

blueprint = Blueprint("accounts", __name__)


@blueprint.get("/sign-in")
@allows(Action.ENTER)
def sign_in() -> Response:
    """The one form for password and code."""
    if current_user.is_authenticated:
        return redirect(next_page())
    return page("accounts/sign_in.html", form=SignInForm(), next=wanted_page())


@blueprint.post("/sign-in")
@allows(Action.ENTER)
@limit_sign_in
def enter() -> Response:
    """Let the person in, or say the one thing that is said to everybody who is not let in."""
    form = SignInForm(request.form)
    if not form.validate():
        return page("accounts/sign_in.html", form=form, next=wanted_page(), status=422)
    try:
        who = contact.parse(form.contact.data, settings().phone_region)
        next_code = entering.sign_in(who, form.secret.data, form.command)
    except Invalid as error:
        form.take(error.fields)
        return page("accounts/sign_in.html", form=form, next=wanted_page(), status=422)
    except entering.WrongCredentials as error:
        form.form_errors.append(error.message)
        return page("accounts/sign_in.html", form=form, next=wanted_page(), status=422)
    if next_code:
        return go(url_for("accounts.my_code", next=wanted_page()))
    return go(next_page())


@blueprint.get("/sign-up")
@allows(Action.ENTER)
def sign_up() -> Response:
    """Join as a volunteer: one page."""
    if current_user.is_authenticated:
        return redirect(next_page())
    if not settings().open_sign_up:
        return page("accounts/sign_up_closed.html", status=403)
    return page("accounts/sign_up.html", form=SignUpForm(), next=wanted_page(), invitation=None)


@blueprint.post("/sign-up")
@allows(Action.ENTER)
@limit_sign_up
def register() -> Response:
    """Make the volunteer and sign this phone in."""
    if not settings().open_sign_up:
        raise Forbidden("Signing up needs an invitation or a join code here. Ask a coordinator for one.")
    form = SignUpForm(request.form)
    try:
        if form.validate():
            return welcome(make_volunteer(form, form.password.data or ""), form)
    except Invalid as error:
        form.take(error.fields)
    return page("accounts/sign_up.html", form=form, next=wanted_page(), invitation=None, status=422)


@blueprint.post("/sign-out")
@allows(Action.STAY)
def sign_out() -> Response:
    """End this session, here and in the database."""
    sessions.end(current_actor(), session_id=current_user.session_id)
    logout_user()
    session.clear()
    return go(url_for("accounts.sign_in"), "You are signed out.")


def make_volunteer(form: ContactForm, password: str = "") -> User:
    """Sign up as a volunteer: with the password, or with a personal code where there is none.

    Raises `Invalid` beside the fields of the form.
    """
    who = contact.parse(form.contact.data, settings().phone_region)
    return entering.sign_up(
        PUBLIC,
        name=form.name.data,
        contact=who,
        **credentials(form, password),
        command_id=binding.command("sign_up", form.command, form.name.data, who),
    )


def credentials(form: ContactForm, password: str) -> dict[str, str | None]:
    """The hash of the password; without one, of the form's personal code."""
    hashed = checked_password(password, (form.name.data, form.contact.data))
    code = None if hashed else passwords.hashed(codes.derived("personal", form.command))
    return {"password_hash": hashed, "code_hash": code}


def welcome(user: User, form: ContactForm) -> Response:
    """Sign the new person in; show them the code that lets them in next time."""
    code = codes.derived("personal", form.command)
    has_password = user.password_hash is not None
    entering.enter(user, form.command)
    if has_password:
        return go(next_page(), f"Welcome, {user.name}.")
    session[entering.NEW_CODE] = code
    return go(url_for("accounts.my_code", next=wanted_page()))


def wanted_page() -> str | None:
    """The local page to go on to, if the address names one."""
    return safe_next(request.args.get("next"), "") or None


def next_page() -> str:
    """The local page to go on to, or everybody's start."""
    return wanted_page() or url_for("home")
