"""Places: from an address or a name to a point on the map and back, also with no internet."""

from flask import Flask, current_app

from webapp.places.breaker import Breaker
from webapp.places.cache import FileCache, LayeredCache, MemoryCache
from webapp.places.chain import Chain
from webapp.places.gazetteer import BadPlacesFile, own_places, world
from webapp.places.geocoder import Geocoder, GeocoderUnavailable, Place, Point
from webapp.places.nominatim import Nominatim
from webapp.places.pace import Pace
from webapp.places.precision import not_exact
from webapp.settings import Settings, SettingsError

__all__ = ["Geocoder", "GeocoderUnavailable", "Place", "Point", "current_geocoder", "init_app"]


def init_app(app: Flask) -> None:
    """Give the app its geocoder. Raises `SettingsError` for a list of own places that cannot be used."""
    settings: Settings = app.config["SETTINGS"]
    from webapp.places.views import blueprint

    app.register_blueprint(blueprint)
    app.add_template_global(not_exact)
    app.extensions["geocoder"] = Chain(world(), remote=_remote(settings), own=_own(settings))


def current_geocoder() -> Geocoder:
    """The geocoder of the running app."""
    geocoder: Geocoder = current_app.extensions["geocoder"]
    return geocoder


def _remote(settings: Settings) -> Nominatim | None:
    if not settings.geocoder_url:
        return None
    return Nominatim(
        settings.geocoder_url,
        settings.geocoder_contact or "",
        cache=LayeredCache(MemoryCache(), FileCache(settings.data_dir / "geocoder-cache.db")),
        pace=Pace(settings.run_dir / "geocoder-turn"),
        breaker=Breaker(),
    )


def _own(settings: Settings) -> Geocoder | None:
    if settings.gazetteer_extra is None:
        return None
    try:
        return own_places(settings.gazetteer_extra)
    except BadPlacesFile as error:
        raise SettingsError(f"MAYDAY_GAZETTEER_EXTRA: {error}") from error
