"""The timeline: what happened, in order, as the journal tells it."""

from flask import Flask


def init_app(app: Flask) -> None:
    """Register the pages of this feature and its live fragments."""
    from webapp.timeline import fragments as fragments
    from webapp.timeline import sentences
    from webapp.timeline.views import blueprint

    app.register_blueprint(blueprint)
    app.add_template_filter(sentences.sentence, "sentence")
    app.add_template_filter(sentences.actor, "actor_name")
    app.add_template_filter(sentences.tone, "tone")
