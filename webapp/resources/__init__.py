"""Resources: what is needed, what is offered, and what is promised from one to the other."""

from flask import Flask


def init_app(app: Flask) -> None:
    """Register the pages of this feature and its live fragments."""
    from webapp.resources.views import blueprint

    app.register_blueprint(blueprint)
