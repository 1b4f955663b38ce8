"""The public page, one public event, and the feed of both; the same for everybody, so caches keep them.

They speak the language and time zone of the installation: an answer that depends on who asks could not be
shared, and under a storm of visitors it must be.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from flask import Blueprint, make_response, render_template, request, url_for
from werkzeug.wrappers import Response

from webapp.access import allows
from webapp.cap.outgoing import may_go_out
from webapp.events import publicity
from webapp.events.models import Event
from webapp.events.queries import cursor
from webapp.policy import Action
from webapp.public import atom, queries
from webapp.web.shared import share
from webapp.web.viewer import Audience, drawing_for, settings

blueprint = Blueprint("public", __name__)

PAGE = 50
FEED = 100
_FRESH = 30  # seconds


@blueprint.get("/public")
@allows(Action.PUBLIC_EVENTS)
def index() -> Response:
    """What is happening, the most urgent first."""
    after = request.args.get("after")
    found = publicity.public_events(PAGE + 1, after)
    events, more = found[:PAGE], len(found) > PAGE
    following = url_for("public.index", after=cursor(events[-1])) if more else None
    return _page("public/index.html", events, next_url=following, after=after)


@blueprint.get("/public/<int:event_id>")
@allows(Action.PUBLIC_EVENTS)
def show(event_id: int) -> Response:
    """One event: where, how bad, and what is needed."""
    event = publicity.public_event(event_id)
    lacking = queries.lacking(event.id)
    return _page("public/show.html", [event], event=event, lacking=lacking, has_alert=may_go_out(event))


@blueprint.get("/feed.atom")
@allows(Action.PUBLIC_EVENTS)
def feed() -> Response:
    """The public events as an Atom feed, the one that changed last first."""
    events = sorted(publicity.public_events(FEED), key=lambda event: event.updated_at, reverse=True)
    base = settings().public_url or request.url_root.rstrip("/")
    with _for_everybody():
        document = atom.write(events, base)
    response: Response = make_response(document)
    response.mimetype = atom.MEDIA_TYPE
    return share(response, _FRESH)


def _page(template: str, events: Sequence[Event], **context: object) -> Response:
    with _for_everybody():
        html = render_template(template, events=events, **context)
    return share(make_response(html), _FRESH)


@contextmanager
def _for_everybody() -> Iterator[None]:
    """Draw for nobody in particular, in the installation's language and time zone."""
    with drawing_for(Audience(None, settings().locale, settings().time_zone)):
        yield
