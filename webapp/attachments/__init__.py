"""Files: photos and documents that people add to events."""

from flask import Flask


def init_app(app: Flask) -> None:
    """Register the pages of this feature, its live fragments, its store and the store's health."""
    from webapp.attachments import checks
    from webapp.attachments import fragments as fragments
    from webapp.attachments.store import Store
    from webapp.attachments.views import blueprint
    from webapp.ops.checks import register

    app.extensions["files"] = Store(app.config["SETTINGS"])
    register("files", checks.files, vital=False)
    app.register_blueprint(blueprint)
