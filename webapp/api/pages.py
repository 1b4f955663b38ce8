"""The browsable description of the API: made on the server, so that it works offline and without scripts.

Why no ready-made viewer: docs/decisions/0008.
"""

from flask import Blueprint, request
from werkzeug.wrappers import Response

from webapp.access import allows
from webapp.api import describing, reference
from webapp.errors import NotFound
from webapp.policy import Action
from webapp.web.answers import page

blueprint = Blueprint("api_docs", __name__)

LONGEST_SEARCH = 100


@blueprint.get("/api/docs")
@allows(Action.ENTER)
def index() -> Response:
    """Every operation in a line; ``q`` narrows to those with these words."""
    wanted = " ".join(request.args.get("q", "").split())[:LONGEST_SEARCH]
    document = describing.document()
    found = reference.groups(document, wanted)
    return page("api/index.html", groups=found, wanted=wanted, about=document["info"])


@blueprint.get("/api/docs/<name>")
@allows(Action.ENTER)
def show(name: str) -> Response:
    """One operation with its examples, answers and schemas."""
    document = describing.document()
    found = reference.find(document, name)
    if found is None:
        raise NotFound("There is no such operation.")
    return page("api/operation.html", it=found, schemas=reference.schemas_of(document, found))
