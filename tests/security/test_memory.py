"""What a worker needed under attack it gives back."""

import contextlib
import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from tests.api.caller import token_of
from tests.live.wires import cookie_of
from tests.ops.test_start import Serving
from tests.people import Cast
from tests.security.test_connections import LARGE, POST
from tests.security.watching import Watch, line, lines, memory, require_memory_back

# One attack at a time: they measure how long others wait.
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("attacks")]


def test_memory_comes_back_after_large_requests(serving: Serving, people: Cast) -> None:
    token = token_of(people.app, people.sam.id)
    graph = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    cookie = {"Cookie": cookie_of(people.vic)}
    query = "{ events { nodes { id } } }"
    values = json.dumps({"query": query, "variables": {"x": ["a" * 10] * 60_000}})
    form = "&".join(f"p{n}=1" for n in range(900)) + "&x=" + "y" * 900_000
    table = {"file": ("x.csv", b"a,b\n" * 200_000)}

    def ask(path: str, **more: object) -> None:
        requests.request("POST" if more else "GET", serving.url + path, timeout=60, **more)  # type: ignore[arg-type]

    usual: list[Callable[[], None]] = [
        lambda: ask("/sign-in"),
        lambda: ask("/api/v1/openapi.json"),
        lambda: ask("/graphql", data=json.dumps({"query": query}), headers=graph),
        lambda: ask("/imports/reports", files={"file": ("x.csv", b"a,b\n")}, headers=cookie),
    ]
    attacks: list[Callable[[], None]] = [
        lambda: ask("/graphql", data=values, headers=graph),
        lambda: ask("/graphql", data="[" * 900_000, headers=graph),
        lambda: ask("/sign-in", data=form, headers={"Content-Type": "application/x-www-form-urlencoded"}),
        lambda: ask("/imports/reports", files=table, headers=cookie),
        lambda: _large_body(serving),
    ]
    with ThreadPoolExecutor(16) as crowd:
        list(crowd.map(lambda visit: visit(), usual * 10))
        before = memory(serving)
        list(crowd.map(lambda attack: attack(), attacks * 8))
    with (
        Watch(serving) as watch,
        lines(serving, 1000, POST + b"Content-Length: 15000000\r\n\r\n" + b"a" * 30_000),
    ):
        time.sleep(1)
    with lines(serving, 40, LARGE * 60, buffer=4096):
        time.sleep(1)
    watch.require_calm()
    require_memory_back(serving, before)


def _large_body(serving: Serving) -> None:
    with contextlib.suppress(OSError), line(serving, POST + b"Content-Length: 15000000\r\n\r\n") as large:
        for _ in range(150):
            large.sendall(b"a" * 100_000)
        large.recv(100)
