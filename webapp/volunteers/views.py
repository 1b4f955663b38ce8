"""Pages of coordinators: the roster, a person, asking people to come."""

from flask import Blueprint, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response

from webapp import policy
from webapp.access import allows
from webapp.accounts.identity import current_actor
from webapp.board import counters
from webapp.database import utc_now
from webapp.errors import Conflict, Invalid
from webapp.events import queries as events
from webapp.events.models import Event, EventStatus
from webapp.journal import StaleVersion
from webapp.policy import Action
from webapp.volunteers import matching, people, queries, roster, service
from webapp.volunteers.forms import AssignForm, BulkForm, NotesForm
from webapp.volunteers.search import Search
from webapp.web.answers import done, page
from webapp.web.conflict import conflict
from webapp.web.forms import clean_line
from webapp.web.viewer import viewer

blueprint = Blueprint("volunteers", __name__)


@blueprint.get("/people", endpoint="roster")
@allows(Action.ROSTER)
def show_roster() -> Response:
    """Everybody, narrowed by filters in the address."""
    return _roster(BulkForm(None))


@blueprint.post("/people/assign")
@allows(Action.ASSIGNMENT_MANAGE)
def assign_many() -> Response:
    """Ask everybody who is ticked in the roster to come to one event: all of them, or nobody."""
    form = BulkForm(request.form)
    if not form.validate():
        return _roster(form, 422)
    try:
        event = _ask(form, form.event_id.data)
    except (Invalid, Conflict) as error:
        form.form_errors = [*(error.fields.values() or [error.message])]
        return _roster(form, error.status)
    return done(url_for("volunteers.roster"), _asked(form, event))


def _roster(form: BulkForm, status: int = 200) -> Response:
    search = Search(request.args)
    listing = roster.listed(search.filters, search.after)
    whole = search.filters.none and search.after is None
    following = search.url(after=listing.next_cursor) if listing.next_cursor else None
    return page(
        "volunteers/roster.html",
        block="main",
        status=422 if search.problems else status,
        channels=("volunteers",) if search.after is None else (),
        people=listing.people,
        limit=roster.PAGE,
        next_url=following,
        suffix="" if whole else "-filtered",
        counts=counters.totals(),
        events=roster.active_events(),
        search=search,
        form=form,
    )


@blueprint.get("/people/<int:user_id>")
@allows(Action.ROSTER)
def person(user_id: int) -> Response:
    """What coordinators know of one person."""
    return _person(user_id, NotesForm(None))


@blueprint.post("/people/<int:user_id>/notes")
@allows(Action.PROFILE_NOTES)
def notes(user_id: int) -> Response:
    """Keep the coordinators' notes; a stale page asks which to keep."""
    form = NotesForm(request.form, data={"notes": people.profile(user_id).notes})
    if not form.validate():
        return _person(user_id, form, 422)
    back = url_for("volunteers.person", user_id=user_id)
    try:
        service.write_notes(
            current_actor(),
            user_id=user_id,
            notes=form.notes.data or "",
            seen_version=form.seen_version,
            command_id=form.command,
        )
    except StaleVersion as error:
        return conflict(error, form, {"notes": people.profile(user_id).notes or ""}, back)
    return done(back, _("Saved the notes."))


def _person(user_id: int, form: NotesForm, status: int = 200) -> Response:
    profile = people.profile(user_id)
    policy.require(current_actor(), Action.PROFILE_VIEW, profile)
    if not form.is_submitted():
        form.notes.data, form.version.data = profile.notes, str(profile.version)
    return page(
        "volunteers/person.html",
        block="main",
        status=status,
        who=profile,
        placed=roster.person(user_id),
        skills=queries.skills(user_id),
        history=queries.history(user_id),
        now=utc_now(),
        events=roster.active_events(),
        ask=BulkForm(None),
        form=form,
    )


@blueprint.route("/events/<int:event_id>/assign", methods=["GET", "POST"])
@allows(Action.ASSIGNMENT_MANAGE)
def assign(event_id: int) -> Response:
    """Choose people for an event, the best first, and say what they will do."""
    event = events.event(event_id)
    form = AssignForm(request.form)
    if request.method == "GET" or "find" in request.form:
        return _assign_page(event, form)
    if not form.validate():
        return _assign_page(event, form, 422)
    try:
        _ask(form, event_id)
    except Invalid as error:
        form.form_errors = [*error.fields.values()]
        return _assign_page(event, form, 422)
    return done(url_for("events.show", event_id=event_id), _asked(form, event))


def _assign_page(event: Event, form: AssignForm, status: int = 200) -> Response:
    if event.status is not EventStatus.ACTIVE:
        raise Conflict(_("People can be asked to come to active events only. Open this one first."))
    text, problem = clean_line(request.values.get("q", "")[:200]) or "", ""
    try:
        found = matching.candidates(event.id, viewer().locale, text)
    except Invalid as error:
        found, problem, status = [], error.message, 422
    return page(
        "volunteers/assign.html",
        status=status,
        event=event,
        form=form,
        q=text,
        q_problem=problem,
        candidates=found,
    )


def _ask(form: AssignForm, event_id: int) -> Event:
    asked: Event = service.assign_many(
        current_actor(),
        user_ids=form.user_id.data,
        event_id=event_id,
        command_id=form.command,
        **form.texts(),
    )
    return asked


def _asked(form: AssignForm, event: Event) -> str:
    said: str = ngettext(
        "Asked %(num)s person to come to “%(title)s”.",
        "Asked %(num)s people to come to “%(title)s”.",
        len(set(form.user_id.data)),
        title=event.title,
    )
    return said
