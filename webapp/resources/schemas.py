"""Resource types and needs as the API shows and takes them."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import Field, StringConstraints

from webapp.api.schemas import (
    Amount,
    AmountIn,
    Moment,
    Page,
    Paging,
    RowId,
    RowNumber,
    RowPaging,
    Shown,
    Strict,
    Text,
    example,
    kept,
)
from webapp.resources.models import NeedStatus
from webapp.resources.values import LONGEST, LONGEST_REASON

Name = Annotated[Text, StringConstraints(min_length=1, max_length=LONGEST["name"])]
Description = Annotated[Text, StringConstraints(max_length=LONGEST["description"])]
SourceRef = Annotated[Text, StringConstraints(min_length=1, max_length=LONGEST["source_ref"])]
Unit = Annotated[
    Text, StringConstraints(min_length=1, max_length=30), Field(description="One of the type's units.")
]
Priority = Annotated[int, Field(ge=1, le=5, strict=True, description="1 is the highest.")]

SENDERS = Field(None, description="The sender's own identifier; the same one twice is refused.")
_NEED: dict[str, Any] = {
    "resource_type_id": 14,
    "name": "Sandbags, filled",
    "description": "At the gate of the yard.",
    "quantity": 40,
    "unit": "sandbags",
    "priority": 2,
    "needed_by": "2026-11-21T06:00:00Z",
}
MADE = {"created_at": "2026-11-21T03:02:00Z"}
_NEED_OUT = (
    {"id": 31, "version": 2, "event_id": 12}
    | _NEED
    | {"status": "partly_met", "allocated": 30, "missing": 10, "oversupplied": False}
    | MADE
)


class TypeOut(Shown):
    """A kind of resource, below another or at the top of the tree."""

    id: int
    code: str = Field(description="Stays when the name changes.")
    name: str
    parent_id: int | None
    units: list[str] = Field(description="What needs and offers of it are given in; the first is the usual.")
    returnable: bool = Field(description="Whether it can come back after use.")
    retired: bool = Field(description="Not to be used for new needs and offers.")


class TypeList(Shown):
    """All kinds of resources, each after the one above it."""

    items: list[TypeOut]

    model_config = Shown.model_config | example(
        {
            "items": [
                {
                    "id": 14,
                    "code": "supplies.sandbag",
                    "name": "Sandbags",
                    "parent_id": 4,
                    "units": ["sandbags"],
                    "returnable": False,
                    "retired": False,
                }
            ]
        }
    )


class NeedIn(Strict):
    """So much of something that an active event needs."""

    resource_type_id: RowId
    name: Name
    description: Description = ""
    quantity: AmountIn
    unit: Unit
    priority: Priority = 3
    needed_by: Moment | None = None
    source_ref: SourceRef | None = SENDERS

    model_config = Strict.model_config | example(_NEED)


class NeedEdit(Strict):
    """What changes; what is left out stays."""

    resource_type_id: RowId = kept()
    name: Name = kept()
    description: Description = kept()
    quantity: AmountIn = kept()
    unit: Unit = kept()
    priority: Priority = kept()
    needed_by: Moment | None = kept()

    model_config = Strict.model_config | example({"quantity": 60, "priority": 1})


class Cancelling(Strict):
    """Why it is not needed any more."""

    reason: Annotated[Text, StringConstraints(min_length=1, max_length=LONGEST_REASON)]

    model_config = Strict.model_config | example({"reason": "The water is going down."})


class NeedQuery(RowPaging):
    """Narrows the list, newest first."""

    event_id: RowNumber | None = None
    status: NeedStatus | None = None
    type: RowNumber | None = Field(None, description="A resource type; those below it count, too.")
    priority: int | None = Field(None, ge=1, le=5)


class UnmetQuery(Paging):
    """Narrows the list of what is missing, most urgent first."""

    after: Annotated[str, StringConstraints(pattern=r"^[1-5]-[1-9][0-9]{0,17}$")] | None = Field(
        None, description="The `next` of the page before."
    )
    type: RowNumber | None = Field(None, description="A resource type; those below it count, too.")

    @property
    def place(self) -> tuple[int, int] | None:
        """Priority and number of the need that the page before ended with."""
        if self.after is None:
            return None
        priority, _dash, number = self.after.partition("-")
        return int(priority), int(number)


class NeedOut(Shown):
    """What an event needs, and how much of it is promised."""

    id: int
    version: int
    event_id: int
    resource_type_id: int
    name: str
    description: str
    quantity: Amount
    unit: str
    priority: int
    needed_by: datetime | None
    status: NeedStatus
    allocated: Amount = Field(description="The sum of what is reserved, dispatched and delivered.")
    missing: Amount
    oversupplied: bool = Field(description="Somebody chose to promise more than was asked.")
    created_at: datetime

    model_config = Shown.model_config | example(_NEED_OUT)


class NeedPage(Page[NeedOut]):
    """One page of needs."""

    model_config = Page.model_config | example({"items": [_NEED_OUT], "next": "31"})
