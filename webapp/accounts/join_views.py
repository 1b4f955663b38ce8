"""Links and codes that bring newcomers: invitations, and the join code of an event."""

import io
import uuid

import segno
from flask import make_response, request, session, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from webapp.access import allows
from webapp.accounts import binding, codes, contact, entering, invitations, queries
from webapp.accounts.forms import ROLE_WORDS, ContactForm, InvitationForm, SignUpForm
from webapp.accounts.guarding import limit_guesses, limit_invited, limit_newcomers
from webapp.accounts.identity import current_actor
from webapp.accounts.invitations import Gone
from webapp.accounts.models import Invitation, User
from webapp.accounts.views import blueprint, credentials, make_volunteer, welcome
from webapp.errors import Conflict, Invalid, NotFound
from webapp.events.models import Event
from webapp.journal import Role
from webapp.journal.actor import PUBLIC, Actor
from webapp.policy import Action, may
from webapp.volunteers import service as volunteering
from webapp.volunteers.models import AssignmentStatus
from webapp.web.answers import go, page
from webapp.web.forms import ActionForm, CommandForm, posted_action
from webapp.web.viewer import settings


@blueprint.get("/invitations")
@allows(Action.USER_INVITE)
def invite() -> Response:
    """Make a link for somebody; the ones that still work."""
    return _invitations(_invitation_form())


@blueprint.post("/invitations")
@allows(Action.USER_INVITE)
def make_invitation() -> Response:
    """Make the link and show it once, as text and as a picture to scan."""
    form = _invitation_form(posted=True)
    if not form.validate():
        return _invitations(form, status=422)
    token = binding.token("invitation", form.command)
    made = invitations.invite(
        current_actor(),
        role=Role(form.role.data),
        token=token,
        note=form.note.data or "",
        command_id=form.command,
    )
    answer = page(
        "accounts/invitation_made.html",
        invitation=made,
        role_words=ROLE_WORDS,
        link=_outside(url_for("accounts.invitation", token=token)),
        picture=url_for("accounts.invitation_picture", token=token),
        back=_back(),
    )
    answer.headers["Cache-Control"] = "no-store"
    return answer


@blueprint.post("/invitations/<int:invitation_id>/revoke")
@allows(Action.USER_INVITE)
def revoke_invitation(invitation_id: int) -> Response:
    """Make a link useless."""
    form = posted_action()
    invitations.revoke(current_actor(), invitation_id=invitation_id, command_id=form.command)
    return go(url_for("accounts.invite"), "The link does not work any more.")


@blueprint.get("/invitation/<token>")
@allows(Action.ENTER)
@limit_guesses
def invitation(token: str) -> Response:
    """Sign up by invitation: who invites, into which role."""
    return _invitation_page(token, SignUpForm(formdata=None))


@blueprint.post("/invitation/<token>")
@allows(Action.ENTER)
@limit_guesses
@limit_invited
def accept_invitation(token: str) -> Response:
    """Make the person in the role of the invitation; the link is used up."""
    invitations.require_known(token)
    form = SignUpForm(request.form)
    try:
        if form.validate():
            who = contact.parse(form.contact.data, settings().phone_region)
            user = invitations.sign_up_by(
                PUBLIC,
                token=token,
                name=form.name.data,
                contact=who,
                **credentials(form, form.password.data or ""),
                command_id=binding.command("invitation", form.command, form.name.data, who),
            )
            return welcome(user, form)
    except Invalid as error:
        form.take(error.fields)
    return _invitation_page(token, form, status=422)


@blueprint.get("/invitation/<token>/link.svg")
@allows(Action.ENTER)
@limit_guesses
def invitation_picture(token: str) -> Response:
    """The link as a picture to scan, while it works."""
    invitations.find(token)
    return _qr(_outside(url_for("accounts.invitation", token=token)))


@blueprint.get("/join/<code>")
@allows(Action.ENTER)
@limit_guesses
def join(code: str) -> Response:
    """Help at this event: two fields, or one button for who is signed in."""
    return _join_page(_event(code), ContactForm(formdata=None))


@blueprint.post("/join/<code>")
@allows(Action.ENTER)
@limit_guesses
@limit_newcomers
def arrive(code: str) -> Response:
    """Join and check in; a newcomer gets an account on the way."""
    event = _event(code)
    if current_user.is_authenticated:
        return _arrived(event, current_actor(), posted_action())
    form = ContactForm(request.form)
    try:
        if form.validate():
            user = make_volunteer(form)
            next_code = codes.derived("personal", form.command)
            entering.enter(user, form.command)
            session[entering.NEW_CODE] = next_code
            return _arrived(event, entering.actor_of(user), form, codes.shown(next_code))
    except Invalid as error:
        form.take(error.fields)
    return _join_page(event, form, status=422)


@blueprint.get("/join/<code>/poster")
@allows(Action.EVENT_JOIN_CODE)
def join_poster(code: str) -> Response:
    """A sheet for the wall: scan, or type the address."""
    return page(
        "accounts/join_poster.html",
        event=_event(code),
        code=code,
        link=_outside(url_for("accounts.join", code=code)),
    )


@blueprint.get("/join/<code>/link.svg")
@allows(Action.EVENT_JOIN_CODE)
def join_picture(code: str) -> Response:
    """The join address as a picture to scan."""
    _event(code)
    return _qr(_outside(url_for("accounts.join", code=code)))


def _arrived(event: Event, actor: Actor, form: CommandForm, code: str | None = None) -> Response:
    """On the event and on to the volunteer's own page; a refusal is said there."""
    command = uuid.uuid5(form.command, "arrive")
    try:
        assignment = volunteering.join_and_check_in(actor, event_id=event.id, command_id=command)
        waits = assignment.status is AssignmentStatus.REQUESTED
        words = f"You asked to help at {event.title}. A coordinator answers soon." if waits else ""
        words = words or f"You are checked in at {event.title}."
    except Conflict as error:
        words = error.message
    if code:
        words += f" Your code to sign in again is {code}: write it down, or find it under Me."
    return go(url_for("volunteers.now"), words)


def _event(code: str) -> Event:
    event = queries.event_of_join_code(code)
    if event is None:
        raise NotFound("No event has this code. Scan it again, or ask a coordinator.")
    if not queries.takes_people(event):
        raise Gone(f"Thank you! {event.title} does not need more people. Sign in to see where you can help.")
    return event


def _join_page(event: Event, form: ContactForm, status: int = 200) -> Response:
    return page("accounts/join.html", event=event, form=form, button=ActionForm(formdata=None), status=status)


def _invitation_page(token: str, form: SignUpForm, status: int = 200) -> Response:
    found = invitations.find(token)
    inviter: User | None = queries.user(found.invited_by_id) if found.invited_by_id else None
    return page(
        "accounts/invitation.html",
        form=form,
        invitation=found,
        inviter=inviter,
        role_words=ROLE_WORDS,
        status=status,
    )


def _invitation_form(*, posted: bool = False) -> InvitationForm:
    """The form with the roles that this actor may invite into."""
    form = InvitationForm(request.form) if posted else InvitationForm(formdata=None)
    actor = current_actor()
    form.role.choices = [
        (role.value, words) for role, words in ROLE_WORDS.items() if _may_invite_as(actor, role)
    ]
    return form


def _may_invite_as(actor: Actor, role: Role) -> bool:
    return may(actor, Action.USER_INVITE, Invitation(role=role))


def _invitations(form: InvitationForm, status: int = 200) -> Response:
    actor = current_actor()
    mine = None if may(actor, Action.USER_ADMIN) else actor.user_id
    return page(
        "accounts/invitations.html",
        form=form,
        rows=queries.open_invitations(mine),
        back=_back(),
        role_words=ROLE_WORDS,
        status=status,
    )


def _back() -> str:
    """Where the invitation form closes to: the list that it was opened from."""
    return url_for("accounts.users" if may(current_actor(), Action.USER_ADMIN) else "volunteers.roster")


def _outside(path: str) -> str:
    """A path of this server as people outside reach it."""
    return (settings().public_url or request.host_url.rstrip("/")) + path


def _qr(text: str) -> Response:
    picture = io.BytesIO()
    segno.make(text, error="m", micro=False).save(
        picture, kind="svg", scale=8, border=4, xmldecl=False, light="#fff", dark="#000"
    )
    response = make_response(picture.getvalue())
    response.headers["Content-Type"] = "image/svg+xml"
    response.headers["Cache-Control"] = "private, no-store"
    return response
