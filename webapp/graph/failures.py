"""Errors of an answer, in the words and with the names of the API: never a stack, never a statement."""

import logging
from collections.abc import Sequence
from typing import Any

from flask import g
from graphql import GraphQLError
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from webapp.errors import Problem
from webapp.extensions import db

log = logging.getLogger(__name__)

# They concern the whole server: the one place where errors become answers knows them (`web.failures`).
_WHOLE = (OperationalError, InterfaceError, PoolTimeout, OSError)
_UNKNOWN = "Something went wrong on our side. Ask again."
_SUGGESTION = " Did you mean "


def of(problem: Problem) -> GraphQLError:
    """The problem as an error of the whole request."""
    return GraphQLError(problem.message, original_error=problem)


def shown(errors: Sequence[GraphQLError]) -> list[dict[str, Any]]:
    """The errors as they are answered. Raises what concerns the whole server."""
    for error in errors:
        if isinstance(error.original_error, _WHOLE):
            raise error.original_error
    return [_shown(error) for error in errors]


def _shown(error: GraphQLError) -> dict[str, Any]:
    cause = error.original_error
    fields: list[dict[str, str]] = []
    if isinstance(cause, Problem):
        status, name, message = cause.status, cause.name, cause.message
        fields = [{"field": field, "message": words} for field, words in cause.fields.items()]
    elif cause is None or isinstance(cause, GraphQLError):
        # What is there to be asked is in the documents: a wrong name is no way to guess at it.
        status, name, message = 400, "BadQuery", error.message.partition(_SUGGESTION)[0]
    else:
        log.error("unhandled", exc_info=cause, extra={"field": ".".join(map(str, error.path or ()))})
        db.session.rollback()
        status, name, message = 500, "InternalServerError", _UNKNOWN
    found: dict[str, Any] = {"message": message}
    if error.locations:
        found["locations"] = [{"line": it.line, "column": it.column} for it in error.locations]
    if error.path:
        found["path"] = error.path
    found["extensions"] = {
        "name": name,
        "statusCode": status,
        "correlationId": g.get("request_id", ""),
        "fields": fields,
    }
    return found
