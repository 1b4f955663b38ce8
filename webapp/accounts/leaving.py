"""Leaving the response: a person who is shut out or erased is taken off their events first."""

from webapp import journal
from webapp.accounts import erasure, queries, service
from webapp.accounts.models import User
from webapp.calendars import service as calendars
from webapp.devices import leaving as devices
from webapp.journal import Actor
from webapp.messages import forgetting as messages
from webapp.policy import Action, require
from webapp.volunteers import service as volunteering
from webapp.volunteers.models import PRESENT


@journal.command
def deactivate(actor: Actor, *, user_id: int) -> User:
    """End what the person is on and shut them out, in one transaction (see `service.deactivate`)."""
    require(actor, Action.USER_DEACTIVATE)
    _end_assignments(actor, user_id)
    calendars.end_link(actor, user_id=user_id)
    devices.end_all(actor, user_id=user_id)
    user: User = service.deactivate(actor, user_id=user_id)
    return user


@journal.command
def erase(actor: Actor, *, user_id: int, typed_name: str) -> User:
    """End what the person is on and erase them, in one transaction (see `erasure.erase`)."""
    require(actor, Action.USER_DEACTIVATE)
    _end_assignments(actor, user_id)
    calendars.end_link(actor, user_id=user_id)
    devices.forget_all(actor, user_id=user_id)
    messages.forget(actor, user_id=user_id)
    user: User = erasure.erase(actor, user_id=user_id, typed_name=typed_name)
    return user


def _end_assignments(actor: Actor, user_id: int) -> None:
    """Check out who is there, so that their hours count; call off the rest."""
    for assignment_id, status in queries.open_assignments(user_id):
        end = volunteering.check_out if status in PRESENT else volunteering.cancel
        end(actor, assignment_id=assignment_id)
