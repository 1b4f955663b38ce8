"""What writes carry besides their body: the command's id, and the version that the writer has seen."""

import re
import uuid
from typing import Protocol, TypeVar

from flask import request
from pydantic import BaseModel

from webapp import journal
from webapp.api.blueprint import KEY
from webapp.errors import Invalid, Problem
from webapp.web import content

M = TypeVar("M", bound=BaseModel)

REPLAYED = "Idempotency-Replayed"
_READING = frozenset({"GET", "HEAD"})
# Who compresses an answer, here or on the way, names it anew: a tag means the same bytes (RFC 9110, 8.8.3.3).
# All of these mean the same version of the row.
_CODING = r"(?:[:-](?:br|gzip|zstd|deflate))?"
_ETAG = re.compile(
    rf'(?:W/)?"([a-z_]+)-([1-9][0-9]{{0,18}})-v([1-9][0-9]{{0,9}})(?:\.[0-9a-f]{{16}})?{_CODING}"'
)


class KeyMissing(Problem):
    """A write without an Idempotency-Key."""

    status = 400
    name = "IdempotencyKeyMissing"


class PreconditionRequired(Problem):
    """A change without word of the version that it is based on (RFC 6585)."""

    status = 428
    name = "PreconditionRequired"


class PreconditionFailed(Problem):
    """The ``If-Match`` names something else than what is changed."""

    status = 412
    name = "PreconditionFailed"


class Versioned(Protocol):
    """A row with a version."""

    @property
    def id(self) -> int:
        """Its number."""
        ...

    @property
    def version(self) -> int:
        """Rises with each change."""
        ...


def command_id() -> uuid.UUID:
    """The command's id from the header. Raises `KeyMissing`, `Invalid`.

    Sent again with the same key and body, a write gives its first result and changes nothing; with another
    body it is refused. Make one for each deed, keep it with the deed while it waits in an outbox, and send it
    again after a lost answer.
    """
    found = optional_key()
    if found is None:
        raise KeyMissing(f"Send an {KEY} header with a new UUID for each deed.")
    return found


def optional_key() -> uuid.UUID | None:
    """The key where there may be none; with it goes the body (see `web.content`). Raises `Invalid`."""
    given = request.headers.get(KEY)
    if given is None:
        return None
    journal.say_content(content.of_operation())
    try:
        return uuid.UUID(given.strip().strip('"'))
    except ValueError:
        message = f"{KEY} must be a UUID."
        raise Invalid(message, fields={KEY: message}) from None


def etag(row: Versioned, kind: str) -> str:
    """The entity tag of a row at its present version; what is read has one of its own (`blueprint`)."""
    return f'"{kind}-{row.id}-v{row.version}"'


def tagged(row: Versioned, kind: str) -> dict[str, str]:
    """The headers of an answer that shows this row."""
    headers = {"ETag": etag(row, kind)}
    # What the last command of this thread was says nothing about a request that only reads.
    if request.method not in _READING and journal.was_replayed():
        headers[REPLAYED] = "true"
    return headers


def answer(shown: M, row: Versioned, kind: str) -> tuple[M, int, dict[str, str]]:
    """The answer that shows a row, with its ETag."""
    return shown, 200, tagged(row, kind)


def made(shown: M, row: Versioned, kind: str, where: str) -> tuple[M, int, dict[str, str]]:
    """The answer to a write that made this row, which is at ``where`` from now on."""
    return shown, 201, tagged(row, kind) | {"Location": where}


def seen_version(kind: str, id_: int) -> int:
    """The version in ``If-Match``. Raises `PreconditionRequired`, `PreconditionFailed`."""
    given = request.headers.get("If-Match", "").strip()
    if not given:
        raise PreconditionRequired("Send the ETag that you read as If-Match: somebody may have changed this.")
    found = [_ETAG.fullmatch(tag.strip()) for tag in given.split(",")]
    versions = [int(it[3]) for it in found if it is not None and it[1] == kind and int(it[2]) == id_]
    if not versions:
        raise PreconditionFailed("If-Match does not name this. Send the ETag of what you change.")
    return max(versions)
