"""The data folder and all in it are their user's alone: it holds people's contacts and the signing key."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from webapp.settings import Settings, SettingsError

_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def keep_private() -> None:
    """Have no other user of the machine read what this process writes, whatever the shell says."""
    os.umask(_OTHERS)


def prepare(settings: Settings) -> None:
    """Make the data folder, or close one that is there to others. Raises `SettingsError` for a place that
    belongs to everybody or cannot be a folder."""
    folder = settings.data_dir
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        reason = "it is a file" if folder.is_file() else error.strerror
        raise SettingsError(f"MAYDAY_DATA_DIR: {folder} cannot be a folder: {reason}.") from None
    _require_own(folder)
    for path in (folder, *folder.iterdir(), *_database_files(settings)):
        _close(path)


def close(folder: Path) -> None:
    """The same for a folder that is there and everything that lies in it, however deep."""
    _require_own(folder)
    _close(folder)
    for parent, folders, files in os.walk(folder):
        for name in (*folders, *files):
            _close(Path(parent, name))


def _require_own(folder: Path) -> None:
    if folder.stat().st_mode & stat.S_ISVTX or folder.resolve() == Path("/"):
        raise SettingsError(f"MAYDAY_DATA_DIR: {folder} is for everybody. Name a folder of Mayday's own.")


def _database_files(settings: Settings) -> Iterator[Path]:
    """An SQLite database may lie elsewhere."""
    if settings.is_sqlite:
        file = settings.sqlalchemy_url.partition(":///")[2].partition("?")[0]
        yield from (Path(f"{file}{end}") for end in ("", "-wal", "-shm", ".lock"))


def _close(path: Path) -> None:
    """Take away what others may do; what is another user's is left to `serve.check_owner` to name."""
    try:
        found = path.lstat()
        ours = found.st_uid == os.geteuid() and (stat.S_ISREG(found.st_mode) or stat.S_ISDIR(found.st_mode))
        if ours and found.st_mode & _OTHERS:
            path.chmod(stat.S_IMODE(found.st_mode) & ~_OTHERS)
    except FileNotFoundError:
        pass  # a file of a moment, or one that is not there yet
