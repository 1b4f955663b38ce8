"""Journal entries as the API shows them: what happened, in words and in facts; no contact details."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import Field, StringConstraints

from webapp.api.schemas import Page, Paging, RowPaging, Shown, example
from webapp.journal.actor import ActorKind

_ENTRY: dict[str, Any] = {
    "seq": 9041,
    "at": "2026-11-21T03:12:45.120000Z",
    "verb": "allocation.made",
    "text": "promised 30 sandbags · Sandbags, filled",
    "actor_kind": "user",
    "actor_id": 2,
    "actor_name": "Vic Coordinator",
    "device_id": None,
    "subject_type": "allocation",
    "subject_id": 77,
    "event_id": 12,
    "event_title": "Cellar flooded",
    "user_id": 5,
    "facts": {"quantity": "30", "unit": "sandbags", "name": "Sandbags, filled"},
    "changed": ["status", "quantity"],
}


class JournalQuery(Paging):
    """Where to read on from. Keep the largest `seq` that was handled and ask for what came after it."""

    after: Annotated[str, StringConstraints(pattern=r"^(0|[1-9][0-9]{0,17})$")] = Field(
        "0", description="A `seq`: entries after it are given, oldest first."
    )


class TimelineQuery(RowPaging):
    """How far back to go on."""


class EntryOut(Shown):
    """One thing that happened."""

    seq: int = Field(description="Rises in the order of the commits; none comes later with a smaller one.")
    at: datetime
    verb: str
    text: str = Field(description="In words, after the actor's name.")
    actor_kind: ActorKind
    actor_id: int | None = Field(description="The person; of a device, its owner.")
    actor_name: str | None
    device_id: int | None
    subject_type: str
    subject_id: int | None
    event_id: int | None
    event_title: str | None
    user_id: int | None = Field(description="Whom it concerns besides the actor.")
    facts: dict[str, Any]
    changed: list[str] = Field(description="Names of the subject's fields that changed.")


class EntryPage(Page[EntryOut]):
    """One page of the journal."""

    model_config = Page.model_config | example({"items": [_ENTRY], "next": "9041"})
