"""What is asked: a GraphQL request as its HTTP body carries it, read strictly."""

from dataclasses import dataclass, field
from typing import Any

from webapp.errors import Invalid
from webapp.web import json_body
from webapp.web.json_body import Malformed

LONGEST = 50_000  # characters of a document; far more than its tokens may be
# Of its variables: the texts of all deeds that one request may hold, and the ids of its longest list.
LONGEST_VALUES = 200_000
MOST_VALUES = 1_000
_NAMES = frozenset({"query", "variables", "operationName", "extensions"})


@dataclass(frozen=True, slots=True)
class Asked:
    """A document, the name of the operation in it that is meant, and the values of its variables."""

    document: str
    operation: str | None = None
    variables: dict[str, Any] = field(default_factory=dict)


def asked() -> Asked:
    """What the present request asks. Raises `Malformed`, `UnsupportedType`.

    A list of requests is refused: each counts, and is answered, by itself.
    """
    body = json_body.body()
    unknown = body.keys() - _NAMES
    if unknown:
        raise Malformed(f"A request has no {', '.join(sorted(unknown))[:80]}.")
    document, variables = body.get("query"), body.get("variables") or {}
    operation = body.get("operationName") or None
    if not isinstance(document, str) or not document.strip():
        raise Malformed("Write a query.")
    if len(document) > LONGEST:
        raise Malformed(f"A query has at most {LONGEST} characters.")
    if not isinstance(variables, dict) or not isinstance(operation, str | None):
        raise Malformed("variables is an object, and operationName a text.")
    return Asked(document, operation, variables)


def require_plain(value: object) -> None:
    """Refuse texts that no database keeps and nobody can read, anywhere in the value, and more of them than
    one request needs. Raises `Invalid`."""
    left = [value]
    number = characters = 0
    while left:
        part = left.pop()
        number += 1
        characters += len(part) if isinstance(part, str) else 0
        if number > MOST_VALUES or characters > LONGEST_VALUES:
            raise Invalid(f"Variables hold at most {MOST_VALUES} values and {LONGEST_VALUES} characters.")
        if isinstance(part, dict):
            left += [*part, *part.values()]
        elif isinstance(part, list):
            left += part
        elif isinstance(part, str) and any(
            (ord(c) < 32 and c not in "\n\r\t") or "\ud800" <= c <= "\udfff" for c in part
        ):
            raise Invalid("A text has control characters, or half a character.")
