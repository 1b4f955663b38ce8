"""The OpenAPI 3.1 document, made from the schemas that the operations check with."""

from copy import deepcopy
from typing import Any

from flask import Response, current_app, jsonify

from webapp.access import allows
from webapp.accounts.access_tokens import SECONDS
from webapp.api.blueprint import PREFIX, blueprint
from webapp.api.operation import Declared, declared, tree
from webapp.policy import Action

_KEPT = "mayday_openapi"
_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": True,
    "description": (
        "A new UUID for each deed; the same one again changes nothing and gives the first result. "
        "With another body it is refused with 422."
    ),
    "schema": {"type": "string", "format": "uuid"},
    "example": "8f9a3f5e-6a0e-4c1a-9d51-1b8f7a6f2f10",
}
_IF_MATCH = {
    "name": "If-Match",
    "in": "header",
    "required": True,
    "description": "The ETag that was read; refused with 412 when somebody changed it since.",
    "schema": {"type": "string"},
    "example": '"event-12-v4"',
}
_SCHEMES = {
    "bearer": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": f"From /auth/token or /devices/pair; good for {SECONDS // 60} minutes.",
    }
}
_ETAG = {"ETag": {"description": "The version that was read or made.", "schema": {"type": "string"}}}
_AGEING = {
    "Deprecation": {"description": "Since when (RFC 9745).", "schema": {"type": "string"}},
    "Sunset": {"description": "Until when, once that is known (RFC 8594).", "schema": {"type": "string"}},
}
_WAIT = {"Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer"}}}


@blueprint.get("/openapi.json")
@allows(Action.ENTER)
def openapi() -> Response:
    """This API, described."""
    return jsonify(document())


def document() -> dict[str, Any]:
    """The description of every operation of the present app."""
    if _KEPT not in current_app.extensions:
        current_app.extensions[_KEPT] = _made()
    found: dict[str, Any] = current_app.extensions[_KEPT]
    return found


def _made() -> dict[str, Any]:
    spec: dict[str, Any] = deepcopy(tree.spec)  # which the library keeps, for other apps too
    spec["servers"] = [{"url": "/"}]
    spec["components"]["securitySchemes"] = _SCHEMES
    spec["info"]["description"] = (
        "Version 1 of Mayday's JSON API: the same rights, services and journal as the pages. "
        "Every write carries an Idempotency-Key; every error has the same envelope."
    )
    schemas = spec["components"]["schemas"]
    for path, operations in spec["paths"].items():
        for operation in operations.values():
            _complete(operation, declared[operation["operationId"]], schemas, path)
    return spec


def _complete(operation: dict[str, Any], about: Declared, schemas: dict[str, Any], path: str) -> None:
    operation["security"] = [] if about.open else [{"bearer": []}]
    if about.ageing is not None:
        operation["deprecated"] = True
    parameters = operation.setdefault("parameters", [])
    for parameter in parameters:
        if parameter["in"] == "path" and parameter["schema"].get("type") == "integer":
            parameter["schema"] = {"type": "integer", "format": "int64", "minimum": 1}
            parameter["example"] = 12
    if about.keyed:
        parameters.append(_KEY)
    elif about.method != "GET":
        parameters.append(_KEY | {"required": False})
    if about.conditional:
        parameters.append(_IF_MATCH)
    for status, response in operation["responses"].items():
        if status in ("429", "503"):
            response["headers"] = dict(_WAIT)
        elif status.startswith("2") and status != "204":
            response["headers"] = dict(_ETAG)
        if about.ageing is not None:
            response.setdefault("headers", {}).update(_AGEING)
        _exemplify(response.get("content", {}), schemas)
    _exemplify(operation.get("requestBody", {}).get("content", {}), schemas)
    assert path.startswith(PREFIX)


def _exemplify(content: dict[str, Any], schemas: dict[str, Any]) -> None:
    """Put the schema's example beside it, where readers and tools look first."""
    for media in content.values():
        name = media.get("schema", {}).get("$ref", "").rpartition("/")[2]
        examples = schemas.get(name, {}).get("examples")
        if examples:
            media["example"] = examples[0]
