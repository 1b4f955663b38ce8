"""What the loaders read: for each kind of thing, those of many ids in one statement, as far as the actor may
see them.
"""

from collections.abc import Mapping, Sequence

from sqlalchemy import Row

from webapp.accounts import lists as people
from webapp.accounts.models import User
from webapp.events import queries as event_queries
from webapp.events.models import Event
from webapp.graph.looking import Read
from webapp.journal import Actor
from webapp.resources import lists as resources
from webapp.resources import types
from webapp.resources.models import Allocation, Need, Offer
from webapp.volunteers import lists as volunteers
from webapp.volunteers.models import Assignment

Ids = Sequence[int]


def skills(_actor: Actor, ids: Ids) -> Mapping[int, list[str]]:
    """What people can do. The caller has found that the actor may see the people."""
    return people.skills_of(ids)


def events(actor: Actor, ids: Ids) -> Mapping[int, Event]:
    """Events by id."""
    return {row.id: row for row in event_queries.seen(actor, ids)}


def needs(actor: Actor, ids: Ids) -> Mapping[int, Need]:
    """Needs by id."""
    return {row.id: row for row in resources.these_needs(actor, ids)}


def offers(actor: Actor, ids: Ids) -> Mapping[int, tuple[Offer, User | None]]:
    """Offers with their owners by id."""
    return {offer.id: (offer, owner) for offer, owner in resources.these_offers(actor, ids)}


def resource_types(_actor: Actor, _ids: Ids) -> Mapping[int, types.Kind]:
    """Resource types, which are few: all of them."""
    return {kind.id: kind for kind in types.every(with_retired=True)}


def needs_of_events(most: int) -> Read[list[Need]]:
    """The most urgent needs of events."""

    def read(_actor: Actor, ids: Ids) -> Mapping[int, list[Need]]:
        found: dict[int, list[Need]] = {}
        for need in resources.needs_of_events(ids, most):
            found.setdefault(need.event_id, []).append(need)
        return found

    return read


def people_of_events(most: int) -> Read[list[Row[Assignment, User]]]:
    """The people on events, in the order of the events' pages."""

    def read(actor: Actor, ids: Ids) -> Mapping[int, list[Row[Assignment, User]]]:
        found: dict[int, list[Row[Assignment, User]]] = {}
        for row in volunteers.people_of_events(actor, ids, most):
            found.setdefault(row[0].event_id, []).append(row)
        return found

    return read


def allocations_of_needs(most: int) -> Read[list[Allocation]]:
    """What is promised to needs, newest first."""

    def read(actor: Actor, ids: Ids) -> Mapping[int, list[Allocation]]:
        found: dict[int, list[Allocation]] = {}
        for allocation in resources.allocations_of_needs(actor, ids, most):
            found.setdefault(allocation.need_id, []).append(allocation)
        return found

    return read


def allocations_of_offers(most: int) -> Read[list[Allocation]]:
    """Where offers went, newest first."""

    def read(actor: Actor, ids: Ids) -> Mapping[int, list[Allocation]]:
        found: dict[int, list[Allocation]] = {}
        for allocation in resources.allocations_of_offers(actor, ids, most):
            found.setdefault(allocation.offer_id, []).append(allocation)
        return found

    return read
