"""Plays the demo through the services, deed by deed in its order, each at its own time.

A deed is a command with its own id: started again after a stop it goes on where it was, and a demo that
is there already is left alone.
"""

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from webapp import journal
from webapp.accounts.contact import Contact
from webapp.accounts.models import User, UserStatus
from webapp.accounts.service import Profile, add_skill, create_user, edit_profile, set_status
from webapp.database import utc_now
from webapp.events import service as events
from webapp.extensions import db
from webapp.journal import SYSTEM, Actor, Command, Journalled
from webapp.journal.actor import PUBLIC, ActorKind, Role
from webapp.journal.transaction import current
from webapp.ops.demo import course, goods, people, situation
from webapp.ops.demo.people import Someone
from webapp.resources import service as resources
from webapp.resources.models import ResourceType
from webapp.volunteers import service as volunteers

_NAMESPACE = uuid.UUID("0f3a9c52-8a53-4d6b-9b0e-6d1f9a2d7e41")
# Moments that services take from the clock; in the demo they are those of the deed.
_STAMPS = (
    "created_at",
    "updated_at",
    "reported_at",
    "opened_at",
    "closed_at",
    "accepted_at",
    "checked_in_at",
    "checked_out_at",
    "confirmed_at",
    "ended_at",
)

_BY_KEY = {one.key: one for one in people.PEOPLE}


class Deed(NamedTuple):
    """Something that somebody does, so many minutes before now."""

    ago: int
    key: str
    by: str | None
    do: Callable[["Stage", Actor], Journalled]


@dataclass
class Stage:
    """What there is so far: ids of rows by the names that the demo's tables use."""

    now: datetime
    ids: dict[str, int]
    types: dict[str, int]

    def actor(self, who: str | None) -> Actor:
        """The person as services see them; the system for nobody."""
        if who is None:
            return SYSTEM
        return Actor(ActorKind.USER, self.ids[who], _BY_KEY[who].role, _BY_KEY[who].name)


def deeds() -> list[Deed]:
    """Everything that happens, in its order."""
    parts = (_arrivals, _incidents, _decisions, _needs, _offers, _promises, _help, _absences)
    return sorted((deed for part in parts for deed in part()), key=lambda deed: -deed.ago)


def is_there() -> bool:
    """Whether the whole demo has been played on this database."""
    last = deeds()[-1]
    return db.session.get(Command, _command_id(last)) is not None


def play(done: Callable[[int], None]) -> None:
    """Make the demo; ``done`` is told of every deed."""
    types = db.session.execute(db.select(ResourceType.code, ResourceType.id))
    stage = Stage(utc_now(), {}, {row.code: row.id for row in types})
    for deed in deeds():
        at = stage.now - timedelta(minutes=deed.ago)
        row = perform(stage.actor(deed.by), stage=stage, deed=deed, at=at, command_id=_command_id(deed))
        stage.ids[deed.key] = row.id
        done(1)


@journal.command
def perform(actor: Actor, *, stage: Stage, deed: Deed, at: datetime) -> Journalled:
    """Do the deed through its service, and give what it changed and said the deed's time."""
    started = utc_now()
    row = deed.do(stage, actor)
    db.session.flush()
    transaction = current()
    assert transaction is not None
    for entry, _subject in transaction.entries:
        entry.at = at
    for changed in list(transaction.changed.values()):
        for name in _STAMPS:
            moment = getattr(changed, name, None)
            if moment is not None and moment >= started:
                setattr(changed, name, at)
    if deed.by is not None:
        seen = stage.now - timedelta(minutes=_BY_KEY[deed.by].seen)
        users = User.__table__
        db.session.execute(db.update(users).where(users.c.id == actor.user_id).values(last_seen_at=seen))
    return row


def _command_id(deed: Deed) -> uuid.UUID:
    return uuid.uuid5(_NAMESPACE, deed.key)


def _arrivals() -> Iterator[Deed]:
    for one in people.PEOPLE:
        yield Deed(one.ago, one.key, None, _arrives(one))
        yield Deed(one.ago, f"{one.key}:profile", one.key, _describes_self(one))
        for skill in one.skills:
            yield Deed(one.ago, f"{one.key}:{skill}", one.key, _can(one, skill))


def _arrives(one: Someone) -> Callable[[Stage, Actor], Journalled]:
    actor = PUBLIC if one.role is Role.SUV else SYSTEM
    return lambda _stage, _actor: create_user(
        actor, name=one.name, contact=Contact(email=one.email), role=one.role, locale=None
    )


def _describes_self(one: Someone) -> Callable[[Stage, Actor], Journalled]:
    profile = Profile(
        name=one.name,
        email=one.email,
        phone=None,
        languages=list(one.languages),
        home_area=one.area or None,
        availability=one.available or None,
    )
    return lambda stage, actor: edit_profile(
        actor, user_id=stage.ids[one.key], seen_version=None, profile=profile
    )


def _can(one: Someone, skill: str) -> Callable[[Stage, Actor], Journalled]:
    return lambda stage, actor: add_skill(actor, user_id=stage.ids[one.key], name=skill)


def _incidents() -> Iterator[Deed]:
    for one in situation.INCIDENTS:
        yield Deed(one.ago, one.key, one.by, _tells(one))


def _tells(one: situation.Incident) -> Callable[[Stage, Actor], Journalled]:
    """An authority opens an event; everybody else reports it."""
    values: Any = {
        "title": one.title,
        "description": one.description,
        "category": one.category,
        "kind": one.kind,
        "priority": one.priority,
        "severity": one.severity,
        "urgency": one.urgency,
        "certainty": one.certainty,
        "place_name": one.place,
        **_position(one.place),
        "needs_approval": one.approval,
    }
    return lambda _stage, actor: (
        events.open_event(actor, **values)
        if actor.role is Role.AUTHORITY
        else events.report_event(actor, **values)
    )


def _position(place: str) -> dict[str, float]:
    latitude, longitude = situation.PLACES[place]
    return {"latitude": latitude, "longitude": longitude}


def _decisions() -> Iterator[Deed]:
    for one in course.DECISIONS:
        yield Deed(one.ago, f"{one.verb}:{one.event}", one.by, _decides(one))


def _decides(one: course.Decided) -> Callable[[Stage, Actor], Journalled]:
    def do(stage: Stage, actor: Actor) -> Journalled:
        event_id = stage.ids[one.event]
        if one.verb == "verify":
            return events.verify(actor, event_id=event_id)
        if one.verb == "close":
            return events.close(actor, event_id=event_id, note=one.words)
        other = stage.ids.get(one.other)
        return events.reject(actor, event_id=event_id, reason=one.words, duplicate_of_id=other)

    return do


def _needs() -> Iterator[Deed]:
    for one in goods.NEEDS:
        yield Deed(one.ago, one.key, one.by, _asks(one))


def _asks(one: goods.Asked) -> Callable[[Stage, Actor], Journalled]:
    return lambda stage, actor: resources.add_need(
        actor,
        event_id=stage.ids[one.event],
        resource_type_id=stage.types[one.code],
        name=one.name,
        quantity=Decimal(one.quantity),
        unit=one.unit,
        priority=one.priority,
        needed_by=None if one.within is None else stage.now + timedelta(minutes=one.within),
    )


def _offers() -> Iterator[Deed]:
    for one in goods.OFFERS:
        yield Deed(one.ago, one.key, one.by, _gives(one))


def _gives(one: goods.Given) -> Callable[[Stage, Actor], Journalled]:
    return lambda stage, actor: resources.make_offer(
        actor,
        resource_type_id=stage.types[one.code],
        name=one.name,
        quantity=Decimal(one.quantity),
        unit=one.unit,
        place_name=one.place,
        **_position(one.place),
        condition=one.condition,
    )


def _promises() -> Iterator[Deed]:
    for number, one in enumerate(course.PROMISES):
        key = f"promise:{number}"
        yield Deed(one.ago, key, one.by, _promises_to(one))
        for ago, by, verb in one.steps:
            yield Deed(ago, f"{key}:{verb}", by, _moves_goods(key, verb))


def _promises_to(one: course.Promised) -> Callable[[Stage, Actor], Journalled]:
    return lambda stage, actor: resources.allocate(
        actor, need_id=stage.ids[one.need], offer_id=stage.ids[one.offer], quantity=Decimal(one.quantity)
    )


def _moves_goods(key: str, verb: str) -> Callable[[Stage, Actor], Journalled]:
    service: Callable[..., Journalled] = getattr(resources, verb)
    return lambda stage, actor: service(actor, allocation_id=stage.ids[key])


def _help() -> Iterator[Deed]:
    for one in course.HELP:
        key = f"help:{one.who}:{one.event}"
        yield Deed(one.ago, key, one.by, _comes(one))
        for ago, by, verb in one.steps:
            yield Deed(ago, f"{key}:{verb}", by, _moves_person(key, verb))


def _comes(one: course.Helped) -> Callable[[Stage, Actor], Journalled]:
    if one.by == one.who:
        return lambda stage, actor: volunteers.join(actor, event_id=stage.ids[one.event])
    return lambda stage, actor: volunteers.assign(
        actor,
        user_id=stage.ids[one.who],
        event_id=stage.ids[one.event],
        task=one.task,
        bring=one.bring,
        meeting_point=one.meeting_point,
    )


def _moves_person(key: str, verb: str) -> Callable[[Stage, Actor], Journalled]:
    service: Callable[..., Journalled] = getattr(volunteers, verb)
    return lambda stage, actor: service(actor, assignment_id=stage.ids[key])


def _absences() -> Iterator[Deed]:
    for ago, who in course.UNAVAILABLE:
        yield Deed(ago, f"{who}:away", who, _is_away(who))


def _is_away(who: str) -> Callable[[Stage, Actor], Journalled]:
    return lambda stage, actor: set_status(actor, user_id=stage.ids[who], status=UserStatus.UNAVAILABLE)
