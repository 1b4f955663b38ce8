"""docs/api.md tells the truth: each of its blocks is run in its order, and prints what the page says."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.accounts.browsing import PASSWORD, registered
from tests.conftest import dispose
from tests.servers import environment, running_server
from webapp import create_app
from webapp.api.operation import declared
from webapp.journal import Role
from webapp.settings import Settings

PAGE = Path(__file__).resolve().parents[2] / "docs" / "api.md"
FENCED = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
# Stands before each block in what the script prints.
MARK = "--- block"


def blocks() -> list[tuple[str, str, str]]:
    """Each block with its language, and what the page says that it prints."""
    found = [(match[1], match[2]) for match in FENCED.finditer(PAGE.read_text())]
    runs = [
        (kind, code, found[at + 1][1] if at + 1 < len(found) and found[at + 1][0] == "text" else "")
        for at, (kind, code) in enumerate(found)
        if kind != "text"
    ]
    assert {kind for kind, _, _ in runs} == {"sh", "python"}
    return runs


def script(folder: Path) -> str:
    """All blocks as one script, so that what one sets the next one has."""
    lines = ["set -eu -o pipefail"]
    for number, (kind, code, _) in enumerate(blocks()):
        lines.append(f"echo '{MARK} {number}'")
        if kind == "python":
            path = folder / f"block_{number}.py"
            path.write_text(code)
            code = f"{sys.executable} {path}"
        lines.append(code)
    return "\n".join(lines)


@pytest.mark.slow
@pytest.mark.shell
def test_every_block_does_what_the_page_says(settings: Settings, tmp_path: Path) -> None:
    app = create_app(settings)
    registered(app, "ada@example.org", "Ada Authority", Role.AUTHORITY, PASSWORD)
    dispose(app)
    with running_server(settings) as server:
        ran = subprocess.run(
            ["bash", "-c", script(tmp_path)],
            env=environment(settings) | {"MAYDAY": server.url},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
            timeout=90,
        )
    printed = re.split(rf"^{MARK} \d+\n", ran.stdout, flags=re.MULTILINE)[1:]
    for (_, code, said), found in zip(blocks(), printed, strict=False):
        assert found == said, f"{code}\n{ran.stderr[-2000:]}"
    assert ran.returncode == 0, ran.stderr[-2000:]
    assert len(printed) == len(blocks())


def test_the_password_of_the_page_is_the_one_of_this_test() -> None:
    assert f"`{PASSWORD}`" in PAGE.read_text()


def test_every_operation_that_the_page_names_exists() -> None:
    from tests.api.test_openapi import OPERATIONS

    known = {(method.upper(), re.sub(r"\{\w+\}", "{}", path)) for path, method, _about in OPERATIONS}
    named = re.findall(r"`(GET|POST|PATCH) (/[\w/{}-]+)`", PAGE.read_text())
    assert len(named) >= 6
    assert {(method, re.sub(r"\{\w+\}", "{}", f"/api/v1{path}")) for method, path in named} <= known
    assert len(known) == len(declared)
