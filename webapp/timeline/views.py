"""The timeline page: everything that happened, newest first, by key."""

from flask import Blueprint, request, url_for
from werkzeug.wrappers import Response

from webapp.access import allows
from webapp.policy import Action
from webapp.timeline import queries
from webapp.web.answers import page
from webapp.web.numbers import row_number

blueprint = Blueprint("timeline", __name__)

PAGE = 50
# What the filter chips keep: a word, and the verbs behind it.
FILTERS = {
    "events": ("event.reported", "event.opened", "event.verified", "event.rejected", "event.closed"),
    "people": tuple(
        f"assignment.{deed}"
        for deed in ("accepted", "checked_in", "checked_out", "overdue", "no_contact", "distress")
    ),
    "resources": (
        "need.added",
        "offer.made",
        "allocation.made",
        "allocation.delivered",
        "allocation.released",
    ),
}


@blueprint.get("/timeline")
@allows(Action.TIMELINE)
def show() -> Response:
    """What happened in this response; ``before`` continues, ``about`` keeps one kind."""
    about = request.args.get("about", "")
    before = row_number(request.args.get("before"))
    entries = queries.newest(PAGE + 1, before, FILTERS.get(about, ()))
    more = len(entries) > PAGE
    entries = entries[:PAGE]
    following = url_for("timeline.show", about=about or None, before=entries[-1].seq) if more else None
    chips = [(url_for("timeline.show"), "All", not about)]
    chips += [(url_for("timeline.show", about=name), name.capitalize(), about == name) for name in FILTERS]
    return page(
        "timeline/show.html",
        channels=() if before else ("board",),
        entries=entries,
        chips=chips,
        filtered=bool(about),
        next_url=following,
        limit=PAGE,
    )
