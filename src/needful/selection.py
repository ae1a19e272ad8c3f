"""Which passages of a record the question needs: split and choose. Offsets and numbers only, no I/O.

A policy's limits are upper bounds. Below them a further passage is chosen only if it scores at least `RELEVANT` of the
record's best, so a question that one sentence answers discloses one sentence.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from needful.sentences import sentences
from needful.values import Passage

__all__ = ["Candidate", "Extent", "choose", "covered", "remaining", "split"]

RELEVANT = 0.4
"""The share of a record's best score that a passage after the first must reach.

Measured on TAT-QA: it takes a third off the characters of three passages and costs 0.6 points of the answers kept.
Cosines of most embedders lie so close together that there the limits alone bind.
"""


class Extent(Protocol):
    """Anything with offsets in code points: a span, or a piece of one."""

    @property
    def start(self) -> int:
        """The first character."""

    @property
    def end(self) -> int:
        """One past the last character."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """The passages of one record's text, in text order, with one score, exposure and permission each.

    `exposure` counts the characters that lie in spans: between equal scores the passage that exposes less wins.
    A passage that is not `allowed` is never chosen.
    """

    passages: tuple[Passage, ...]
    scores: tuple[float, ...]
    exposure: tuple[int, ...]
    allowed: tuple[bool, ...]

    def __post_init__(self) -> None:
        if not len(self.passages) == len(self.scores) == len(self.exposure) == len(self.allowed):
            raise ValueError("a candidate has one score, exposure and permission for each passage")


def split(
    text: str, extents: Iterable[Extent] = (), *, bounds: Sequence[tuple[int, int]] | None = None
) -> tuple[Passage, ...]:
    """Cut a text into sentences whose borders never lie inside an extent: sentences that it bridges are one passage.

    `bounds` are the sentences where they are known already.

    Every non-blank character lies in exactly one passage, and so does the whole of every extent that is not blank.
    """
    both = [*(sentences(text) if bounds is None else bounds), *_bounds(extents)]
    return tuple(Passage(start, end) for start, end in _united(both) if not text[start:end].isspace())


def covered(passages: Sequence[Passage], extents: Iterable[Extent]) -> tuple[int, ...]:
    """Count the characters of each passage that lie in an extent, once where extents overlap.

    The passages are in order and do not overlap.
    """
    united = list(_united(_bounds(extents)))
    counts = []
    first = 0
    for passage in passages:
        while first < len(united) and united[first][1] <= passage.start:
            first += 1
        count, at = 0, first
        while at < len(united) and united[at][0] < passage.end:
            count += min(united[at][1], passage.end) - max(united[at][0], passage.start)
            at += 1
        counts.append(count)
    return tuple(counts)


def _bounds(extents: Iterable[Extent]) -> list[tuple[int, int]]:
    return [(extent.start, extent.end) for extent in extents if extent.start < extent.end]


def _united(bounds: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Unite what overlaps. Touching is not overlapping."""
    begin = reach = 0
    for start, end in sorted(bounds):
        if start >= reach:
            if begin < reach:
                yield begin, reach
            begin = start
        reach = max(reach, end)
    if begin < reach:
        yield begin, reach


def choose(
    candidates: Sequence[Candidate], *, passages: int, neighbours: int = 0, characters: int | None = None
) -> list[tuple[Passage, ...]]:
    """Choose passages of each record, in text order; an empty tuple means that the record is not returned.

    Candidates come best first. `passages` bounds a record, `neighbours` (sentences on each side that come with a chosen
    one) included; `characters` bounds the call, None does not. First every record in turn gets its best passage that
    still fits, then all get their further ones by score, up to the first that does not fit: room that is left is no
    reason to disclose what is needed less. So a smaller `characters` never discloses more characters in all.
    """
    left = math.inf if characters is None else characters
    taken: list[dict[int, float]] = []
    further: list[tuple[float, int, int, int]] = []
    for rank, candidate in enumerate(candidates):
        order = _order(candidate)
        first = next((index for index in order if _length(candidate.passages[index]) <= left), None)
        taken.append({} if first is None else {first: candidate.scores[first]})
        if first is None:
            continue
        left -= _length(candidate.passages[first])
        if first == order[0]:
            wanted = _wanted(candidate, order, passages, neighbours)
            further += [(-score, rank, place, index) for place, (index, score) in enumerate(wanted) if place]
    for score, rank, _, index in sorted(further):
        left -= _length(candidates[rank].passages[index])
        if left < 0:
            break
        taken[rank][index] = -score
    return [_passages(candidate, chosen) for candidate, chosen in zip(candidates, taken, strict=True)]


def remaining(characters: int | None, chosen: Iterable[Sequence[Passage]]) -> int | None:
    """What a limit of characters leaves for the next round after `chosen`."""
    return None if characters is None else characters - sum(map(_length, (p for record in chosen for p in record)))


def _length(passage: Passage) -> int:
    return passage.end - passage.start


def _order(candidate: Candidate) -> list[int]:
    """The allowed passages, most needed first."""
    allowed = (index for index, may in enumerate(candidate.allowed) if may)
    return sorted(allowed, key=lambda index: (-candidate.scores[index], candidate.exposure[index], index))


def _wanted(candidate: Candidate, order: list[int], passages: int, neighbours: int) -> list[tuple[int, float]]:
    """What a record would disclose with room for all: index and the score that it is wanted for, best first."""
    # The best of all, allowed or not: what is forbidden does not make the rest more relevant.
    bar = RELEVANT * max(candidate.scores)
    wanted: dict[int, float] = {}
    for place, index in enumerate(order):
        if len(wanted) >= passages or (place and candidate.scores[index] < bar):
            break
        for near in _around(index, neighbours):
            if 0 <= near < len(candidate.passages) and candidate.allowed[near]:
                wanted.setdefault(near, candidate.scores[index])
    return list(wanted.items())[:passages]


def _around(index: int, neighbours: int) -> Iterator[int]:
    yield index
    for distance in range(1, neighbours + 1):
        yield index - distance
        yield index + distance


def _passages(candidate: Candidate, chosen: dict[int, float]) -> tuple[Passage, ...]:
    found = ((candidate.passages[index], candidate.scores[index]) for index in sorted(chosen))
    return tuple(Passage(passage.start, passage.end, score) for passage, score in found)
