"""Forms in the browser: a press counts once and says so; what was typed survives an accident."""

import pytest
from playwright.sync_api import Page, expect

from tests.frontend.conftest import Site

pytestmark = pytest.mark.browser


def type_details(page: Page, text: str) -> None:
    page.get_by_label("Details").fill(text)


PRESS_THRICE = "(button) => { button.click(); button.click(); button.click() }"


def test_a_plain_form_pressed_thrice_is_sent_once(site: Site) -> None:
    page = site.open("/sample/form", site.cast.vic)
    page.get_by_label("A plain title").fill("Flood")
    page.get_by_role("button", name="Send plainly").evaluate(PRESS_THRICE)
    expect(page.locator("#flash")).to_contain_text("Saved.")
    assert site.posts == ["Flood"]


def test_a_pressed_button_says_what_it_does_until_the_answer_is_there(site: Site) -> None:
    site.answer.clear()
    page = site.open("/sample/list", site.cast.vic)
    page.get_by_role("link", name="New").click()
    page.get_by_role("button", name="Open the event").evaluate(PRESS_THRICE)
    sending = page.get_by_role("button", name="Opening…")
    expect(sending).to_have_attribute("aria-disabled", "true")
    expect(sending).to_have_attribute("data-slow", "")
    site.answer.set()
    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.get_by_role("button", name="Open the event")).to_be_enabled()
    assert site.posts == [""]


def test_the_stepper_keeps_to_its_limits(site: Site) -> None:
    page = site.open("/sample/form", site.cast.vic)
    quantity = page.get_by_label("Quantity", exact=True)
    more = page.get_by_role("button", name="More: Quantity")
    less = page.get_by_role("button", name="Less: Quantity")
    for _ in range(4):
        more.click()
    expect(quantity).to_have_value("5")
    for _ in range(6):
        less.click()
    expect(quantity).to_have_value("1")


def test_a_long_text_survives_a_reload_until_it_is_saved(site: Site) -> None:
    page = site.open("/sample/form", site.cast.vic)
    type_details(page, "Two people on the roof")
    page.reload()
    expect(page.get_by_label("Details")).to_have_value("Two people on the roof")
    page.get_by_label("What happened?").fill("Flood")
    page.get_by_role("button", name="Open the event").click()
    expect(page.locator("#flash")).to_contain_text("Saved.")
    page.goto(site.url + "/sample/form")
    expect(page.get_by_label("Details")).to_have_value("")


def test_a_draft_can_be_discarded(site: Site) -> None:
    page = site.open("/sample/form", site.cast.vic)
    type_details(page, "Not this")
    page.reload()
    page.get_by_role("button", name="Discard it").click()
    expect(page.get_by_label("Details")).to_have_value("")
    page.reload()
    expect(page.get_by_label("Details")).to_have_value("")


def test_a_draft_does_not_outlive_its_writer_on_a_shared_phone(site: Site) -> None:
    page = site.open("/sample/form", site.cast.sam)
    type_details(page, "My address")
    page.context.clear_cookies()
    page.goto(site.url + "/sample/form")
    expect(page.get_by_label("Details")).to_have_value("")
    assert page.evaluate("() => sessionStorage.length") == 0
