"""Assignments over the API: join, be asked, come and go; the same services and rights as the pages."""

from collections.abc import Callable

from flask import url_for

from webapp import policy
from webapp.accounts.identity import current_actor
from webapp.api.operation import operation
from webapp.api.schemas import following
from webapp.api.writing import answer, command_id, made, seen_version
from webapp.events.api import visible
from webapp.journal import Actor
from webapp.policy import Action
from webapp.volunteers import lists, queries, service, times
from webapp.volunteers.models import Assignment
from webapp.volunteers.queries import EventPerson
from webapp.volunteers.schemas import (
    AssignmentIn,
    AssignmentOut,
    AssignmentPage,
    AssignmentQuery,
    HoursOut,
    Joining,
    Leaving,
    PeopleOnEvent,
    PersonOnEvent,
    TimesIn,
    WorkedAt,
)

TAG = "Assignments"
Answer = tuple[AssignmentOut, int, dict[str, str]]


@operation("GET", "/assignments", Action.ASSIGNMENT_VIEW, tag=TAG, gives=AssignmentPage)
def list_assignments(query: AssignmentQuery) -> AssignmentPage:
    """Assignments, newest first: a coordinator sees all, a volunteer their own."""
    rows = lists.lines(
        current_actor(),
        query.limit + 1,
        before=query.row,
        event_id=query.event_id,
        user_id=query.user_id,
        status=query.status,
    )
    found, further = following(rows, query.limit, lambda row: row.id)
    return AssignmentPage(items=[AssignmentOut.model_validate(row) for row in found], next=further)


@operation("GET", "/events/<int:event_id>/people", Action.ROSTER_OF_EVENT, tag=TAG, gives=PeopleOnEvent)
def list_people_of_event(event_id: int) -> PeopleOnEvent:
    """Who is on an event: all for coordinators; first names and tasks for volunteers who are on it."""
    actor = current_actor()
    people = queries.people_of_event(visible(event_id).id, actor)
    return PeopleOnEvent(items=[_person(actor, person) for person in people])


@operation("POST", "/events/<int:event_id>/join", Action.ASSIGNMENT_OWN, tag=TAG, gives=AssignmentOut)
def join_event(event_id: int, json: Joining) -> Answer:
    """Go to an event oneself: accepted at once, or requested where a coordinator approves first."""
    verb = service.join_and_check_in if json.check_in else service.join
    return _shown(verb(current_actor(), event_id=event_id, command_id=command_id()))


@operation(
    "POST",
    "/events/<int:event_id>/assignments",
    Action.ASSIGNMENT_MANAGE,
    tag=TAG,
    gives=AssignmentOut,
    status=201,
)
def assign(event_id: int, json: AssignmentIn) -> Answer:
    """Ask somebody to come; they accept or decline."""
    assignment = service.assign(
        current_actor(), event_id=event_id, command_id=command_id(), **json.model_dump()
    )
    line = lists.line(current_actor(), assignment.id)
    where = url_for("api.show_assignment", assignment_id=line.id)
    return made(AssignmentOut.model_validate(line), line, "assignment", where)


@operation("GET", "/assignments/<int:assignment_id>", Action.ASSIGNMENT_VIEW, tag=TAG, gives=AssignmentOut)
def show_assignment(assignment_id: int) -> Answer:
    """One assignment."""
    line = lists.line(current_actor(), assignment_id)
    return answer(AssignmentOut.model_validate(line), line, "assignment")


@operation(
    "POST", "/assignments/<int:assignment_id>/approve", Action.ASSIGNMENT_MANAGE, tag=TAG, gives=AssignmentOut
)
def approve_assignment(assignment_id: int) -> Answer:
    """Let somebody come who asked to."""
    return _stepped(service.approve, assignment_id)


@operation(
    "POST", "/assignments/<int:assignment_id>/accept", Action.ASSIGNMENT_OWN, tag=TAG, gives=AssignmentOut
)
def accept_assignment(assignment_id: int) -> Answer:
    """Say yes to having been asked."""
    return _stepped(service.accept, assignment_id)


@operation(
    "POST", "/assignments/<int:assignment_id>/decline", Action.ASSIGNMENT_OWN, tag=TAG, gives=AssignmentOut
)
def decline_assignment(assignment_id: int) -> Answer:
    """Say no: who was asked, or a coordinator to somebody who asked to join."""
    return _stepped(service.decline, assignment_id)


@operation(
    "POST", "/assignments/<int:assignment_id>/check-in", Action.ASSIGNMENT_OWN, tag=TAG, gives=AssignmentOut
)
def check_in(assignment_id: int) -> Answer:
    """Arrive, or be heard of again. Elsewhere: checked in at another event, which `data.facts` names."""
    return _stepped(service.check_in, assignment_id)


@operation(
    "POST", "/assignments/<int:assignment_id>/check-out", Action.ASSIGNMENT_OWN, tag=TAG, gives=AssignmentOut
)
def check_out(assignment_id: int, json: Leaving) -> Answer:
    """Leave: the hours end here, or when one says that one left."""
    done = service.check_out(
        current_actor(), assignment_id=assignment_id, left_at=json.left_at, command_id=command_id()
    )
    return _shown(done)


@operation(
    "POST",
    "/assignments/<int:assignment_id>/still-there",
    Action.ASSIGNMENT_OWN,
    tag=TAG,
    gives=AssignmentOut,
)
def confirm_presence(assignment_id: int) -> Answer:
    """Say that somebody who is checked in is there still; they are asked again after another span."""
    return _stepped(times.still_there, assignment_id)


@operation(
    "PATCH",
    "/assignments/<int:assignment_id>/times",
    Action.ASSIGNMENT_MANAGE,
    tag=TAG,
    gives=AssignmentOut,
    conditional=True,
)
def correct_times(assignment_id: int, json: TimesIn) -> Answer:
    """Set the times of a presence right, and say why; also after its event was closed."""
    done = times.correct(
        current_actor(),
        assignment_id=assignment_id,
        seen_version=seen_version("assignment", assignment_id),
        command_id=command_id(),
        **json.model_dump(),
    )
    return _shown(done)


@operation(
    "POST",
    "/assignments/<int:assignment_id>/no-contact",
    Action.ASSIGNMENT_MANAGE,
    tag=TAG,
    gives=AssignmentOut,
)
def mark_no_contact(assignment_id: int) -> Answer:
    """Record that a welfare check found nobody."""
    return _stepped(service.mark_no_contact, assignment_id)


@operation(
    "POST", "/assignments/<int:assignment_id>/cancel", Action.ASSIGNMENT_OWN, tag=TAG, gives=AssignmentOut
)
def cancel_assignment(assignment_id: int) -> Answer:
    """Call an assignment off. A person calls off their own before they are there."""
    return _stepped(service.cancel, assignment_id)


@operation("GET", "/stats/me", Action.ASSIGNMENT_VIEW, tag="Numbers", gives=HoursOut)
def show_my_hours() -> HoursOut:
    """One's own hours, in all and on each event; of a phone, its owner's."""
    user_id = current_actor().user_id
    assert user_id is not None  # the route asks for somebody who is signed in
    history = queries.history(user_id)
    titles = {stay.event_id: stay.title for stay in history.stays}
    return HoursOut(
        seconds=int(history.total.total_seconds()),
        assignments=len(history.stays),
        events=[
            WorkedAt(event_id=event_id, event_title=titles[event_id], seconds=int(worked.total_seconds()))
            for event_id, worked in history.per_event.items()
        ],
    )


def _stepped(step: Callable[..., Assignment], assignment_id: int) -> Answer:
    return _shown(step(current_actor(), assignment_id=assignment_id, command_id=command_id()))


def _shown(assignment: Assignment) -> Answer:
    line = lists.line(current_actor(), assignment.id)
    return answer(AssignmentOut.model_validate(line), line, "assignment")


def _person(actor: Actor, person: EventPerson) -> PersonOnEvent:
    whole = policy.may(actor, Action.ROSTER)
    return PersonOnEvent(
        assignment_id=person.id if whole else None,
        user_id=person.user_id if whole else None,
        name=person.name if whole else person.first_name,
        task=person.task,
        status=person.status,
        since=person.since,
    )
