"""The panel: a form beside the page, that takes the focus and gives it back."""

import pytest
from playwright.sync_api import expect

from tests.frontend.conftest import Site

pytestmark = pytest.mark.browser


def test_a_form_opens_beside_the_page_and_takes_the_focus(site: Site) -> None:
    page = site.open("/sample/list", site.cast.vic)
    page.get_by_role("link", name="New").click()
    expect(page.locator("#panel").get_by_role("heading", name="A new event")).to_be_focused()
    assert page.url.endswith("/sample/list")
    assert site.complaints == []


def test_esc_closes_the_panel_and_gives_the_focus_back(site: Site) -> None:
    page = site.open("/sample/list", site.cast.vic)
    opener = page.get_by_role("link", name="New")
    opener.click()
    expect(page.locator("#panel form")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#panel")).to_be_empty()
    expect(opener).to_be_focused()


def test_a_refused_form_stays_in_the_panel_with_what_was_typed(site: Site) -> None:
    page = site.open("/sample/list", site.cast.vic)
    page.get_by_role("link", name="New").click()
    page.get_by_label("Details").fill("Two people on the roof")
    page.get_by_role("button", name="Open the event").click()
    summary = page.get_by_role("alert")
    expect(summary).to_be_focused()
    expect(page.get_by_label("Details")).to_have_value("Two people on the roof")
    summary.get_by_role("link", name="Say what happened").click()
    expect(page.get_by_label("What happened?")).to_be_focused()


def test_a_saved_form_closes_the_panel_and_says_so(site: Site) -> None:
    page = site.open("/sample/list", site.cast.vic)
    opener = page.get_by_role("link", name="New")
    opener.click()
    page.get_by_label("What happened?").fill("Flood")
    page.get_by_role("button", name="Open the event").click()
    expect(page.locator("#flash")).to_contain_text("Saved.")
    expect(page.locator("#panel")).to_be_empty()
    expect(opener).to_be_focused()
    assert site.posts == ["Flood"]


def test_without_scripts_the_same_link_is_a_page_and_the_form_works(site: Site) -> None:
    page = site.open("/sample/list", site.cast.vic, java_script_enabled=False)
    page.get_by_role("link", name="New").click()
    assert page.url.endswith("/sample/form")
    page.get_by_label("What happened?").fill("Flood")
    page.get_by_role("button", name="Open the event").click()
    expect(page.locator("#flash")).to_contain_text("Saved.")
    assert page.url.endswith("/sample/list")
