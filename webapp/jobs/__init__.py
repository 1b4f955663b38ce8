"""Background jobs: imports, backups and the clean-up, in a worker that any page can watch."""

from flask import Flask


def init_app(app: Flask) -> None:
    """Register the kinds, the pages, the queue, the readiness check and what shows progress."""
    from webapp.jobs import condition, export_views, import_views, views, watching
    from webapp.jobs import fragments as fragments
    from webapp.jobs import handlers as handlers
    from webapp.jobs import table_views as table_views
    from webapp.jobs.queue import Queue, send_committed
    from webapp.journal import committed
    from webapp.live.reader import turned
    from webapp.ops.checks import register

    app.extensions["jobs"] = Queue(app.config["SETTINGS"])
    app.extensions["jobs_shown"] = watching.Shown()
    committed.connect(send_committed)
    turned.connect(watching.show_progress)
    register("jobs", condition.check, vital=False)
    app.register_blueprint(views.blueprint)
    app.register_blueprint(import_views.blueprint)
    app.register_blueprint(export_views.blueprint)
