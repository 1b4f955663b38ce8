"""One real Chromium for all browser tests of a run, and a look at what its pages complain about."""

import os
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
# What axe is asked for: not the long list of all that is well.
ONLY_FAULTS = {"resultTypes": ["violations"]}


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """The browser; tests open their own contexts in it, so they share nothing."""
    expect.set_options(timeout=20_000)  # a loaded machine is slow, not wrong
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, headless=True, args=FLAGS)
        yield browser
        browser.close()


def complaints(page: Page) -> list[str]:
    """A list that fills with the page's errors and security policy violations from now on."""
    heard: list[str] = []
    page.on("pageerror", lambda error: heard.append(str(error)))
    page.on(
        "console",
        lambda message: heard.append(message.text) if "Content Security Policy" in message.text else None,
    )
    return heard
