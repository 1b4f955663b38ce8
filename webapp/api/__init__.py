"""The JSON API, version 1: for paired devices, other systems and whoever writes a program.

Each feature has its part beside its pages (``<feature>/api.py``, ``<feature>/schemas.py``); here is what they
share: the blueprint, how an operation is declared, paging, preconditions, and the OpenAPI document.
"""

from importlib import import_module

from flask import Flask

# In the order in which the document tells of them.
_PARTS = (
    "webapp.accounts.token_api",
    "webapp.accounts.user_api",
    "webapp.events.api",
    "webapp.resources.api",
    "webapp.resources.api_offers",
    "webapp.volunteers.api",
    "webapp.devices.api",
    "webapp.messages.api",
    "webapp.places.api",
    "webapp.board.api",
    "webapp.timeline.api",
    "webapp.interchange.ingest_api",
    "webapp.api.describing",
)


def init_app(app: Flask) -> None:
    """Register the operations of every feature, and their description."""
    from webapp.api import pages
    from webapp.api.blueprint import blueprint

    for part in _PARTS:
        import_module(part)
    app.register_blueprint(blueprint)
    app.register_blueprint(pages.blueprint)
