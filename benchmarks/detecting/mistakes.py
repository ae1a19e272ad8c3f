"""Misses and false alarms with their surroundings, for reading by hand.

They are text of the sets, so they stay out of the repository.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from detecting.finders import Finder
from detecting.scoring import difference
from detecting.sets import Row, of_names

__all__ = ["Mistake", "as_table", "mistakes", "sample"]

_AROUND = 60


class Mistake(NamedTuple):
    """A line of the table; `context` marks the span with double brackets."""

    set: str
    kind: str
    entity: str
    span: str
    context: str


def mistakes(name: str, rows: Sequence[Row], find: Finder) -> Iterator[Mistake]:
    """All of one set, but for annotated marks without a letter or digit (the `@` of btc): there is nothing to learn."""
    for row in rows:
        missed, alarms = difference(row.text, of_names(row.spans), find(row.text))
        for kind, spans in (("miss", missed), ("false alarm", alarms)):
            for span in (one for one in spans if any(map(str.isalnum, row.text[one[0] : one[1]]))):
                yield Mistake(name, kind, span[2], row.text[span[0] : span[1]], _context(row.text, span))


def _context(text: str, span: tuple[Any, ...]) -> str:
    start, end = span[0], span[1]
    before, after = text[max(0, start - _AROUND) : start], text[end : end + _AROUND]
    return f"{before}[[{text[start:end]}]]{after}"


def sample(by_set: Mapping[str, Sequence[Mistake]], each: int, seed: int) -> list[Mistake]:
    """`each` misses and `each` false alarms (or all, if fewer), taken from the sets in turn, sorted."""
    chance = random.Random(seed)
    chosen: list[Mistake] = []
    for kind in ("miss", "false alarm"):
        piles = [[one for one in found if one.kind == kind] for found in by_set.values()]
        for pile in piles:
            chance.shuffle(pile)
        chosen += _in_turn(piles)[:each]
    return sorted(chosen)


def _in_turn(piles: Sequence[Sequence[Mistake]]) -> list[Mistake]:
    longest = max(map(len, piles), default=0)
    return [pile[at] for at in range(longest) for pile in piles if at < len(pile)]


def as_table(found: Sequence[Mistake]) -> str:
    """Tab-separated, one mistake a line."""
    lines = [Mistake._fields, *found]
    return "".join("\t".join(" ".join(cell.split()) for cell in line) + "\n" for line in lines)
