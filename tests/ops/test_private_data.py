"""What is in the data folder is its user's alone, whatever the shell's umask and whoever made it."""

import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import dispose, settings_for
from tests.servers import environment, free_port
from webapp import create_app
from webapp.ops.schema import upgrade
from webapp.ops.serve import check_folder
from webapp.settings import SettingsError

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def _open_umask() -> Iterator[None]:
    """As most shells have it: everybody may read what is made."""
    before = os.umask(0o022)
    yield
    os.umask(before)


def open_to_others(folder: Path) -> list[str]:
    """What other users of the machine could read, write or look into."""
    paths = (folder, *folder.rglob("*"))
    return [str(path) for path in paths if not path.is_symlink() and path.lstat().st_mode & 0o077]


def mayday(settings_of: Path, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    """Run the command as a shell with an open umask does."""
    given = environment(settings_for(settings_of, port=free_port())) | more
    return subprocess.run(
        [sys.executable, "-m", "webapp.ops.cli", *arguments],
        env=given,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        umask=0o022,
    )


def test_a_new_folder_and_all_that_is_made_in_it_is_private(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "var"
    assert mayday(folder, "db", "upgrade").returncode == 0
    assert mayday(folder, "backup").returncode == 0
    assert {"mayday.db", "backups"} <= {path.name for path in folder.iterdir()}
    assert open_to_others(folder) == []


def test_what_is_there_already_is_closed(tmp_path: Path) -> None:
    folder = tmp_path / "var"
    upgrade(create_app(settings_for(folder)))
    (folder / "files").mkdir()
    names = ("mayday.db-wal", "jobs.db", "jobs.db-wal", "secret_key", "server.log")
    for name in names:
        (folder / name).touch()
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o777 if path.is_dir() else 0o644)
    script = folder / "script"
    script.touch()
    script.chmod(0o755)
    (folder / "secret_key").unlink()
    app = create_app(settings_for(folder))
    assert open_to_others(folder) == []
    assert stat.S_IMODE(script.stat().st_mode) == 0o700, "what the owner may do stays"
    dispose(app)


def test_a_server_closes_what_lies_deep(tmp_path: Path) -> None:
    deep = tmp_path / "var" / "files" / "ab"
    deep.mkdir(parents=True)
    (deep / "photo").write_bytes(b"x")
    (tmp_path / "outside").touch(mode=0o644)
    (deep / "link").symlink_to(tmp_path / "outside")
    check_folder(tmp_path / "var")
    assert open_to_others(tmp_path / "var") == []
    assert (tmp_path / "outside").stat().st_mode & 0o044, "nothing outside is touched"


def test_a_database_elsewhere_is_closed_too(tmp_path: Path) -> None:
    file = tmp_path / "elsewhere.db"
    file.touch(mode=0o644)
    dispose(create_app(settings_for(tmp_path / "var", database_url=f"sqlite:///{file}")))
    assert not file.stat().st_mode & 0o077


def test_a_folder_for_everybody_is_refused(tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o1777)
    with pytest.raises(SettingsError, match=r"MAYDAY_DATA_DIR: .* is for everybody"):
        create_app(settings_for(shared))
    with pytest.raises(SettingsError, match="is for everybody"):
        check_folder(shared)
    assert shared.stat().st_mode & 0o1777 == 0o1777


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives a folder away")
def test_a_folder_of_another_user_is_refused_in_words(tmp_path: Path) -> None:
    folder = tmp_path / "var"
    folder.mkdir()
    shutil.chown(folder, "nobody")
    folder.chmod(0o777)
    ran = mayday(folder, "serve")
    assert ran.returncode == 1
    assert "belongs to user" in ran.stderr
    assert "Traceback" not in ran.stderr
