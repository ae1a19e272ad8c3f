"""Other names in the place of those of the licensed sets: a network is to learn their sentences, not their people."""

from __future__ import annotations

from functools import cache
from random import Random

import synthesis

__all__ = ["other"]


@cache
def _pools() -> synthesis.FakerPools:
    return synthesis.FakerPools(7)


def other(label: str, value: str, random: Random) -> str | None:
    """Return a name of the same kind and like length in words; None for what is better left, such as nationalities."""
    draw = synthesis.Draw(random, _pools())
    words = value.split()
    if any(character in value for character in "@#<>/\n") or value.islower():
        return None
    match label:
        case "PERSON":
            new = _person(words, draw)
        case "LOCATION":
            new = draw.city_with() if "," in value else draw.location() if len(words) > 1 else draw.city()
        case "ORGANIZATION":
            new = draw.organization()
        case _:
            return None
    return new.upper() if new and value.isupper() and len(value) > 3 else new


_TITLES = frozenset(
    "mr mr. mrs mrs. ms ms. miss dr dr. prof prof. sir lady lord judge president justice captain capt. st. st"
    " gen.".split()
)


def _person(words: list[str], draw: synthesis.Draw) -> str | None:
    titles = []
    while words and words[0].lower() in _TITLES:
        titles.append(words.pop(0))
    if not words:
        return None
    if len(words) == 1:
        new = draw.last() if titles or draw.chance(0.5) else draw.first()
    elif words[0].endswith("."):
        new = draw.initials()
    else:
        new = draw.full()
    return " ".join((*titles, new))
