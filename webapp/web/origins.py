"""Which other sites' pages may ask the probes and the JSON API (CORS): none unless a setting names them.

Pages are never shared: what carries a cookie answers our own origin only.
"""

from flask import Flask

from webapp.settings import Settings

SHARED = r"/(api|health|readiness)(/.*)?$"
# What a script of another site may read of an answer, besides its body.
EXPOSED = (
    "ETag",
    "Location",
    "Link",
    "Retry-After",
    "Idempotency-Replayed",
    "Deprecation",
    "Sunset",
    "X-Request-ID",
)


def init_app(app: Flask) -> None:
    """Answer the named origins on the shared addresses; importing the library only when it is needed."""
    settings: Settings = app.config["SETTINGS"]
    if not settings.cors_origins:
        return
    from flask_cors import CORS

    shared = {"origins": list(settings.cors_origins), "expose_headers": list(EXPOSED)}
    CORS(app, resources={SHARED: shared}, supports_credentials=False)
