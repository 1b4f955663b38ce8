"""The calendar behind a link, and the page where a person makes, renews and ends theirs."""

from flask import Blueprint, make_response, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from webapp.access import allows
from webapp.accounts import binding
from webapp.accounts.identity import current_actor
from webapp.calendars import ical, queries, service
from webapp.policy import Action
from webapp.web.answers import go, page
from webapp.web.forms import ActionForm, posted_action
from webapp.web.viewer import settings

blueprint = Blueprint("calendars", __name__)


@blueprint.get("/calendar/<token>.ics")
@allows(Action.CALENDAR)
def feed(token: str) -> Response:
    """The calendar, for programs that ask again and again."""
    owner = queries.owner_of(token)
    response: Response = make_response(ical.write(queries.assignments_of(owner.id), settings()))
    response.headers["Content-Type"] = "text/calendar; charset=utf-8"
    response.headers["Cache-Control"] = "private, no-cache"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.add_etag()
    return response.make_conditional(request.environ)


@blueprint.get("/me/calendar")
@allows(Action.STAY)
def show() -> Response:
    """Whether one has a link, and the buttons that make, renew and end it."""
    return _page(None)


@blueprint.post("/me/calendar")
@allows(Action.STAY)
def make() -> Response:
    """Make a link and show it once; a link from before ends."""
    form = posted_action()
    token = binding.token("calendar", form.command)
    service.make_link(current_actor(), token=token, command_id=form.command)
    base = settings().public_url or request.url_root.rstrip("/")
    return _page(base + url_for("calendars.feed", token=token))


@blueprint.post("/me/calendar/end")
@allows(Action.STAY)
def end() -> Response:
    """End the link."""
    form = posted_action()
    actor = current_actor()
    service.end_link(actor, user_id=actor.user_id, command_id=form.command)
    return go(url_for("calendars.show"), _("The link is off. Whoever had it sees nothing more."))


def _page(link: str | None) -> Response:
    has_link = queries.link_of(current_actor().user_id or 0) is not None
    answer = page(
        "calendars/show.html", block="main", link=link, has_link=has_link, form=ActionForm(formdata=None)
    )
    answer.headers["Cache-Control"] = "no-store"
    return answer
