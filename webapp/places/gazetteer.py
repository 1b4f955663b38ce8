"""The offline geocoder: towns of the world from a file of our own, and an operator's own places."""

import csv
import functools
import gzip
import itertools
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from webapp.places import matching
from webapp.places.folding import fold
from webapp.places.geocoder import MAX_LIMIT, GeocoderUnavailable, Place, Point
from webapp.places.index import Areas, Entry, PlaceIndex
from webapp.places.precision import LocationPrecision

WORLD_FILE = Path(__file__).with_name("gazetteer.tsv.gz")
WORLD_ATTRIBUTION = "GeoNames, CC BY 4.0"
# A point farther than this from every known town is "nowhere", km.
REVERSE_KM = 50
# An operator's list is for one region; more rows belong into a geocoding service.
MAX_OWN_PLACES = 100_000
MAX_OWN_NAME = 200
_LARGE_TOWN = 100_000


class BadPlacesFile(Exception):
    """An operator's own list of places cannot be used; the message names the line."""


class Gazetteer:
    """Searches one list of places. The list is read at the first search, once, whichever thread is first."""

    def __init__(self, load: "Callable[[], Source]") -> None:
        self._load = load
        self._lock = threading.Lock()
        self._loaded: Source | None = None

    def search(self, text: str, *, near: Point | None = None, limit: int = 5) -> list[Place]:
        """Towns by name, any accents and case, the largest and closest first."""
        source = self._source()
        found = matching.find(source.index, source.areas, text, near, max(0, min(limit, MAX_LIMIT)))
        return [source.place(entry) for entry in found]

    def reverse(self, point: Point) -> Place | None:
        """The closest town within `REVERSE_KM`."""
        source = self._source()
        entry = source.index.nearest(point.latitude, point.longitude, within_km=REVERSE_KM)
        return None if entry is None else source.place(entry)

    def _source(self) -> "Source":
        if self._loaded is None:
            with self._lock:
                if self._loaded is None:
                    self._loaded = self._load()
        return self._loaded


@dataclass(frozen=True)
class Source:
    """A list of places in memory, and how its places are shown."""

    index: PlaceIndex
    areas: Areas
    name: str
    attribution: str
    precision: LocationPrecision  # of all its places

    def place(self, entry: Entry) -> Place:
        """What a person sees of an entry."""
        region = self.areas.title(f"{entry.country}-{entry.region}") if entry.region else ""
        region = region.removeprefix(f"{entry.country}-")
        country = self.areas.title(entry.country)
        label = ", ".join(part for part in (entry.name, region, country) if part)
        kind = "city" if entry.people >= _LARGE_TOWN else "town" if entry.people else "place"
        return Place(
            entry.name,
            label,
            entry.latitude,
            entry.longitude,
            kind,
            entry.country,
            self.name,
            self.attribution,
            self.precision,
        )


def world(path: Path = WORLD_FILE) -> Gazetteer:
    """The gazetteer that ships with Mayday."""
    return Gazetteer(lambda: _read_world(path))


@functools.cache
def _read_world(path: Path) -> Source:
    try:
        with gzip.open(path) as file:
            lines = (line for line in file if not line.startswith(b"#"))
            # Countries come first; the line that ends them is the first place.
            areas: list[bytes] = []
            for line in lines:
                if not line.startswith(b"@"):
                    break
                areas.append(line[1:])
            return Source(
                PlaceIndex(itertools.chain([line], lines)),
                Areas(areas),
                "gazetteer",
                WORLD_ATTRIBUTION,
                LocationPrecision.TOWN,
            )
    except (OSError, EOFError, ValueError) as error:
        raise GeocoderUnavailable("The list of places cannot be read.") from error


def own_places(path: Path) -> Gazetteer:
    """An operator's places, from a UTF-8 CSV: name, latitude, longitude, and perhaps address and country.

    Read at once, so that a mistake shows at the start. Raises `BadPlacesFile` that names the line.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            index = PlaceIndex(_own_lines(csv.DictReader(file)))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise BadPlacesFile(f"cannot be read as a UTF-8 CSV file ({type(error).__name__})") from error
    source = Source(index, Areas([]), "own places", "", LocationPrecision.EXACT)
    return Gazetteer(lambda: source)


def _own_lines(rows: "csv.DictReader[str]") -> Iterator[bytes]:
    missing = {"name", "latitude", "longitude"} - set(rows.fieldnames or ())
    if missing:
        raise BadPlacesFile(f"has no column {', '.join(sorted(missing))}")
    for count, row in enumerate(rows, start=1):
        if count > MAX_OWN_PLACES:
            raise BadPlacesFile(f"has more than {MAX_OWN_PLACES:,} places")
        try:
            yield _own_line(row)
        except ValueError as error:
            raise BadPlacesFile(f"line {rows.line_num}: {error}") from error


def _own_line(row: dict[str, str]) -> bytes:
    name, address, country = (" ".join((row.get(c) or "").split()) for c in ("name", "address", "country"))
    folded = fold(name)
    if not folded or max(len(name), len(address), len(country)) > MAX_OWN_NAME:
        raise ValueError(f"name must have letters, and no text more than {MAX_OWN_NAME} characters")
    try:
        point = Point(float(row["latitude"] or ""), float(row["longitude"] or ""))
    except (TypeError, ValueError) as error:
        raise ValueError(
            "latitude must be a number between -90 and 90, longitude between -180 and 180"
        ) from error
    return "\t".join(
        [name, country, address, "0", str(point.latitude), str(point.longitude), folded]
    ).encode()
