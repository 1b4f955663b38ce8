"""Searches for thousands of words, by everybody who may search: a page of somebody else is there as fast."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from tests.api.caller import token_of
from tests.live.wires import cookie_of
from tests.ops.test_start import Serving
from tests.people import Cast
from tests.security.watching import Watch, memory, require_memory_back

# One attack at a time: they measure how long others wait.
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("attacks")]

WORDS = " ".join(f"w{n}" for n in range(20_000))
GRAPH = json.dumps(
    {"query": "query($t: String!) { events(text: $t) { nodes { id } } }", "variables": {"t": WORDS}}
)


def test_sixteen_searches_for_twenty_thousand_words_keep_nobody_waiting(
    serving: Serving, people: Cast
) -> None:
    token = token_of(people.app, people.sam.id)

    def search(number: int) -> int:
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        if number % 2:
            return requests.post(f"{serving.url}/graphql", GRAPH, headers=headers, timeout=60).status_code
        given = {"q": WORDS[:3000]}
        kept = {"Cookie": cookie_of(people.sam)}
        return requests.get(f"{serving.url}/events", given, headers=kept, timeout=60).status_code

    for number in range(8):  # what is loaded with the first of its kind stays
        search(number)
    before = memory(serving)
    with Watch(serving) as watch, ThreadPoolExecutor(16) as crowd:
        statuses = set(crowd.map(search, range(64)))
    watch.require_calm()
    assert statuses == {200, 422}
    require_memory_back(serving, before)
