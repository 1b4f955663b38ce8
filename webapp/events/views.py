"""Pages of events: the list, one event, and the forms that report, open and edit it."""

import uuid
from typing import Any

from flask import Blueprint, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from webapp import policy
from webapp.access import allows
from webapp.accounts.identity import current_actor
from webapp.attachments import queries as attachments
from webapp.cap import queries as cap
from webapp.errors import Invalid
from webapp.events import queries, service, words
from webapp.events.forms import EventForm, ReportForm, present_values
from webapp.events.models import Event
from webapp.events.search import Search
from webapp.journal import StaleVersion
from webapp.places.views import credits, find
from webapp.policy import Action
from webapp.resources import queries as resources
from webapp.timeline import queries as timeline
from webapp.volunteers import queries as volunteers
from webapp.web.answers import done, go, page
from webapp.web.conflict import conflict

blueprint = Blueprint("events", __name__)

TIMELINE = 20  # newest entries on an event's page


@blueprint.get("/events")
@allows(Action.EVENT_LIST)
def index() -> Response:
    """Events by status, priority and age, narrowed by filters in the address."""
    actor = current_actor()
    search = Search(request.args)
    listing = queries.listed(actor, search.filters, search.after)
    first = search.filters.none and search.after is None
    return page(
        "events/index.html",
        block="main",
        status=422 if search.problems else 200,
        channels=("board",) if actor.coordinates else (),
        events=listing.events,
        limit=queries.PAGE,
        categories=words.CATEGORY.items(),
        more=listing.next_cursor is not None,
        next_url=search.url(after=listing.next_cursor) if listing.next_cursor else None,
        list_id="events-list" if first else "events-filtered",
        search=search,
    )


@blueprint.get("/events/<int:event_id>")
@allows(Action.EVENT_VIEW)
def show(event_id: int) -> Response:
    """One event with its needs, people and timeline."""
    actor = current_actor()
    event = _visible(event_id)
    coordinates = policy.may(actor, Action.TIMELINE)
    return page(
        "events/show.html",
        channels=(f"event:{event.id}", f"event:{event.id}:team"),
        event=event,
        around=queries.surroundings(actor, event),
        needs=resources.needs_of_event(event.id),
        assignments=volunteers.people_of_event(event.id, actor),
        files=attachments.of_event(event.id),
        place=attachments.place_of(actor, event.id),
        alert=next(iter(cap.shown([event])), None),
        mine=not coordinates and _is_mine(event),
        drawing=uuid.uuid4().hex,  # whoever called off a request may ask again from a fresh page
        entries=timeline.of_event(event.id, TIMELINE) if coordinates else [],
        limit=TIMELINE,
    )


@blueprint.route("/events/new", methods=["GET", "POST"])
@allows(Action.EVENT_REPORT)
def new() -> Response:
    """Open an event, or report one, as far as the person may."""
    opens = policy.may(current_actor(), Action.EVENT_OPEN)
    form = _kind_of_form()(request.form)
    if request.method == "GET":
        return _form(form, opens=opens)
    if "find" in request.form:
        return _with_places(form, opens=opens)
    if not form.validate():
        return _form(form, 422, opens=opens)
    make = service.open_event if opens else service.report_event
    try:
        event = make(current_actor(), command_id=form.command, **form.values())
    except Invalid as error:
        form.take(error.fields)
        return _form(form, 422, opens=opens)
    said = _("The event is open.") if opens else _("Thank you. An authority will verify your report.")
    return go(url_for("events.show", event_id=event.id), said)


@blueprint.route("/events/<int:event_id>/edit", methods=["GET", "POST"])
@allows(Action.EVENT_EDIT)
def edit(event_id: int) -> Response:
    """Change what an event says."""
    event = _visible(event_id)
    policy.require(current_actor(), Action.EVENT_EDIT, event)
    form = _kind_of_form()(request.form, data=present_values(event))
    form.found_before = event.found_name
    if request.method == "GET":
        form.version.data = str(event.version)
        return _form(form, event=event)
    if "find" in request.form:
        return _with_places(form, event=event)
    if not form.validate():
        return _form(form, 422, event=event)
    back = url_for("events.show", event_id=event_id)
    try:
        service.edit_event(
            current_actor(),
            event_id=event_id,
            seen_version=form.seen_version,
            command_id=form.command,
            **form.values(),
        )
    except StaleVersion as error:
        return conflict(error, form, present_values(queries.event(event_id)), back)
    except Invalid as error:
        form.take(error.fields)
        return _form(form, 422, event=event)
    return done(back, _("Saved."))


def _is_mine(event: Event) -> bool:
    """Whether the person who looks has something to do with the event already."""
    user_id = current_actor().user_id
    return user_id is not None and any(s.event_id == event.id for s in volunteers.standings(user_id))


def _kind_of_form() -> type[ReportForm]:
    """With what only an authority decides, for them."""
    return EventForm if policy.may(current_actor(), Action.EVENT_ARRANGE) else ReportForm


def _visible(event_id: int) -> Event:
    """The event, if the person may see it."""
    event = queries.event(event_id)
    policy.require(current_actor(), Action.EVENT_VIEW, event)
    return event


def _form(form: ReportForm, status: int = 200, **context: Any) -> Response:
    form.keep_choice()
    return page("events/edit.html", status=status, form=form, whole=isinstance(form, EventForm), **context)


def _with_places(form: ReportForm, **context: Any) -> Response:
    """The form again, all that was typed kept, with the places that its address may mean."""
    places, problem = find(form.address.data or "")
    form.offer(places)
    return _form(form, problem=problem, attributions=credits(places), **context)
