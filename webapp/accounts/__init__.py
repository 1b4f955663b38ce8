"""Accounts: people, roles, sign-up, sign-in, sessions, invitations."""

from flask import Flask


def init_app(app: Flask) -> None:
    """Register the pages of this feature and its live fragments."""
    from webapp.accounts.views import blueprint

    app.register_blueprint(blueprint)
