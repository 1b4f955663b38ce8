"""Cards: the small drawings that pages and live fragments share, drawn once per audience and kept.

A card is one template with one row called ``it``. It may depend on the row and on the audience (role,
language, time zone, today's date), on nothing else: no request, no person, no form token. That is what
lets one drawing serve every page and every socket, keyed by (template, row, version, audience).
"""

import threading
from typing import Any

from cachetools import LRUCache
from flask import Flask, current_app, render_template
from markupsafe import Markup

from webapp.web import times
from webapp.web.viewer import drawing_for, viewer

KEPT = 20_000  # cards of about 1 KB each: some 20 MB at the most


class CardCache:
    """A bounded, thread-safe cache that counts its hits and misses."""

    def __init__(self, size: int = KEPT) -> None:
        self._cards: LRUCache[tuple[Any, ...], str] = LRUCache(size)
        self._lock = threading.Lock()
        self.hits = 0
        self.misses = 0

    def get(self, key: tuple[Any, ...]) -> str | None:
        """The kept card, if there is one."""
        with self._lock:
            card = self._cards.get(key)
            if card is None:
                self.misses += 1
            else:
                self.hits += 1
            return card

    def put(self, key: tuple[Any, ...], card: str) -> None:
        """Keep a card."""
        with self._lock:
            self._cards[key] = card


def draw_card(template: str, row: Any) -> str:
    """The card of a row for the present viewer's audience.

    ``row`` has ``card_key`` (everything besides the audience that the drawing depends on), or ``id`` and
    ``version``.
    """
    audience = viewer().shared
    cache: CardCache = current_app.extensions["cards"]
    row_key = getattr(row, "card_key", None) or (row.id, row.version)
    key = (template, row_key, audience, times.today())
    card = cache.get(key)
    if card is None:
        with drawing_for(audience):
            card = render_template(template, it=row).strip()
        cache.put(key, card)
    return card


def _card_in_template(template: str, row: Any) -> Markup:
    # The card is itself a rendered template, escaped there: escaping it again would show its tags.
    return Markup(draw_card(template, row))  # noqa: S704


def init_app(app: Flask) -> None:
    """Give templates ``card(template, row)``."""
    app.extensions["cards"] = CardCache()
    app.add_template_global(_card_in_template, "card")
