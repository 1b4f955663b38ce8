"""Reports from a file into pending events: many rows, one transaction per batch, each report once."""

import hashlib
import itertools
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO
from zoneinfo import ZoneInfo

from webapp import journal, policy
from webapp.events.models import Event, EventStatus
from webapp.extensions import db
from webapp.interchange.files import Unreadable, as_text, check_encoding, known_encoding, open_file
from webapp.interchange.progress import Progress
from webapp.interchange.rows import LOOK, Broken, Rows, delimiter_of, says_delimiter
from webapp.interchange.same_rows import Said, SameRows
from webapp.interchange.ushahidi import Heading, Rejected, Report, row_start
from webapp.journal import Actor
from webapp.policy import Action

BATCH = 20  # nobody else writes during one: it is over before anybody notices
_NAMESPACE = uuid.UUID("b2a3a4a8-0c7c-4f3e-9f6d-2f6f0a9a4c11")
# The look at the whole file before the import counts as so much of the work.
_LOOK_SHARE = 20


@dataclass(slots=True)
class Outcome:
    """How an import went."""

    imported: int = 0
    known: int = 0
    rejected: int = 0

    def said(self, thing: str) -> str:
        """The outcome in one line; ``thing`` is what one of them is called."""
        return f"{self.imported} {thing}s imported, {self.known} already known, {self.rejected} rejected."


@journal.command
def import_batch(actor: Actor, *, reports: Sequence[Report]) -> list[str]:
    """Make pending events of reports, one entry each; skip what is here already.

    Returns the references of the new ones. The right is that to import reports. The values are
    those that `ushahidi.Heading.report` has checked.
    """
    policy.require(actor, Action.IMPORT_REPORTS)
    new = _unknown(reports)
    events = [Event(**report.values, status=EventStatus.PENDING) for report in new]
    db.session.add_all(events)
    db.session.flush()
    for event in events:
        journal.append(
            "event.reported",
            event,
            event_id=event.id,
            title=event.title,
            priority=event.priority,
            category=event.category,
            place=event.place_name,
            status=event.status,
        )
    return [report.source_ref for report in new]


def import_reports(
    actor: Actor,
    path: Path,
    *,
    zone: ZoneInfo,
    encoding: str = "utf-8",
    batch: int = BATCH,
    source: str = "",
    progress: Callable[[str, int], Progress] = Progress,
) -> Outcome:
    """Import an Ushahidi CSV file; ``progress`` is told of each row that is refused, and why.

    Raises `Unreadable` before anything is imported when the file as a whole cannot be, `Forbidden`.
    """
    policy.require(actor, Action.IMPORT_REPORTS)
    known_encoding(encoding)
    outcome = Outcome()
    stream, size = open_file(path)
    with stream, progress("Importing reports", size + size // _LOOK_SHARE) as told:
        check_encoding(stream, encoding, lambda step: told.advance(step // _LOOK_SHARE))
        rows_here = SameRows(Event, "ushahidi", bool(source))
        reports = _reports(stream, encoding, zone, source, told)
        while waiting := list(itertools.islice(reports, batch)):
            _import(actor, _found(waiting, rows_here, told), outcome)
            if not stream.closed:  # as it is behind the last row
                told.reach(stream.tell() + size // _LOOK_SHARE)
        told.reach(size + size // _LOOK_SHARE)
        outcome.rejected = told.rejected
    return outcome


def _reports(
    stream: BinaryIO, encoding: str, zone: ZoneInfo, source: str, progress: Progress
) -> Iterator[Report]:
    """The rows that make sense; of the others, a line each."""
    text = as_text(stream, encoding)
    delimiter = delimiter_of(text.read(LOOK))
    text.seek(0)
    rows = Rows(text, row_start(delimiter), delimiter)
    first = next((row for row in rows if not says_delimiter(row)), None)
    if first is None or isinstance(first, Broken):
        raise Unreadable("The first line is no heading of a CSV table.")
    heading = Heading(first.fields, source)
    rows.columns = len(first.fields)
    for row in rows:
        if isinstance(row, Broken):
            on = f" Went on at line {row.resumed}." if row.resumed else ""
            progress.reject(f"line {row.line}", f"{row.why}.{on}")
            continue
        try:
            report = heading.report(row, zone)
        except Rejected as refused:
            progress.reject(f"line {row.line}", str(refused))
            continue
        for note in report.notes:
            progress.say(f"line {row.line}: {note}")
        yield report


def _found(reports: Sequence[Report], rows_here: SameRows, progress: Progress) -> list[Report]:
    """The reports under the references that they have here, where they are known."""
    said = [Said.of(report.source_ref, report.values, numbered=True) for report in reports]
    found = []
    for report, (ref, note) in zip(reports, rows_here.found(said), strict=True):
        if note:
            progress.say(f"line {report.line}: {note}")
        found.append(replace(report, source_ref=ref, values=report.values | {"source_ref": ref}))
    return found


def _import(actor: Actor, reports: Sequence[Report], outcome: Outcome) -> None:
    """One batch; nothing at all, not even a transaction, when everything in it is known."""
    new = _unknown(reports)
    db.session.rollback()
    done = import_batch(actor, reports=new, command_id=_command_id(actor, new)) if new else []
    if journal.was_replayed():
        done = []
    outcome.imported += len(done)
    outcome.known += len(reports) - len(done)
    db.session.remove()


def _unknown(reports: Sequence[Report]) -> list[Report]:
    """Those that are not here yet; of several with one reference, the first."""
    first: dict[str, Report] = {}
    for report in reports:
        first.setdefault(report.source_ref, report)
    known = db.session.execute(db.select(Event.source_ref).where(Event.source_ref.in_(first))).scalars()
    for reference in known:
        first.pop(str(reference), None)
    return list(first.values())


def _command_id(actor: Actor, reports: Sequence[Report]) -> uuid.UUID:
    """The same reports by the same actor are the same command: a restart after a crash does no harm."""
    digest = hashlib.sha256("\n".join(report.source_ref for report in reports).encode()).hexdigest()
    return uuid.uuid5(_NAMESPACE, f"{actor.kind}:{actor.user_id}:{digest}")
