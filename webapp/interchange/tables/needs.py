"""Rows of a table as needs of active events that are here: named by reference, number or title."""

from collections.abc import Callable, Iterable, Sequence
from functools import partial

from sqlalchemy import select

from webapp import journal, policy
from webapp.errors import Invalid, Problem
from webapp.events.models import Event, EventStatus
from webapp.extensions import db
from webapp.interchange.tables import refs, supplies
from webapp.interchange.tables.asking import Ask, Read
from webapp.interchange.tables.batches import Done
from webapp.interchange.tables.supplies import Types
from webapp.journal import Actor
from webapp.policy import Action
from webapp.resources.models import Need, NeedStatus
from webapp.resources.service import add_need, cancel_need
from webapp.resources.values import checked
from webapp.web.numbers import row_number

_CANCELLED_BEFORE = "Cancelled before it was imported."
_NAMED_BY = ("event_ref", "event_id", "event")


def reader() -> Callable[[Ask], Read]:
    """What reads a row as a need, with the types of now."""
    return partial(read, types_here=Types())


def read(ask: Ask, *, types_here: Types) -> Read:
    """What a row says as a need. Raises `Rejected`."""
    identity = ask.identity("need")
    values = supplies.values(ask, types_here) | {
        "priority": ask.priority(),
        "needed_by": ask.moment("needed_by"),
        "source_ref": identity.ref,
    }
    try:
        good = checked(values)
    except Invalid as error:
        raise ask.refuse(error) from None
    named = {name: ask.line(name) for name in _NAMED_BY}
    if not any(named.values()):
        raise ask.reject("event", "does not say which event needs it.")
    more = {**named, "cancelled": ask.choice("status", NeedStatus) is NeedStatus.CANCELLED}
    return Read(ask.row.where, identity.ref, good, more, tuple(ask.notes), identity)


def known(rows: Iterable[Read]) -> dict[str, int]:
    """Those that are here, by reference."""
    return refs.known(Need, (row.ref for row in rows))


@journal.command
def import_batch(actor: Actor, *, rows: Sequence[Read]) -> Done:
    """Write down needs that are not here yet, an entry for each. One whose event is not there, or not
    active, is refused and the others go in."""
    policy.require(actor, Action.IMPORT_NEEDS)
    done = Done()
    here = known(rows)
    events = Events(rows)
    found: list[tuple[int, Read]] = []
    for row in rows:
        try:
            found.append((events.of(row), row))
        except Invalid as error:
            done.refused.append((row.where, error.message))
    # In the order of the events, as everybody takes their locks.
    for event_id, row in sorted(found, key=lambda pair: pair[0]):
        if row.ref in here:
            continue
        try:
            here[row.ref] = _make(actor, event_id, row).id
        except Problem as error:
            done.refused.append((row.where, error.message))
        else:
            done.new.append(row.ref)
    return done


def _make(actor: Actor, event_id: int, row: Read) -> Need:
    need: Need = add_need(actor, event_id=event_id, **row.values)
    if row.more["cancelled"]:
        cancel_need(actor, need_id=need.id, reason=_CANCELLED_BEFORE)
    return need


def missing(rows: Sequence[Read]) -> list[tuple[str, str]]:
    """What a dry run says about events that are not there."""
    events = Events(rows)
    found = []
    for row in rows:
        try:
            number = events.of(row)
        except Invalid as error:
            found.append((row.where, error.message))
        else:
            if number not in events.active:
                found.append((row.where, "Its event is not active. Verify or reopen it first."))
    return found


class Events:
    """The events that rows name, and which of them are active; four statements."""

    def __init__(self, rows: Sequence[Read]) -> None:
        self._refs = refs.known(Event, {row.more["event_ref"] for row in rows} - {""})
        ids = {number for row in rows if (number := row_number(row.more["event_id"])) is not None}
        titles = {row.more["event"] for row in rows} - {""}
        named = select(Event.id, Event.title).where(
            Event.title.in_(titles), Event.status == EventStatus.ACTIVE, Event.status_rank == 0
        )
        self._ids = set(db.session.execute(select(Event.id).where(Event.id.in_(ids))).scalars())
        self._titles: dict[str, list[int]] = {}
        for row in db.session.execute(named):
            self._titles.setdefault(row.title, []).append(row.id)
        found = {*self._refs.values(), *self._ids, *(id_ for some in self._titles.values() for id_ in some)}
        active = select(Event.id).where(Event.id.in_(found), Event.status == EventStatus.ACTIVE)
        self.active = set(db.session.execute(active).scalars())

    def of(self, row: Read) -> int:
        """The event of a row: a reference counts before a number, that before a title. Raises `Invalid`."""
        ref, number, title = (row.more[name] for name in _NAMED_BY)
        if ref:
            return self._one([self._refs[ref]] if ref in self._refs else [], ref)
        if number:
            id_ = row_number(number)
            return self._one([id_] if id_ in self._ids and id_ is not None else [], number)
        return self._one(self._titles.get(title, []), title)

    @staticmethod
    def _one(ids: list[int], words: str) -> int:
        if len(ids) == 1:
            return ids[0]
        if ids:
            raise Invalid(f"{len(ids)} active events are called “{words[:60]}”. Name it by its reference.")
        raise Invalid(f"There is no event “{words[:60]}” here. Import or verify the event first.")
