"""Volunteers: who is where, doing what, since when."""

from flask import Flask


def init_app(app: Flask) -> None:
    """Register the pages of this feature and its live fragments."""
    from webapp.volunteers import field_views as field_views
    from webapp.volunteers import fragments as fragments
    from webapp.volunteers import time_views as time_views
    from webapp.volunteers.views import blueprint

    app.register_blueprint(blueprint)
