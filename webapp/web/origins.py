"""Which other sites' pages may ask the probes and the JSON API (CORS): none unless a setting names them.

Pages are never shared: what carries a cookie answers our own origin only.
"""

from flask import Flask

from webapp.settings import Settings

SHARED = r"/(api|health|readiness)(/.*)?$"


def init_app(app: Flask) -> None:
    """Answer the named origins on the shared addresses; importing the library only when it is needed."""
    settings: Settings = app.config["SETTINGS"]
    if not settings.cors_origins:
        return
    from flask_cors import CORS

    CORS(app, resources={SHARED: {"origins": list(settings.cors_origins)}}, supports_credentials=False)
