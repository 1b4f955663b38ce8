"""Events as CAP documents."""

from flask import Blueprint, make_response
from werkzeug.wrappers import Response

from webapp import policy
from webapp.access import SignInNeeded, allows
from webapp.accounts.identity import current_actor
from webapp.cap.outgoing import cap_of, may_go_out
from webapp.cap.writing import MEDIA_TYPE
from webapp.events import queries
from webapp.events.models import Event
from webapp.extensions import db
from webapp.policy import Action
from webapp.web.shared import share

blueprint = Blueprint("cap", __name__)

_FRESH = 60  # seconds that a cache between may keep a public alert


@blueprint.get("/events/<int:event_id>/cap.xml")
@allows(Action.PUBLIC_EVENTS)
def show(event_id: int) -> Response:
    """The event's alert: anybody's where it is public, else for those who may see the event."""
    event = db.session.get(Event, event_id)
    if event is not None and may_go_out(event):
        return share(_document(event), _FRESH)
    if current_actor().user_id is None:
        raise SignInNeeded("Sign in to continue.")
    event = queries.event(event_id)
    policy.require(current_actor(), Action.EVENT_VIEW, event)
    response = _document(event)
    response.headers["Cache-Control"] = "private, no-cache"
    return response


def _document(event: Event) -> Response:
    response: Response = make_response(cap_of(event))
    response.mimetype = MEDIA_TYPE
    return response
