"""The way in for the first authority: a one-time link printed at start, while nobody is in charge."""

import secrets

from flask import Flask

from webapp.accounts.invitations import invite_first_authority
from webapp.journal import SYSTEM
from webapp.settings import Settings


def first_authority_link(app: Flask, address: str = "") -> str | None:
    """A fresh link, good for 24 hours, or ``None`` when an active AUTHORITY exists.

    ``address`` is where people reach the server; by default the public address of the settings.
    """
    token = secrets.token_urlsafe(24)
    with app.app_context():
        if invite_first_authority(SYSTEM, token=token) is None:
            return None
    return f"{address or server_address(app.config['SETTINGS'])}/invitation/{token}"


def server_address(settings: Settings) -> str:
    """Where links that leave a page lead, when no request tells."""
    return settings.public_url or f"http://{settings.host}:{settings.port}"
