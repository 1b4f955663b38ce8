"""A volunteer's assignments in their own calendar, by a secret link."""

from flask import Flask


def init_app(app: Flask) -> None:
    """Register the pages of this feature."""
    from webapp.calendars.views import blueprint

    app.register_blueprint(blueprint)
