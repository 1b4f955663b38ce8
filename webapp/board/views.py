"""The board page."""

from flask import Blueprint, request
from werkzeug.wrappers import Response

from webapp.access import allows
from webapp.board import counters, queries
from webapp.policy import Action
from webapp.resources import queries as resources
from webapp.timeline import queries as timeline
from webapp.web.answers import page

blueprint = Blueprint("board", __name__)


@blueprint.get("/board")
@allows(Action.BOARD)
def show() -> Response:
    """The whole situation at a glance; ``?wall=1`` without controls, for a screen on the wall."""
    feed, head = timeline.newest_and_head(queries.FEED)
    return page(
        "board/show.html",
        channels=("board",),
        live_seq=head,
        counts=counters.totals(),
        events=queries.events(),
        events_limit=queries.EVENTS,
        limit=queries.FEED,
        needs=resources.board_needs(),
        needs_limit=resources.BOARD_NEEDS,
        entries=feed,
        wall=request.args.get("wall") == "1",
    )
