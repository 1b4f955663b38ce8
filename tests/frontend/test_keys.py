"""The keyboard of coordinators: each key presses what the page has, and can be switched off."""

import re

import pytest
from playwright.sync_api import expect

from tests.frontend.conftest import Site

pytestmark = pytest.mark.browser


def test_j_and_k_move_and_enter_opens(site: Site) -> None:
    page = site.open("/sample/list", site.cast.vic)
    for key in ("j", "j", "j", "k"):
        page.keyboard.press(key)
    expect(page.locator("[data-item]").nth(1)).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url("**/sample/list?opened=2")


def test_a_key_acts_on_the_item_in_focus(site: Site) -> None:
    page = site.open("/sample/list", site.cast.vic)
    for key in ("j", "j", "a"):
        page.keyboard.press(key)
    expect(page.locator("#flash")).to_contain_text("Saved.")
    assert site.posts == ["assign 2"]


def test_n_opens_the_new_form_and_typing_in_it_presses_nothing(site: Site) -> None:
    page = site.open("/sample/list", site.cast.vic)
    page.keyboard.press("n")
    title = page.get_by_label("What happened?")
    title.press_sequentially("a jingle, n?")
    expect(title).to_have_value("a jingle, n?")
    expect(page.locator("#keys")).not_to_be_visible()
    assert site.posts == []


def test_g_and_a_letter_go_to_a_page_of_the_navigation(site: Site) -> None:
    page = site.open("/sample/list", site.cast.vic)
    page.keyboard.press("g")
    page.keyboard.press("b")
    page.wait_for_url("**/board")


def test_the_list_of_keys_opens_and_the_keys_can_be_switched_off_for_good(site: Site) -> None:
    page = site.open("/sample/list", site.cast.vic)
    expect(page.locator("kbd.hint").first).to_be_visible()
    page.keyboard.press("?")
    page.get_by_role("button", name="Switch these keys off").click()
    page.reload()
    page.keyboard.press("n")
    page.keyboard.press("j")
    expect(page.locator("[data-item]:focus")).to_have_count(0)
    expect(page.locator("#panel")).to_be_empty()
    expect(page.locator("kbd.hint").first).not_to_be_visible()


def test_volunteers_have_no_keys_to_press_by_mistake(site: Site) -> None:
    page = site.open("/sample/list", site.cast.sam)
    page.keyboard.press("n")
    page.keyboard.press("?")
    expect(page.locator("#panel")).to_be_empty()
    expect(page).to_have_url(re.compile("/sample/list$"))
