"""The timeline: what happened, in order, as the journal tells it."""

from flask import Flask


def init_app(app: Flask) -> None:
    """Register the pages of this feature and its live fragments."""
    from webapp.timeline.views import blueprint

    app.register_blueprint(blueprint)
