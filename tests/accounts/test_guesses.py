"""Guesses are counted by whom they are about, at all doors together; nobody's guesses shut others out."""

from pathlib import Path

import pytest
from flask import Flask

from tests.accounts.browsing import PASSWORD, Browser, registered
from tests.conftest import settings_for
from webapp.settings import Settings

EMAIL, OTHER = "bo@example.org", "una@example.org"


@pytest.fixture
def settings(data_dir: Path) -> Settings:
    """Three tries an hour for each contact, and many from one address."""
    return settings_for(data_dir, limit_sign_in="3 per hour")


def by_program(app: Flask, contact: str, secret: str, address: str) -> int:
    """A program's try to sign in."""
    answer = app.test_client().post(
        "/api/v1/auth/token",
        json={"contact": contact, "secret": secret},
        environ_base={"REMOTE_ADDR": address},
    )
    return answer.status_code


def test_guesses_of_programs_count_for_the_form(app: Flask) -> None:
    registered(app, EMAIL)
    registered(app, OTHER)
    tries = [by_program(app, EMAIL, f"guess {n}", f"192.0.2.{n}") for n in range(4)]
    assert tries[3] == 429
    assert 429 not in tries[:3]
    assert Browser(app).sign_in(EMAIL).status_code == 429


def test_guesses_at_one_person_do_not_shut_out_another(app: Flask) -> None:
    registered(app, EMAIL)
    registered(app, OTHER)
    for n in range(4):
        by_program(app, EMAIL, f"guess {n}", f"192.0.2.{n}")
    assert by_program(app, OTHER, PASSWORD, "192.0.2.9") == 200
    assert Browser(app).sign_in(OTHER).status_code == 303
