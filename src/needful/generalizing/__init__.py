"""Coarser values: what the action `generalize` puts in the place of dates, ages, amounts, postcodes and addresses.

    generalized("15 March 2024", "month")             →  "March 2024"
    generalized("15,300 EUR", "range", step=10000)    →  "10,000–20,000 EUR"
    generalized("not a date", "month")                →  None

What cannot be parsed with certainty is None, and the caller redacts. Nothing of a value is kept but words that are
known to say nothing (`years old`, `EUR`), so that no name comes through with a number.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Context, localcontext
from types import MappingProxyType

from needful.generalizing.ages import age_band
from needful.generalizing.amounts import in_range, magnitude, rounded
from needful.generalizing.dates import dates
from needful.generalizing.networks import network
from needful.generalizing.places import coordinates
from needful.generalizing.postcodes import zip3
from needful.generalizing.reading import folded

__all__ = ["KINDS", "generalized"]

LONGEST = 60
"""Characters of a result."""

# Enough for every digit of the largest amount and the finest step; an application's own context does not matter.
_EXACT = Context(prec=60)

_Kind = Callable[[object, object, object], object | None]


def _dated(to: str) -> _Kind:
    return lambda value, step, decimals: dates(value, to)


_KINDS: Mapping[str, _Kind] = MappingProxyType(
    {
        "week": _dated("week"),
        "month": _dated("month"),
        "quarter": _dated("quarter"),
        "year": _dated("year"),
        "age-band": lambda value, step, decimals: age_band(value, step),
        "range": lambda value, step, decimals: in_range(value, step),
        "magnitude": lambda value, step, decimals: magnitude(value),
        "rounded": lambda value, step, decimals: rounded(value, step),
        "zip3": lambda value, step, decimals: zip3(value),
        "network": lambda value, step, decimals: network(value),
        "coordinates": lambda value, step, decimals: coordinates(value, decimals),
    }
)

KINDS = tuple(_KINDS)
"""How coarse a value can be made: the values of `to`."""


def generalized(value: object, to: str, *, step: float | None = None, decimals: int | None = None) -> object | None:
    """Return the coarser form of a value, or None where it cannot be parsed with certainty, to be redacted.

    `value` is the text of a detected span, or a metadata field's value with its JSON type. `to` is one of `KINDS`.
    `step` is the width of a band (`age-band` 10 where not given; `range` and `rounded` need it), `decimals` the decimal
    places of `coordinates` (1 where not given). Nothing is ever raised. Text results have at most 60 characters. What
    is coarser already stays; generalizing a result again gives the same, or None.
    """
    kind = _KINDS.get(to)
    read = folded(value) if isinstance(value, str) else value
    if kind is None or read is None or isinstance(read, bool):
        return None
    with localcontext(_EXACT):
        coarse = kind(read, step, decimals)
    return None if isinstance(coarse, str) and len(coarse) > LONGEST else coarse
