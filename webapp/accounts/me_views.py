"""One's own page: profile, skills, ways in, sessions, data."""

from typing import Any

from flask import Response as FlaskResponse
from flask import jsonify, request, session, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from webapp import journal
from webapp.access import allows
from webapp.accounts import (
    codes,
    contact,
    entering,
    languages,
    linking,
    own_data,
    passwords,
    queries,
    service,
)
from webapp.accounts.contact import Contact
from webapp.accounts.forms import PasswordForm, ProfileForm, SkillForm
from webapp.accounts.guarding import limit_own_password
from webapp.accounts.identity import current_actor
from webapp.accounts.models import User, UserStatus
from webapp.accounts.views import blueprint, next_page, wanted_page
from webapp.errors import Invalid, NotFound
from webapp.policy import Action
from webapp.web.answers import done, go, page
from webapp.web.conflict import conflict
from webapp.web.forms import ActionForm, posted_action
from webapp.web.viewer import settings, viewer

LOG_WORDS = {
    "session.started": "Signed in",
    "session.refused": "Somebody tried to sign in as you and failed",
    "token.issued": "A program or device signed in",
    "token.reused": "The sign-in of a program was copied and used twice. It was ended",
    "code.made": "A sign-in code was made",
    "code.used": "A sign-in code was used",
    "identity.linked": "An account of another service was linked",
    "identity.unlinked": "An account of another service was unlinked",
    "contact.viewed": "Somebody looked at your phone and e-mail",
    "calendar.shared": "A link to your calendar was made",
    "calendar.unshared": "The link to your calendar was ended",
    "user.role_changed": "Your role was changed",
    "user.deactivated": "You were deactivated",
    "user.reactivated": "You were let in again",
}


@blueprint.get("/me")
@allows(Action.STAY)
def me() -> Response:
    """All about oneself."""
    return _me(_profile_form(_myself()))


@blueprint.post("/me")
@allows(Action.STAY)
def edit_me() -> Response:
    """Save the profile."""
    user = _myself()
    form = ProfileForm(request.form, data=_shown_profile(user))
    try:
        if form.validate():
            profile = _typed_profile(form)
            service.edit_profile(
                current_actor(),
                user_id=user.id,
                seen_version=form.seen_version,
                profile=profile,
                command_id=form.command,
            )
            return go(url_for("accounts.me"), "Your profile is saved.")
    except Invalid as error:
        form.take(error.fields)
    except journal.StaleVersion as stale:
        return conflict(stale, form, _shown_profile(_myself()), url_for("accounts.me"))
    return _me(form, status=422)


@blueprint.post("/me/status/<any(available, unavailable):status>")
@allows(Action.STAY)
def set_my_status(status: str) -> Response:
    """Say whether one can be sent."""
    form = posted_action()
    actor = current_actor()
    user = service.set_status(
        actor, user_id=actor.user_id, status=UserStatus(status), command_id=form.command
    )
    words = {
        UserStatus.AVAILABLE: "You are available.",
        UserStatus.ASSIGNED: "You are on an event. When you leave it, you are available.",
        UserStatus.UNAVAILABLE: "You are not available. Nobody will send you.",
    }
    return go(url_for("accounts.me"), words[user.status])


@blueprint.post("/me/skills")
@allows(Action.STAY)
def add_my_skill() -> Response:
    """Add a skill."""
    form = SkillForm(request.form)
    try:
        if form.validate():
            service.add_skill(
                current_actor(),
                user_id=current_user.id,
                name=form.skill.data,
                certificate=form.certificate.data or None,
                expires_on=form.expires_on.data,
                command_id=form.command,
            )
            return go(url_for("accounts.me", _anchor="skills"), f"Added: {form.skill.data}.")
    except Invalid as error:
        form.take({"skill": error.fields.get("name", error.message)})
    return _me(_profile_form(_myself()), skill_form=form, status=422)


@blueprint.post("/me/skills/<int:skill_id>/remove")
@allows(Action.STAY)
def remove_my_skill(skill_id: int) -> Response:
    """Take a skill off one's list."""
    form = posted_action()
    service.remove_skill(current_actor(), user_id=current_user.id, skill_id=skill_id, command_id=form.command)
    return go(url_for("accounts.me", _anchor="skills"), "The skill is removed.")


@blueprint.get("/me/code")
@allows(Action.STAY)
def my_code() -> Response:
    """The personal sign-in code, large, until the person has written it down."""
    code = session.get(entering.NEW_CODE)
    answer = page(
        "accounts/my_code.html",
        code=codes.shown(code) if code else None,
        form=ActionForm(formdata=None),
        next=wanted_page(),
    )
    answer.headers["Cache-Control"] = "no-store"
    return answer


@blueprint.post("/me/code")
@allows(Action.STAY)
def renew_my_code() -> Response:
    """Make a new personal code; the old one ends."""
    form = posted_action()
    code = codes.derived("personal", form.command)
    codes.renew(current_actor(), code_hash=passwords.hashed(code), command_id=form.command)
    session[entering.NEW_CODE] = code
    return go(url_for("accounts.my_code"))


@blueprint.post("/me/code/written")
@allows(Action.STAY)
def code_written() -> Response:
    """The person has the code on paper: forget it here and go on."""
    session.pop(entering.NEW_CODE, None)
    return go(next_page())


@blueprint.get("/me/password")
@allows(Action.STAY)
def password() -> Response:
    """The form for a new password."""
    return _password_page(PasswordForm())


@blueprint.post("/me/password")
@allows(Action.STAY)
@limit_own_password
def change_password() -> Response:
    """Change the password once the present one, or a sign-in code, is proven; other sessions end."""
    form, user = PasswordForm(request.form), _myself()
    try:
        if form.validate():
            _prove_present(form, user)
            hashed = service.checked_password(form.password.data, (user.name, user.email, user.phone))
            service.set_password(current_actor(), password_hash=hashed, command_id=form.command)
            return go(url_for("accounts.me"), "The new password is saved. Your other devices are signed out.")
    except Invalid as error:
        form.take(error.fields)
    return _password_page(form, status=422)


@blueprint.get("/me/data")
@allows(Action.STAY)
def my_data() -> FlaskResponse:
    """All that Mayday keeps about oneself, to take along."""
    answer = jsonify(own_data.everything(current_user.id))
    answer.headers["Content-Disposition"] = 'attachment; filename="my-mayday-data.json"'
    answer.headers["Cache-Control"] = "no-store"
    return answer


@blueprint.post("/me/erasure/<any(ask, withdraw):step>")
@allows(Action.STAY)
def ask_erasure(step: str) -> Response:
    """Ask to be erased, or take that back."""
    form = posted_action()
    service.request_erasure(current_actor(), wanted=step == "ask", command_id=form.command)
    words = "An authority will erase you." if step == "ask" else "You will not be erased."
    return done(url_for("accounts.me"), words)


def _myself() -> User:
    found = queries.user(current_user.id)
    if found is None:
        raise NotFound("There is no such person.")
    return found


def _me(form: ProfileForm, *, skill_form: SkillForm | None = None, status: int = 200) -> Response:
    user = _myself()
    return page(
        "accounts/me.html",
        status=status,
        form=form,
        skill_form=skill_form or SkillForm(formdata=None),
        user=user,
        skills=queries.skills_of(user.id),
        sessions=queries.open_sessions(user.id),
        programs=queries.open_programs(user.id),
        log=queries.own_log(user.id),
        log_words=LOG_WORDS,
        identities=linking.identities(user.id),
        others_form=ActionForm(formdata=None),
        hours=own_data.hours_so_far(user.id),
    )


def _shown_profile(user: User) -> dict[str, Any]:
    shown = {name: getattr(user, name) or "" for name in User.editable}
    return shown | {
        "email": user.address or "",
        "languages": languages.shown(user.languages, viewer().locale),
    }


def _profile_form(user: User) -> ProfileForm:
    return ProfileForm(formdata=None, data=_shown_profile(user) | {"version": user.version})


def _typed_profile(form: ProfileForm) -> service.Profile:
    region = settings().phone_region
    return service.Profile(
        name=form.name.data,
        **contact.email_of(form.email.data, region),
        phone=contact.phone_of(form.phone.data, region),
        languages=languages.parse(form.languages.data or "", viewer().locale),
        locale=form.locale.data or None,
        time_zone=form.time_zone.data or None,
        home_area=form.home_area.data or None,
        availability=form.availability.data or None,
        emergency_contact=form.emergency_contact.data or None,
    )


def _password_page(form: PasswordForm, status: int = 200) -> Response:
    return page(
        "accounts/password.html", form=form, has_password=bool(_myself().password_hash), status=status
    )


def _prove_present(form: PasswordForm, user: User) -> None:
    """Raise `Invalid` unless the present password, or a live code, was typed; who has none is not asked."""
    if user.password_hash is None:
        return
    proof = entering.prove(Contact(user.email, None if user.email else user.phone), form.present.data or "")
    if proof is None:
        words = "This is not your present password, nor your sign-in code."
        raise Invalid(words, fields={"present": words})
