"""Small files that hold large pictures, many at once: pages go on, and the memory comes back."""

import io
import threading
import time
import uuid
from collections.abc import Callable
from pathlib import Path

import pytest
import requests
from flask import Flask
from PIL import Image

from tests.events.making import opened
from tests.people import Cast, Person
from tests.servers import Server, running_server
from webapp.settings import Settings

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]

AT_ONCE = 16  # as many as the server has threads
PAGE_SECONDS = 1.0
# On a machine that is busy with other things a page takes longer by itself: so much longer it may take here.
SLOWER = 8
# The limit of line 20's section: what a worker has afterwards, as a share of what it had.
GROWTH = 1.3


def bomb() -> bytes:
    """154 kB that are 40 million pixels with transparency: 160 MB when they are decoded, once."""
    out = io.BytesIO()
    Image.new("RGBA", (6300, 6300)).save(out, "PNG")
    return out.getvalue()


def workers_of(server: Server) -> list[int]:
    """The processes of the server that answer."""
    found = Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children").read_text()
    return [int(pid) for pid in found.split()]


def resident(pid: int) -> int:
    """Kilobytes of memory that the process has."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmRSS:")))


def warm(read: Callable[[], None]) -> None:
    """Have every thread of the server work once: what each takes for itself belongs to what it has."""
    reading = [threading.Thread(target=read) for _ in range(AT_ONCE * 2)]
    for thread in reading:
        thread.start()
    for thread in reading:
        thread.join()


def timed(read: Callable[[], requests.Response]) -> float:
    """Seconds that the answer took."""
    begun = time.monotonic()
    assert read().status_code == 200
    return time.monotonic() - begun


def browser(person: Person) -> requests.Session:
    """A session of this person, with their cookie."""
    session = requests.Session()
    for cookie in person.client._cookies.values():
        session.cookies.set(cookie.key, cookie.value)
    return session


def test_pictures_do_not_stop_pages_and_give_their_memory_back(
    app: Flask, cast: Cast, settings: Settings
) -> None:
    event = opened(app, cast.ada)
    data, csrf = bomb(), cast.vic.csrf
    answers: list[int] = []

    def upload(server: Server) -> None:
        form = {"csrf_token": csrf, "command_id": str(uuid.uuid4())}
        answer = browser(cast.vic).post(
            f"{server.url}/events/{event}/files",
            data=form,
            files={"file": ("p.png", data)},
            allow_redirects=False,
            timeout=120,
        )
        answers.append(answer.status_code)

    with running_server(settings) as server:
        reading = browser(cast.vera)
        warm(lambda: reading.get(f"{server.url}/events", timeout=30).raise_for_status())
        idle = max(timed(lambda: reading.get(f"{server.url}/events", timeout=30)) for _ in range(5))
        (worker,) = workers_of(server)
        before = resident(worker)
        sending = [threading.Thread(target=upload, args=(server,)) for _ in range(AT_ONCE)]
        for thread in sending:
            thread.start()
        slowest, most = 0.0, before
        while any(thread.is_alive() for thread in sending):
            took = timed(lambda: reading.get(f"{server.url}/events", timeout=60))
            slowest, most = max(slowest, took), max(most, resident(worker))
            time.sleep(0.1)
        assert reading.get(f"{server.url}/events", timeout=30).status_code == 200
        after = resident(worker)
    assert set(answers) <= {303, 503}, answers
    assert answers.count(303) >= 1
    assert slowest < max(PAGE_SECONDS, idle * SLOWER), (slowest, idle, before, most, after)
    assert most < before * 2, (before, most)
    assert after < before * GROWTH, (before, most, after)
