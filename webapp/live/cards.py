"""Cards: the small drawings that pages and live fragments share, drawn once per audience and kept.

A card is one template with one row called ``it``. It may depend on the row and on the audience (role,
language, time zone, today's date), on nothing else: no request, no person, no form token. That is what
lets one drawing serve every page and every socket, keyed by (template, row, version, audience).

Nothing is ever invalidated: a changed row has another version, and the version of the code is in the key of
what processes share in Redis. Counts are not kept for a while either; they are rows and exact.
"""

import hashlib
import json
import threading
from functools import cache
from pathlib import Path
from typing import Any

from cachetools import LRUCache
from flask import Flask, current_app, render_template
from markupsafe import Markup

from webapp.redis_line import Line
from webapp.settings import Settings
from webapp.web import times
from webapp.web.viewer import drawing_for, viewer

KEPT = 20_000  # cards of about 1 KB each: some 20 MB at the most


# That Redis keeps a card: enough for a broadcast to be drawn once for all processes. Not longer, as after a
# restore a row may reach a version it had before, with other contents.
SHARED_SECONDS = 60


class CardCache:
    """A bounded, thread-safe cache that counts its hits and misses; behind it Redis, where there is one."""

    def __init__(self, size: int = KEPT, shared: "SharedCards | None" = None) -> None:
        self._cards: LRUCache[tuple[Any, ...], str] = LRUCache(size)
        self._lock = threading.Lock()
        self._shared = shared
        self.hits = 0
        self.misses = 0

    def get(self, key: tuple[Any, ...]) -> str | None:
        """The kept card, if there is one."""
        with self._lock:
            card = self._cards.get(key)
        if card is None and self._shared is not None:
            card = self._shared.get(key)
            if card is not None:
                self._keep(key, card)
        with self._lock:
            self.hits += card is not None
            self.misses += card is None
        return card

    def put(self, key: tuple[Any, ...], card: str) -> None:
        """Keep a card."""
        self._keep(key, card)
        if self._shared is not None:
            self._shared.put(key, card)

    def _keep(self, key: tuple[Any, ...], card: str) -> None:
        with self._lock:
            self._cards[key] = card


class SharedCards:
    """Cards in Redis, drawn once for all processes. While it is away there are none, and nobody waits."""

    def __init__(self, url: str, installation: str) -> None:
        self._line = Line(url, "cards")
        self._installation = installation

    def get(self, key: tuple[Any, ...]) -> str | None:
        """The card that some process drew, if Redis has it."""
        name = self.name(key)
        if name is None:
            return None
        found: bytes | None = self._line.ask(lambda redis: redis.get(name), None)
        return None if found is None else found.decode()

    def put(self, key: tuple[Any, ...], card: str) -> None:
        """Give a card to the other processes."""
        name = self.name(key)
        if name is not None:
            self._line.ask(lambda redis: redis.set(name, card, ex=SHARED_SECONDS), None)

    def name(self, key: tuple[Any, ...]) -> str | None:
        """The key in Redis: of this installation, this version of the code, and all the card depends on.

        None when part of the key can only be told apart within this process.
        """
        written = repr(key)
        if " at 0x" in written:
            return None
        text = json.dumps([self._installation, code_version(), written])
        return f"mayday:card:{hashlib.sha256(text.encode()).hexdigest()}"


@cache
def code_version() -> str:
    """What a drawing depends on besides its key: our templates, code and words. Another release, another."""
    root = Path(__file__).resolve().parents[1]
    known = hashlib.sha256()
    for path in sorted(root.rglob("*")):
        if path.suffix in (".py", ".html", ".svg", ".mo") and path.is_file():
            known.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes())
    return known.hexdigest()


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
    settings: Settings = app.config["SETTINGS"]
    # The signing key is the same in all processes of an installation, and differs between installations
    # that share a Redis; what can be told from a hash of it is nothing.
    installation = hashlib.sha256(f"cards:{app.secret_key!s}:{settings.sqlalchemy_url}".encode()).hexdigest()
    shared = SharedCards(settings.redis_url, installation) if settings.redis_url else None
    app.extensions["cards"] = CardCache(shared=shared)
    app.add_template_global(_card_in_template, "card")
