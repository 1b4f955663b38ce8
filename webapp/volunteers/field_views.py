"""Pages of people in the field: now, nearby, joining, each step of an assignment, and the call for help."""

import uuid

from flask import request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response

from webapp import policy
from webapp.access import allows
from webapp.accounts.identity import current_actor
from webapp.errors import NotFound
from webapp.places.geocoder import Point
from webapp.policy import Action
from webapp.volunteers import distress, moving, queries, service, times
from webapp.volunteers.models import Assignment, AssignmentStatus
from webapp.volunteers.views import blueprint
from webapp.web.answers import go, page, safe_next
from webapp.web.forms import posted_action

STEPS = {
    "accept": (service.accept, _l("Thank you. You are expected.")),
    "decline": (service.decline, _l("Answered no.")),
    "approve": (service.approve, _l("Approved.")),
    "check_in": (service.check_in, _l("Checked in.")),
    "check_out": (service.check_out, _l("Checked out. Thank you.")),
    "still_there": (times.still_there, _l("Thank you. You will be asked again later.")),
    "no_contact": (service.mark_no_contact, _l("Marked as out of contact.")),
    "cancel": (service.cancel, _l("Cancelled.")),
}
# How many events the volunteer's own page suggests.
SUGGESTED = 5


@blueprint.get("/now")
@allows(Action.NOW)
def now() -> Response:
    """Where am I expected, what do I do, who else is there."""
    actor = current_actor()
    assert actor.user_id is not None  # the route asks for somebody who is signed in
    standings = queries.standings(actor.user_id)
    return page(
        "volunteers/now.html",
        block="main",
        channels=(f"user:{actor.user_id}",),
        standings=standings,
        corrections=times.corrections(actor.user_id),
        drawing=uuid.uuid4().hex,
        suggested=[] if standings else queries.nearby(actor, None, SUGGESTED),
    )


@blueprint.get("/nearby")
@allows(Action.EVENT_LIST)
def nearby() -> Response:
    """Where help is needed: the nearest first where a position is known."""
    point = _point()
    return page(
        "volunteers/nearby.html",
        block="main",
        point=point,
        drawing=uuid.uuid4().hex,
        found=queries.nearby(current_actor(), point),
    )


@blueprint.post("/events/<int:event_id>/join")
@allows(Action.ASSIGNMENT_OWN)
def join_event(event_id: int) -> Response:
    """Go there; with ``check_in`` in the form, be there."""
    form = posted_action()
    at_once = "check_in" in request.form
    verb = service.join_and_check_in if at_once else service.join
    try:
        assignment = verb(current_actor(), event_id=event_id, command_id=form.command)
    except moving.Elsewhere as error:
        return _elsewhere(error)
    words = {
        AssignmentStatus.REQUESTED: _("A coordinator has to approve this first. You will see it here."),
        AssignmentStatus.CHECKED_IN: _("You are checked in."),
    }
    said = words.get(assignment.status, _("Thank you. You are expected."))
    return go(safe_next(request.form.get("next"), url_for("volunteers.now")), said)


@blueprint.get("/assignments/<int:assignment_id>")
@allows(Action.ASSIGNMENT_VIEW)
def assignment(assignment_id: int) -> Response:
    """One assignment with the steps that are possible now."""
    found = queries.one_person(assignment_id)
    policy.require(current_actor(), Action.ASSIGNMENT_VIEW, found)
    may_cancel = service.may_cancel(current_actor(), found.status)
    return page("volunteers/assignment.html", it=found, may_cancel=may_cancel)


@blueprint.post("/assignments/<int:assignment_id>/<step>")
@allows(Action.ASSIGNMENT_OWN)
def take_step(assignment_id: int, step: str) -> Response:
    """Accept, decline, check in … : one button each."""
    if step not in STEPS:
        raise NotFound("There is nothing here, or it is not yours to see.")
    verb, said = STEPS[step]
    form = posted_action()
    try:
        moved = verb(current_actor(), assignment_id=assignment_id, command_id=form.command)
    except moving.Elsewhere as error:
        return _elsewhere(error)
    return go(safe_next(request.form.get("next"), _page_of(moved)), str(said))


@blueprint.post("/now/help")
@allows(Action.NOW)
def call_for_help() -> Response:
    """Tell the coordinators that one needs help. Repeated within a minute it counts once.

    Nothing in the form is read: a damaged one is a call all the same.
    """
    distress.call_for_help(current_actor())
    return go(url_for("volunteers.help_called"))


@blueprint.get("/now/help")
@allows(Action.NOW)
def help_called() -> Response:
    """What happens after a call for help, and whom to call first in danger."""
    actor = current_actor()
    assert actor.user_id is not None  # the route asks for somebody who is signed in
    return page("volunteers/help.html", block="main", called_at=distress.last_call(actor.user_id))


def _elsewhere(error: moving.Elsewhere) -> Response:
    """Refused: offer to check out there first."""
    other = next(iter(queries.these_people([int(str(error.facts["assignment_id"]))])), None)
    return page(
        "volunteers/elsewhere.html",
        status=error.status,
        message=error.message,
        other=other,
        title=error.facts["title"],
        next=safe_next(request.form.get("next"), url_for("volunteers.now")),
    )


def _page_of(assignment: Assignment) -> str:
    """Where the person who took the step goes on."""
    if assignment.user_id == current_actor().user_id:
        return url_for("volunteers.now")
    return url_for("volunteers.person", user_id=assignment.user_id)


def _point() -> Point | None:
    """The position in the address; one that is none counts as not given."""
    try:
        return Point(float(request.args["lat"]), float(request.args["lon"]))
    except (KeyError, ValueError):
        return None
