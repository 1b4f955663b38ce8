"""Resources: what is needed, what is offered, and what is promised from one to the other."""

from flask import Flask


def init_app(app: Flask) -> None:
    """Register the pages of this feature, its live fragments, and what ends with an event."""
    from webapp.resources import fragments as fragments
    from webapp.resources import views_needs as views_needs
    from webapp.resources import views_offers as views_offers
    from webapp.resources import views_types as views_types
    from webapp.resources.views import blueprint

    app.register_blueprint(blueprint)
