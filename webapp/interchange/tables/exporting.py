"""Exporting a table: which rows, by whose right, in batches by number; each export is journalled."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from webapp import journal, policy
from webapp.errors import Invalid
from webapp.events import exporting as events
from webapp.events.search import Search as EventSearch
from webapp.extensions import db
from webapp.interchange.tables import columns, refs, writing
from webapp.interchange.tables.columns import Table
from webapp.interchange.tables.writing import Format
from webapp.journal import Actor
from webapp.policy import Action
from webapp.resources import exporting as resources
from webapp.resources import types
from webapp.resources.exporting import NeedFilters, OfferFilters
from webapp.resources.models import OfferStatus
from webapp.volunteers import exporting as people
from webapp.volunteers.search import Search as PeopleSearch
from webapp.web.forms import clean_line
from webapp.web.numbers import row_number

BATCH = 1_000
# More rows are written by a background job.
MOST_AT_ONCE = 20_000
# The filters of the lists, by their names in addresses.
FILTERS: dict[Table, tuple[str, ...]] = {
    Table.EVENTS: ("status", "priority", "category", "q", "place", "lat", "lon", "km"),
    Table.NEEDS: ("type", "event", "state"),
    Table.OFFERS: ("type", "status", "mine"),
    Table.PEOPLE: ("state", "skill", "language", "event", "q"),
}
Batch = tuple[list[dict[str, Any]], int | None]


@dataclass(frozen=True, slots=True)
class Chosen:
    """The rows of an export: how to read on after a number, and how to count up to so many."""

    after: Callable[[int, int], Batch]
    counted: Callable[[int], int]


@dataclass(frozen=True, slots=True)
class Export:
    """What somebody wants to have: a table, its format, the list's filters, and whether with contacts."""

    table: Table
    form: Format
    filters: Mapping[str, str]
    contacts: bool = False

    @property
    def name(self) -> str:
        """What its file is called."""
        return f"{self.table}{self.form.suffix}"


def asked(table: Table, form: Format, given: Mapping[str, str], *, contacts: bool = False) -> Export:
    """What was asked for. Raises `Invalid` for a format that the table has not."""
    if form is Format.GEOJSON and table is Table.PEOPLE:
        message = "People have no position here. Choose CSV."
        raise Invalid(message, fields={"form": message})
    kept = {name: (clean_line(given.get(name)) or "")[:200] for name in FILTERS[table]}
    filters = {name: value for name, value in kept.items() if value}
    return Export(table, form, filters, contacts and columns.has_contacts(table))


def require(actor: Actor, export: Export) -> None:
    """Refuse who may not have it. Raises `Forbidden`."""
    policy.require(actor, Action.EXPORT)
    if export.contacts:
        policy.require(actor, Action.EXPORT_CONTACTS)


def chosen(actor: Actor, export: Export) -> Chosen:
    """The rows that its filters leave. Raises `Invalid` for a filter that says nothing: without it, more
    would leave than was meant."""
    return _CHOOSERS[export.table](actor, export.filters)


def text(actor: Actor, export: Export, told: Callable[[int], None] = lambda _count: None) -> Iterator[str]:
    """The text of the export, read batch by batch; ``told`` hears how many rows each has.

    What changes meanwhile comes in as it then is.
    """
    rows = chosen(actor, export)
    found = columns.written(export.table, contacts=export.contacts)
    return writing.written(export.form, found, _batches(export.table, rows, told))


@journal.command
def record(actor: Actor, *, export: Export, count: int) -> None:
    """Say in the journal that it leaves: what, which, how many, with contacts or not.

    Give no ``command_id``: a look is never a repetition of an earlier one.
    """
    require(actor, export)
    journal.append("export.made", None, **_facts(export), count=count)


@journal.command
def record_fetched(actor: Actor, *, export: Export, job_id: int) -> None:
    """Say in the journal that the file of a job was fetched; with the right of now."""
    require(actor, export)
    journal.append("export.fetched", None, **_facts(export), job=job_id)


def _facts(export: Export) -> dict[str, Any]:
    """What the journal says of it."""
    return {
        "kind": export.table,
        "format": export.form,
        "filters": dict(export.filters),
        "contacts": export.contacts,
    }


def _batches(table: Table, rows: Chosen, told: Callable[[int], None]) -> Iterator[list[dict[str, Any]]]:
    """Batch after batch; no transaction stays open while somebody's line takes its time."""
    after: int | None = 0
    while after is not None:
        found, after = rows.after(after, BATCH)
        db.session.rollback()
        told(len(found))
        yield [_named(table, row) for row in found]


def _named(table: Table, row: dict[str, Any]) -> dict[str, Any]:
    """The row under the names of its columns, with references instead of numbers."""
    if table is Table.PEOPLE:
        return row
    kind = str(table).removesuffix("s")
    more = {"ref": refs.of(kind, row["id"], row["created_at"], row["source_ref"])}
    if table is Table.EVENTS:
        more["part_of"] = _other(row, "parent")
    elif table is Table.NEEDS:
        more["event_ref"] = _other(row, "event")
    return row | more


def _other(row: dict[str, Any], name: str) -> str:
    id_, created_at = row[f"{name}_id"], row[f"{name}_created_at"]
    if id_ is None or not isinstance(created_at, datetime):
        return ""
    return refs.of("event", id_, created_at, row[f"{name}_source_ref"])


def _events(actor: Actor, given: Mapping[str, str]) -> Chosen:
    search = EventSearch(given)
    _refuse(search.problems)
    return Chosen(
        lambda after, limit: events.batch(actor, search.filters, after, limit),
        lambda most: events.counted(actor, search.filters, most),
    )


def _needs(_actor: Actor, given: Mapping[str, str]) -> Chosen:
    if given.get("state", "unmet") != "unmet":
        _refuse({"state": "There is no such state of needs."})
    filters = NeedFilters(_types(given), _number(given, "event"), given.get("state") == "unmet")
    return Chosen(
        lambda after, limit: resources.needs(filters, after, limit),
        lambda most: resources.counted_needs(filters, most),
    )


def _offers(actor: Actor, given: Mapping[str, str]) -> Chosen:
    status = given.get("status", "")
    if status and status not in set(OfferStatus):
        _refuse({"status": "There is no such status."})
    if given.get("mine") == "1" and actor.user_id is None:
        _refuse({"mine": "The system has no offers of its own."})
    filters = OfferFilters(
        _types(given),
        OfferStatus(status) if status else None,
        actor.user_id if given.get("mine") == "1" else None,
    )
    return Chosen(
        lambda after, limit: resources.offers(filters, after, limit),
        lambda most: resources.counted_offers(filters, most),
    )


def _people(_actor: Actor, given: Mapping[str, str]) -> Chosen:
    search = PeopleSearch(given)
    _refuse(search.problems)
    return Chosen(
        lambda after, limit: people.batch(search.filters, after, limit),
        lambda most: people.counted(search.filters, most),
    )


_CHOOSERS: dict[Table, Callable[[Actor, Mapping[str, str]], Chosen]] = {
    Table.EVENTS: _events,
    Table.NEEDS: _needs,
    Table.OFFERS: _offers,
    Table.PEOPLE: _people,
}


def _types(given: Mapping[str, str]) -> tuple[int, ...]:
    if not given.get("type"):
        return ()
    found = types.branch(row_number(given["type"]))
    if not found:
        _refuse({"type": "There is no such type."})
    return found


def _number(given: Mapping[str, str], name: str) -> int | None:
    if not given.get(name):
        return None
    number = row_number(given[name])
    if number is None:
        _refuse({name: "This is no number."})
    return number


def _refuse(problems: Mapping[str, str]) -> None:
    if problems:
        words = " ".join(dict.fromkeys(str(problem) for problem in problems.values()))
        raise Invalid(f"Nothing was exported: {words}", fields={k: str(v) for k, v in problems.items()})
