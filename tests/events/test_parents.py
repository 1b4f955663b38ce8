"""Events that are put into each other at the same moment: one of them is refused."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from flask import Flask

from tests.conftest import both_databases
from tests.events.making import opened, stored, version
from tests.events.test_edit import GOOD
from tests.people import Cast, Person

ROUNDS = 6


@both_databases
def test_a_line_of_events_never_becomes_a_ring(app: Flask, cast: Cast) -> None:
    """The part of a whole gets a part of its own, while the whole is put into that one."""
    ada, alf = cast.ada, cast.person("Alf Authority", cast.ada.role)
    for _round in range(ROUNDS):
        whole, small = opened(app, ada), opened(app, ada)
        part = opened(app, ada, parent_id=whole)
        start = Barrier(2)

        def put(person: Person, event: int, parent: int, start: Barrier = start) -> int:
            form = GOOD | {
                "version": version(app, event),
                "parent_id": str(parent),
                "csrf_token": person.csrf,
            }
            start.wait()
            return person.post(f"/events/{event}/edit", form).status_code

        with ThreadPoolExecutor(2) as both:
            answers = [both.submit(put, ada, small, part), both.submit(put, alf, whole, small)]
            codes = sorted(answer.result() for answer in answers)
        assert codes == [303, 422]
        assert [stored(app, event).parent_id for event in (whole, small)].count(None) == 1
