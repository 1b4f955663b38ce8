"""Hashing takes turns: few run, few wait, and nobody's tries take all the places."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from werkzeug.exceptions import HTTPException, ServiceUnavailable, TooManyRequests

from webapp.accounts import turns as module
from webapp.accounts.turns import AT_ONCE, Turns


@pytest.fixture
def turns() -> Turns:
    """Turns of a worker with sixteen threads."""
    made = Turns()
    made.leave_to_pages(16)
    return made


def outcomes(turns: Turns, whose: list[tuple[str, str]]) -> tuple[list[str], int]:
    """What became of turns that were all wanted while the first ones ran, and how many ran at most."""
    go_on, running, most = threading.Event(), [], 0
    together = threading.Barrier(len(whose))
    said: list[str] = []

    def take(person: str, address: str) -> None:
        nonlocal most
        together.wait()
        try:
            with turns.turn(person, address):
                running.append(person)
                most = max(most, len(running))
                go_on.wait(5)
                running.pop()
            said.append("ran")
        except HTTPException as error:
            said.append(type(error).__name__)

    with ThreadPoolExecutor(len(whose)) as threads:
        for one in whose:
            threads.submit(take, *one)
        threading.Timer(0.8, go_on.set).start()
    return sorted(said), most


def test_two_run_at_once_some_wait_and_the_rest_is_told_to_come_back(turns: Turns) -> None:
    said, most = outcomes(turns, [(f"p{n}", f"a{n}") for n in range(20)])
    assert said == [ServiceUnavailable.__name__] * 12 + ["ran"] * 8
    assert most == AT_ONCE


def test_one_person_has_two_places(turns: Turns) -> None:
    said, _ = outcomes(turns, [("p", f"a{n}") for n in range(10)])
    assert said == [TooManyRequests.__name__] * 8 + ["ran"] * 2


def test_one_address_leaves_a_place_to_others(turns: Turns) -> None:
    said, _ = outcomes(turns, [(f"p{n}", "here") for n in range(10)])
    assert said == [TooManyRequests.__name__] * 3 + ["ran"] * 7


def test_who_waits_too_long_is_told_so_and_every_place_is_given_back(
    turns: Turns, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PATIENCE", 0.05)
    said, _ = outcomes(turns, [(f"p{n}", f"a{n}") for n in range(4)])
    assert said == [ServiceUnavailable.__name__] * 2 + ["ran"] * 2
    for _ in range(10):
        with turns.turn("p", "a"), turns.turn():
            pass
