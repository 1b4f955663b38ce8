"""From a document to its answer: parse, measure, validate, run.

Fields wait for each other's rows, so they run on an event loop: one that lives as long as the request, on the
request's own thread, with the request's own database session. Nothing in it waits for anything else.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from graphql import (
    DocumentNode,
    GraphQLError,
    OperationType,
    TokenKind,
    get_operation_ast,
    parse,
    specified_rules,
    validate,
)

from webapp.errors import Problem
from webapp.graph import failures
from webapp.graph.asking import Asked, require_plain
from webapp.graph.limits import TOKENS, require_affordable
from webapp.graph.looking import Looking
from webapp.graph.schema import schema
from webapp.journal import Actor


class Refused(Exception):
    """The document cannot be run."""

    def __init__(self, errors: Sequence[GraphQLError]) -> None:
        super().__init__(errors[0].message)
        self.errors = errors


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of it. ``ran`` is False when nothing did, for the document or its variables are wrong."""

    body: dict[str, Any]
    ran: bool


def run(asked: Asked, actor: Actor, *, introspection: bool, only_reading: bool = False) -> Answer:
    """Run the operation that is asked for; each thing that goes wrong is told in the answer.

    Raises only what concerns the whole server, such as a database that is away.
    """
    try:
        document = _prepared(asked, introspection, only_reading)
    except Refused as refusal:
        return Answer({"errors": failures.shown(refusal.errors)}, ran=False)
    looking = Looking(actor, document)
    result = asyncio.run(
        schema.execute(
            asked.document,
            variable_values=asked.variables,
            context_value=looking,
            operation_name=asked.operation,
        )
    )
    body: dict[str, Any] = {"data": result.data}
    if result.errors:
        body["errors"] = failures.shown(result.errors)
    return Answer(body, ran=_ran(result))


def _prepared(asked: Asked, introspection: bool, only_reading: bool) -> DocumentNode:
    """The document, found to be sound. Raises `Refused`."""
    try:
        document = parse(asked.document, max_tokens=TOKENS)
        _require_plain_texts(document)
        require_plain(asked.variables)
        core = schema.core
        require_affordable(core, document, asked.operation, asked.variables, introspection=introspection)
        wrong = validate(core, document, specified_rules, hide_suggestions=True)
    except GraphQLError as error:
        raise Refused([error]) from None
    except Problem as problem:
        raise Refused([failures.of(problem)]) from None
    operation = get_operation_ast(document, asked.operation)
    if not wrong and operation is None:
        wrong = [GraphQLError("Say with operationName which operation of the document is meant.")]
    elif operation is not None and only_reading and operation.operation is not OperationType.QUERY:
        wrong = [GraphQLError("Only queries are run here.")]
    if wrong:
        raise Refused(wrong)
    return document


def _require_plain_texts(document: DocumentNode) -> None:
    """Refuse what no database keeps, in the texts of the document. Raises `Invalid`."""
    token = document.loc.start_token if document.loc else None
    while token is not None:
        if token.kind in (TokenKind.STRING, TokenKind.BLOCK_STRING):
            require_plain(token.value)
        token = token.next


def _ran(result: Any) -> bool:
    """Whether the operation began: errors of its variables have no place in the answer."""
    return result.data is not None or any(error.path for error in result.errors or ())
