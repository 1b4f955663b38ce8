"""What all schemas share. Requests refuse names that they do not know: a typing error is not silence."""

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any, Generic, TypeVar

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    StringConstraints,
    WithJsonSchema,
)

from webapp.journal.plain import number
from webapp.web.numbers import LARGEST_ID

T = TypeVar("T")
R = TypeVar("R")

MOMENT = "this must be a moment with its zone, as 2026-11-21T03:12:45Z"
_DAY = re.compile(r"\d{4}-\d\d-\d\d[Tt ]")


def example(values: dict[str, Any]) -> ConfigDict:
    """The configuration of a model with this example, which the OpenAPI document shows."""
    return ConfigDict(json_schema_extra={"examples": [values]})


class Strict(BaseModel):
    """Base of what is sent to us. Numbers are not read from texts, nor texts from numbers."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class Shown(BaseModel):
    """Base of what we answer."""

    model_config = ConfigDict(extra="forbid", from_attributes=True)


def _plain(value: object) -> object:
    """Control characters have no place in what people read; NUL no database keeps."""
    if isinstance(value, str) and any(ord(c) < 32 and c not in "\n\r\t" for c in value):
        raise ValueError("this has control characters")
    if isinstance(value, str) and any("\ud800" <= c <= "\udfff" for c in value):
        raise ValueError("this has half a character (a lone surrogate)")
    return value


def _number(value: object) -> object:
    """A JSON number and nothing else; a fraction as it is written, not as the nearest binary one."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise ValueError("this must be a number")
    return Decimal(str(value))


def _in_utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("this is too far away") from None


def _written(value: object) -> object:
    """A moment is written with its day: a bare number, which could be seconds since 1970, is none."""
    if isinstance(value, datetime) or (isinstance(value, str) and _DAY.match(value)):
        return value
    raise ValueError(MOMENT)


Text = Annotated[str, BeforeValidator(_plain)]
RowId = Annotated[int, Field(ge=1, le=LARGEST_ID, strict=True)]
RowNumber = Annotated[int, Field(ge=1, le=LARGEST_ID)]  # the same in an address, which is all text
Latitude = Annotated[float, Field(ge=-90, le=90, description="WGS 84 degrees")]
Longitude = Annotated[float, Field(ge=-180, le=180, description="WGS 84 degrees")]
Cursor = Annotated[str, StringConstraints(max_length=80)]
# An amount with at most three decimals; the rules of each unit are the service's.
AmountIn = Annotated[
    Decimal,
    BeforeValidator(_number),
    WithJsonSchema({"type": "number", "exclusiveMinimum": 0, "maximum": 1_000_000}),
]
Amount = Annotated[
    Decimal, PlainSerializer(number, return_type=int | float), WithJsonSchema({"type": "number"})
]
# With its zone: a time without one means nothing across a border. Told back in UTC, as it is kept.
Moment = Annotated[AwareDatetime, BeforeValidator(_written), AfterValidator(_in_utc)]


def kept() -> Any:
    """The field of an edit that stays when it is left out: without a default that could be sent."""
    return Field(default_factory=lambda: None)


class Paging(Strict):
    """How much of a list, and from where."""

    after: Cursor | None = Field(None, description="The `next` of the page before.")
    limit: int = Field(50, ge=1, le=100, description="Most items of this page.")


class RowPaging(Paging):
    """The same of a list whose order is that of the rows' numbers."""

    after: Annotated[str, StringConstraints(pattern=r"^[1-9][0-9]{0,17}$")] | None = Field(
        None, description="The `next` of the page before."
    )

    @property
    def row(self) -> int | None:
        """The number of the row that the page before ended with."""
        return int(self.after) if self.after is not None else None


class Page(Shown, Generic[T]):
    """One page of a list. ``next`` is what to send as ``after``; null at the end."""

    items: list[T]
    next: str | None = None


def following(rows: Sequence[R], limit: int, cursor: Callable[[R], object]) -> tuple[Sequence[R], str | None]:
    """Of ``limit`` and one more rows that were read: those of the page, and its ``next``."""
    if len(rows) <= limit:
        return rows, None
    return rows[:limit], str(cursor(rows[limit - 1]))


class FieldError(Shown):
    """What is wrong with one field; its name is a path, as ``location.latitude``."""

    field: str
    message: str


class ErrorData(Shown):
    """The fields that are wrong, if any, and the facts of some refusals."""

    errors: list[FieldError]
    facts: dict[str, int | float | str | None] | None = Field(
        None, description="What to decide by: of NotEnough `left` and `missing`, of Elsewhere the event."
    )


class ErrorEnvelope(Shown):
    """Every error, of every operation."""

    success: bool = Field(description="Always false.")
    statusCode: int  # noqa: N815 - the envelope's names are fixed by the design
    name: str = Field(description="The kind of error, stable within v1.")
    message: str = Field(description="What is wrong and what to do, for a person.")
    correlationId: str = Field(description="The request's id, also in the X-Request-ID header.")  # noqa: N815
    timestamp: datetime
    path: str
    data: ErrorData

    model_config = example(
        {
            "success": False,
            "statusCode": 422,
            "name": "Invalid",
            "message": "A priority is from 1 to 5.",
            "correlationId": "7f6f3c0a1b2c4d5e8f90a1b2c3d4e5f6",
            "timestamp": "2026-11-21T03:12:45.120000Z",
            "path": "/api/v1/events",
            "data": {"errors": [{"field": "priority", "message": "A priority is from 1 to 5."}]},
        }
    )
