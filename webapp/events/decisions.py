"""Pages of what an authority decides about an event: verify, reject, close, reopen."""

from collections.abc import Callable
from typing import Any, NamedTuple

from flask import request, url_for
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response

from webapp import policy
from webapp.access import allows
from webapp.accounts.identity import current_actor
from webapp.errors import Invalid
from webapp.events import queries, service
from webapp.events.forms import CloseForm, RejectForm, ReopenForm, VerifyForm
from webapp.events.models import Event
from webapp.events.views import blueprint
from webapp.policy import Action
from webapp.web.answers import done, page
from webapp.web.forms import CommandForm, command_for


class Decision(NamedTuple):
    """One decision: how it is asked for, and what carries it out."""

    form: type[CommandForm]
    decide: Callable[..., Event]
    action: Action
    title: Any
    consequence: Any
    button: Any
    icon: str
    said: Any


VERIFY = Decision(
    VerifyForm,
    service.verify,
    Action.EVENT_VERIFY,
    _l("Verify this report"),
    _l("It becomes active: volunteers see it and can join, and needs can be written."),
    _l("It is true"),
    "check",
    _l("Verified. The event is active."),
)
REJECT = Decision(
    RejectForm,
    service.reject,
    Action.EVENT_VERIFY,
    _l("Reject this report"),
    _l("It leaves the board for good. The report and your reason are kept."),
    _l("Reject it"),
    "ban",
    _l("Rejected."),
)
CLOSE = Decision(
    CloseForm,
    service.close,
    Action.EVENT_CLOSE,
    _l("Close this event"),
    _l("Everybody is checked out, open requests end, and what was not delivered is free again."),
    _l("Close it"),
    "circle-check-big",
    _l("Closed."),
)
REOPEN = Decision(
    ReopenForm,
    service.reopen,
    Action.EVENT_CLOSE,
    _l("Open this event again"),
    _l("It becomes active. People and resources that were released stay free."),
    _l("Open it again"),
    "rotate-ccw",
    _l("The event is active again."),
)


@blueprint.route("/events/<int:event_id>/verify", methods=["GET", "POST"])
@allows(VERIFY.action)
def verify(event_id: int) -> Response:
    """Find a report true."""
    return _decide(VERIFY, event_id)


@blueprint.route("/events/<int:event_id>/reject", methods=["GET", "POST"])
@allows(REJECT.action)
def reject(event_id: int) -> Response:
    """Find a report false, or a duplicate."""
    return _decide(REJECT, event_id)


@blueprint.route("/events/<int:event_id>/close", methods=["GET", "POST"])
@allows(CLOSE.action)
def close(event_id: int) -> Response:
    """End an event and what hangs on it."""
    return _decide(CLOSE, event_id)


@blueprint.route("/events/<int:event_id>/reopen", methods=["GET", "POST"])
@allows(REOPEN.action)
def reopen(event_id: int) -> Response:
    """Make a closed event active again."""
    return _decide(REOPEN, event_id)


def _decide(decision: Decision, event_id: int) -> Response:
    event = queries.event(event_id)
    policy.require(current_actor(), decision.action, event)
    form = decision.form(request.form)
    if request.method == "GET":
        name = decision.decide.__name__
        form.command_id.data = str(
            command_for(name, f"event:{event.id}", event.version, current_actor().user_id)
        )
        return _page(decision, event, form)
    if not form.validate():
        return _page(decision, event, form, 422)
    typed = {field.name: field.data for field in form if field.name not in ("command_id", "version")}
    try:
        decision.decide(current_actor(), event_id=event_id, command_id=form.command, **typed)
    except Invalid as error:
        form.take(error.fields)
        return _page(decision, event, form, 422)
    return done(url_for("events.show", event_id=event_id), str(decision.said))


def _page(decision: Decision, event: Event, form: CommandForm, status: int = 200) -> Response:
    return page("events/decide.html", status=status, decision=decision, event=event, form=form)
