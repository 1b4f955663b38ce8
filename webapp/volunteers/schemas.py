"""Assignments as the API shows and takes them."""

from datetime import datetime
from typing import Annotated

from pydantic import Field, StringConstraints

from webapp.api.schemas import Moment, Page, RowId, RowNumber, RowPaging, Shown, Strict, Text, example
from webapp.volunteers.models import AssignmentStatus
from webapp.volunteers.service import LONGEST
from webapp.volunteers.times import LONGEST_REASON

_ASSIGNMENT = {
    "id": 41,
    "version": 3,
    "user_id": 5,
    "name": "Sam Volunteer",
    "event_id": 12,
    "event_title": "Cellar flooded",
    "task": "Fill sandbags",
    "bring": "Gloves",
    "meeting_point": "Gate of the yard",
    "status": "checked_in",
    "created_at": "2026-11-21T03:05:00Z",
    "accepted_at": "2026-11-21T03:06:10Z",
    "checked_in_at": "2026-11-21T03:40:00Z",
    "checked_out_at": None,
    "ended_at": None,
    "overdue": False,
}


class Joining(Strict):
    """How one joins."""

    check_in: bool = Field(False, strict=True, description="Be there at once, too, unless it wants approval.")

    model_config = Strict.model_config | example({"check_in": True})


class AssignmentIn(Strict):
    """Whom to ask to come, and for what."""

    user_id: RowId
    task: Annotated[Text, StringConstraints(max_length=LONGEST["task"])] = ""
    bring: Annotated[Text, StringConstraints(max_length=LONGEST["bring"])] = ""
    meeting_point: Annotated[Text, StringConstraints(max_length=LONGEST["meeting_point"])] = ""

    model_config = Strict.model_config | example(
        {"user_id": 5, "task": "Fill sandbags", "bring": "Gloves", "meeting_point": "Gate of the yard"}
    )


class Leaving(Strict):
    """When one left."""

    left_at: Moment | None = Field(None, description="Not before the check-in, not in the future; or now.")

    model_config = Strict.model_config | example({"left_at": "2026-11-21T11:30:00Z"})


class TimesIn(Strict):
    """The right times of a presence."""

    checked_in_at: Moment
    checked_out_at: Moment | None = Field(None, description="None, and only then, while it goes on.")
    reason: Annotated[Text, StringConstraints(min_length=1, max_length=LONGEST_REASON)] = Field(
        description="The person reads it."
    )

    model_config = Strict.model_config | example(
        {
            "checked_in_at": "2026-11-21T03:40:00Z",
            "checked_out_at": "2026-11-21T11:30:00Z",
            "reason": "Left with the last bus and forgot to say so.",
        }
    )


class AssignmentQuery(RowPaging):
    """Narrows the list, newest first. A volunteer sees their own assignments, a coordinator all."""

    event_id: RowNumber | None = None
    user_id: RowNumber | None = None
    status: AssignmentStatus | None = None


class AssignmentOut(Shown):
    """A person on an event."""

    id: int
    version: int
    user_id: int
    name: str = Field(description="The person's.")
    event_id: int
    event_title: str
    task: str
    bring: str
    meeting_point: str
    status: AssignmentStatus
    created_at: datetime
    accepted_at: datetime | None
    checked_in_at: datetime | None = Field(description="The hours begin here.")
    checked_out_at: datetime | None = Field(description="The hours end here.")
    ended_at: datetime | None
    overdue: bool = Field(
        description="Checked in, and long without a word: ask whether they are there still."
    )

    model_config = Shown.model_config | example(_ASSIGNMENT)


class AssignmentPage(Page[AssignmentOut]):
    """One page of assignments."""

    model_config = Page.model_config | example({"items": [_ASSIGNMENT], "next": "41"})


class PersonOnEvent(Shown):
    """Somebody on an event. Other volunteers see a first name and a task."""

    assignment_id: int | None
    user_id: int | None
    name: str
    task: str
    status: AssignmentStatus
    since: datetime


class PeopleOnEvent(Shown):
    """Who is on an event, who needs attention first; at most 200, its assignments tell of all."""

    items: list[PersonOnEvent]

    model_config = Shown.model_config | example(
        {
            "items": [
                {
                    "assignment_id": 41,
                    "user_id": 5,
                    "name": "Sam Volunteer",
                    "task": "Fill sandbags",
                    "status": "checked_in",
                    "since": "2026-11-21T03:40:00Z",
                }
            ]
        }
    )


class WorkedAt(Shown):
    """What a person did on one event."""

    event_id: int
    event_title: str
    seconds: int


class HoursOut(Shown):
    """A person's own hours: from each check-in to its check-out; or until now, unless overdue."""

    seconds: int
    assignments: int = Field(description="How many one was on, or was asked to be.")
    events: list[WorkedAt]

    model_config = Shown.model_config | example(
        {
            "seconds": 27000,
            "assignments": 2,
            "events": [{"event_id": 12, "event_title": "Cellar flooded", "seconds": 27000}],
        }
    )
