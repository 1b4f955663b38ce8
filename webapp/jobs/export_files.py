"""Files that export jobs make: in the data folder, for whoever asked, and not for long."""

import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from webapp.interchange.tables import exporting
from webapp.interchange.tables.columns import Table
from webapp.interchange.tables.exporting import Export
from webapp.interchange.tables.writing import Format
from webapp.journal import Actor
from webapp.settings import Settings

KIND = "export"
# People's contact details do not lie about: who has not fetched a file by then asks again.
KEPT = timedelta(days=2)


def folder(settings: Settings) -> Path:
    """Where they are."""
    return settings.data_dir / "exports"


def path_of(settings: Settings, job_id: int) -> Path:
    """Where the file of a job is, once it is whole."""
    return folder(settings) / f"{job_id:d}"


def arguments(export: Export) -> dict[str, Any]:
    """The export as a job remembers it."""
    return {
        "table": export.table.value,
        "format": export.form.value,
        "filters": dict(export.filters),
        "contacts": export.contacts,
    }


def from_arguments(given: dict[str, Any]) -> Export:
    """The export that a job remembers."""
    return exporting.asked(
        Table(given["table"]), Format(given["format"]), given["filters"], contacts=bool(given["contacts"])
    )


def write(
    actor: Actor, settings: Settings, job_id: int, export: Export, told: Callable[[int], None]
) -> dict[str, Any]:
    """Write the file, say in the journal that it was made, and only then put it where it can be fetched.

    ``told`` hears how many rows are written. Raises `Invalid`, `Forbidden`.
    """
    exporting.require(actor, export)
    folder(settings).mkdir(parents=True, exist_ok=True, mode=0o700)
    rows = [0]

    def count(more: int) -> None:
        rows[0] += more
        told(rows[0])

    made = path_of(settings, job_id).with_suffix(".part")
    made.unlink(missing_ok=True)
    made.touch(mode=0o600)
    with made.open("w", encoding="utf-8", newline="") as file:
        for piece in exporting.text(actor, export, count):
            file.write(piece)
        file.flush()
        os.fsync(file.fileno())
    exporting.record(actor, export=export, count=rows[0])
    made.replace(path_of(settings, job_id))
    return {"rows": rows[0], "bytes": path_of(settings, job_id).stat().st_size}


def drop_older(settings: Settings, before: float, most: int) -> int:
    """Remove files from before this moment (seconds since 1970), so many at most; gives how many."""
    place = folder(settings)
    old = [path for path in (place.iterdir() if place.is_dir() else ()) if path.stat().st_mtime < before]
    for path in old[:most]:
        path.unlink(missing_ok=True)
    return len(old[:most])
