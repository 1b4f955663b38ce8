"""Needs, offers and allocations on open pages, in a real browser: live, by keyboard, and without scripts."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser import Browsers
from tests.resources.conftest import Response
from tests.servers import Server, running_server

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture
def server(there: Response) -> Iterator[Server]:
    """A real server on the data of this test."""
    with running_server(there.app.config["SETTINGS"]) as running:
        yield running


def live(page: Page) -> Page:
    """The page, once it says that it is live."""
    expect(page.locator("#live-state")).to_have_text("Live")
    return page


def cards(page: Page) -> dict[str, str]:
    """The text of every live card, by its id."""
    found: dict[str, str] = page.evaluate(
        """() => Object.fromEntries([...document.querySelectorAll("[data-live-list] > [id]")]
            .map((e) => [e.id, e.innerText.replace(/\\s+/g, " ")]))"""
    )
    return found


def test_a_matched_need_is_allocated_with_three_keys_and_everybody_sees_it(
    there: Response, server: Server, browsers: Browsers
) -> None:
    vic = live(browsers.open(there.cast.vic, server.url, "/board"))
    vera = live(browsers.open(there.cast.vera, server.url, "/resources"))
    event = live(browsers.open(there.cast.ada, server.url, f"/events/{there.event}"))
    phone = live(browsers.open(there.cast.sam, server.url, "/offers", 360))
    expect(vera.locator(f"#list-need-{there.need}")).to_contain_text("Best: 100 sandbags at Depot N")
    vic.keyboard.press("a")
    expect(vic.locator("#panel input[data-stepper]")).to_be_focused()
    vic.keyboard.press("Enter")
    expect(vic.locator("#flash")).to_contain_text("Allocated.")
    expect(vic.locator(f"#board-need-{there.need}")).to_have_count(0)
    expect(vera.locator(f"#list-need-{there.need}")).to_have_count(0)
    expect(vera.locator(f"#offer-{there.offer}")).to_contain_text("60 left")
    expect(event.locator(f"#need-{there.need}")).to_contain_text("from Depot N")
    expect(event.locator(f"#need-{there.need}")).to_contain_text("Met")
    expect(phone.locator(f"#offer-{there.offer}")).to_contain_text("40 for Cellar flooded")
    for page in (vera, event, phone):
        seen = cards(page)
        page.reload()
        assert cards(page) == seen


def test_the_owner_sees_it_leave_and_says_that_it_arrived(
    there: Response, server: Server, browsers: Browsers
) -> None:
    made = there.promise(30)
    phone = live(browsers.open(there.cast.sam, server.url, f"/offers/{there.offer}", 360))
    need = live(browsers.open(there.cast.vic, server.url, f"/needs/{there.need}"))
    need.get_by_role("button", name="On its way").click()
    expect(need.locator("#flash")).to_contain_text("It is on its way.")
    phone.get_by_role("button", name="Delivered").click()
    expect(phone.locator("#flash")).to_contain_text("Delivered.")
    expect(need.locator("article", has_text="from bags")).to_contain_text("Delivered")
    assert there.allocation(made).status == "delivered"


def test_without_scripts_a_need_is_written_and_an_offer_allocated(
    there: Response, server: Server, browsers: Browsers
) -> None:
    page = browsers.open(there.cast.vic, server.url, f"/events/{there.event}", java_script_enabled=False)
    page.get_by_role("link", name="Need", exact=False).first.click()
    page.get_by_label("Type").select_option(str(there.kind("supplies.sandbag")))
    page.get_by_label("What is it?").fill("more bags")
    page.get_by_label("How many or how much?").fill("7")
    page.get_by_role("button", name="Add the need").click()
    page.get_by_role("link", name="7 sandbags · more bags").click()
    page.get_by_role("link", name="Allocate").click()
    page.get_by_role("button", name="Allocate").click()
    expect(page.locator("#flash")).to_contain_text("Allocated.")
    assert there.the_need(there.need + 1).allocated == 7


def test_a_volunteer_offers_by_picture_on_a_phone(
    there: Response, server: Server, browsers: Browsers
) -> None:
    page = browsers.open(there.cast.sue, server.url, "/offers/new", 360)
    page.locator("summary", has_text="Vehicles").click()
    page.locator("label.tile", has_text="Boats").click()
    page.get_by_label("What is it?").fill("rubber boat")
    page.get_by_role("button", name="More: How many or how much?").click()
    page.get_by_label("Where is it?").fill("Harbour")
    page.get_by_role("button", name="Offer it").click()
    expect(page.locator("h1")).to_contain_text("1 boats · rubber boat")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
