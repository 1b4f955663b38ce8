"""What the tests of imports share: the command line, here and in its own process, files, a look at all."""

import csv
import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import func, select

from webapp.board.counters import totals
from webapp.database import Base
from webapp.extensions import db
from webapp.interchange.ushahidi import COLUMNS
from webapp.journal import JournalEntry
from webapp.ops.cli import mayday

ROOT = Path(__file__).resolve().parents[2]
Run = Callable[..., Result]
Bring = Callable[..., str]
Everything = Callable[[], dict[str, Any]]


@pytest.fixture
def run(app: Flask) -> Run:
    """``mayday …`` on the test's installation."""
    return lambda *args: app.test_cli_runner().invoke(cli=mayday, args=[str(arg) for arg in args])


@pytest.fixture
def everything(app: Flask) -> Everything:
    """How many rows each table has, where the journal stands, and the counters."""

    def look() -> dict[str, Any]:
        with app.app_context():
            rows = {
                name: db.session.execute(select(func.count()).select_from(table)).scalar_one()
                for name, table in Base.metadata.tables.items()
            }
            head = db.session.execute(select(func.max(JournalEntry.seq))).scalar_one()
            return {"rows": rows, "head": head, "counters": totals()}

    return look


def in_its_own_process(
    data_dir: Path, *args: object, limit_bytes: int | None = None, timeout: float = 110
) -> subprocess.CompletedProcess[str]:
    """``mayday …`` as a person types it; with ``limit_bytes`` it may not have more memory than that."""
    return subprocess.run(
        _command(args),
        cwd=ROOT,
        env=_environment(data_dir),
        capture_output=True,
        text=True,
        timeout=timeout,
        preexec_fn=None if limit_bytes is None else lambda: _limit(limit_bytes),
        check=False,
    )


def start_in_its_own_process(data_dir: Path, *args: object) -> subprocess.Popen[str]:
    """The same, without waiting for its end."""
    return subprocess.Popen(
        _command(args),
        cwd=ROOT,
        env=_environment(data_dir),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        text=True,
    )


def _command(args: tuple[object, ...]) -> list[str]:
    return [sys.executable, "-m", "webapp.ops.cli", *map(str, args)]


def _environment(data_dir: Path) -> dict[str, str]:
    env = {name: value for name, value in os.environ.items() if not name.startswith("MAYDAY_")}
    return env | {"MAYDAY_DATA_DIR": str(data_dir)}


def _limit(size: int) -> None:
    import resource

    resource.setrlimit(resource.RLIMIT_AS, (size, size))


def row(serial: object = 1, **values: str) -> dict[str, str]:
    """A good report with some of its values replaced, by the column's name in lower case."""
    good = {
        "Serial": str(serial),
        "INCIDENT TITLE": f"Water needed {serial}",
        "INCIDENT DATE": "17/01/2010 13:05",
        "LOCATION": "Delmas 33",
        "DESCRIPTION": "Two hundred people, no water.",
        "CATEGORY": "2b. Penurie d'eau | Water shortage, ",
        "LATITUDE": "18.55",
        "LONGITUDE": "-72.30",
        "APPROVED": "YES",
        "VERIFIED": "NO",
    }
    return good | {name: values[key] for name in good if (key := name.lower().replace(" ", "_")) in values}


def as_csv(*rows: dict[str, str], columns: tuple[str, ...] = COLUMNS) -> str:
    """The rows as a CSV text with its heading."""
    out = io.StringIO()
    writer = csv.DictWriter(out, columns, extrasaction="ignore")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def place(name: str = "Lakeside School", **values: Any) -> dict[str, Any]:
    """A good place with some of its values replaced."""
    good = {
        "location_name": name,
        "location_address": f"{name}, Main Street 1",
        "latitude": 29.75,
        "longitude": -95.35,
        "are_volunteers_needed": False,
        "tell_us_about_the_volunteer_needs": "",
        "are_supplies_needed": True,
        "tell_us_about_the_supply_needs": "water, diapers",
        "anything_else_you_would_like_to_tell_us": None,
        "needs": ["water", "diapers"],
        "updatedAt": "2017-08-31T12:52:00-05:00",
    }
    return good | values


def as_json(*places: Any) -> str:
    """The places as the file of the API."""
    return json.dumps({"needs": list(places), "meta": {"result_count": len(places)}})


def shared_file(name: str) -> Path:
    """A real file beside the checkout, or where MAYDAY_SHARED_DATA says; skips where there is none."""
    folder = Path(os.environ.get("MAYDAY_SHARED_DATA", ROOT.parent / "shared" / "data"))
    if not (folder / name).exists():
        pytest.skip(f"{name} is not there; set MAYDAY_SHARED_DATA to the folder that has it")
    return folder / name


@pytest.fixture
def bring(run: Run, tmp_path: Path) -> Bring:
    """Import documents one after another; gives what the last said."""

    from tests.interchange import cap  # which asks this file where the project is

    def one_by_one(*documents: str) -> str:
        said = ""
        for document in documents:
            ran = run("import", "cap", cap.saved(tmp_path, document))
            said = ran.stdout + ran.stderr
        return said

    return one_by_one
