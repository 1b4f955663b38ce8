"""Addresses from a Nominatim server by its usage policy: one request a second, cached, credited, signed."""

import time
from typing import Annotated

import tenacity
from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from webapp.places.breaker import Breaker
from webapp.places.cache import PlaceCache
from webapp.places.distance import bounding_box
from webapp.places.fetch import Fetcher, Hiccup
from webapp.places.geocoder import MAX_LIMIT, MAX_TEXT, GeocoderUnavailable, Place, Point
from webapp.places.pace import Busy, Pace
from webapp.places.precision import LocationPrecision

# The credit that OpenStreetMap asks for when the server sends none.
ATTRIBUTION = "© OpenStreetMap contributors"
# How long a person waits for an address in all, retries and turns included, s.
PATIENCE_SECONDS = 8.0
_ATTEMPTS = 3
# Half the side of the square around ``near`` in which places are preferred, km.
_NEAR_KM = 100
# Longest rest a service can ask for, s.
_MAX_REST = 3600.0

_Text = Annotated[str, Field(max_length=2000)]

# What the server says an address is (nominatim.org, "Address details"), where its rank alone would mislead.
_BY_TYPE = {
    "house": LocationPrecision.EXACT,
    "house_number": LocationPrecision.EXACT,
    "building": LocationPrecision.EXACT,
    "road": LocationPrecision.STREET,
    "suburb": LocationPrecision.DISTRICT,
    "neighbourhood": LocationPrecision.DISTRICT,
    "quarter": LocationPrecision.DISTRICT,
    "borough": LocationPrecision.DISTRICT,
    "city_district": LocationPrecision.DISTRICT,
    "city_block": LocationPrecision.DISTRICT,
    "residential": LocationPrecision.DISTRICT,
    "city": LocationPrecision.TOWN,
    "town": LocationPrecision.TOWN,
    "village": LocationPrecision.TOWN,
    "hamlet": LocationPrecision.TOWN,
}
# Ranks from which on a place is a house or a single thing, and a street.
_HOUSE_RANK, _STREET_RANK = 28, 26


class _Address(BaseModel):
    country_code: Annotated[str, Field(max_length=2)] = ""


class _Row(BaseModel):
    """One place of an answer in the format ``jsonv2``; numbers come as text."""

    lat: Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False)]
    lon: Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)]
    display_name: Annotated[str, Field(min_length=1, max_length=2000)]
    name: _Text | None = None
    addresstype: _Text | None = None
    place_rank: int | None = None
    licence: _Text | None = None
    address: _Address = _Address()


class _Nothing(BaseModel):
    error: str


_ROWS: TypeAdapter[list[_Row]] = TypeAdapter(list[_Row])
_ROW: TypeAdapter[_Row | _Nothing] = TypeAdapter(_Row | _Nothing)


class Nominatim:
    """Asks one server. Every failure is a `GeocoderUnavailable`, within `PATIENCE_SECONDS`."""

    def __init__(
        self,
        url: str,
        contact: str,
        *,
        cache: PlaceCache,
        pace: Pace,
        breaker: Breaker | None = None,
        patience: float = PATIENCE_SECONDS,
    ) -> None:
        self._url = url.rstrip("/")
        signed = f"Mayday ({contact})".encode("ascii", "replace").decode()
        self._headers = {"User-Agent": signed, "Accept": "application/json"}
        self._cache, self._pace, self._breaker = cache, pace, breaker or Breaker()
        self._patience, self._fetcher = patience, Fetcher()

    def search(self, text: str, *, near: Point | None = None, limit: int = 5) -> list[Place]:
        """Places for an address or a name, in the server's order."""
        words = " ".join(text.split())[:MAX_TEXT]
        if not words or limit < 1:
            return []
        params = {"q": words, "limit": str(min(limit, MAX_LIMIT)), "addressdetails": "1"}
        if near is not None:
            params["viewbox"] = _view(near)
        return self._answer("search", params)

    def reverse(self, point: Point) -> Place | None:
        """The address at a point (to about a metre)."""
        params = {"lat": f"{point.latitude:.5f}", "lon": f"{point.longitude:.5f}", "addressdetails": "1"}
        return next(iter(self._answer("reverse", params)), None)

    def _answer(self, path: str, params: dict[str, str]) -> list[Place]:
        key = "\n".join([path, *(f"{name}={value.casefold()}" for name, value in params.items())])
        if (kept := self._cache.get(key)) is not None:
            return kept
        places = self._ask(path, params)
        self._cache.put(key, places)
        return places

    def _ask(self, path: str, params: dict[str, str]) -> list[Place]:
        if not self._breaker.allows():
            raise GeocoderUnavailable("The address service is not answering; it is left alone for a while.")
        try:
            places = _read(path, self._fetch(path, params))
        except Busy:
            raise
        except GeocoderUnavailable as error:
            asked = error.retry_after if isinstance(error, Hiccup) else None
            self._breaker.failed(rest=None if asked is None else min(asked, _MAX_REST))
            raise
        self._breaker.succeeded()
        return places

    def _fetch(self, path: str, params: dict[str, str]) -> bytes:
        """The answer's bytes, with a few tries at what may pass, all of them within the patience."""
        deadline = time.monotonic() + self._patience
        tries = tenacity.Retrying(
            retry=tenacity.retry_if_exception_type(Hiccup),
            stop=tenacity.stop_after_attempt(_ATTEMPTS) | tenacity.stop_before_delay(self._patience),
            wait=_pause,
            reraise=True,
        )
        return tries(self._try, path, params, deadline)

    def _try(self, path: str, params: dict[str, str], deadline: float) -> bytes:
        self._pace.wait(patience=deadline - time.monotonic())
        query = {**params, "format": "jsonv2"}
        left = max(0.0, deadline - time.monotonic())
        return self._fetcher.get(f"{self._url}/{path}", query, self._headers, seconds=left)


_backoff = tenacity.wait_random_exponential(multiplier=0.5, max=4)


def _pause(state: tenacity.RetryCallState) -> float:
    """What the service asks for; else a random time that grows, so that clients do not all return at once."""
    error = state.outcome.exception() if state.outcome else None
    asked = error.retry_after if isinstance(error, Hiccup) else None
    return _backoff(state) if asked is None else asked


def _view(near: Point) -> str:
    # Rounded, so that people in one town share the cached answers.
    latitude, longitude = round(near.latitude, 1), round(near.longitude, 1)
    box = bounding_box(latitude, longitude, _NEAR_KM)[0]
    return f"{box.west:.2f},{box.north:.2f},{box.east:.2f},{box.south:.2f}"


def _read(path: str, body: bytes) -> list[Place]:
    try:
        if path == "search":
            return [_place(row) for row in _ROWS.validate_json(body)]
        row = _ROW.validate_json(body)
        return [_place(row)] if isinstance(row, _Row) else []
    except ValidationError as error:
        raise GeocoderUnavailable("The address service answered with something else.") from error


def _place(row: _Row) -> Place:
    return Place(
        name=row.name or row.display_name.partition(",")[0],
        label=row.display_name,
        latitude=row.lat,
        longitude=row.lon,
        kind=row.addresstype or "place",
        country_code=row.address.country_code.upper(),
        source="nominatim",
        attribution=row.licence or ATTRIBUTION,
        precision=_precision(row),
    )


def _precision(row: _Row) -> LocationPrecision:
    """By what it is; else by its rank. What is neither known nor small may be as large as a country."""
    if (known := _BY_TYPE.get(row.addresstype or "")) is not None:
        return known
    rank = row.place_rank or 0
    if rank >= _HOUSE_RANK:
        return LocationPrecision.EXACT
    return LocationPrecision.STREET if rank >= _STREET_RANK else LocationPrecision.AREA
