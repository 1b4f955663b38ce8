"""Pages of one need: write it, see it with what is promised to it, edit it, cancel it."""

from flask import request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from webapp import policy
from webapp.access import allows
from webapp.accounts.identity import current_actor
from webapp.errors import Invalid
from webapp.events import queries as events
from webapp.events.models import Event
from webapp.journal import StaleVersion
from webapp.policy import Action
from webapp.resources import queries, service, types
from webapp.resources.forms import NeedForm, ReasonForm, need_values
from webapp.resources.models import Need
from webapp.resources.views import blueprint
from webapp.web.answers import done, page
from webapp.web.conflict import conflict


@blueprint.route("/events/<int:event_id>/needs/new", methods=["GET", "POST"])
@allows(Action.NEED_WRITE)
def need_new(event_id: int) -> Response:
    """Write down what an event needs."""
    event = events.event(event_id)
    form = NeedForm(request.form)
    form.show(types.tree())
    if request.method == "GET":
        return _form(form, event)
    if not form.validate():
        return _form(form, event, status=422)
    try:
        service.add_need(current_actor(), event_id=event_id, command_id=form.command, **form.values())
    except Invalid as error:
        form.take(error.fields)
        return _form(form, event, status=422)
    return done(url_for("events.show", event_id=event_id), _("The need is on the event and on the board."))


@blueprint.get("/needs/<int:need_id>")
@allows(Action.NEED_VIEW)
def need_show(need_id: int) -> Response:
    """One need with what is promised to it and the buttons of each promise."""
    _need, event = _visible(need_id)
    return page(
        "resources/need_show.html",
        channels=(f"event:{event.id}",),
        need=queries.these_needs([need_id])[0],
        event=event,
    )


@blueprint.route("/needs/<int:need_id>/edit", methods=["GET", "POST"])
@allows(Action.NEED_WRITE)
def need_edit(need_id: int) -> Response:
    """Change what is needed."""
    need, event = _visible(need_id)
    form = NeedForm(request.form, data=need_values(need))
    form.show(types.tree(with_retired=True))
    if request.method == "GET":
        form.version.data = str(need.version)
        return _form(form, event, need)
    if not form.validate():
        return _form(form, event, need, 422)
    back = url_for("resources.need_show", need_id=need_id)
    try:
        service.edit_need(
            current_actor(),
            need_id=need_id,
            seen_version=form.seen_version,
            command_id=form.command,
            **form.values(),
        )
    except StaleVersion as error:
        return conflict(error, form, need_values(queries.need(need_id)[0]), back)
    except Invalid as error:
        form.take(error.fields)
        return _form(form, event, need, 422)
    return done(back, _("Saved."))


@blueprint.route("/needs/<int:need_id>/cancel", methods=["GET", "POST"])
@allows(Action.NEED_WRITE)
def need_cancel(need_id: int) -> Response:
    """Say, with the reason, that it is not needed any more."""
    need, event = _visible(need_id)
    form = ReasonForm(request.form)
    valid = request.method == "POST" and form.validate()
    if not valid:
        status = 422 if request.method == "POST" else 200
        return page("resources/need_cancel.html", status=status, form=form, need=need, event=event)
    service.cancel_need(current_actor(), need_id=need_id, reason=form.reason.data, command_id=form.command)
    return done(url_for("events.show", event_id=event.id), _("The need is cancelled."))


def _visible(need_id: int) -> tuple[Need, Event]:
    """The need and its event, if the person may see the event."""
    need, event = queries.need(need_id)
    policy.require(current_actor(), Action.EVENT_VIEW, event)
    return need, event


def _form(form: NeedForm, event: Event, need: Need | None = None, status: int = 200) -> Response:
    return page(
        "resources/need_edit.html", status=status, form=form, event=event, need=need, units=types.units()
    )
