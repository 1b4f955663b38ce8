"""The whole story on an empty installation: from the printed link to a volunteer who is checked in.

Two coordinators and a volunteer on a phone, in three real browsers on one real `mayday serve`; each sees
what the others do without loading the page again.
"""

import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import Browsers
from tests.conftest import settings_for
from tests.servers import environment, free_port

pytestmark = [pytest.mark.browser, pytest.mark.slow]
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def link(tmp_path: Path) -> Iterator[str]:
    """A first start on an empty folder; the one-time link that it printed."""
    port = free_port()
    settings = settings_for(tmp_path / "var", port=port, secret_key="")
    printed = tmp_path / "printed.txt"
    with printed.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "webapp.ops.cli", "serve"],
            env=environment(settings),
            cwd=ROOT,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    deadline = time.monotonic() + 60
    found = None
    while found is None or "Booting worker" not in printed.read_text():
        assert process.poll() is None, printed.read_text()
        assert time.monotonic() < deadline, printed.read_text()
        time.sleep(0.1)
        found = re.search(rf"http://127\.0\.0\.1:{port}/invitation/\S+", printed.read_text())
    yield found[0]
    process.send_signal(signal.SIGTERM)
    process.wait(30)


def stay(page: Page) -> None:
    """Mark the page, so that a reload would show."""
    expect(page.locator("#live-state")).to_have_attribute("data-state", "live")
    page.evaluate("() => { window.stayed = true }")


def stayed(page: Page) -> bool:
    return bool(page.evaluate("() => window.stayed === true"))


def submit(page: Page) -> None:
    """Press the main button of the form that is open."""
    page.locator("#panel .button-primary, main form .button-primary").last.click()


def test_a_response_is_run_by_two_coordinators_and_a_volunteer_on_a_phone(
    chromium: Browser, browsers: Browsers, link: str
) -> None:
    url = link.split("/invitation/")[0]

    # The first authority follows the printed link.
    ada = browsers.open(None, "", link, 1440)
    ada.get_by_label("Your name").fill("Ada Authority")
    ada.get_by_label("Phone or e-mail").fill("ada@example.org")
    ada.get_by_label("Password").fill("correct horse battery")
    ada.get_by_role("button", name="Accept and sign up").click()
    expect(ada).to_have_url(f"{url}/board")
    stay(ada)

    # She invites a coordinator, who signs up in a browser of her own.
    inviting = ada.context.new_page()
    inviting.goto(f"{url}/invitations")
    inviting.get_by_label("Role").select_option(label="Coordinator")
    submit(inviting)
    made = inviting.locator("#link")
    expect(made).to_have_value(re.compile(r"/invitation/[\w-]{20,}"))
    invitation = made.input_value().removeprefix(url)
    inviting.close()
    vic = browsers.open(None, url, invitation, 1440)
    vic.get_by_label("Your name").fill("Vic Coordinator")
    vic.get_by_label("Phone or e-mail").fill("vic@example.org")
    vic.get_by_label("Password").fill("battery staple horse")
    vic.get_by_role("button", name="Accept and sign up").click()
    expect(vic).to_have_url(f"{url}/board")
    stay(vic)

    # A volunteer signs up on a phone and offers pumps; both boards count one more person.
    sam = browsers.open(None, url, "/sign-up", 360, is_mobile=True, has_touch=True)
    sam.get_by_label("Your name").fill("Sam Volunteer")
    sam.get_by_label("Phone or e-mail").fill("+45 20 30 40 50")
    submit(sam)
    expect(vic.locator("#feed")).to_contain_text("Sam Volunteer")
    sam.goto(f"{url}/offers/new")
    sam.locator("summary", has_text="Equipment").click()
    sam.get_by_text("Pumps", exact=True).click()
    sam.get_by_label("What is it?").fill("Pump, 300 litres a minute")
    sam.get_by_role("spinbutton").fill("3")
    submit(sam)
    expect(ada.locator("#feed")).to_contain_text("Pump, 300 litres a minute")

    # Ada opens an event; Vic's board shows it, and Vic opens it.
    ada.keyboard.press("n")
    panel = ada.locator("#panel")
    panel.get_by_label("What has happened?").fill("Cellar flooded, Vesterbro")
    panel.get_by_label("1 · Critical").check()
    submit(ada)
    card = vic.locator("#board-events .card", has_text="Cellar flooded")
    expect(card).to_be_visible()
    assert stayed(vic)
    card.get_by_role("link").click()
    expect(vic.locator("h1")).to_contain_text("Cellar flooded")
    stay(vic)
    event_url = vic.url

    # Vic adds a need; Ada's event page and board show it as it is.
    ada.goto(f"{url}/board")
    stay(ada)
    vic.keyboard.press("n")
    panel = vic.locator("#panel")
    pumps = panel.get_by_label("Type").locator("option", has_text="Pumps").get_attribute("value")
    panel.get_by_label("Type").select_option(pumps)
    panel.get_by_label("What is it?").fill("Pumps")
    panel.get_by_role("spinbutton").fill("2")
    submit(vic)
    expect(vic.locator("#event-needs")).to_contain_text("2 pumps")
    need = ada.locator("#board-needs .card", has_text="2 pumps")
    expect(need).to_contain_text("3 pumps at Sam Volunteer")
    assert stayed(ada)
    assert stayed(vic)

    # Ada allocates the offer to it from the board; Vic's page shows it as met.
    need.get_by_role("link", name=re.compile("Allocate")).click()
    allocating = ada.locator("#panel")
    expect(allocating).to_contain_text("Pump, 300 litres a minute")
    submit(ada)
    expect(ada.locator("#board-needs .card")).to_have_count(0)
    expect(vic.locator("#event-needs")).to_contain_text("2/2")
    assert stayed(ada)
    assert stayed(vic)

    # Vic assigns Sam, whose own page asks him at once; he accepts and checks in.
    sam.goto(f"{url}/now")
    stay(sam)
    vic.keyboard.press("a")
    panel = vic.locator("#panel")
    panel.get_by_label(re.compile("Sam Volunteer")).check()
    panel.get_by_label("Task").fill("Carry the pumps")
    submit(vic)
    expect(sam.locator("#now")).to_contain_text("Cellar flooded")
    expect(sam.locator("#now")).to_contain_text("Carry the pumps")
    sam.get_by_role("button", name=re.compile("Accept|I am coming", re.I)).click()
    sam.get_by_role("button", name=re.compile("Check in")).click()
    expect(sam.locator("#now")).to_contain_text(re.compile("checked in", re.I))
    expect(vic.locator("#event-people")).to_contain_text("Sam")
    expect(vic.locator("#event-people")).to_contain_text(re.compile("checked in", re.I))
    expect(ada.locator("#counts")).to_contain_text(re.compile(r"1\s*checked in"))
    assert stayed(vic)
    assert stayed(ada)

    # Ada closes the event; Sam's page says so, and the pumps are free again.
    ada.goto(event_url)
    ada.locator("#event-head").get_by_role("link", name=re.compile("Close")).click()
    ada.locator("#panel").get_by_role("textbox").fill("Pumped dry")
    submit(ada)
    expect(sam.locator("#now")).not_to_contain_text("Carry the pumps")
    expect(vic.locator("#event-head")).to_contain_text("Resolved")
