"""Alerts in the Common Alerting Protocol (CAP 1.2): taken in as reports, and given out about events."""

from flask import Flask


def init_app(app: Flask) -> None:
    """Register the pages of this feature and its live fragments."""
    from webapp.cap import ending as ending
    from webapp.cap import fragments as fragments
    from webapp.cap import words
    from webapp.cap.views import blueprint

    app.add_template_global(words.alert_words, "alert_words")
    app.add_template_global(words.language_name, "language_name")
    app.add_template_global(words.moment, "alert_moment")
    app.register_blueprint(blueprint)
