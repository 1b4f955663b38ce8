"""Channels: what a page can listen to, and whether this person may.

``board``, ``resources``, ``volunteers``, ``messages`` and ``devices`` are for coordinators, ``jobs`` for
authorities; ``event:ID`` for whoever may see the event; ``event:ID:team`` for the people on it and
coordinators; ``user:ID`` for that person alone.
"""

import logging
import re
from collections.abc import Iterable
from typing import NamedTuple

from webapp import policy
from webapp.events.models import Event
from webapp.extensions import db
from webapp.journal import Actor
from webapp.policy import Action
from webapp.volunteers.models import EXPECTED, Assignment

log = logging.getLogger(__name__)

LIMIT = 8  # channels of one page
_SHAPE = re.compile(
    r"(board|resources|volunteers|messages|devices|jobs|event|user)(?::([1-9][0-9]{0,17})(:team)?)?"
)
_WHOLE = {
    "board": Action.BOARD,
    "resources": Action.RESOURCE_BOARD,
    "volunteers": Action.ROSTER,
    "messages": Action.MESSAGE_LIST,
    "devices": Action.DEVICE_VIEW,
    "jobs": Action.JOB_LIST,
}


class Channel(NamedTuple):
    """A channel's name in its parts."""

    kind: str
    id: int | None = None
    team: bool = False


def parse(name: str) -> Channel | None:
    """The parts of a channel's name; ``None`` when no channel is called so."""
    found = _SHAPE.fullmatch(name)
    if found is None:
        return None
    kind, id_, team = found.groups()
    has_id = kind in ("event", "user")
    if has_id != (id_ is not None) or (team and kind != "event"):
        return None
    return Channel(kind, int(id_) if id_ else None, bool(team))


def may_subscribe(actor: Actor, name: str) -> bool:
    """Whether this signed-in person may hear the channel, now."""
    channel = parse(name)
    if channel is None or actor.user_id is None:
        return False
    if channel.kind in _WHOLE:
        return policy.may(actor, _WHOLE[channel.kind])
    if channel.kind == "user":
        return channel.id == actor.user_id
    event = db.session.get(Event, channel.id)
    if event is None or not policy.may(actor, Action.EVENT_VIEW, event):
        return False
    return not channel.team or policy.may(actor, Action.ASSIGNMENT_MANAGE) or _is_on(actor.user_id, event.id)


def permitted(actor: Actor, names: Iterable[str]) -> frozenset[str]:
    """Those of the channels that the person may hear; the others are left out."""
    asked = list(dict.fromkeys(names))[:LIMIT]
    heard = frozenset(name for name in asked if may_subscribe(actor, name))
    if len(heard) < len(asked):
        left_out = [name[:40] for name in asked if name not in heard]
        log.debug("live.channels_left_out", extra={"user": actor.user_id, "channels": left_out})
    return heard


def _is_on(user_id: int, event_id: int) -> bool:
    statement = db.select(Assignment.id).where(
        Assignment.user_id == user_id,
        Assignment.event_id == event_id,
        Assignment.status.in_(EXPECTED),
    )
    return db.session.execute(statement.limit(1)).first() is not None
