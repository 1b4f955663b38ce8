"""In whatever order frames, loads and pictures come, an open page ends up as a fresh one.

``page_orders.js`` plays the real script in a real browser against a made-up server whose clock, line and
pictures are moved by hand; `test_page` plays it against the real one.
"""

from pathlib import Path

import pytest
from playwright.sync_api import Browser

SCRIPT = Path(__file__).parents[2] / "webapp" / "static" / "js" / "live.js"
ORDERS = Path(__file__).with_name("page_orders.js")
ROUNDS = 200

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_a_page_ends_up_as_a_fresh_one_in_whatever_order_things_come(chromium: Browser) -> None:
    page = chromium.new_page()
    try:
        found = page.evaluate(
            f"([source, seeds]) => ({ORDERS.read_text()})(source, seeds)",
            [SCRIPT.read_text(), list(range(1, ROUNDS + 1))],
        )
    finally:
        page.close()
    assert found == [], f"{len(found)} of {ROUNDS} orders, first: {found[0]}"
