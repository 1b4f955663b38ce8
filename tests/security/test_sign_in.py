"""Thirty-two right sign-ins of one volunteer at once: pages stay quick, and the right people get in."""

import http.client
import re
import shutil
import threading
import time
import urllib.parse
import uuid
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.accounts.browsing import PASSWORD, registered
from tests.conftest import dispose, settings_for
from tests.servers import Server, running_server
from webapp import create_app

pytestmark = [pytest.mark.slow]
FLOOD, SECONDS = 32, 4.0
FLOODER, OTHERS = "flood@example.org", [f"other{n}@example.org" for n in range(4)]


@pytest.fixture(scope="module")
def server(migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with its limits as shipped and a few people."""
    folder = tmp_path_factory.mktemp("flood") / "data"
    shutil.copytree(migrated_sqlite, folder)
    settings = settings_for(folder, limit_sign_in="10 per minute; 100 per hour")
    app = create_app(settings)
    for contact in (FLOODER, *OTHERS):
        registered(app, contact)
    dispose(app)
    with running_server(settings) as running:
        yield running


class Visitor:
    """A browser that nobody knows, on a connection of its own."""

    def __init__(self, server: Server) -> None:
        self.connection = http.client.HTTPConnection(*server.address, timeout=30)
        answer, page = self.ask("GET", "/sign-in")
        self.cookie = answer.headers["Set-Cookie"].split(";")[0]
        found = re.search(r'name="csrf-token" content="([0-9a-f]+)"', page)
        assert found
        self.token = found[1]

    def ask(
        self, method: str, path: str, form: dict[str, str] | None = None
    ) -> tuple[http.client.HTTPResponse, str]:
        headers = {"Cookie": self.cookie} if hasattr(self, "cookie") else {}
        if form:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        self.connection.request(method, path, urllib.parse.urlencode(form or {}), headers)
        answer = self.connection.getresponse()
        return answer, answer.read().decode()

    def sign_in(self, contact: str) -> int:
        """The status of a right sign-in, each as from a new browser."""
        form = {
            "csrf_token": self.token,
            "command_id": str(uuid.uuid4()),
            "contact": contact,
            "secret": PASSWORD,
        }
        answer, _ = self.ask("POST", "/sign-in", form)
        if answer.status in (429, 503):
            assert int(answer.headers["Retry-After"]) > 0
        return answer.status


def test_thirty_two_sign_ins_at_once_leave_pages_quick_and_let_the_right_people_in(server: Server) -> None:
    over, said, waits = threading.Event(), Counter[int](), []
    visitors = [Visitor(server) for _ in range(FLOOD)]
    page, others = Visitor(server), [Visitor(server) for _ in OTHERS]

    def flood(visitor: Visitor) -> None:
        while not over.is_set():
            said[visitor.sign_in(FLOODER)] += 1
            time.sleep(0.05)

    def come_in(visitor: Visitor, contact: str) -> bool:
        while (status := visitor.sign_in(contact)) != 303 and not over.is_set():
            time.sleep(1)  # as the answer asks for
        return status == 303

    end = time.monotonic() + SECONDS
    with ThreadPoolExecutor(FLOOD + len(OTHERS)) as threads:
        for visitor in visitors:
            threads.submit(flood, visitor)
        came = [threads.submit(come_in, *other) for other in zip(others, OTHERS, strict=True)]
        try:
            while time.monotonic() < end:
                started = time.monotonic()
                assert page.ask("GET", "/sign-in")[0].status == 200
                waits.append(time.monotonic() - started)
                time.sleep(0.02)
        finally:
            over.set()
    assert set(said) <= {303, 429, 503}, said
    assert said[303] > 0, said
    assert all(one.result() for one in came), "who signs in meanwhile gets in"
    assert max(waits) < 1, sorted(waits)[-5:]
