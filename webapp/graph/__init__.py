"""GraphQL at ``/graphql``: the same rights, services and journal as the pages, for whoever reads many things
at once. See docs/graphql.md.

The libraries take a third of a second to import: only the first request does that, never the start.
"""

from flask import Flask


def init_app(app: Flask) -> None:
    """Register the address; in development also a page to try queries on."""
    from webapp.graph import views

    app.register_blueprint(views.blueprint)
    if app.config["SETTINGS"].env == "development":
        app.add_url_rule(views.ADDRESS, "graph_try", views.try_out, methods=["GET"])
