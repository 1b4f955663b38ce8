"""Live updates: the hub that owns every WebSocket of the process, and what feeds it."""

from flask import Flask


def init_app(app: Flask) -> None:
    """Bind the card cache."""
    from webapp.live import cards

    cards.init_app(app)
