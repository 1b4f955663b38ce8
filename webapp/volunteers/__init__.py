"""Volunteers: who is where, doing what, since when."""

from flask import Flask


def init_app(app: Flask) -> None:
    """Register the pages of this feature and its live fragments."""
    from webapp.volunteers.views import blueprint

    app.register_blueprint(blueprint)
