"""axe finds nothing on any page, on a phone and on a desk, light and dark; nothing scrolls sideways."""

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.chromium import ONLY_FAULTS
from tests.stories.conftest import Demo

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(300)]

PAGES = {
    "": ["/sign-in", "/sign-up", "/public"],
    "SUV": [
        "/now",
        "/nearby",
        "/offers",
        "/offers/new",
        "/me",
        "/me/calendar",
        "/events/{event}",
        "/events",
        "/events/new",
        "/now/help",
        "/messages",
        "/messages/sent",
        "/messages/new",
        "/messages/{letter}",
        "/me/devices",
        "/devices/{device}",
    ],
    "VC": [
        "/board",
        "/events",
        "/events/{event}",
        "/events/{event}/edit",
        "/events/{event}/assign",
        "/events/{event}/needs/new",
        "/needs/{need}",
        "/needs/{need}/allocate",
        "/needs/{need}/edit",
        "/needs/{need}/cancel",
        "/resources",
        "/offers",
        "/offers/{offer}",
        "/offers/{offer}/edit",
        "/people",
        "/people/{user}",
        "/assignments/{assignment}",
        "/timeline",
        "/invitations",
        "/messages",
        "/messages/sent",
        "/messages/new?user={user}",
        "/messages/{letter}",
        "/devices",
        "/devices?only=silent",
        "/devices/{device}",
        "/exports/offers?status=available",
    ],
    "AUTHORITY": [
        "/board?wall=1",
        "/events/{event}",
        "/events/{pending}/verify",
        "/events/{pending}/reject",
        "/events/{event}/close",
        "/users",
        "/users/{user}",
        "/resource-types",
        "/resource-types/new",
        "/imports",
        "/webhooks",
        "/alert-feeds",
        "/alert-feeds/{feed}",
        "/exports/people",
        "/imports",
        "/imports/tables",
        "/nothing-here",
    ],
}
SIDEWAYS = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.mark.parametrize(("width", "scheme"), [(360, "dark"), (1440, "light")])
@pytest.mark.parametrize("role", PAGES)
def test_axe_finds_nothing(demo: Demo, role: str, width: int, scheme: str) -> None:
    found = []
    page = demo.open(role, PAGES[role][0], viewport={"width": width, "height": 800}, color_scheme=scheme)
    for path in PAGES[role]:
        page.goto(demo.url + path.format(**demo.ids))
        answer = Axe().run(page, options=ONLY_FAULTS)
        for violation in answer.response["violations"]:
            where = "; ".join(node["html"][:160] for node in violation["nodes"][:3])
            found.append(f"{path} {violation['impact']} {violation['id']}: {where}")
        sideways = page.evaluate(SIDEWAYS)
        if sideways > 0:
            found.append(f"{path} scrolls {sideways} px sideways")
    page.context.close()
    assert found == []


@pytest.mark.parametrize("role", ["SUV", "VC"])
def test_nothing_is_lost_at_320_px(demo: Demo, role: str) -> None:
    page = demo.open(role, PAGES[role][0], viewport={"width": 320, "height": 640})
    found = []
    for path in PAGES[role]:
        page.goto(demo.url + path.format(**demo.ids))
        if page.evaluate(SIDEWAYS) > 0:
            found.append(path)
    page.context.close()
    assert found == []
