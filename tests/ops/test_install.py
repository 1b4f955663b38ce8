"""Installing: the pins agree, and `make install` takes the product to its place and nothing else."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def pins(name: str) -> dict[str, set[str]]:
    """The versions that a file of requirements names, by package."""
    found: dict[str, set[str]] = {}
    text = (ROOT / name).read_text()
    for package, version in re.findall(r"(?m)^([a-z0-9._-]+)(?:\[[^]]*\])?==([^ ;\\]+)", text):
        found.setdefault(package, set()).add(version)
    return found


def test_tracing_adds_packages_and_changes_none() -> None:
    plain, traced = pins("requirements.txt"), pins("requirements-otel.txt")
    assert {name: traced[name] for name in plain} == plain
    assert {name for name in traced.keys() - plain.keys() if name.startswith("opentelemetry-")}


def test_the_installer_is_the_one_that_makes_the_pins() -> None:
    assert pins("requirements-uv.txt") == {"uv": pins("requirements-dev.txt")["uv"]}


def test_every_pin_has_a_hash_and_names_no_place() -> None:
    for path in ROOT.glob("requirements*.txt"):
        text = path.read_text()
        assert "://" not in text
        for line in re.split(r"\n(?=\S)", text.strip()):
            assert "--hash=sha256:" in line, line.splitlines()[0]


@pytest.fixture
def tried_out(tmp_path: Path) -> Path:
    """The product in a folder where somebody tried it: with an environment, data, settings and leftovers."""
    folder = tmp_path / "release"
    names = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in names.splitlines():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, folder / name)
    for name in (
        ".venv/bin/activate",
        ".venv/installed",
        "var/mayday.db",
        ".env",
        "webapp/__pycache__/x.pyc",
    ):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("somebody's")
    return folder


@pytest.mark.slow
def test_installing_from_a_folder_that_was_tried_out_takes_nothing_of_that_along(
    tried_out: Path, tmp_path: Path
) -> None:
    there = tmp_path / "opt" / "mayday"
    made = subprocess.run(
        ["make", "install", f"TO={there}", "EXTRAS=otel", f"PYTHON={sys.executable}"],
        cwd=tried_out,
        env={name: value for name, value in os.environ.items() if not name.startswith("MAYDAY_")},
        capture_output=True,
        text=True,
        check=False,
        timeout=110,
    )
    assert made.returncode == 0, made.stdout + made.stderr
    assert not (there / "var").exists()
    assert not (there / ".env").exists()
    assert not (there / "webapp" / "__pycache__" / "x.pyc").exists()
    asked = "import webapp, opentelemetry.sdk; print(webapp.__file__)"
    ran = subprocess.run(
        [there / ".venv" / "bin" / "python", "-c", asked],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stdout.strip() == str(there / "webapp" / "__init__.py")


def test_a_copied_environment_is_made_anew(tried_out: Path) -> None:
    # What make would do is enough to see it: the check is the shell's, before anything is fetched.
    told = subprocess.run(
        ["make", "--dry-run", ".venv/uv"], cwd=tried_out, capture_output=True, text=True, check=True
    ).stdout
    (check,) = [line for line in told.splitlines() if "grep" in line]
    check = check.replace("python3 -m venv --clear .venv", "echo anew")
    assert (
        subprocess.run(check, shell=True, cwd=tried_out, capture_output=True, check=False).stdout == b"anew\n"
    )
    (tried_out / ".venv/bin/activate").write_text(f'VIRTUAL_ENV="{tried_out}/.venv"')
    assert subprocess.run(check, shell=True, cwd=tried_out, capture_output=True, check=False).stdout == b""
