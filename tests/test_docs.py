"""The documents tell the truth about the code."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.mark.parametrize("tool", ["status_diagrams", "postman"])
def test_what_is_made_from_the_code_is_up_to_date(tool: str) -> None:
    made = subprocess.run([sys.executable, f"tools/{tool}.py", "--check"], cwd=ROOT, check=False)
    assert made.returncode == 0, f"run python tools/{tool}.py"


def test_the_postman_collection_signs_in_by_itself_and_names_no_secret() -> None:
    collection = json.loads((ROOT / "docs" / "mayday.postman_collection.json").read_text())
    values = {each["key"]: each["value"] for each in collection["variable"]}
    assert values == {"address": "http://127.0.0.1:8000", "token": "", "etag": ""}
    requests = [item["request"] for folder in collection["item"] for item in folder["item"]]
    assert len(requests) > 60
    for each in requests:
        keys = [header["key"] for header in each["header"]]
        assert len(keys) == len(set(keys)), each["url"]["raw"]


def test_the_log_document_names_every_event_of_the_code() -> None:
    said = (ROOT / "docs" / "logging.md").read_text()
    logged = re.compile(r"\blog\.(?:debug|info|warning|error|exception)\(\s*\"([^\"]+)\"")
    events = {name for path in (ROOT / "webapp").rglob("*.py") for name in logged.findall(path.read_text())}
    assert len(events) > 25
    assert sorted(name for name in events if f"`{name}`" not in said) == []


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
