"""Alert feeds: indexes of CAP alerts that weather services and others publish, read every few minutes."""

from flask import Flask


def init_app(app: Flask) -> None:
    """Register the pages, the look of the job worker, and what readiness says."""
    from webapp.feeds import condition, views
    from webapp.feeds import watching as watching
    from webapp.ops.checks import register

    register("feeds", condition.check, vital=False)
    app.register_blueprint(views.blueprint)
