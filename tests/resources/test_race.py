"""Many coordinators click at the same moment: never more promised than offered, through a real server."""

import http.client
import re
import uuid
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlencode

import pytest

from tests.conftest import both_databases
from tests.people import Person
from tests.resources.conftest import Response
from tests.servers import Server, running_server
from webapp.resources.models import OfferStatus

pytestmark = pytest.mark.slow


def post(server: Server, person: Person, path: str, form: dict[str, str]) -> tuple[int, str]:
    """Send a form over a connection of its own; the status and the page."""
    cookie = person.client.get_cookie("mayday")
    assert cookie is not None
    connection = http.client.HTTPConnection(*server.address, timeout=60)
    try:
        connection.request(
            "POST",
            path,
            urlencode(form),
            {"Cookie": f"mayday={cookie.value}", "Content-Type": "application/x-www-form-urlencoded"},
        )
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


@both_databases
def test_200_allocations_at_once_give_exactly_the_100_units_and_tell_every_loser(there: Response) -> None:
    need = there.add_need(quantity=1000)
    vic = there.cast.vic
    token = vic.csrf
    with running_server(there.app.config["SETTINGS"]) as server, ThreadPoolExecutor(32) as clients:

        def click(_number: int) -> tuple[int, str]:
            form = {"csrf_token": token, "command_id": str(uuid.uuid4()), f"offer-{there.offer}": "1"}
            return post(server, vic, f"/needs/{need}/allocate", form)

        answers = list(clients.map(click, range(200)))
    assert Counter(status for status, _ in answers) == {303: 100, 409: 100}
    said = {re.sub(r"\s+", " ", page) for status, page in answers if status == 409}
    assert all("Nothing is left on this offer: all 100 sandbags are promised." in page for page in said)
    assert sum(a.quantity for a in there.allocations()) == 100
    assert there.the_offer().allocated == 100
    assert there.the_offer().status is OfferStatus.ASSIGNED
    assert there.the_need(need).allocated == 100
    assert len(there.entries("allocation.made")) == 100


@both_databases
def test_one_form_sent_50_times_at_once_takes_effect_once_and_answers_the_same(there: Response) -> None:
    vic = there.cast.vic
    form = {"csrf_token": vic.csrf, "command_id": str(uuid.uuid4()), f"offer-{there.offer}": "5"}
    with running_server(there.app.config["SETTINGS"]) as server, ThreadPoolExecutor(32) as clients:
        path = f"/needs/{there.need}/allocate"
        answers = list(clients.map(lambda _n: post(server, vic, path, form)[0], range(50)))
    assert answers == [303] * 50
    assert [a.quantity for a in there.allocations()] == [5]
