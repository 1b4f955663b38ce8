"""What each kind of job does. Every one is harmless to run again from its beginning."""

from collections.abc import Callable
from dataclasses import asdict
from typing import Any
from zoneinfo import ZoneInfo

from webapp.interchange.alerts import import_alert, import_alert_at
from webapp.interchange.files import Unreadable
from webapp.interchange.needs import import_needs
from webapp.interchange.reports import Outcome, import_reports
from webapp.interchange.tables import exporting
from webapp.interchange.tables.columns import Table
from webapp.interchange.tables.importing import ACTIONS, Options, import_table
from webapp.jobs import cleaning, export_files, uploads
from webapp.jobs.kinds import GiveUp, Work, job
from webapp.policy import Action
from webapp.settings import Settings

# Rows that an export's progress is measured against; of more, the last part looks slow.
_MOST_COUNTED = 1_000_000


@job("import.reports", words="Import of reports", action=Action.IMPORT_REPORTS, tidy=uploads.drop)
def reports(work: Work) -> dict[str, Any]:
    """An Ushahidi CSV file; each report is known by its reference, so a second run adds only the rest."""
    given = work.arguments
    zone = ZoneInfo(str(given.get("time_zone") or work.settings.time_zone))
    return _imported(
        work,
        lambda: import_reports(
            work.actor,
            uploads.path_of(work.settings, given),
            zone=zone,
            encoding=str(given.get("encoding") or "utf-8"),
            source=str(given.get("source") or ""),
            progress=work.progress,
        ),
    )


@job("import.needs", words="Import of needs", action=Action.IMPORT_NEEDS, tidy=uploads.drop)
def needs(work: Work) -> dict[str, Any]:
    """A JSON file of places and what they need; a place that is known is left as it is."""
    path = uploads.path_of(work.settings, work.arguments)
    return _imported(work, lambda: import_needs(work.actor, path, progress=work.progress))


def _drop_if_file(settings: Settings, arguments: dict[str, Any]) -> None:
    if "file" in arguments:
        uploads.drop(settings, arguments)


@job("import.cap", words="Import of an alert", action=Action.IMPORT_REPORTS, tidy=_drop_if_file)
def alert(work: Work) -> dict[str, Any]:
    """A CAP alert from a file or an address; each message is known by its name."""
    url = work.arguments.get("url")
    if url:
        try:
            return asdict(import_alert_at(work.actor, str(url), progress=work.progress))
        except Unreadable as error:
            raise GiveUp(str(error)) from None
    path = uploads.path_of(work.settings, work.arguments)
    return _imported(work, lambda: import_alert(work.actor, path, progress=work.progress))


def _table(table: Table) -> None:
    """Register the import of one kind of table; each row is known by its reference, or its contact."""

    @job(f"import.table.{table}", words=f"Import of {table}", action=ACTIONS[table], tidy=uploads.drop)
    def run(work: Work) -> dict[str, Any]:
        given = work.arguments
        options = Options(
            encoding=str(given.get("encoding") or "utf-8"),
            zone=ZoneInfo(str(given.get("time_zone") or work.settings.time_zone)),
            source=str(given.get("source") or ""),
            trusted=bool(given.get("trusted")),
        )
        path = uploads.path_of(work.settings, given)
        return _imported(work, lambda: import_table(work.actor, table, path, options, progress=work.progress))


for _each in Table:
    _table(_each)


def _imported(work: Work, run: Callable[[], Outcome]) -> dict[str, Any]:
    """How the import went; what is wrong with the file in words that name it as the person does."""
    try:
        return asdict(run())
    except Unreadable as error:
        ours = str(uploads.path_of(work.settings, work.arguments))
        raise GiveUp(str(error).replace(ours, work.about or "The file")) from None


@job(export_files.KIND, words="Export", action=Action.EXPORT)
def export(work: Work) -> dict[str, Any]:
    """A table as a file, for who asked; written anew by a second run."""
    wanted = export_files.from_arguments(work.arguments)
    total = exporting.chosen(work.actor, wanted).counted(_MOST_COUNTED)

    def told(rows: int) -> None:
        work.tell(rows, max(rows, total), "Export")

    return export_files.write(work.actor, work.settings, work.job_id, wanted, told)


@job("clean-up", words="Clean-up", action=Action.CLEAN_UP)
def clean_up(work: Work) -> dict[str, Any]:
    """Forget what has been over for long."""
    return cleaning.clean_up(work)


@job("backup", words="Backup", action=Action.BACKUP)
def backup(work: Work) -> dict[str, Any]:
    """The whole installation in one checked file, in the data folder."""
    from webapp.ops.backup import make_backup, remove_older

    folder = work.settings.data_dir / "backups"
    work.tell(0, 0, "Backup")
    path, manifest = make_backup(work.settings, folder)
    removed = remove_older(folder, work.settings.backup_keep)
    return {
        "file": path.name,
        "bytes": path.stat().st_size,
        "journal_head": manifest.journal_head,
        "removed": removed,
    }
