"""Resource types and needs over the API: the same services and rights as the pages."""

from typing import Any

from flask import url_for

from webapp import policy
from webapp.accounts.identity import current_actor
from webapp.api.operation import operation
from webapp.api.schemas import following
from webapp.api.writing import answer, command_id, made, seen_version
from webapp.events.api import visible
from webapp.policy import Action
from webapp.resources import lists, queries, service, types
from webapp.resources.models import Need
from webapp.resources.queries import NeedCard
from webapp.resources.schemas import (
    Cancelling,
    NeedEdit,
    NeedIn,
    NeedOut,
    NeedPage,
    NeedQuery,
    TypeList,
    TypeOut,
    UnmetQuery,
)

TAG = "Needs"
Answer = tuple[NeedOut, int, dict[str, str]]


@operation("GET", "/resource-types", Action.NEED_VIEW, tag="Resource types", gives=TypeList)
def list_resource_types() -> TypeList:
    """The kinds of resources with their units, retired ones too."""
    kinds = types.every(with_retired=True)
    return TypeList(items=[TypeOut.model_validate(_plain(kind)) for kind in kinds])


@operation("GET", "/needs", Action.NEED_VIEW, tag=TAG, gives=NeedPage)
def list_needs(query: NeedQuery) -> NeedPage:
    """Needs of the events that one may see, newest first."""
    branch = types.branch(query.type)
    if query.type is not None and not branch:
        return NeedPage(items=[])
    rows = lists.needs(
        current_actor(),
        query.limit + 1,
        before=query.row,
        event_id=query.event_id,
        status=query.status,
        types=branch,
        priority=query.priority,
    )
    found, further = following(rows, query.limit, lambda need: need.id)
    return NeedPage(items=[shown(need) for need in found], next=further)


@operation("GET", "/needs/unmet", Action.NEED_VIEW, tag=TAG, gives=NeedPage)
def list_unmet_needs(query: UnmetQuery) -> NeedPage:
    """What active events still need, the most urgent first, then the oldest."""
    branch = types.branch(query.type)
    if query.type is not None and not branch:
        return NeedPage(items=[])
    rows = queries.unmet_needs(query.limit + 1, query.place, branch)
    found, further = following(rows, query.limit, lambda need: f"{need.priority}-{need.id}")
    return NeedPage(items=[shown(need) for need in found], next=further)


@operation("GET", "/events/<int:event_id>/needs", Action.NEED_VIEW, tag=TAG, gives=NeedPage)
def list_needs_of_event(event_id: int) -> NeedPage:
    """All that an event needs, the most urgent first."""
    return NeedPage(items=[shown(need) for need in queries.needs_of_event(visible(event_id).id)])


@operation("POST", "/events/<int:event_id>/needs", Action.NEED_WRITE, tag=TAG, gives=NeedOut, status=201)
def add_need(event_id: int, json: NeedIn) -> Answer:
    """Write down what an active event needs."""
    need = service.add_need(
        current_actor(), event_id=event_id, command_id=command_id(), **json.model_dump(exclude_unset=True)
    )
    return made(shown(need), need, "need", url_for("api.show_need", need_id=need.id))


@operation("GET", "/needs/<int:need_id>", Action.NEED_VIEW, tag=TAG, gives=NeedOut)
def show_need(need_id: int) -> Answer:
    """One need."""
    need, event = queries.need(need_id)
    policy.require(current_actor(), Action.EVENT_VIEW, event)
    return answer(shown(need), need, "need")


@operation("PATCH", "/needs/<int:need_id>", Action.NEED_WRITE, tag=TAG, gives=NeedOut, conditional=True)
def edit_need(need_id: int, json: NeedEdit) -> Answer:
    """Change what is needed; what is left out stays, and the status follows."""
    need = service.edit_need(
        current_actor(),
        need_id=need_id,
        seen_version=seen_version("need", need_id),
        command_id=command_id(),
        **json.model_dump(exclude_unset=True),
    )
    return answer(shown(need), need, "need")


@operation("POST", "/needs/<int:need_id>/cancel", Action.NEED_WRITE, tag=TAG, gives=NeedOut)
def cancel_need(need_id: int, json: Cancelling) -> Answer:
    """It is not needed any more: what is promised and not delivered is released with it."""
    need = service.cancel_need(current_actor(), need_id=need_id, reason=json.reason, command_id=command_id())
    return answer(shown(need), need, "need")


def shown(need: Need | NeedCard) -> NeedOut:
    """The need as the API shows it."""
    return NeedOut.model_validate(need)


def _plain(kind: types.Kind) -> dict[str, Any]:
    values = {name: getattr(kind, name) for name in TypeOut.model_fields}
    return values | {"units": list(kind.units)}
