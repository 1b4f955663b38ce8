"""A batch of what a device stored: each item read and done by itself, calls for help before all others.

A device keeps what was not taken and sends it again, so an item that made its whole batch fail would hold
up everything behind it for ever. Here nothing about one item is ever told of another.
"""

import json
import logging
import time
import uuid
from collections.abc import Sequence
from typing import Any, cast

from pydantic import ValidationError
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from webapp.api.schemas import ErrorData
from webapp.api.words import words_for
from webapp.errors import Invalid, Problem
from webapp.extensions import db
from webapp.journal import Actor
from webapp.journal.transaction import request_id
from webapp.messages import reports
from webapp.messages.models import LONGEST
from webapp.messages.schemas import MOST_ITEMS, MOST_PHOTOS, ReportError, ReportIn, ReportOut
from webapp.web.json_body import Doubled

log = logging.getLogger(__name__)

# So long a batch is worked on; what was not begun by then has to be sent again.
SECONDS = 20.0
_TRY_AGAIN = 500  # and above, and this one:
_TOO_MANY = 429
_NAMESPACE = uuid.UUID("5d1c7e0e-0c7b-4b57-9a6e-8c1f6f0f3d52")


class Later(Problem):
    """Nothing is wrong with the item; it comes with another batch."""

    status = 503
    name = "SendLater"


class _Failed(Problem):
    status = 500
    name = "InternalServerError"


class _Away(Problem):
    status = 503
    name = "ServiceUnavailable"


def take(actor: Actor, items: Sequence[object]) -> list[ReportOut]:
    """Do what the items say, and tell of each, in their order, what became of it."""
    until = time.monotonic() + SECONDS
    answers: dict[int, ReportOut] = {}
    photos = 0
    for turn, place in enumerate(sorted(range(len(items)), key=lambda it: (not _is_call(items[it]), it))):
        raw = items[place]
        photos += _has_photo(raw)
        try:
            if turn >= MOST_ITEMS:
                raise Later(f"At most {MOST_ITEMS} items are taken at once. Send this one in another batch.")
            if _has_photo(raw) and photos > MOST_PHOTOS:
                raise Later(
                    f"At most {MOST_PHOTOS} photos are taken at once. Send this one in another batch."
                )
            if time.monotonic() > until and not _is_call(raw):
                raise Later("The server is busy. Send this one in another batch.")
            answers[place] = _one(actor, raw)
        except Problem as problem:
            answers[place] = _refused(raw, problem)
    return [answers[place] for place in range(len(items))]


def _one(actor: Actor, raw: object) -> ReportOut:
    """What became of one item. Raises a `Problem`, whatever went wrong."""
    try:
        item = _call(actor, raw) if _is_call(raw) else _read(raw)
        return reports.take(actor, item).model_copy(update={"id": _id_of(raw)})
    except Problem:
        raise
    except (OperationalError, InterfaceError, PoolTimeout):
        log.exception("report not kept", extra={"item": str(_id_of(raw))})
        raise _Away("The database does not answer just now. Send this again.") from None
    except Exception:
        # A fault of ours that this item meets. Each deed is its own transaction, which is rolled back; let
        # out, the fault would end the batch, today and each time that the device sends it again.
        log.exception("report failed", extra={"item": str(_id_of(raw))})
        raise _Failed("Something went wrong on our side. Send this again.") from None
    finally:
        db.session.rollback()


def _read(raw: object) -> ReportIn:
    """The item as it is documented. Raises `Invalid`, every field named."""
    if not isinstance(raw, dict):
        raise Invalid("An item must be an object, with names and values.")
    if any(isinstance(part, Doubled) for part in (raw, *raw.values())):
        raise Invalid("A name stands twice in this item.")
    try:
        return ReportIn.model_validate(raw)
    except ValidationError as error:
        raise Invalid("This item cannot be accepted. See data.errors.", fields=_fields(error)) from None


def _call(actor: Actor, raw: object) -> ReportIn:
    """A call for help, made of whatever of the item can be read: it is never refused over the rest."""
    said = dict(cast("dict[str, Any]", raw)) | {"kind": "distress"}
    if isinstance(text := said.get("text"), str):
        said["text"] = "".join(c for c in text if c in "\n\t" or c.isprintable())[:LONGEST]
    if _id_of(raw) is None:
        whole = json.dumps(raw, sort_keys=True, default=str)
        said["id"] = str(uuid.uuid5(_NAMESPACE, f"{actor.device_id}:{whole}"))
    try:
        return ReportIn.model_validate(said)
    except ValidationError as error:
        wrong = {each["loc"][0] for each in error.errors(include_url=False)}
        return ReportIn.model_validate({name: value for name, value in said.items() if name not in wrong})


def _is_call(raw: object) -> bool:
    kind = raw.get("kind") if isinstance(raw, dict) else None
    return isinstance(kind, str) and kind.strip().lower() == "distress"


def _has_photo(raw: object) -> bool:
    return isinstance(raw, dict) and raw.get("photo") is not None and not _is_call(raw)


def _id_of(raw: object) -> uuid.UUID | None:
    given = raw.get("id") if isinstance(raw, dict) else None
    try:
        return uuid.UUID(given.strip()) if isinstance(given, str) else None
    except ValueError:
        return None


def _fields(error: ValidationError) -> dict[str, str]:
    fields: dict[str, str] = {}
    for each in error.errors(include_url=False):
        fields.setdefault(".".join(str(part) for part in each["loc"]) or "item", words_for(each))
    return fields


def _refused(raw: object, problem: Problem) -> ReportOut:
    fields = [{"field": name, "message": message} for name, message in problem.fields.items()]
    told = {name: problem.facts[name] for name in problem.told if name in problem.facts}
    error = ReportError(
        statusCode=problem.status,
        name=problem.name,
        message=problem.message,
        correlationId=request_id.get() or "",
        data=ErrorData.model_validate({"errors": fields, "facts": told or None}),
    )
    again = problem.status >= _TRY_AGAIN or problem.status == _TOO_MANY
    return ReportOut(id=_id_of(raw), status="refused", retry=again, error=error)
