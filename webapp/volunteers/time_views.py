"""Pages of the times of a presence: when somebody left, and setting both times right."""

from datetime import datetime

from flask import request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from webapp import policy
from webapp.access import allows
from webapp.accounts.identity import current_actor
from webapp.database import utc_now
from webapp.errors import Conflict, Invalid
from webapp.events import queries as events
from webapp.journal import StaleVersion
from webapp.policy import Action
from webapp.volunteers import queries, service, times
from webapp.volunteers.forms import LeaveForm, TimesForm
from webapp.volunteers.models import PRESENT
from webapp.volunteers.queries import EventPerson
from webapp.volunteers.views import blueprint
from webapp.web.answers import done, go, page
from webapp.web.conflict import conflict
from webapp.web.times import form_time


@blueprint.route("/assignments/<int:assignment_id>/leave", methods=["GET", "POST"])
@allows(Action.ASSIGNMENT_OWN)
def leave(assignment_id: int) -> Response:
    """Check out, and say when one left."""
    found = queries.one_person(assignment_id)
    policy.require(current_actor(), Action.ASSIGNMENT_VIEW, found)
    policy.require(current_actor(), Action.ASSIGNMENT_OWN, found)
    if request.method == "GET":
        form = LeaveForm(None)
        form.left_at.data = utc_now()
        return _leave(form, found)
    form = LeaveForm(request.form)
    if not form.validate():
        return _leave(form, found, 422)
    try:
        service.check_out(
            current_actor(),
            assignment_id=assignment_id,
            left_at=_of_the_minute(form.left_at.data, found.checked_in_at),
            command_id=form.command,
        )
    except Invalid as error:
        form.take(error.fields)
        return _leave(form, found, error.status)
    return go(_back(found), _("Checked out. Thank you."))


@blueprint.route("/assignments/<int:assignment_id>/times", methods=["GET", "POST"])
@allows(Action.ASSIGNMENT_MANAGE)
def correct_times(assignment_id: int) -> Response:
    """Set the times of a presence right, and say why."""
    found = queries.one_person(assignment_id)
    if request.method == "GET":
        form = TimesForm(None)
        form.checked_in_at.data, form.checked_out_at.data = found.checked_in_at, found.checked_out_at
        form.version.data = str(found.version)
        return _times(form, found)
    form = TimesForm(request.form)
    if not form.validate():
        return _times(form, found, 422)
    try:
        times.correct(
            current_actor(),
            assignment_id=assignment_id,
            checked_in_at=_of_the_minute(form.checked_in_at.data, found.checked_in_at),
            checked_out_at=_of_the_minute(form.checked_out_at.data, found.checked_out_at),
            reason=form.reason.data or "",
            seen_version=form.seen_version,
            command_id=form.command,
        )
    except StaleVersion as error:
        theirs = {"checked_in_at": found.checked_in_at, "checked_out_at": found.checked_out_at}
        return conflict(error, form, theirs, _person(found))
    except (Invalid, Conflict) as error:
        form.take(error.fields or {"checked_in_at": error.message})
        return _times(form, found, error.status)
    return done(_person(found), _("The times are corrected."))


def _of_the_minute(typed: datetime | None, kept: datetime | None) -> datetime | None:
    """The kept moment where the form, which knows no seconds, names the same minute."""
    return kept if typed is not None and form_time(typed) == form_time(kept) else typed


def _leave(form: LeaveForm, found: EventPerson, status: int = 200) -> Response:
    if found.status not in PRESENT:
        raise Conflict(_("Only who is checked in can leave."))
    own = found.user_id == current_actor().user_id
    return page("volunteers/leave.html", status=status, form=form, it=found, own=own, back=_back(found))


def _times(form: TimesForm, found: EventPerson, status: int = 200) -> Response:
    if found.checked_in_at is None:
        raise Conflict(_("Nobody checked in here, so there are no times to correct."))
    return page(
        "volunteers/times.html",
        status=status,
        form=form,
        it=found,
        title=events.event(found.event_id).title,
        going_on=found.status in PRESENT,
        back=_person(found),
    )


def _back(found: EventPerson) -> str:
    own = found.user_id == current_actor().user_id
    return url_for("volunteers.now") if own else _person(found)


def _person(found: EventPerson) -> str:
    return url_for("volunteers.person", user_id=found.user_id)
