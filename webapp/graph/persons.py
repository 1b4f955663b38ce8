"""People in the graph. Contact details are no part of it, except one's own: each look at another's is a
deliberate, journalled act (`accounts.service.contact_of`), and a list of a hundred is none.
"""

from datetime import datetime

import strawberry
from strawberry import ID, Private

from webapp.accounts.models import User as UserRow
from webapp.accounts.models import UserStatus
from webapp.graph import readers
from webapp.graph.kinds import Info, node
from webapp.graph.looking import Looking
from webapp.journal import Role
from webapp.volunteers.models import Assignment as AssignmentRow
from webapp.volunteers.models import AssignmentStatus
from webapp.volunteers.moving import first_name
from webapp.volunteers.queries import since


@strawberry.type(description="A person, as coordinators and they themselves see them.")
class User:
    """A person without contact details."""

    id: ID
    version: int
    name: str
    role: Role
    status: UserStatus
    languages: list[str]
    created_at: datetime

    @strawberry.field(description="What the person can do.")
    async def skills(self, info: Info) -> list[str]:
        """Their skills by name."""
        return await info.context.wanted(readers.skills, int(self.id)) or []


@strawberry.type(description="Whoever asks: the only one whose contact details are told.")
class Me:
    """The person of this request."""

    email: str | None
    phone: str | None
    locale: str | None
    time_zone: str | None
    row: Private[UserRow]

    @strawberry.field
    def user(self) -> User:
        """What coordinators see of one."""
        return node(User, self.row)


@strawberry.type(description="Somebody on an event, as others on it see them.")
class EventPerson:
    """Somebody on an event."""

    assignment_id: ID
    name: str = strawberry.field(description="For volunteers, the first name.")
    task: str
    status: AssignmentStatus
    since: datetime
    user_id: Private[int]

    @strawberry.field(description="The person, for coordinators and themselves.")
    async def user(self, info: Info) -> User | None:
        """The person, if their profile may be seen."""
        return await person(info.context, self.user_id)


def event_person(row: AssignmentRow, user: UserRow, *, whole: bool) -> EventPerson:
    """Somebody on an event, with the ``whole`` name or only the first."""
    return EventPerson(
        assignment_id=ID(str(row.id)),
        name=user.name if whole else first_name(user.name),
        task=row.task,
        status=row.status,
        since=since(row.status, row.created_at, row.accepted_at, row.checked_in_at, row.checked_out_at),
        user_id=row.user_id,
    )


async def person(looking: Looking, user_id: int | None) -> User | None:
    """The person, if the actor may see their profile."""
    row = await looking.person(user_id)
    return node(User, row) if row is not None else None
