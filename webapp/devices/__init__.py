"""Devices: paired phones, radio gateways, trackers and displays, each with rights of its own."""

from flask import Flask


def init_app(app: Flask) -> None:
    """Register the pages, the live fragments, and what watches over devices."""
    from webapp.devices import fragments, views, watching
    from webapp.live.reader import turned

    assert fragments  # imported for what it follows
    app.extensions["devices_shown"] = watching.Shown()
    turned.connect(watching.show_heartbeats)
    app.register_blueprint(views.blueprint)
