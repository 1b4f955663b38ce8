"""Under which licence Mayday is given, and those of what it stands on."""

import json
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def test_mayday_says_its_licence_where_people_and_programs_look() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["license"] == "Apache-2.0"
    assert "Apache License" in (ROOT / "LICENSE").read_text()
    assert "(LICENSE)" in (ROOT / "README.md").read_text()
    assert all((ROOT / name).exists() for name in project["license-files"])


def test_the_notices_name_what_is_pinned_and_vendored_with_the_licences_it_states() -> None:
    checked = subprocess.run(
        [sys.executable, ROOT / "tools" / "notices.py", "--check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stderr or "run tools/notices.py"


def test_every_vendored_package_brings_its_licence() -> None:
    vendor = ROOT / "webapp" / "static" / "vendor"
    for name, entry in json.loads((vendor / "manifest.json").read_text()).items():
        assert (vendor / f"{name}@{entry['version']}" / "LICENSE").stat().st_size > 200, name
