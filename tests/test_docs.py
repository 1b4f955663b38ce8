"""The documents tell the truth about the code."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def test_the_status_diagrams_are_those_of_the_tables() -> None:
    made = subprocess.run([sys.executable, "tools/status_diagrams.py", "--check"], cwd=ROOT, check=False)
    assert made.returncode == 0, "run python tools/status_diagrams.py"


def test_every_link_inside_the_documents_leads_somewhere() -> None:
    for page in [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]:
        for target in re.findall(r"\]\(([^)#]+)", page.read_text()):
            if not target.startswith(("http:", "https:", "mailto:")):
                assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_the_fast_tests_have_some_of_every_part() -> None:
    makefile = (ROOT / "Makefile").read_text().replace("\\\n", " ")
    named = re.search(r"^FAST := (.+)$", makefile, re.MULTILINE)
    assert named
    files = [ROOT / name for name in named[1].split()]
    assert [path.name for path in files if not path.exists()] == []
    slow = re.compile(r"^pytestmark = .*(slow|browser)", re.MULTILINE)
    parts = {
        path.parent for path in (ROOT / "tests").glob("*/test_*.py") if not slow.search(path.read_text())
    }
    covered = {path if path.is_dir() else path.parent for path in files}
    assert sorted(path.name for path in parts - covered) == []


def test_every_command_of_the_readme_is_in_the_makefile() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for command in re.findall(r"(?:^|`|=\d+ )make ([a-z-]+)", (ROOT / "README.md").read_text(), re.MULTILINE):
        assert command in targets
