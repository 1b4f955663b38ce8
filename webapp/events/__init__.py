"""Events: what has happened and what people respond to."""

from flask import Flask


def init_app(app: Flask) -> None:
    """Register the pages of this feature and its live fragments."""
    from webapp.events.views import blueprint

    app.register_blueprint(blueprint)
