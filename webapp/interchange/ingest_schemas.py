"""What another system sends about an event, and what it is told."""

from typing import Annotated, Any

from pydantic import Field, StringConstraints

from webapp.api.schemas import AmountIn, Moment, Shown, Strict, Text, example
from webapp.events.schemas import EventIn, EventOut, Priority
from webapp.places.schemas import PlaceOut
from webapp.resources.schemas import Description, Name, NeedOut, SourceRef

MOST_NEEDS = 50

_SENT: dict[str, Any] = {
    "title": "Cellar flooded",
    "description": "Water is at 40 cm and rising.",
    "category": "Met",
    "priority": 2,
    "location": {"address": "Vesterbrogade 40, Copenhagen"},
    "source_ref": "desk-7:2026-0451",
    "needs": [
        {"name": "Sandbags, filled", "quantity": 40, "unit": "sandbags"},
        {"name": "Two people who can carry", "type": "volunteers", "quantity": 2},
    ],
}


class WantedIn(Strict):
    """Something that is needed, in the sender's words."""

    name: Name
    type: Annotated[Text, StringConstraints(max_length=200)] = Field(
        "", description="The name or code of a resource type, or any words: what they mean is found."
    )
    description: Description = ""
    quantity: AmountIn | None = Field(None, description="Left out: not stated, which is said with the need.")
    unit: Annotated[Text, StringConstraints(max_length=30)] = Field(
        "", description="One of the type's; left out: its usual one."
    )
    priority: Priority | None = Field(None, description="Left out: the event's.")
    needed_by: Moment | None = None


class Ingest(EventIn):
    """An event with where it is and what it needs."""

    source_ref: SourceRef | None = Field(
        None, description="The sender's own identifier: told again, the event is here already."
    )
    needs: list[WantedIn] = Field(default_factory=list, max_length=MOST_NEEDS)

    model_config = Strict.model_config | example(_SENT)


class Ingested(Shown):
    """What became of it."""

    event: EventOut
    needs: list[NeedOut] = Field(description="What the event needs now.")
    is_new: bool = Field(description="False: it was here under this `source_ref`, and nothing was changed.")
    place: PlaceOut | None = Field(
        description="What the address was found to be; null when it was not asked."
    )

    model_config = Shown.model_config | example(
        {
            "event": EventOut.model_json_schema()["examples"][0],
            "needs": [NeedOut.model_json_schema()["examples"][0]],
            "is_new": True,
            "place": None,
        }
    )
