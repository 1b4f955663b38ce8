"""Events: what has happened and what people respond to."""

from flask import Flask


def init_app(app: Flask) -> None:
    """Register the pages of this feature and its live fragments."""
    from webapp.events import decisions as decisions
    from webapp.events import fragments as fragments
    from webapp.events import words
    from webapp.events.views import blueprint

    app.add_template_global(words.event_category, "event_category")
    app.add_template_global(words.event_word, "event_word")
    app.register_blueprint(blueprint)
