"""On a real server: many ask at once and nobody gets another's answer; the start imports nothing of it."""

import json
import subprocess
import sys
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.api.caller import Programs
from tests.conftest import both_databases
from tests.graph.asker import PATH, new
from tests.people import Cast
from tests.servers import running_server
from webapp.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
ROUNDS = 8
ME = "{ me { user { id name } } events { nodes { id title reportedBy { id } } } }"
REPORT = """mutation($c: UUID!, $t: String!) {
  reportEvent(commandId: $c, event: {title: $t}) { title reportedBy { id } } }"""


def posted(url: str, token: str | None, query: str, **variables: Any) -> Any:
    body = json.dumps({"query": query, "variables": variables}).encode()
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    with urllib.request.urlopen(urllib.request.Request(url + PATH, body, headers), timeout=30) as answer:
        return json.load(answer)["data"]


@pytest.mark.slow
@both_databases
def test_who_asks_at_once_gets_their_own_answers(cast: Cast, programs: Programs, settings: Settings) -> None:
    """Reads and deeds of five people on the same worker's threads; each is told what is theirs."""
    people = [(getattr(cast, name), getattr(programs, name)) for name in ("ada", "vic", "vera", "sam", "sue")]

    with running_server(settings) as server:

        def one(turn: int) -> None:
            person, program = people[turn % len(people)]
            title = f"Report {turn} of {person.name}"
            made = posted(server.url, program.token, REPORT, c=new(), t=title)["reportEvent"]
            assert made == {"title": title, "reportedBy": {"id": str(person.id)}}
            seen = posted(server.url, program.token, ME)
            assert seen["me"]["user"] == {"id": str(person.id), "name": person.name}
            if person.role == "SUV":
                assert {it["reportedBy"]["id"] for it in seen["events"]["nodes"]} == {str(person.id)}

        with ThreadPoolExecutor(16) as pool:
            list(pool.map(one, range(len(people))))
            (worker,) = psutil.Process(server.process.pid).children()
            before = worker.num_fds()
            list(pool.map(one, range(ROUNDS * len(people))))
        everything = posted(server.url, programs.ada.token, "{ events(first: 100) { nodes { id } } }")
        assert len(everything["events"]["nodes"]) == (ROUNDS + 1) * len(people)
        # Each request had an event loop of its own, and none is left open: connections are all that grew.
        assert worker.num_fds() <= before + 2 * 16


def test_the_start_imports_nothing_of_it(tmp_path: Path) -> None:
    program = (
        "import sys; from tests.conftest import settings_for; from pathlib import Path; from webapp import"
        f" create_app; create_app(settings_for(Path({str(tmp_path)!r})));"
        " print([name for name in ('strawberry', 'graphql') if name in sys.modules])"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert "strawberry" not in ran.stdout
    assert "graphql" not in ran.stdout
