"""Webhooks: other systems hear what happens, signed, in order, and until they have it."""

from flask import Flask


def init_app(app: Flask) -> None:
    """Register the pages, and the sender beside the job worker."""
    from webapp.jobs.worker import beside
    from webapp.webhooks import views
    from webapp.webhooks.sender import Sender

    beside(app, Sender)
    app.register_blueprint(views.blueprint)
