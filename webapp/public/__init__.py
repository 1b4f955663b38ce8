"""What everybody may see without signing in: public events as pages and as a feed."""

from flask import Flask


def init_app(app: Flask) -> None:
    """Register the pages of this feature."""
    from webapp.public.views import blueprint

    app.register_blueprint(blueprint)
