"""Accounts: people, roles, sign-up, sign-in, sessions, invitations."""

from flask import Flask


def init_app(app: Flask) -> None:
    """Register the pages and commands of this feature, and what keeps sessions alive."""
    from webapp.accounts import (
        cli,
        ending_views,
        join_views,
        link_views,
        me_views,
        provider_views,
        sessions,
        user_views,
    )
    from webapp.accounts.provider import Provider
    from webapp.accounts.turns import turns
    from webapp.accounts.views import blueprint

    # Imported for their routes.
    assert all((ending_views, join_views, link_views, me_views, provider_views, user_views))
    app.extensions["provider"] = Provider(app.config["SETTINGS"])
    turns.leave_to_pages(app.config["SETTINGS"].threads)
    app.register_blueprint(blueprint)
    app.after_request(sessions.keep_alive)
    cli.register(app)
