"""Open pages in a real browser: they show what others change, and do not disturb who uses them."""

import re
import time

import pytest
from playwright.sync_api import Page, expect

from tests.browser import Browsers
from tests.live.conftest import Site
from tests.proxy import Proxy
from webapp.accounts import service as accounts
from webapp.accounts import sessions
from webapp.journal import Role
from webapp.resources import service as resources
from webapp.resources import types

pytestmark = pytest.mark.browser

REGIONS = """() => Object.fromEntries(
    [...document.querySelectorAll("[data-live-list], [data-live-region]")].map((e) => [e.id, e.innerHTML]))"""


def live(page: Page) -> Page:
    """The page, once it says that it is live; it carries a mark that a reload would lose."""
    expect(page.locator("#live-state")).to_have_text("Live")
    page.evaluate("window.notReloaded = true")
    return page


def card(page: Page, event_id: int) -> str:
    return f"#board-event-{event_id}"


def test_a_change_shows_in_another_browser_without_reload(site: Site, browsers: Browsers) -> None:
    board = live(browsers.open(site.cast.vic, site.url, "/board"))
    event_id = site.open_event("Cellar flooded", priority=1)
    expect(board.locator(card(board, event_id))).to_contain_text("Cellar flooded")
    site.edit_event(event_id, title="Cellar flooded to the ceiling")
    expect(board.locator(card(board, event_id))).to_contain_text("to the ceiling")
    assert board.evaluate("window.notReloaded")


def test_a_card_that_comes_by_two_channels_at_once_is_placed_where_the_page_has_a_list_for_it(
    site: Site, browsers: Browsers
) -> None:
    offers = live(browsers.open(site.cast.vic, site.url, "/offers"))
    for number in range(6):
        with site.app.app_context():
            kind = types.every()[0]
            resources.make_offer(
                site.cast.vic.actor,
                resource_type_id=kind.id,
                name=f"Pump {number}",
                quantity=1,
                unit=kind.units[0],
            )
        expect(offers.locator("#offers-all", has_text=f"Pump {number}")).to_be_visible()


def test_a_new_card_takes_its_place_by_priority(site: Site, browsers: Browsers) -> None:
    low, high = site.open_event("Later", priority=5), site.open_event("First", priority=2)
    board = live(browsers.open(site.cast.vic, site.url, "/board"))
    between = site.open_event("Between", priority=4)
    expect(board.locator(card(board, between))).to_be_visible()
    ids = board.locator("#board-events > li").evaluate_all("cards => cards.map(c => c.id)")
    places = [ids.index(f"board-event-{each}") for each in (high, between, low)]
    assert places == sorted(places)


def test_a_change_glows_for_two_seconds_and_not_for_who_wants_no_motion(
    site: Site, browsers: Browsers
) -> None:
    board = live(browsers.open(site.cast.vic, site.url, "/board"))
    still = live(browsers.open(site.cast.vera, site.url, "/board", reduced_motion="reduce"))
    event_id = site.open_event("Glows")
    expect(board.locator(card(board, event_id))).to_have_class("glow")
    expect(still.locator(card(still, event_id))).to_be_visible()
    assert still.locator(card(still, event_id)).get_attribute("class") is None
    expect(board.locator(card(board, event_id))).not_to_have_class("glow")
    assert board.locator(card(board, event_id)).get_attribute("class") is None


def test_typing_survives_ten_updates_a_second(site: Site, browsers: Browsers) -> None:
    event_id = site.open_event("Updated often")
    board = live(browsers.open(site.cast.vic, site.url, "/board"))
    board.evaluate(
        """id => {
            const form = document.createElement("form")
            form.innerHTML = '<label>Note <input id="note"></label>'
            document.querySelector(id + " article").append(form)
        }""",
        card(board, event_id),
    )
    text = "Sandbags at the school gate, ask for Ane at once"
    board.locator("#note").click()
    for n, letter in enumerate(text):
        board.keyboard.type(letter)
        if n % 2 == 0:
            site.edit_event(event_id, title=f"Updated {n} times")
        time.sleep(0.05)
    expect(board.locator("#counts")).to_be_visible()
    assert board.locator("#note").input_value() == text
    assert board.evaluate("document.activeElement.id") == "note"
    expect(board.locator(card(board, event_id))).to_contain_text("Updated often")
    board.locator("#note").fill("")
    board.locator("h1").first.evaluate("() => document.activeElement.blur()")
    expect(board.locator(card(board, event_id))).to_contain_text(f"Updated {len(text) - 2} times")


def test_the_focus_stays_on_the_link_of_a_card_that_changes(site: Site, browsers: Browsers) -> None:
    event_id = site.open_event("Has the focus")
    board = live(browsers.open(site.cast.vic, site.url, "/board"))
    board.locator(f"{card(board, event_id)} a").focus()
    site.edit_event(event_id, title="Still has the focus")
    expect(board.locator(card(board, event_id))).to_contain_text("Still has")
    assert board.evaluate("document.activeElement.textContent") == "Still has the focus"


@pytest.mark.slow
def test_a_late_picture_puts_nothing_older_over_what_was_loaded(site: Site, browsers: Browsers) -> None:
    """Entries of the feed follow a renamed event, also where pictures come seconds late (slow phones)."""
    event_id = site.open_event("Named first")
    context = browsers.context_for(site.cast.vic, site.url)
    context.add_init_script(
        "{const draw = requestAnimationFrame; window.requestAnimationFrame = f => setTimeout(draw, 2500, f)}"
    )
    board = context.new_page()
    board.goto(f"{site.url}/board")
    live(board)
    for name in ("Named second", "Named third"):
        with board.expect_response("**/board"):
            site.edit_event(event_id, title=name)
    expect(board.locator(card(board, event_id))).to_contain_text("Named third")
    equals_a_fresh_page(site, browsers, board)
    assert board.locator("#feed", has_text="Named second").count() == 0


def test_selected_text_stays_selected(site: Site, browsers: Browsers) -> None:
    event_id = site.open_event("Select me please")
    board = live(browsers.open(site.cast.vic, site.url, "/board"))
    board.evaluate(
        "id => getSelection().selectAllChildren(document.querySelector(id + ' a'))", card(board, event_id)
    )
    site.edit_event(event_id, title="Changed meanwhile")
    other = site.open_event("Shows that the change has come", priority=5)
    expect(board.locator(card(board, other))).to_be_visible()
    assert board.evaluate("getSelection().toString()") == "Select me please"
    board.evaluate("getSelection().removeAllRanges()")
    expect(board.locator(card(board, event_id))).to_contain_text("Changed meanwhile")


def test_new_cards_wait_behind_a_button_while_the_list_is_pointed_at(site: Site, browsers: Browsers) -> None:
    pointed = site.open_event("Pointed at", priority=2)
    board = live(browsers.open(site.cast.vic, site.url, "/board"))
    board.locator(card(board, pointed)).hover()
    event_id = site.open_event("Comes in above", priority=1)
    pill = board.get_by_role("button", name="1 new")
    expect(pill).to_be_visible()
    assert board.locator(card(board, event_id)).count() == 0
    pill.click()
    expect(board.locator(card(board, event_id))).to_be_visible()
    expect(pill).to_have_count(0)


def test_what_waited_comes_in_when_the_pointer_leaves(site: Site, browsers: Browsers) -> None:
    pointed = site.open_event("Pointed at and left", priority=2)
    board = live(browsers.open(site.cast.vic, site.url, "/board"))
    board.locator(card(board, pointed)).hover()
    event_id = site.open_event("Waits", priority=1)
    expect(board.get_by_role("button", name="1 new")).to_be_visible()
    board.mouse.move(2, 2)
    expect(board.locator(card(board, event_id))).to_be_visible()
    expect(board.locator(".new-pill")).to_have_count(0)


def test_a_pressed_link_is_not_changed_under_the_finger(site: Site, browsers: Browsers) -> None:
    event_id = site.open_event("Pressed")
    board = live(browsers.open(site.cast.vic, site.url, "/board"))
    link = board.locator(f"{card(board, event_id)} a")
    link.hover()
    board.mouse.down()
    site.edit_event(event_id, title="Changed under the finger")
    other = site.open_event("Shows that it has come")
    expect(board.get_by_role("button", name="1 new")).to_be_visible()
    assert other
    board.mouse.up()
    board.wait_for_url(f"**/events/{event_id}")


def test_a_form_in_a_live_fragment_is_sent_with_the_pages_own_token(site: Site, browsers: Browsers) -> None:
    board = live(browsers.open(site.cast.vic, site.url, "/board"))
    filled = board.evaluate(
        """() => {
            const token = document.querySelector('meta[name="csrf-token"]').content
            return [...document.querySelectorAll('input[name="csrf_token"]')].every((i) => i.value === token)
        }"""
    )
    assert filled


def test_the_bar_says_what_is_true_when_the_line_is_cut(site: Site, proxy: Proxy, browsers: Browsers) -> None:
    context = browsers.context_for(site.cast.vic, proxy.url, timezone_id="Europe/Copenhagen")
    board = context.new_page()
    board.clock.install()
    board.goto(f"{proxy.url}/board")
    bar = board.locator("#live-state")
    expect(bar).to_have_text("Live")
    proxy.cut()
    board.clock.run_for(1500)
    expect(bar).to_have_text("Reconnecting")
    expect(bar).to_have_attribute("data-state", "reconnecting")
    board.clock.run_for(10_000)
    now = board.evaluate("new Date().toTimeString().slice(0, 3)")
    expect(bar).to_have_text(re.compile(rf"Offline since {now}\d\d · page from {now}\d\d"))
    proxy.mend()
    for _ in range(20):
        board.clock.run_for(5000)
        if bar.text_content() == "Live":
            break
    expect(bar).to_have_text("Live")


def test_a_frozen_line_is_noticed(site: Site, proxy: Proxy, browsers: Browsers) -> None:
    """A radio link that is gone closes nothing: the page has to ask, and to doubt."""
    board = browsers.context_for(site.cast.vic, proxy.url).new_page()
    board.clock.install()
    board.goto(f"{proxy.url}/board")
    expect(board.locator("#live-state")).to_have_text("Live")
    proxy.freeze()
    board.clock.run_for(32_000)
    expect(board.locator("#live-state")).not_to_have_text("Live")
    proxy.freeze(False)
    for _ in range(20):
        board.clock.run_for(5000)
        if board.locator("#live-state").text_content() == "Live":
            break
    expect(board.locator("#live-state")).to_have_text("Live")


def test_a_quiet_page_stays_live(site: Site, browsers: Browsers) -> None:
    board = browsers.context_for(site.cast.vic, site.url).new_page()
    board.clock.install()
    board.goto(f"{site.url}/board")
    bar = board.locator("#live-state")
    expect(bar).to_have_text("Live")
    for _ in range(30):
        board.clock.run_for(5000)
        assert bar.text_content() == "Live"
        time.sleep(0.02)


@pytest.mark.slow
def test_after_ten_seconds_without_a_line_the_page_equals_a_fresh_one(
    site: Site, proxy: Proxy, browsers: Browsers
) -> None:
    edited = [site.open_event(f"Before {n}") for n in range(5)]
    board = live(browsers.open(site.cast.vic, proxy.url, "/board"))
    proxy.cut()
    began = time.monotonic()
    for n in range(50):
        if n % 3:
            site.edit_event(edited[n % 5], title=f"Changed {n} times", priority=1 + n % 5)
        else:
            site.open_event(f"Opened {n}", priority=1 + n % 4)
    time.sleep(max(0.0, 10 - (time.monotonic() - began)))
    proxy.mend()
    last = site.open_event("After the cut")
    expect(board.locator(card(board, last))).to_be_visible(timeout=40_000)
    equals_a_fresh_page(site, browsers, board)
    assert board.evaluate("window.notReloaded")


def equals_a_fresh_page(site: Site, browsers: Browsers, page: Page) -> None:
    """Every region holds what a page that is loaded now holds, byte for byte."""
    page.mouse.move(1, 1)
    page.wait_for_timeout(2500)  # until the last glow is over
    fresh = live(browsers.open(site.cast.vic, site.url, "/board"))
    mine, theirs = page.evaluate(REGIONS), fresh.evaluate(REGIONS)
    assert mine.keys() == theirs.keys()
    for region in theirs:
        assert mine[region] == theirs[region], (region, mine[region][-400:], theirs[region][-400:])


def test_a_page_that_missed_too_much_loads_its_regions_and_not_itself(
    site: Site, proxy: Proxy, browsers: Browsers
) -> None:
    board = live(browsers.open(site.cast.vic, proxy.url, "/board"))
    proxy.cut()
    with site.app.app_context():
        for _ in range(site.settings.live_catch_up + 1):
            sessions.start(site.cast.sam.actor, accounts.db.session.get(accounts.User, site.cast.sam.id))
    last = site.open_event("Far behind")
    proxy.mend()
    expect(board.locator(card(board, last))).to_be_visible(timeout=40_000)
    equals_a_fresh_page(site, browsers, board)
    assert board.evaluate("window.notReloaded")


def test_a_list_keeps_to_its_length(site: Site, browsers: Browsers) -> None:
    for n in range(51):
        site.open_event(f"Many {n}", priority=3)
    board = live(browsers.open(site.cast.vic, site.url, "/board"))
    cards = board.locator("#board-events > li")
    assert cards.count() == 50
    worst = site.open_event("Worst", priority=1)
    expect(board.locator(card(board, worst))).to_be_visible()
    assert cards.count() == 50
    site.open_event("Least", priority=5)
    with site.app.app_context():
        from webapp.events import service

        service.close(site.cast.ada.actor, event_id=worst, note="Over")
    expect(board.locator(card(board, worst))).to_have_count(0)
    expect(cards).to_have_count(50)
    equals_a_fresh_page(site, browsers, board)


def test_signing_out_elsewhere_is_said_with_a_way_back(site: Site, browsers: Browsers) -> None:
    kim = site.cast.person("Kim Coordinator", Role.VC)
    board = live(browsers.open(kim, site.url, "/board"))
    with site.app.app_context():
        sessions.end(kim.actor, session_id=kim.session_id)
    link = board.locator("#live-state").get_by_role("link", name="Signed out")
    expect(link).to_be_visible()
    link.click()
    expect(board).to_have_url(f"{site.url}/sign-in?next=%2Fboard")


def test_a_demoted_coordinator_loses_the_page(site: Site, browsers: Browsers) -> None:
    kim = site.cast.person("Kim Demoted", Role.VC)
    board = live(browsers.open(kim, site.url, "/board"))
    with site.app.app_context():
        accounts.change_role(site.cast.ada.actor, user_id=kim.id, role=Role.SUV)
    expect(board.locator("#board-events")).to_have_count(0)


def test_what_is_saved_shows_even_where_sockets_do_not_get_through(site: Site, browsers: Browsers) -> None:
    context = browsers.context_for(site.cast.vic, site.url)
    board = context.new_page()
    board.route_web_socket("**/live?*", lambda socket: socket.close())
    board.goto(f"{site.url}/board")
    board.evaluate("window.notReloaded = true")
    event_id = site.open_event("Without a socket")
    board.evaluate("document.body.dispatchEvent(new Event('saved', { bubbles: true }))")
    expect(board.locator(card(board, event_id))).to_be_visible()
    assert not board.evaluate("window.notReloaded")


def test_the_script_is_small() -> None:
    from pathlib import Path

    import brotli

    script = Path(__file__).parents[2] / "webapp" / "static" / "js" / "live.js"
    assert len(brotli.compress(script.read_bytes())) <= 5 * 1024
