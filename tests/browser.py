"""People's browsers: signed in, at a width, and honest about what their pages complain of."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.chromium import complaints
from tests.people import Person

PATIENCE = 15_000  # milliseconds


@dataclass
class Browsers:
    """Opens pages of a server as people of the cast."""

    chromium: Browser
    contexts: list[BrowserContext] = field(default_factory=list)
    heard: list[list[str]] = field(default_factory=list)

    def context_for(
        self, person: Person | None, url: str, width: int = 1280, **more: object
    ) -> BrowserContext:
        """A browser of its own, signed in as this person."""
        options: dict[str, object] = {"viewport": {"width": width, "height": 800}}
        context = self.chromium.new_context(**(options | more))  # type: ignore[arg-type]
        if person is not None:
            cookie = person.client.get_cookie("mayday")
            assert cookie is not None
            context.add_cookies([{"name": "mayday", "value": cookie.value, "url": url}])
        context.set_default_timeout(PATIENCE)
        self.contexts.append(context)
        return context

    def open(self, person: Person | None, url: str, path: str, width: int = 1280, **more: object) -> Page:
        """A page in a browser of its own."""
        page = self.context_for(person, url, width, **more).new_page()
        self.heard.append(complaints(page))
        page.goto(url + path)
        return page


@pytest.fixture
def browsers(chromium: Browser) -> Iterator[Browsers]:
    """Browsers of this test; an error of a script or a violation of the security policy fails it."""
    opened = Browsers(chromium)
    yield opened
    for context in opened.contexts:
        context.close()
    said = [line for page in opened.heard for line in page]
    assert not said, said
