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
from playwright.sync_api import Page, expect

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
        found = re.search(rf'http://127\.0\.0\.1:{port}/invitation/[^\s"]+', printed.read_text())
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


def sign_up_by(page: Page, name: str, contact: str) -> None:
    """Take an invitation that is open on the page, and land on the board."""
    page.get_by_label("Your name").fill(name)
    page.get_by_label("Phone or e-mail").fill(contact)
    page.get_by_label("Password").fill("correct horse battery")
    page.get_by_role("button", name="Accept and sign up").click()
    expect(page).to_have_url(re.compile("/board$"))
    stay(page)


def invite_a_coordinator(page: Page, url: str) -> str:
    """Make an invitation in a tab of its own; return its path."""
    inviting = page.context.new_page()
    inviting.goto(f"{url}/invitations")
    inviting.get_by_label("Role").select_option(label="Coordinator")
    submit(inviting)
    made = inviting.locator("#link")
    expect(made).to_have_value(re.compile(r"/invitation/[\w-]{20,}"))
    path = made.input_value().removeprefix(url)
    inviting.close()
    return path


def sign_up_on_the_phone(page: Page) -> None:
    """Without a password, as somebody who just showed up."""
    page.get_by_label("Your name").fill("Sam Volunteer")
    page.get_by_label("Phone or e-mail").fill("+45 20 30 40 50")
    submit(page)


def offer_pumps(page: Page, url: str) -> None:
    """By picture, on the phone."""
    page.goto(f"{url}/offers/new")
    page.locator("summary", has_text="Equipment").click()
    page.get_by_text("Pumps", exact=True).click()
    page.get_by_label("What is it?").fill("Pump, 300 litres a minute")
    page.get_by_role("spinbutton").fill("3")
    submit(page)


def open_an_event(page: Page) -> None:
    """From the board, with one key."""
    page.keyboard.press("n")
    page.locator("#panel").get_by_label("What has happened?").fill("Cellar flooded, Vesterbro")
    page.locator("#panel").get_by_label("1 · Critical").check()
    submit(page)


def need_two_pumps(page: Page) -> None:
    """On the event's page, with one key."""
    page.keyboard.press("n")
    panel = page.locator("#panel")
    pumps = panel.get_by_label("Type").locator("option", has_text="Pumps").get_attribute("value")
    panel.get_by_label("Type").select_option(pumps)
    panel.get_by_label("What is it?").fill("Pumps")
    panel.get_by_role("spinbutton").fill("2")
    submit(page)


def assign_sam(page: Page) -> None:
    """On the event's page, with one key."""
    page.keyboard.press("a")
    panel = page.locator("#panel")
    panel.get_by_label(re.compile("Sam Volunteer")).check()
    panel.get_by_label("Task").fill("Carry the pumps")
    submit(page)


def come_and_check_in(page: Page) -> None:
    """The volunteer's two presses."""
    page.get_by_role("button", name=re.compile("Accept")).click()
    page.get_by_role("button", name=re.compile("Check in")).click()
    expect(page.locator("#now")).to_contain_text(re.compile("you are checked in", re.I))


def test_a_response_is_run_by_two_coordinators_and_a_volunteer_on_a_phone(
    browsers: Browsers, link: str
) -> None:
    url = link.split("/invitation/")[0]
    ada = browsers.open(None, "", link, 1440)
    sign_up_by(ada, "Ada Authority", "ada@example.org")
    vic = browsers.open(None, url, invite_a_coordinator(ada, url), 1440)
    sign_up_by(vic, "Vic Coordinator", "vic@example.org")

    # What the volunteer does on the phone shows on both boards.
    sam = browsers.open(None, url, "/sign-up", 360, is_mobile=True, has_touch=True)
    sign_up_on_the_phone(sam)
    expect(vic.locator("#feed")).to_contain_text("Sam Volunteer")
    offer_pumps(sam, url)
    expect(ada.locator("#feed")).to_contain_text("Pump, 300 litres a minute")

    # Ada's event shows on Vic's board; Vic's need on Ada's, with Sam's offer as the best.
    open_an_event(ada)
    card = vic.locator("#board-events .card", has_text="Cellar flooded")
    expect(card).to_be_visible()
    assert stayed(vic)
    card.get_by_role("link").click()
    expect(vic.locator("h1")).to_contain_text("Cellar flooded")
    stay(vic)
    ada.goto(f"{url}/board")
    stay(ada)
    need_two_pumps(vic)
    expect(vic.locator("#event-needs")).to_contain_text("2 pumps")
    need = ada.locator("#board-needs .card", has_text="2 pumps")
    expect(need).to_contain_text("3 pumps at Sam Volunteer")

    # Ada allocates from the board; Vic's page shows the need as met.
    need.get_by_role("link", name=re.compile("Allocate")).click()
    expect(ada.locator("#panel")).to_contain_text("Pump, 300 litres a minute")
    submit(ada)
    expect(ada.locator("#board-needs .card")).to_have_count(0)
    expect(vic.locator("#event-needs")).to_contain_text("2/2")

    # Vic asks Sam, whose own page says so at once; what he answers shows on both desks.
    sam.goto(f"{url}/now")
    stay(sam)
    assign_sam(vic)
    expect(sam.locator("#now")).to_contain_text("Cellar flooded")
    expect(sam.locator("#now")).to_contain_text("Carry the pumps")
    come_and_check_in(sam)
    expect(vic.locator("#event-people")).to_contain_text(re.compile("Sam.*checked in", re.I | re.S))
    expect(ada.locator("#counts")).to_contain_text(re.compile(r"1\s*checked in"))
    assert stayed(vic)
    assert stayed(ada)

    # Ada closes the event: Sam's page and Vic's follow.
    ada.goto(vic.url)
    ada.locator("#event-head").get_by_role("link", name=re.compile("Close")).click()
    ada.locator("#panel").get_by_role("textbox").fill("Pumped dry")
    submit(ada)
    expect(sam.locator("#now")).not_to_contain_text("Carry the pumps")
    expect(vic.locator("#event-head")).to_contain_text("Resolved")
    assert stayed(vic)
