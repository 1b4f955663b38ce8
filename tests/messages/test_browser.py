"""A message from a coordinator's desk to a volunteer's phone, and back that it was read: no reload."""

import pytest
from playwright.sync_api import expect

from tests.browser import Browsers, browsers  # noqa: F401 - a fixture
from tests.people import Cast
from tests.servers import running_server
from webapp.settings import Settings

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_the_phone_shows_it_and_the_sender_sees_it_arrive_and_read(
    cast: Cast,
    settings: Settings,
    browsers: Browsers,  # noqa: F811
) -> None:
    with running_server(settings) as server:
        phone = browsers.open(cast.sam, server.url, "/messages", width=360)
        expect(phone.locator("#live-state")).to_have_text("Live")
        desk = browsers.open(cast.vic, server.url, "/messages/new")
        event, role = desk.locator("#event_id"), desk.locator("#role")
        expect(event).to_be_visible()
        expect(role).to_be_hidden()
        desk.get_by_label("Everybody with a role").check()
        expect(event).to_be_hidden()
        expect(desk.locator("#latitude")).to_be_hidden()
        role.select_option("SUV")
        desk.locator("#body").fill("Bring boots to the school.")
        desk.locator("#priority").select_option("immediate")
        desk.get_by_role("button", name="Send").click()
        main = desk.locator("main")
        expect(main).to_contain_text("2 recipients")
        expect(desk.locator("#live-state")).to_have_text("Live")

        expect(phone.locator("#inbox")).to_contain_text("Bring boots to the school.")
        expect(main).to_contain_text("1 arrived")
        phone.locator("#inbox").get_by_role("button", name="I have read it").click()
        expect(main).to_contain_text("1 read")
        expect(phone.locator("#inbox")).not_to_contain_text("I have read it")
