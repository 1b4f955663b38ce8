"""The pages of webhooks on a phone and on a desk: nothing for axe, nothing sideways, and they work."""

import os
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask

from tests.browser import Browsers, browsers  # noqa: F401 - a fixture
from tests.chromium import ONLY_FAULTS
from tests.people import Person
from tests.receiver import receiving
from tests.servers import running_server
from tests.webhooks.conftest import add
from webapp.extensions import db
from webapp.settings import Settings
from webapp.webhooks.models import Delivery, DeliveryStatus

pytestmark = [pytest.mark.browser, pytest.mark.slow]
SIDEWAYS = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
PICTURES = os.environ.get("MAYDAY_TEST_PICTURES")


def looks_well(page, name: str) -> list[str]:  # type: ignore[no-untyped-def]
    """What axe finds, and whether the page scrolls sideways."""
    if PICTURES:
        page.screenshot(path=str(Path(PICTURES) / f"{name}.png"), full_page=True)
    found = [f"{name}: {each['id']}" for each in Axe().run(page, options=ONLY_FAULTS).response["violations"]]
    return [*found, *([f"{name}: sideways"] if page.evaluate(SIDEWAYS) > 0 else [])]


def test_an_authority_adds_one_and_tests_it(
    app: Flask,
    ada: Person,
    settings: Settings,
    browsers: Browsers,  # noqa: F811
) -> None:
    number, _ = add(ada, "https://receiver.example/a/long/path/" + "x" * 300)
    with app.app_context():
        for seq, status in enumerate(DeliveryStatus, 10_000):
            answer = "the answer " * 20 if status is DeliveryStatus.DEAD else ""
            db.session.add(
                Delivery(
                    webhook_id=number, seq=seq, verb="event.opened", status=status, tries=3, answer=answer
                )
            )
        db.session.commit()
    ada.post(f"/webhooks/{number}/off")
    found = []
    with receiving() as server, running_server(settings) as running:
        for width, scheme in ((360, "dark"), (1440, "light")):
            page = browsers.open(ada, running.url, "/webhooks", width, color_scheme=scheme)
            found += looks_well(page, f"list-{width}")
            page.get_by_label("Address").fill(server.url(path=f"/{width}"))
            page.get_by_role("button", name="Add", exact=True).click()
            assert page.locator("#secret").input_value().startswith("whsec_")
            found += looks_well(page, f"secret-{width}")
            page.get_by_role("link", name="I have it").click()
            page.get_by_role("button", name="Send a test").click()
            page.get_by_text("A test is on its way").wait_for()
            page.goto(f"{running.url}/webhooks/{number}")
            found += looks_well(page, f"show-{width}")
        paths = [taken.path for taken in server.wait_for(2)]
    assert found == []
    assert paths == ["/360", "/1440"]
