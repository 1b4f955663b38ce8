"""Where a query begins: the lists, by key, and single things by their id."""

from typing import Annotated

import strawberry
from strawberry import ID

from webapp import policy
from webapp.accounts import lists as people
from webapp.accounts.models import User as UserRow
from webapp.devices import lists as device_lists
from webapp.devices.models import DeviceStatus
from webapp.errors import Invalid, NotFound
from webapp.events import queries as event_queries
from webapp.events.models import Category, EventStatus
from webapp.events.queries import Filters
from webapp.extensions import db
from webapp.graph import readers
from webapp.graph.kinds import Info, node
from webapp.graph.paging import PAGE, Connection, checked, connection, number
from webapp.graph.persons import Me, User
from webapp.graph.records import Device, JournalEntry
from webapp.graph.types import Allocation, Assignment, Event, First, Need, Offer, ResourceType
from webapp.journal import Role
from webapp.policy import Action
from webapp.resources import lists as resources
from webapp.resources import types as catalogue
from webapp.resources.models import AllocationStatus, NeedStatus, OfferStatus
from webapp.timeline import queries as timeline
from webapp.volunteers import lists as volunteers
from webapp.volunteers.models import AssignmentStatus

After = Annotated[str | None, strawberry.argument(description="The endCursor of the page before.")]
_ABSENT = "There is nothing here, or it is not yours to see."


@strawberry.type
class Query:
    """Each list has what the one who asks may see. One that is not theirs at all is null, with an error."""

    @strawberry.field(description="Whoever asks; nobody, for a device.")
    def me(self, info: Info) -> Me | None:
        """The person who asks."""
        actor = info.context.actor
        row = db.session.get(UserRow, actor.user_id) if actor.user_id is not None else None
        policy.require(actor, Action.PROFILE_VIEW, row)
        return node(Me, row, row=row) if row is not None else None

    @strawberry.field(description="Events, active and urgent ones first.")
    def events(
        self,
        info: Info,
        first: First = PAGE,
        after: After = None,
        status: EventStatus | None = None,
        category: Category | None = None,
        priority: int | None = None,
        text: str = "",
    ) -> Connection[Event] | None:
        """Events by key."""
        policy.require(info.context.actor, Action.EVENT_LIST)
        if priority is not None and not 1 <= priority <= 5:
            words = "Priorities are from 1 to 5."
            raise Invalid(words, fields={"priority": words})
        filters = Filters(status=status, category=category, priority=priority, text=text)
        rows = event_queries.whole(info.context.actor, filters, after, checked(first) + 1)
        return connection(rows, first, lambda row: node(Event, row), event_queries.cursor)

    @strawberry.field
    async def event(self, info: Info, id: ID) -> Event | None:
        """One event."""
        policy.require(info.context.actor, Action.EVENT_VIEW)
        row = await info.context.wanted(readers.events, number(id))
        if row is None:
            raise NotFound(_ABSENT)
        return node(Event, row)

    @strawberry.field(description="Needs of events that one may see, newest first.")
    def needs(
        self,
        info: Info,
        first: First = PAGE,
        after: After = None,
        event_id: ID | None = None,
        status: NeedStatus | None = None,
    ) -> Connection[Need] | None:
        """Needs by key."""
        rows = resources.needs(
            info.context.actor,
            checked(first) + 1,
            before=number(after),
            event_id=number(event_id),
            status=status,
        )
        return connection(rows, first, lambda row: node(Need, row), lambda row: row.id)

    @strawberry.field(description="Offers, newest first; for volunteers, their own.")
    def offers(
        self, info: Info, first: First = PAGE, after: After = None, status: OfferStatus | None = None
    ) -> Connection[Offer] | None:
        """Offers by key."""
        rows = resources.offers(info.context.actor, checked(first) + 1, before=number(after), status=status)
        info.context.met(owner for _, owner in rows)
        return connection(rows, first, lambda row: node(Offer, row[0]), lambda row: row[0].id)

    @strawberry.field(description="Allocations, newest first; for volunteers, those of their own offers.")
    def allocations(
        self,
        info: Info,
        first: First = PAGE,
        after: After = None,
        event_id: ID | None = None,
        status: AllocationStatus | None = None,
    ) -> Connection[Allocation] | None:
        """Allocations by key."""
        rows = resources.allocations(
            info.context.actor,
            checked(first) + 1,
            before=number(after),
            event_id=number(event_id),
            status=status,
        )
        return connection(rows, first, lambda row: node(Allocation, row), lambda row: row.id)

    @strawberry.field(description="Assignments, newest first; for volunteers, their own.")
    def assignments(
        self,
        info: Info,
        first: First = PAGE,
        after: After = None,
        event_id: ID | None = None,
        user_id: ID | None = None,
        status: AssignmentStatus | None = None,
    ) -> Connection[Assignment] | None:
        """Assignments by key."""
        rows = volunteers.assignments(
            info.context.actor,
            checked(first) + 1,
            before=number(after),
            event_id=number(event_id),
            user_id=number(user_id),
            status=status,
        )
        info.context.met(user for _, user in rows)
        return connection(rows, first, lambda row: node(Assignment, row[0]), lambda row: row[0].id)

    @strawberry.field(description="People by name, for coordinators.")
    def users(
        self,
        info: Info,
        first: First = PAGE,
        after: After = None,
        text: str = "",
        role: Role | None = None,
    ) -> Connection[User] | None:
        """People by key."""
        rows = people.people(
            info.context.actor, checked(first) + 1, after=number(after), text=text, role=role
        )
        return connection(rows, first, lambda row: node(User, row), lambda row: row.id)

    @strawberry.field(description="Devices, newest first; for volunteers, their own.")
    def devices(
        self, info: Info, first: First = PAGE, after: After = None, status: DeviceStatus | None = None
    ) -> Connection[Device] | None:
        """Devices by key."""
        rows = device_lists.devices(
            info.context.actor, checked(first) + 1, before=number(after), status=status
        )
        info.context.met(owner for _, owner in rows)
        return connection(rows, first, lambda row: node(Device, row[0]), lambda row: row[0].id)

    @strawberry.field(description="What happened, newest first, for coordinators.")
    def journal(
        self,
        info: Info,
        first: First = PAGE,
        after: After = None,
        event_id: ID | None = None,
    ) -> Connection[JournalEntry] | None:
        """The journal by key."""
        policy.require(info.context.actor, Action.TIMELINE)
        about, before, most = number(event_id), number(after), checked(first) + 1
        rows = timeline.newest(most, before) if about is None else timeline.of_event(about, most, before)
        return connection(rows, first, lambda row: node(JournalEntry, row), lambda row: row.seq)

    @strawberry.field(description="Every kind of resource, with its units.")
    def resource_types(self, info: Info) -> list[ResourceType]:
        """What needs and offers are made of."""
        policy.require(info.context.actor, Action.NEED_VIEW)
        return [node(ResourceType, kind) for kind in catalogue.every()]
