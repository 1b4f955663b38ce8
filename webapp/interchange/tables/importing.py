"""Importing a table: read, looked at without a change (`look`), or written in batches (`import_table`)."""

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from flask import current_app

from webapp import policy
from webapp.events.models import Event
from webapp.extensions import db
from webapp.interchange.progress import Progress
from webapp.interchange.reports import Outcome
from webapp.interchange.same_rows import Model, Said, SameRows
from webapp.interchange.tables import events, needs, offers, people
from webapp.interchange.tables.asking import Ask, Read
from webapp.interchange.tables.batches import Done
from webapp.interchange.tables.columns import Table
from webapp.interchange.tables.reading import LOOK_SHARE, Refused, Source, open_table
from webapp.interchange.tables.same_people import SamePeople
from webapp.interchange.ushahidi import Rejected
from webapp.journal import Actor
from webapp.policy import Action
from webapp.resources.models import Need, Offer
from webapp.settings import Settings

BATCH = 200
# Rows in one transaction. Nobody else writes meanwhile: it is over before anybody notices.
PIECE = 20
# A coordinator imports needs, an authority everything.
ACTIONS = {
    Table.EVENTS: Action.IMPORT_TABLES,
    Table.NEEDS: Action.IMPORT_NEEDS,
    Table.OFFERS: Action.IMPORT_TABLES,
    Table.PEOPLE: Action.IMPORT_TABLES,
}
_UTC = ZoneInfo("UTC")
_MODELS: dict[Table, Model] = {Table.EVENTS: Event, Table.NEEDS: Need, Table.OFFERS: Offer}
_MODULES: dict[Table, Any] = {
    Table.EVENTS: events,
    Table.NEEDS: needs,
    Table.OFFERS: offers,
    Table.PEOPLE: people,
}


@dataclass(frozen=True, slots=True)
class Options:
    """How a file is to be read. ``trusted``: events become what the file says, instead of pending."""

    encoding: str = "utf-8"
    zone: ZoneInfo = _UTC
    source: str = ""
    trusted: bool = False


@dataclass(slots=True)
class Look:
    """What an import would do, as far as the file was looked through."""

    looked_at: int = 0
    new: int = 0
    known: int = 0
    first: list[Read] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    more_refused: int = 0
    notes: list[str] = field(default_factory=list)
    more_notes: int = 0
    labels: dict[str, str] = field(default_factory=dict)
    unused: Sequence[str] = ()
    whole: bool = True

    def refuse(self, where: str, why: str, most: int) -> None:
        """Keep the first of them; count the rest."""
        if len(self.refused) < most:
            self.refused.append(Refused(where, why))
        else:
            self.more_refused += 1

    def note(self, words: str, most: int) -> None:
        """Keep the first of what the import would say about rows; count the rest."""
        if len(self.notes) < most:
            self.notes.append(words)
        else:
            self.more_notes += 1

    @property
    def rejected(self) -> int:
        """How many rows would not go in."""
        return len(self.refused) + self.more_refused


def require(actor: Actor, table: Table, options: Options) -> None:
    """Refuse who may not import this. Raises `Forbidden`."""
    policy.require(actor, ACTIONS[table])
    if options.trusted:
        policy.require(actor, Action.EVENT_OPEN)


def look(
    actor: Actor, table: Table, path: Path, options: Options, *, most_rows: int | None, shown: int = 10
) -> Look:
    """A dry run over at most so many rows (None: all): nothing is written.

    Raises `Unreadable`, `Forbidden`.
    """
    require(actor, table, options)
    source = open_table(path, table, encoding=options.encoding)
    found = Look(labels=source.labels, unused=_unused(table, source), notes=[*source.notes])
    seen: set[str] = set()
    try:
        rows = _read(table, source, options)
        for batch in _batches(itertools.islice(rows, most_rows)):
            _look_at(found, table, batch, seen, shown)
        found.whole = next(rows, None) is None
    finally:
        source.rows.close()  # type: ignore[attr-defined]
        db.session.rollback()
    return found


def _look_at(found: Look, table: Table, batch: Sequence[Read | Refused], seen: set[str], shown: int) -> None:
    good = [row for row in batch if isinstance(row, Read)]
    here = _MODULES[table].known(good)
    apart = dict(needs.missing(good)) if table is Table.NEEDS else {}
    for row in batch:
        found.looked_at += 1
        for note in row.notes if isinstance(row, Read) else ():
            found.note(f"{row.where}: {note}", 10 * shown)
        if isinstance(row, Refused):
            found.refuse(row.where, row.why, 10 * shown)
        elif row.where in apart:
            found.refuse(row.where, apart[row.where], 10 * shown)
        elif row.ref in here or row.ref in seen:
            found.known += 1
        else:
            found.new += 1
            seen.add(row.ref)
            if len(found.first) < shown:
                found.first.append(row)


def import_table(
    actor: Actor,
    table: Table,
    path: Path,
    options: Options,
    *,
    batch: int = PIECE,
    progress: Callable[[str, int], Progress] = Progress,
) -> Outcome:
    """Import a file, so many rows in a transaction; what is here already is left as it is.

    ``progress`` is told of each row that is refused, and why. Raises `Unreadable` before anything is
    imported when the file as a whole cannot be, `Forbidden`.
    """
    require(actor, table, options)
    outcome = Outcome()
    total = path.stat().st_size if path.is_file() else 0
    looked = total // LOOK_SHARE
    with progress(f"Importing {table}", total + looked) as told:
        source = open_table(path, table, encoding=options.encoding, advance=told.advance)
        try:
            for note in source.notes:
                told.say(note)
            if unused := _unused(table, source):
                told.say(f"Columns that were not used: {', '.join(unused)}.")
            waiting: list[Read] = []
            for row in _read(table, source, options):
                if isinstance(row, Refused):
                    told.reject(row.where, row.why)
                    continue
                for note in row.notes:
                    told.say(f"{row.where}: {note}")
                waiting.append(row)
                if len(waiting) >= batch:
                    _import(actor, table, waiting, options, outcome, told)
                    waiting = []
                    told.reach(looked + total * source.reached() // max(source.size, 1))
            _import(actor, table, waiting, options, outcome, told)
            told.reach(total + looked)
        finally:
            source.rows.close()  # type: ignore[attr-defined]
        outcome.rejected = told.rejected
    return outcome


def _unused(table: Table, source: Source) -> list[str]:
    """Columns that nothing comes of; those of events are kept as tags."""
    return [] if table is Table.EVENTS else [name[:60] for name in source.unused[:40]]


def _read(table: Table, source: Source, options: Options) -> Iterator[Read | Refused]:
    """Each row as what it says, or as refused."""
    judge = SamePeople().told_apart if table is Table.PEOPLE else _known_again(table, options)
    for batch in _batches(_each(table, source, options)):
        judged = iter(judge([row for row in batch if isinstance(row, Read)]))
        yield from (next(judged) if isinstance(row, Read) else row for row in batch)


def _known_again(table: Table, options: Options) -> Callable[[Sequence[Read]], Iterator[Read]]:
    """What gives rows that are here the references they have here."""
    rows_here = SameRows(_MODELS[table], table[:-1], bool(options.source))

    def judge(rows: Sequence[Read]) -> Iterator[Read]:
        said = [_said(row) for row in rows]
        for row, (ref, note) in zip(rows, rows_here.found(said), strict=True):
            notes = (*row.notes, note) if note else row.notes
            yield replace(row, ref=ref, values=row.values | {"source_ref": ref}, notes=notes)

    return judge


def _said(row: Read) -> Said:
    identity = row.identity
    assert identity is not None, "only people have none"
    return Said.of(
        row.ref, row.values, numbered=identity.numbered, whole=identity.whole, older=identity.older
    )


def _each(table: Table, source: Source, options: Options) -> Iterator[Read | Refused]:
    read = _reader(table)
    prefix = options.source or source.prefix
    for row in source.rows:
        if isinstance(row, Refused):
            yield row
            continue
        try:
            yield read(Ask(row, options.zone, prefix))
        except Rejected as refused:
            yield Refused(row.where, str(refused))


def _reader(table: Table) -> Callable[[Ask], Read]:
    settings: Settings = current_app.config["SETTINGS"]
    if table is Table.EVENTS:
        return events.read
    if table is Table.NEEDS:
        return needs.reader()
    if table is Table.OFFERS:
        return offers.reader(settings.phone_region)
    return people.reader(settings.phone_region)


def _import(
    actor: Actor, table: Table, rows: Sequence[Read], options: Options, outcome: Outcome, told: Progress
) -> None:
    """One batch; nothing at all, not even a transaction, when everything in it is known."""
    first: dict[str, Read] = {}
    for row in rows:
        first.setdefault(row.ref, row)
    here = _MODULES[table].known(first.values()) if first else {}
    db.session.rollback()
    new = [row for ref, row in first.items() if ref not in here]
    done = _write(actor, table, new, options) if new else Done()
    for where, why in done.refused:
        told.reject(where, why)
    for where, note in done.notes:
        told.say(f"{where}: {note}")
    outcome.imported += len(done.new)
    outcome.known += len(rows) - len(done.new) - len(done.refused)
    db.session.remove()


def _write(actor: Actor, table: Table, rows: Sequence[Read], options: Options) -> Done:
    """One transaction. It needs no command id: its rows are known by their references."""
    more = {"trusted": options.trusted} if table is Table.EVENTS else {}
    done: Done = _MODULES[table].import_batch(actor, rows=rows, **more)
    return done


def _batches(rows: Iterator[Read | Refused]) -> Iterator[list[Read | Refused]]:
    while batch := list(itertools.islice(rows, BATCH)):
        yield batch
