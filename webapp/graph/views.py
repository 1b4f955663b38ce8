"""The address of the graph. How its statuses are chosen: docs/graphql.md."""

import json

from flask import Blueprint, jsonify, request
from werkzeug.wrappers import Response

from webapp.access import allows
from webapp.accounts.bearer import challenge
from webapp.accounts.identity import current_actor
from webapp.graph.asking import Asked, asked
from webapp.policy import Action
from webapp.web.answers import page
from webapp.web.viewer import settings

blueprint = Blueprint("graph", __name__)

ADDRESS = "/graphql"
PLAIN = "application/json"
STRICT = "application/graphql-response+json"


@blueprint.post(ADDRESS)
@allows(Action.STAY)
def ask() -> Response:
    """Run one operation. What each field may show or do, the policy says there."""
    from webapp.graph.running import run

    answer = run(asked(), current_actor(), introspection=introspection())
    response = jsonify(answer.body)
    # GraphQL over HTTP: a client that names the newer type reads the status, an older one only the body.
    strict = request.accept_mimetypes.best_match([PLAIN, STRICT], PLAIN) == STRICT
    response.mimetype = STRICT if strict else PLAIN
    response.status_code = 400 if strict and not answer.ran else 200
    return response


@blueprint.after_request
def not_kept(response: Response) -> Response:
    """An answer is for who asked, and for now; who did not say who they are is told how to."""
    response.headers["Cache-Control"] = "private, no-store"
    response.vary.add("Authorization")
    if response.status_code == 401:
        response.headers["WWW-Authenticate"] = challenge()
    return response


@allows(Action.STAY)
def try_out() -> Response:
    """In development: write a query, see its answer. Only reads, as all that a link can do."""
    from webapp.graph.running import run

    document, answer = request.args.get("query", ""), None
    if document:
        ran = run(Asked(document), current_actor(), introspection=introspection(), only_reading=True)
        answer = json.dumps(ran.body, indent=2, ensure_ascii=False, default=str)
    return page("graph/try.html", address=ADDRESS, document=document, answer=answer)


def introspection() -> bool:
    """Whether the schema may be asked about itself: as the setting says, else in development only."""
    chosen = settings().graphql_introspection
    return settings().env == "development" if chosen is None else chosen
