"""What everybody sees: both themes, both directions, every width, without anything lost."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.chromium import ONLY_FAULTS
from tests.frontend.conftest import Site

pytestmark = pytest.mark.browser

# Links inside a sentence and the skip link are no targets of a thumb.
TARGETS = """() => [...document.querySelectorAll('a, button, summary, select, .check')]
  .filter((e) => e.checkVisibility() && !e.closest('p:not(.brand), .skip, td, th'))
  .map((e) => [e.outerHTML.slice(0, 90), e.getBoundingClientRect()])
  .filter(([, box]) => box.width < 43.5 || box.height < 43.5)
  .map(([html, box]) => `${html} ${box.width}×${box.height}`)"""
SIDEWAYS = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"


# Every two of width, direction and theme meet: colours do not depend on the other two.
@pytest.mark.parametrize(
    ("width", "locale", "scheme"),
    [(360, "en", "light"), (360, "ar", "dark"), (1440, "en", "dark"), (1440, "ar", "light")],
)
def test_axe_finds_nothing(site: Site, width: int, locale: str, scheme: str) -> None:
    for path in ("/sample/list", "/sample/form", "/sample-missing"):
        page = site.open(path, site.cast.ada, width=width, color_scheme=scheme, locale=locale)
        found = Axe().run(page, options=ONLY_FAULTS)
        assert found.violations_count == 0, f"{path}: {found.generate_report()}"
        assert site.complaints == []
        page.context.close()


@pytest.mark.parametrize("path", ["/sample/list", "/sample/form", "/sample-missing"])
def test_nothing_scrolls_sideways_at_320_px(site: Site, path: str) -> None:
    page = site.open(path, site.cast.ada, width=320)
    assert page.evaluate(SIDEWAYS) <= 0


@pytest.mark.parametrize("path", ["/sample/list", "/sample/form"])
def test_targets_on_phones_are_large_enough_for_a_cold_thumb(site: Site, path: str) -> None:
    page = site.open(path, site.cast.sam, width=360, has_touch=True, is_mobile=True)
    assert page.evaluate(TARGETS) == []


def test_a_chosen_theme_is_there_from_the_first_byte_of_the_next_page(site: Site) -> None:
    page = site.open("/sample/list", site.cast.sam, color_scheme="light")
    page.locator(".menu > summary").click()
    page.get_by_role("button", name="Dark").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    answer = page.goto(site.url + "/sample/form")
    assert answer
    assert 'data-theme="dark"' in answer.text()
    assert page.evaluate("() => getComputedStyle(document.body).colorScheme") == "dark"


def test_every_part_keeps_its_meaning_without_colour(site: Site) -> None:
    page = site.open("/sample/list", site.cast.vic)
    words = page.locator(".badge").all_inner_texts()
    icons = page.locator(".badge use").evaluate_all("(all) => all.map((use) => use.getAttribute('href'))")
    assert len(words) == len(icons) >= 30
    assert all(word.strip() for word in words)
    assert (
        len(
            {
                use.split("#")[1]
                for use in page.locator(".priority use").evaluate_all(
                    "(all) => all.map((use) => use.getAttribute('href'))"
                )
            }
        )
        == 5
    )
