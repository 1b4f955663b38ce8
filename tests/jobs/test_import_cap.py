"""Importing an alert from the page: a job reads a file or calls an address, and its page says how."""

from pathlib import Path

import pytest
from flask import Flask

from tests.conftest import settings_for
from tests.interchange.cap import events, good
from tests.jobs.conftest import RunDue, hand_in, job_of, jobs, kept_files, look
from tests.people import Cast
from tests.receiver import receiving, say
from webapp.settings import Settings


@pytest.fixture
def settings(data_dir: Path) -> Settings:
    """An installation that may call systems on this machine."""
    return settings_for(data_dir, outgoing_networks="127.0.0.0/8")


def test_an_authority_hands_in_an_alert(app: Flask, cast: Cast, run_due: RunDue) -> None:
    job_id = job_of(hand_in(cast.ada, "cap", good(), "surge.xml"))
    run_due()
    assert look(app, job_id).result["imported"] == 1
    assert "surge.xml" in cast.ada.get("/imports").get_data(as_text=True)
    again = job_of(hand_in(cast.ada, "cap", good(), "other.xml"))
    run_due()
    assert look(app, again).result["known"] == 1
    assert len(events(app)) == 1
    assert kept_files(app) == []


def test_nobody_else_does(app: Flask, cast: Cast) -> None:
    for person in (cast.vic, cast.sam):
        assert hand_in(person, "cap", good()).status_code == 403
    assert "Import the alert" not in cast.vic.get("/imports").get_data(as_text=True)
    assert jobs(app) == []


def test_a_broken_file_says_why_on_its_page(app: Flask, cast: Cast, run_due: RunDue) -> None:
    job_id = job_of(hand_in(cast.ada, "cap", "<alert/>", "surge.xml"))
    run_due()
    page = cast.ada.get(f"/jobs/{job_id}").get_data(as_text=True)
    assert "surge.xml is no CAP alert" in page
    assert str(app.config["SETTINGS"].data_dir) not in page


@pytest.mark.parametrize("url", ["", "ftp://alerts.example/a.xml", "nonsense", "http://u:p@alerts.example/"])
def test_a_form_without_a_file_or_a_good_address_comes_back(app: Flask, cast: Cast, url: str) -> None:
    answer = cast.ada.post("/imports/cap", {"url": url})
    assert answer.status_code == 422
    assert f'value="{url}"' in answer.get_data(as_text=True)
    assert jobs(app) == []


def test_an_alert_is_fetched_from_an_address(app: Flask, cast: Cast, run_due: RunDue) -> None:
    with receiving(say(200, good().encode())) as server:
        job_id = job_of(cast.ada.post("/imports/cap", {"url": server.url(path="/latest.xml?key=secret")}))
        run_due()
    assert look(app, job_id).result["imported"] == 1
    assert "secret" not in cast.ada.get(f"/jobs/{job_id}").get_data(as_text=True)


@pytest.mark.parametrize(
    ("status", "body", "why"),
    [
        (404, b"", "the answer 404"),
        (200, b"<html/>", "no CAP alert"),
        (200, b"x" * (2 * 1024 * 1024 + 1), "too much"),
    ],
    ids=["absent", "no-alert", "too-large"],
)
def test_an_address_without_an_alert_is_refused(
    app: Flask, cast: Cast, run_due: RunDue, status: int, body: bytes, why: str
) -> None:
    with receiving(say(status, body)) as server:
        job_id = job_of(cast.ada.post("/imports/cap", {"url": server.url()}))
        run_due()
    assert why in look(app, job_id).error
    assert events(app) == []


def test_an_address_inside_is_not_called(app: Flask, cast: Cast, run_due: RunDue) -> None:
    job_id = job_of(cast.ada.post("/imports/cap", {"url": "http://10.0.0.1/latest.xml"}))
    run_due()
    assert "private network" in look(app, job_id).error
