"""Devices: paired phones, radio gateways, trackers and displays, each with rights of its own."""

from flask import Flask


def init_app(app: Flask) -> None:
    """Register what watches over devices."""
    from webapp.devices import watching

    assert watching  # imported for what it does every so often
