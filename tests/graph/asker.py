"""Asks the graph as a program of somebody does."""

import json
import uuid
from typing import Any

from werkzeug.test import TestResponse

from tests.api.caller import Caller

PATH = "/graphql"


def ask(caller: Caller, query: str, headers: dict[str, str] | None = None, **variables: Any) -> TestResponse:
    """The answer to a query, or a mutation, with these variables."""
    given = {"Authorization": f"Bearer {caller.token}"} if caller.token else {}
    body = {"query": query, "variables": variables}
    return caller.client.post(PATH, json=body, headers=given | (headers or {}))


def data(caller: Caller, query: str, **variables: Any) -> Any:
    """What a query gives when nothing is wrong with it."""
    answer = ask(caller, query, **variables)
    body = answer.get_json()
    assert answer.status_code == 200, body
    assert "errors" not in body, json.dumps(body["errors"], indent=2)
    return body["data"]


def refusal(caller: Caller, query: str, **variables: Any) -> dict[str, Any]:
    """The one thing that is wrong with a query: its ``extensions``, with the message and the path."""
    body = ask(caller, query, **variables).get_json()
    assert len(body["errors"]) == 1, body
    error = body["errors"][0]
    found: dict[str, Any] = error["extensions"]
    assert found["correlationId"]
    return found | {"message": error["message"], "path": error.get("path")}


def new() -> str:
    """A new command id."""
    return str(uuid.uuid4())
