"""Coordinates with fewer decimal places: 1 is about 11 kilometres of latitude, 2 about 1.1."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import ROUND_HALF_EVEN, Decimal

from needful.generalizing.reading import decimal_of, integer_of

__all__ = ["coordinates"]

DEFAULT = 1
_MOST = 8
_NORTH = 90
_EAST = 180
_NAMES = (("lat", "lon"), ("lat", "lng"), ("latitude", "longitude"))

_NUMBER = r"[+\-]?[0-9]{1,3}(?:\.[0-9]{1,20})?"
_PLAIN = re.compile(rf"(?P<first>{_NUMBER})(?:(?P<between>\s?[,;]\s?|\s)(?P<second>{_NUMBER}))?")
_ANGLE = (
    r"(?P<degrees>[0-9]{1,3}(?:\.[0-9]{1,20})?)\s?°"
    r"(?:\s?(?P<minutes>[0-9]{1,2}(?:\.[0-9]{1,20})?)\s?['′’])?(?:\s?(?P<seconds>[0-9]{1,2}(?:\.[0-9]{1,20})?)\s?(?:[\"″”]|''))?"
)  # fmt: skip
_HALF = re.compile(rf"{_ANGLE}(?P<blank>\s?)(?P<side>[NSEWnsew])?")
_BETWEEN = re.compile(r"\s?[,;]\s?|\s|")
_SIXTY = 60


def coordinates(value: object, decimals: object = None) -> object | None:
    """Return a coordinate, or a pair, rounded to so many decimal places (1 where not given; from 0 to 8).

    A number (degrees) keeps its type; `{"lat": …, "lon": …}`, with the long names too, and `[lon, lat]` (RFC 7946
    §3.1.1) keep their shape. Text may hold `52.5200, 13.4050` (latitude first), `52.52° N, 13.405° E` or
    `52°31'12" N`, which becomes decimal degrees. None for what is out of range or has other members.
    """
    places = DEFAULT if decimals is None else integer_of(decimals, 0, _MOST)
    if places is None:
        return None
    if isinstance(value, str):
        return _plain(value, places) or _angles(value, places)
    if isinstance(value, Mapping):
        return _mapping(value, places)
    if isinstance(value, (list, tuple)):
        return _pair(value, places)
    return _number(value, places, _EAST)


def _rounded(exact: Decimal, places: int) -> Decimal:
    """Round, but add no zeros; there is no minus zero."""
    exponent = exact.as_tuple().exponent
    if isinstance(exponent, int) and exponent < -places:
        exact = exact.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_EVEN)
    return exact or abs(exact)


def _number(value: object, places: int, most: int) -> int | float | None:
    exact = decimal_of(value)
    if exact is None or abs(exact) > most:
        return None
    return int(exact) if isinstance(value, int) else float(_rounded(exact, places))


def _mapping(value: Mapping[object, object], places: int) -> dict[str, int | float] | None:
    for north, east in _NAMES:
        if len(value) == len((north, east)) and north in value and east in value:
            latitude, longitude = _number(value[north], places, _NORTH), _number(value[east], places, _EAST)
            if latitude is None or longitude is None:
                return None
            rounded = {north: latitude, east: longitude}
            return {str(name): rounded[str(name)] for name in value}
    return None


def _pair(value: list[object] | tuple[object, ...], places: int) -> list[int | float] | None:
    if len(value) != len(("longitude", "latitude")):
        return None
    longitude, latitude = _number(value[0], places, _EAST), _number(value[1], places, _NORTH)
    return None if longitude is None or latitude is None else [longitude, latitude]


def _plain(text: str, places: int) -> str | None:
    match = _PLAIN.fullmatch(text)
    if match is None:
        return None
    first = Decimal(match["first"])
    if match["second"] is None:
        return f"{_rounded(first, places):f}" if abs(first) <= _EAST else None
    second = Decimal(match["second"])
    if abs(first) > _NORTH or abs(second) > _EAST:
        return None
    return f"{_rounded(first, places):f}{match['between']}{_rounded(second, places):f}"


def _angles(text: str, places: int) -> str | None:
    first = _HALF.match(text)
    if first is None:
        return None
    if first.end() == len(text):
        return _angle(first, places)
    between = _BETWEEN.match(text, first.end())
    second = _HALF.fullmatch(text, between.end()) if between else None
    if (
        second is None
        or (first["side"] or "").upper() not in ("N", "S")
        or (second["side"] or "").upper() not in ("E", "W")
    ):
        return None
    halves = _angle(first, places), _angle(second, places)
    return None if None in halves else f"{halves[0]}, {halves[1]}"


def _angle(match: re.Match[str], places: int) -> str | None:
    minutes, seconds = Decimal(match["minutes"] or 0), Decimal(match["seconds"] or 0)
    exact = Decimal(match["degrees"]) + minutes / _SIXTY + seconds / _SIXTY**2
    most = _NORTH if (match["side"] or "").upper() in ("N", "S") else _EAST
    if minutes >= _SIXTY or seconds >= _SIXTY or exact > most:
        return None
    return f"{_rounded(exact, places):f}°{match['blank']}{match['side'] or ''}"
