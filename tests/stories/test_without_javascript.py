"""Every task is done with scripts off: each action is a plain form that leads on to a page."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.stories.conftest import Demo

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(300)]
PHONE = {"viewport": {"width": 360, "height": 740}, "java_script_enabled": False}
DESK = {"viewport": {"width": 1440, "height": 900}, "java_script_enabled": False}


def press(page: Page) -> None:
    """Press the main button of the page's form."""
    page.locator("main form .button-primary").last.click()


def test_a_response_is_run_with_scripts_off(demo: Demo) -> None:
    ada = demo.open("AUTHORITY", "/board", **DESK)
    ada.locator("main").get_by_role("link", name=re.compile("^Event")).first.click()
    press(ada)
    expect(ada.locator(".error-summary")).to_contain_text("Write what has happened")
    ada.get_by_label("What has happened?").fill("Bridge closed")
    ada.get_by_label("2 · High").check()
    press(ada)
    expect(ada.locator("h1")).to_have_text("Bridge closed")
    event = ada.url

    ada.get_by_role("link", name=re.compile("^Need")).click()
    kind = ada.get_by_label("Type").locator("option", has_text="Blankets").get_attribute("value")
    ada.get_by_label("Type").select_option(kind)
    ada.get_by_label("What is it?").fill("Blankets")
    ada.get_by_label("How many or how much?").fill("0")
    press(ada)
    expect(ada.locator(".error-summary")).to_be_visible()
    expect(ada.get_by_label("What is it?")).to_have_value("Blankets")
    ada.get_by_label("How many or how much?").fill("5")
    press(ada)
    expect(ada.locator("#event-needs")).to_contain_text("5 pieces")

    sam = demo.open("SUV", "/offers/new", **PHONE)
    sam.locator("summary", has_text="Supplies").click()
    sam.get_by_text("Blankets and bedding", exact=True).first.click()
    sam.get_by_label("What is it?").fill("Blankets, dry")
    sam.get_by_label("How many or how much?").fill("20")
    press(sam)
    expect(sam.locator("main")).to_contain_text("Blankets, dry")

    ada.locator("#event-needs").get_by_role("link", name=re.compile("Allocate")).click()
    expect(ada.locator("main")).to_contain_text("Blankets, dry")
    press(ada)
    ada.goto(event)
    expect(ada.locator("#event-needs")).to_contain_text("5/5")

    ada.get_by_role("link", name=re.compile("^Assign")).click()
    ada.locator("main input[name=user_id]").first.check()
    press(ada)
    ada.goto(event)
    expect(ada.locator("#event-people")).to_contain_text("Asked")

    sam.goto(demo.url + "/now")
    sam.get_by_role("button", name=re.compile("I am leaving")).click()
    expect(sam.locator("main")).not_to_contain_text(re.compile("you are checked in", re.I))
    sam.goto(demo.url + "/nearby")
    sam.locator("li", has_text="Bridge closed").get_by_role("button", name=re.compile("Join")).click()
    sam.goto(demo.url + "/now")
    sam.get_by_role("button", name=re.compile("Check in")).first.click()
    expect(sam.locator("main")).to_contain_text(re.compile("you are checked in", re.I))

    ada.goto(event)
    ada.get_by_role("link", name=re.compile("^Close")).click()
    ada.locator("main textarea, main input[type=text]").first.fill("Open again")
    press(ada)
    expect(ada.locator("#event-head")).to_contain_text("Resolved")
    sam.goto(demo.url + "/now")
    expect(sam.locator("main")).not_to_contain_text(re.compile("you are checked in", re.I))
    for page in (ada, sam):
        page.context.close()


def test_signing_up_and_in_works_with_scripts_off(demo: Demo) -> None:
    page = demo.open("", "/sign-up", **PHONE)
    page.get_by_label("Your name").fill("Noor Newcomer")
    page.get_by_label("Phone or e-mail").fill("noor@example.org")
    page.get_by_label("Password").fill("plenty of letters")
    press(page)
    page.goto(demo.url + "/now")
    expect(page.locator("main")).to_be_visible()
    page.goto(demo.url + "/me")
    expect(page.locator("main input[name=email]").first).to_have_value("noor@example.org")
    page.context.close()
