"""``mayday import events|needs|offers|people`` and ``mayday export``: tables in and out by command."""

import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeVar

import click
from flask import current_app
from flask.cli import with_appcontext

from webapp.errors import Problem
from webapp.interchange import json_text
from webapp.interchange.cli import imports
from webapp.interchange.commands import (
    CANNOT,
    actor_named,
    as_option,
    encoding_option,
    file_argument,
    prepare,
    run,
    source_option,
    zone_named,
    zone_option,
)
from webapp.interchange.files import Unreadable
from webapp.interchange.needs import import_needs
from webapp.interchange.tables import exporting, importing, reading
from webapp.interchange.tables.columns import Table
from webapp.interchange.tables.exporting import FILTERS, Export
from webapp.interchange.tables.importing import Look, Options, import_table
from webapp.interchange.tables.writing import Format
from webapp.settings import Settings

_ONE = {Table.EVENTS: "event", Table.NEEDS: "need", Table.OFFERS: "offer", Table.PEOPLE: "person"}
F = TypeVar("F", bound=Callable[..., None])


def _options(command: F) -> F:
    """What every import of a table takes."""
    dry = click.option("--dry-run", is_flag=True, help="Say what would come of it; write nothing.")
    for option in (dry, source_option, zone_option, encoding_option, as_option, file_argument):
        command = option(command)
    return command


@imports.command("events")
@_options
@click.option("--verified", is_flag=True, help="They become active, or what the file says they are.")
def events(verified: bool, **given: Any) -> None:
    """Import events from CSV or GeoJSON: pending, until an authority has verified them."""
    _import(Table.EVENTS, given, trusted=verified)


@imports.command("needs")
@_options
def needs(**given: Any) -> None:
    """Import needs of active events from CSV or GeoJSON; or places and what they need from a JSON file
    (Harvey Needs API), as active events."""
    if _lists_places(given["file"]):
        run("place", lambda: import_needs(actor_named(given["who"]), given["file"]))
    else:
        _import(Table.NEEDS, given)


@imports.command("offers")
@_options
def offers(**given: Any) -> None:
    """Import offers from CSV or GeoJSON."""
    _import(Table.OFFERS, given)


@imports.command("people")
@_options
def people(**given: Any) -> None:
    """Import people from CSV as volunteers; who is known by phone or e-mail is left as they are."""
    _import(Table.PEOPLE, given)


def _lists_places(file: Path) -> bool:
    """Whether it is JSON, and no GeoJSON. What cannot be read is refused by the import itself."""
    try:
        named = file.suffix.lower() == ".json"
        found = json_text.load(file) if named or reading.is_json(file) else None
    except Unreadable:
        return file.suffix.lower() == ".json"
    return found is not None and not (isinstance(found, dict) and "type" in found)


def _import(table: Table, given: dict[str, Any], *, trusted: bool = False) -> None:
    settings: Settings = current_app.config["SETTINGS"]
    zone = zone_named(given["time_zone"] or settings.time_zone)
    options = Options(given["encoding"], zone, given["source"].strip(), trusted)
    if given["dry_run"]:
        _look(table, given["file"], given["who"], options)
    else:
        run(_ONE[table], lambda: import_table(actor_named(given["who"]), table, given["file"], options))


def _look(table: Table, file: Path, who: str | None, options: Options) -> None:
    """Say what an import would do, with its exit code."""
    prepare()
    try:
        found = importing.look(actor_named(who), table, file, options, most_rows=None)
    except (Unreadable, Problem) as error:
        click.echo(f"It cannot be imported. {error}", err=True)
        sys.exit(CANNOT)
    for line in _said(found):
        click.echo(line, err=True)
    click.echo(
        f"{found.new} new, {found.known} already known, {found.rejected} rejected. Nothing was written."
    )
    sys.exit(1 if found.rejected else 0)


def _said(found: Look) -> Iterable[str]:
    if found.unused:
        yield f"Columns that would not be used: {', '.join(found.unused)}."
    yield from found.notes
    if found.more_notes:
        yield f"and {found.more_notes} more notices"
    yield from (f"{row.where}: {row.why}" for row in found.refused)
    if found.more_refused:
        yield f"and {found.more_refused} more"


@click.command("export")
@click.argument("table", metavar="KIND", type=click.Choice([str(table) for table in Table]))
@click.option(
    "--format", "form", type=click.Choice([str(form) for form in Format]), default="csv", show_default=True
)
@click.option("--contacts", is_flag=True, help="With phone numbers and e-mail addresses.")
@click.option(
    "--where", "where", multiple=True, metavar="NAME=VALUE", help="A filter as in the list's address."
)
@click.option(
    "-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="File (default: standard output)."
)
@as_option
@with_appcontext
def export(
    table: str, form: str, contacts: bool, where: tuple[str, ...], output: Path | None, who: str | None
) -> None:
    """Export events, needs, offers or people. The journal says that it was done.

    Exit code 0: all of it is written. 2: it cannot be exported; no file was made."""
    prepare()
    try:
        wanted = exporting.asked(Table(table), Format(form), _filters(Table(table), where), contacts=contacts)
        count = _write(wanted, output, who)
    except (Unreadable, Problem, OSError) as error:
        click.echo(f"Nothing was exported. {error}", err=True)
        sys.exit(CANNOT)
    click.echo(f"{count} rows exported.", err=True)


def _filters(table: Table, where: Iterable[str]) -> dict[str, str]:
    given = dict(part.partition("=")[::2] for part in where)
    unknown = set(given) - set(FILTERS[table])
    if unknown:
        raise click.BadParameter(
            f"{table} are filtered by {', '.join(FILTERS[table])}.", param_hint="--where"
        )
    return given


def _write(wanted: Export, output: Path | None, who: str | None) -> int:
    """Write it; a file stands under its name only once it is whole. Gives how many rows it has."""
    actor = actor_named(who)
    exporting.require(actor, wanted)
    counts: list[int] = []
    text = exporting.text(actor, wanted, counts.append)
    if output is None:
        # Said before it leaves: what a pipe has taken cannot be taken back.
        exporting.record(actor, export=wanted, count=exporting.chosen(actor, wanted).counted(10**9))
        for piece in text:
            click.echo(piece.encode(), nl=False)
        return sum(counts)
    part = output.with_name(f".{output.name}.part")
    try:
        with part.open("w", encoding="utf-8", newline="") as file:
            part.chmod(0o600)
            file.writelines(text)
        exporting.record(actor, export=wanted, count=sum(counts))
        part.replace(output)
    finally:
        part.unlink(missing_ok=True)
    return sum(counts)
