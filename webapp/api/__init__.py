"""The JSON API, version 1: for paired devices, other systems and whoever writes a program.

Each feature has its part beside its pages (``<feature>/api.py``, ``<feature>/schemas.py``); here is what they
share: the blueprint, how an operation is declared, paging, preconditions, and the OpenAPI document.
"""

from flask import Flask


def init_app(app: Flask) -> None:
    """Register the operations of every feature, and their description."""
    from webapp.accounts import token_api
    from webapp.api import describing
    from webapp.api.blueprint import blueprint
    from webapp.events import api as events

    assert all((token_api, events, describing))  # imported for their routes
    app.register_blueprint(blueprint)
