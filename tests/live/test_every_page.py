"""Every live page of every role, after a busy while and after a cut, equals one that is loaded then."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser import Browsers
from tests.live.conftest import Site
from tests.live.response import Response
from tests.people import Person
from tests.proxy import Proxy

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(400)]

REGIONS = """() => Object.fromEntries(
    [...document.querySelectorAll("[data-live-list], [data-live-region]")].map((e) => [e.id, e.innerHTML]))"""


@pytest.fixture(scope="module")
def response(site: Site) -> Response:
    begun = Response(site.app, site.cast)
    begun.begin()
    return begun


def pages(site: Site, response: Response) -> list[tuple[Person, str]]:
    """Who looks at what."""
    vic, sam, sue = site.cast.vic, site.cast.sam, site.cast.sue
    event, need, offer = response.event_id, response.need_id, response.own_offer_id
    coordinators = ("/board", "/events", f"/events/{event}", "/resources", "/offers", f"/offers/{offer}")
    more = (f"/needs/{need}", "/people", "/timeline", "/events?status=active", "/people?state=free")
    own = ("/now", f"/events/{event}", "/offers", f"/offers/{offer}")
    return [
        *((vic, path) for path in coordinators + more),
        *((sam, path) for path in own),
        (sue, "/now"),
        (sue, f"/events/{event}"),
    ]


def differences(site: Site, browsers: Browsers, opened: list[tuple[Person, str, Page]]) -> list[str]:
    """Regions that are not what a page loaded now has in them, byte for byte."""
    found = []
    people = {person.id: person for person, _, _ in opened}
    fresh = {id_: browsers.open(person, site.url, "/me") for id_, person in people.items()}
    for person, path, page in opened:
        page.mouse.move(1, 1)
        now = fresh[person.id]
        now.goto(site.url + path)
        expect(now.locator("#live-state")).to_have_text("Live")
        theirs = now.evaluate(REGIONS)
        mine = _converged(page, theirs)
        if not theirs:
            found.append(f"{person.name} {path}: no live region")
        for region in mine.keys() | theirs.keys():
            if mine.get(region) != theirs.get(region):
                found.append(f"{person.name} {path} #{region}:\n  {_where(mine, theirs, region)}")
    return found


def _converged(page: Page, theirs: dict[str, str]) -> dict[str, str]:
    """What the page has in them, once that is the same; at the latest after ten seconds."""
    mine: dict[str, str] = page.evaluate(REGIONS)
    for _ in range(40):
        if mine == theirs:
            break
        page.wait_for_timeout(250)
        mine = page.evaluate(REGIONS)
    return mine


def _where(mine: dict[str, str], theirs: dict[str, str], region: str) -> str:
    a, b = mine.get(region, "(absent)"), theirs.get(region, "(absent)")
    at = next((n for n, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))
    return f"live  …{a[max(0, at - 60) : at + 80]!r}\n  fresh …{b[max(0, at - 60) : at + 80]!r}"


def open_all(
    browsers: Browsers, url: str, wanted: list[tuple[Person, str]]
) -> list[tuple[Person, str, Page]]:
    opened = [(person, path, browsers.open(person, url, path)) for person, path in wanted]
    for _, _, page in opened:
        expect(page.locator("#live-state")).to_have_text("Live")
        page.evaluate("window.notReloaded = true")
    return opened


def test_after_a_busy_while(site: Site, browsers: Browsers, response: Response) -> None:
    opened = open_all(browsers, site.url, pages(site, response))
    response.go_on()
    settle([page for _, _, page in opened])
    found = differences(site, browsers, opened)
    assert not found, "\n".join(found)
    assert all(page.evaluate("window.notReloaded") for _, _, page in opened)


def test_after_a_cut(site: Site, browsers: Browsers, response: Response, proxy: Proxy) -> None:
    event = f"/events/{response.event_id}"
    vic, sam = site.cast.vic, site.cast.sam
    opened = open_all(
        browsers, proxy.url, [(vic, event), (vic, "/resources"), (vic, "/people"), (sam, "/now")]
    )
    proxy.cut()
    site.edit_event(response.event_id, title="Cellar flooded, school, again")
    site.open_event("While it was cut")
    proxy.mend()
    for _, _, page in opened:
        expect(page.locator("#live-state")).to_have_text("Live", timeout=60_000)
    settle([page for _, _, page in opened])
    found = differences(site, browsers, opened)
    assert not found, "\n".join(found)


def settle(pages: list[Page]) -> None:
    """Wait until these know everything, have loaded what they were told to, and glow no more."""
    for page in pages:
        expect(page.locator("#live-state")).to_have_text("Live")
    pages[-1].wait_for_timeout(300)
    for page in pages:
        page.wait_for_load_state("networkidle")
        expect(page.locator(".glow")).to_have_count(0)
