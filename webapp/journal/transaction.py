"""Commands: one transaction, its rows, its journal entries, its remembered result.

A service function decorated with `command` runs in one write transaction. What it changes is collected
as rows are flushed, and its entries are written last (see `order`). The same ``command_id`` again gives
the first result and changes nothing. Failures that another run can cure (a deadlock, a row changed
underneath, two runs of one command at once) are run again.
"""

import functools
import logging
import random
import time
import uuid
from collections import Counter
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Concatenate, ParamSpec, TypeVar, cast

from blinker import signal
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from webapp.database import WRITE, Base
from webapp.errors import Conflict, Invalid, Problem
from webapp.extensions import db
from webapp.journal.actor import Actor
from webapp.journal.models import Command, JournalEntry, Journalled
from webapp.journal.order import hold_commit_order, one_writer
from webapp.journal.plain import plain

log = logging.getLogger(__name__)

P = ParamSpec("P")
R = TypeVar("R")

TRIES = 6
# Sent after a commit, with the last seq as `seq` and what was done as `verbs`: what wakes the readers.
committed = signal("journal-committed")
# Sent inside the transaction, in commit order, with all that it changed: what keeps counters right.
completing = signal("journal-completing")
request_id: ContextVar[str | None] = ContextVar("request_id", default=None)
_replayed: ContextVar[bool] = ContextVar("replayed", default=False)
_content: ContextVar[str | None] = ContextVar("content", default=None)
_OPEN = "journal_transaction"
_readers: list[Callable[[Actor], Actor]] = []


class CommandReused(Problem):
    """A command id came back with another action or from another actor."""

    status = 409
    name = "CommandReused"


class ContentChanged(Invalid):
    """A command id came back with other content than it took effect with."""

    name = "IdempotencyKeyReused"

    def __init__(self) -> None:
        words = (
            "This was sent before with other content, and that was saved; this was not. "
            "Send it anew, as a new deed."
        )
        super().__init__(words, fields={"command_id": words})


class StaleVersion(Conflict):
    """The row was changed by somebody else since the form was rendered."""

    name = "StaleVersion"

    def __init__(self, subject: Journalled, seen: int) -> None:
        super().__init__(
            "Somebody changed this while you were typing. Choose which values to keep.",
            subject=subject,
            seen=seen,
        )
        self.subject = subject
        self.seen = seen


class Unjournalled(RuntimeError):
    """A programming error: a row of the situation changed without a journal entry."""


@dataclass
class Open:
    """The write transaction that is under way."""

    actor: Actor
    command_id: uuid.UUID | None = None
    entries: list[tuple[JournalEntry, Journalled | None]] = field(default_factory=list)
    # What each flushed row changed, by identity; filled by the flush listener in `guard`.
    changes: dict[tuple[str, int], dict[str, list[Any]]] = field(default_factory=dict)
    changed: dict[int, Journalled] = field(default_factory=dict)
    # Steps of counters that no collected row tells of (see `count`).
    steps: Counter[str] = field(default_factory=Counter)


def current() -> Open | None:
    """The write transaction of this session, if one is under way."""
    return cast("Open | None", db.session().info.get(_OPEN))


def was_replayed() -> bool:
    """Whether the last command of this context had taken effect before and was only answered again."""
    return _replayed.get()


def say_content(digest: str | None) -> None:
    """Say what the next commands of this context are sent with, in 64 characters; None: nobody knows.

    A command id that comes again with other content is refused. Doors say it where they read the id.
    """
    _content.set(digest)


def append(
    verb: str,
    subject: Journalled | None,
    *,
    event_id: int | None = None,
    user_id: int | None = None,
    **facts: object,
) -> None:
    """Say what happened, once per deed, inside a command.

    ``verb`` is ``thing.past_participle``; ``facts`` are what a reader of the feed wants to know.
    """
    transaction = current()
    if transaction is None:
        raise Unjournalled(f"{verb} was appended outside a command")
    actor = transaction.actor
    entry = JournalEntry(
        actor_kind=actor.kind,
        actor_id=actor.user_id,
        device_id=actor.device_id,
        verb=verb,
        subject_type=subject.__tablename__ if subject is not None else verb.split(".")[0],  # type: ignore[attr-defined]
        event_id=event_id,
        user_id=user_id,
        facts={name: plain(value) for name, value in facts.items()},
        request_id=request_id.get(),
        command_id=transaction.command_id,
    )
    transaction.entries.append((entry, subject))


def count(name: str, step: int) -> None:
    """Inside a command: move a counter row (``delivery:queued``) of what is written in bulk."""
    transaction = current()
    if transaction is None:
        raise Unjournalled(f"{name} was counted outside a command")
    transaction.steps[name] += step


def require_version(subject: Journalled, seen: int | None, fields: frozenset[str] | None = None) -> None:
    """Refuse a write on a version that somebody else has since replaced.

    ``fields`` are what the writer edits: changes of others to other fields (an allocation that moved a
    counter) do not count. Raises `StaleVersion`. ``None`` as version means the caller saw no row before.
    """
    if seen is None or seen == subject.version:
        return
    if fields is None or fields & changed_since(subject, seen):
        raise StaleVersion(subject, seen)


def changed_since(subject: Journalled, version: int) -> set[str]:
    """The fields of a row that changed after that version, as the journal tells."""
    rows = db.session.execute(
        db.select(JournalEntry.changes).where(
            JournalEntry.subject_type == subject.__tablename__,  # type: ignore[attr-defined]
            JournalEntry.subject_id == subject.id,
            JournalEntry.subject_version > version,
        )
    )
    return {name for (changes,) in rows for name in changes}


def command(service: Callable[Concatenate[Actor, P], R]) -> Callable[..., R]:
    """Run a service function as one journalled, idempotent, retried transaction.

    Adds the keyword ``command_id``. Called inside another command it joins that one's transaction.
    """
    action = f"{service.__module__.removeprefix('webapp.')}.{service.__name__}"

    @functools.wraps(service)
    def run(actor: Actor, /, *args: Any, command_id: uuid.UUID | None = None, **kwargs: Any) -> R:
        if current() is not None:
            return service(actor, *args, **kwargs)
        for attempt in range(TRIES):
            try:
                return _once(action, actor, command_id, lambda present: service(present, *args, **kwargs))
            except (OperationalError, StaleDataError, IntegrityError) as error:
                if attempt == TRIES - 1 or not _curable(error):
                    raise
                log.info("command run again", extra={"action": action, "attempt": attempt + 1})
                time.sleep(random.uniform(0, 0.01 * 2**attempt))  # noqa: S311 - jitter, not a secret
        raise AssertionError("unreachable")

    return run


def reads_actors(read: Callable[[Actor], Actor]) -> Callable[[Actor], Actor]:
    """Register how an actor is read anew inside each command: a role or a right that ended while the
    request waited for its turn must not count. The function may refuse."""
    _readers.append(read)
    return read


def _once(action: str, actor: Actor, command_id: uuid.UUID | None, work: Callable[[Actor], R]) -> R:
    session = db.session()
    session.rollback()
    session.expire_all()
    with one_writer(session):
        try:
            session.connection(execution_options=_writing(session))
            first = session.get(Command, command_id) if command_id else None
            if first is not None:
                result = cast("R", _first_result(first, action, actor))
                session.rollback()
                _replayed.set(True)
                return result
            for read in _readers:
                actor = read(actor)
            transaction = session.info[_OPEN] = Open(actor, command_id)
            result = work(actor)
            seq = _finish(session, transaction, action, result)
            session.commit()
        except BaseException:
            session.rollback()
            session.expire_all()
            raise
        finally:
            session.info.pop(_OPEN, None)
    _replayed.set(False)
    if seq is not None:
        committed.send(None, seq=seq, verbs=[entry.verb for entry, _ in transaction.entries])
    return result


def _writing(session: Session) -> dict[str, Any]:
    """How a write transaction is opened: at once on SQLite, seeing fresh rows on PostgreSQL."""
    options: dict[str, Any] = {WRITE: True}
    if session.get_bind().dialect.name == "postgresql":
        options["isolation_level"] = "READ COMMITTED"
    return options


def _finish(session: Session, transaction: Open, action: str, result: object) -> int | None:
    """Write the entries and the remembered command; return the last seq."""
    session.flush()
    entries = _completed(transaction)
    if transaction.command_id is not None:
        named = isinstance(result, Base) and hasattr(result, "id")
        session.add(
            Command(
                id=transaction.command_id,
                actor_kind=transaction.actor.kind,
                actor_id=transaction.actor.user_id,
                action=action,
                result_type=cast("Any", result).__tablename__ if named else None,
                result_id=cast("Any", result).id if named else None,
                content=_content.get(),
            )
        )
        session.flush()
    if not entries:
        return None
    hold_commit_order(session)
    completing.send(
        None,
        session=session,
        changes=transaction.changes,
        rows=list(transaction.changed.values()),
        steps=transaction.steps,
    )
    for entry in entries:
        session.add(entry)
        session.flush()
    return entries[-1].seq


def _completed(transaction: Open) -> list[JournalEntry]:
    """The entries with what changed: each row under the entry about it, the rest as effects of the first."""
    if transaction.changed and not transaction.entries:
        names = sorted({type(row).__name__ for row in transaction.changed.values()})
        raise Unjournalled(f"{', '.join(names)} changed without a journal entry")
    left = dict(transaction.changes)
    for entry, subject in transaction.entries:
        if subject is not None:
            entry.subject_id, entry.subject_version = subject.id, subject.version
            entry.changes = left.pop((entry.subject_type, subject.id), {})
    if left and transaction.entries:
        transaction.entries[0][0].effects = {f"{kind}:{id_}": change for (kind, id_), change in left.items()}
    return [entry for entry, _ in transaction.entries]


def _first_result(first: Command, action: str, actor: Actor) -> object:
    """What the command gave the first time. Raises `CommandReused` for another action or actor, and
    `ContentChanged` for other content."""
    if first.action != action or first.actor_id != actor.user_id or first.actor_kind != actor.kind:
        raise CommandReused("This form was already used for something else. Load the page again.")
    now = _content.get()
    if first.content is not None and now is not None and first.content != now:
        raise ContentChanged
    if first.result_type is None:
        return None
    kinds = (mapper.class_ for mapper in Base.registry.mappers)
    kind = next(kind for kind in kinds if getattr(kind, "__tablename__", None) == first.result_type)
    return db.session.get(kind, first.result_id)


def _curable(error: OperationalError | StaleDataError | IntegrityError) -> bool:
    if isinstance(error, StaleDataError | IntegrityError):
        return True
    state = getattr(error.orig, "sqlstate", None)
    return state in ("40001", "40P01", "55P03") or "database is locked" in str(error.orig)
