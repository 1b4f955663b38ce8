"""Files that wait for an import: kept in the data folder under a name of ours until the job is over."""

import os
import re
import uuid
from pathlib import Path
from typing import Any

from werkzeug.datastructures import FileStorage

from webapp.errors import Invalid
from webapp.settings import Settings
from webapp.web.forms import clean_line

_OURS = re.compile(r"[0-9a-f]{32}")


def folder(settings: Settings) -> Path:
    """Where they are."""
    return settings.data_dir / "uploads"


def keep(settings: Settings, given: FileStorage) -> str:
    """Put a file on the disk, for good; gives its name there. Raises `Invalid` for an empty one."""
    folder(settings).mkdir(parents=True, exist_ok=True, mode=0o700)
    name = uuid.uuid4().hex
    path = folder(settings) / name
    try:
        with path.open("xb") as file:
            given.save(file)
            file.flush()
            os.fsync(file.fileno())
        if path.stat().st_size == 0:
            raise Invalid("The file is empty.", fields={"file": "The file is empty."})
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return name


def path_of(settings: Settings, arguments: dict[str, Any]) -> Path:
    """Where the file of a job is. Raises ValueError for a name that is not one of ours."""
    name = str(arguments.get("file", ""))
    if not _OURS.fullmatch(name):
        raise ValueError("not the name of a kept file")
    return folder(settings) / name


def drop(settings: Settings, arguments: dict[str, Any]) -> None:
    """Remove the file of a job that is over. Harmless when it is gone already."""
    path_of(settings, arguments).unlink(missing_ok=True)


def shown_name(given: FileStorage) -> str:
    """What the person called the file, fit to be shown: no folders, one line, not endless."""
    last = re.split(r"[/\\]", given.filename or "")[-1]
    return (clean_line(last) or "file")[:120]
