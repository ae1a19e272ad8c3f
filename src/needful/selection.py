"""Which passages of a record the question needs: split and choose. Offsets and numbers only, no I/O.

A policy's limits are upper bounds. Below them a further passage is chosen only if it is worth at least `RELEVANT` of
the record's best score, so a question that one sentence answers discloses one sentence.

What a passage is worth is `candidates`' business: its score less what it would expose.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, takewhile
from typing import Protocol

from needful.candidates import Candidate
from needful.duplicates import Seen
from needful.sentences import sentences
from needful.values import Passage

__all__ = ["RELEVANT", "Extent", "choose", "covered", "pick", "remaining", "split"]

RELEVANT = 0.4
"""The share of a record's best score that a passage after the first must be worth.

Measured on TAT-QA: it takes more than a third off the characters of three passages and costs none of the answers; of
six passages it takes more than half, for 0.6 points of the answers (docs/selection.md).
Fused ranks and the cosines of most embedders lie so close together that there the limits alone bind.
"""


class Extent(Protocol):
    """Anything with offsets in code points: a span, or a piece of one."""

    @property
    def start(self) -> int:
        """The first character."""

    @property
    def end(self) -> int:
        """One past the last character."""


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
    candidates: Sequence[Candidate],
    *,
    passages: int,
    neighbours: int = 0,
    characters: int | None = None,
    privacy: float = 0.0,
) -> list[tuple[Passage, ...]]:
    """Choose passages as `pick` does; returns them in text order, each with what it is chosen for."""
    picked = pick(candidates, passages=passages, neighbours=neighbours, characters=characters, privacy=privacy)
    return [_passages(candidate, chosen) for candidate, chosen in zip(candidates, picked, strict=True)]


def pick(
    candidates: Sequence[Candidate],
    *,
    passages: int,
    neighbours: int = 0,
    characters: int | None = None,
    privacy: float = 0.0,
) -> list[dict[int, float]]:
    """Choose passages of each record: index to what it is worth; nothing means that the record is not returned.

    Candidates come best first. `passages` bounds a record, `neighbours` included: so many sentences on each side come
    with a chosen one if it, or the one between, needs them. `characters` bounds the call, None does not.

    First every record in turn gets its best passage that still fits, then all get their further ones by what they are
    worth, up to the first that does not fit: room that is left is no reason to disclose what is needed less. So a
    smaller `characters` never discloses more characters in all.

    A near-duplicate of what was chosen is not chosen again. A record whose best passage is one gets its next that is
    relevant; where there is none it gets its best all the same, which tells nothing new, so that it is returned.

    A higher `privacy` (0 to 1) never exposes more of a record in all, but for neighbours, near-duplicates and what
    `characters` leaves; it may show other passages, and longer ones.
    """
    left = math.inf if characters is None else characters
    seen = Seen()
    taken: list[dict[int, float]] = []
    further: list[tuple[float, int, int, int]] = []
    for rank, candidate in enumerate(candidates):
        order = _order(candidate, privacy)
        fitting = [index for index in order if _length(candidate.passages[index]) <= left]
        if not fitting:
            taken.append({})
            continue
        first = _first(candidate, fitting, seen, privacy)
        taken.append({first: candidate.worth(first, privacy)})
        _see(candidate, first, seen)
        left -= _length(candidate.passages[first])
        if fitting[0] == order[0]:
            others = (index for index in order if index != first and not _is_seen(candidate, index, seen))
            wanted = _wanted(candidate, chain([first], others), passages, neighbours, privacy)
            further += [(-worth, rank, place, index) for place, (index, worth) in enumerate(wanted) if place]
    for worth, rank, _, index in sorted(further):
        if _is_seen(candidates[rank], index, seen):
            continue
        left -= _length(candidates[rank].passages[index])
        if left < 0:
            break
        taken[rank][index] = -worth
        _see(candidates[rank], index, seen)
    return taken


def _is_seen(candidate: Candidate, index: int, seen: Seen) -> bool:
    trait = candidate.trait(index)
    return seen.has(trait.words, trait.figures)


def _see(candidate: Candidate, index: int, seen: Seen) -> None:
    trait = candidate.trait(index)
    seen.add(trait.words, trait.figures)


def _first(candidate: Candidate, fitting: Sequence[int], seen: Seen, privacy: float) -> int:
    """The record's best passage that fits, unless it was seen and another that is relevant was not."""
    bar = _bar(candidate)
    relevant = takewhile(lambda index: candidate.worth(index, privacy) >= bar, fitting[1:])
    unseen = (index for index in (fitting[0], *relevant) if not _is_seen(candidate, index, seen))
    return next(unseen, fitting[0])


def remaining(characters: int | None, chosen: Iterable[Sequence[Passage]]) -> int | None:
    """What a limit of characters leaves for the next round after `chosen`."""
    return None if characters is None else characters - sum(map(_length, (p for record in chosen for p in record)))


def _length(passage: Passage) -> int:
    return passage.end - passage.start


def _order(candidate: Candidate, privacy: float) -> list[int]:
    """The allowed passages, most needed first. What only came along (`near`) is none of them."""

    def key(index: int) -> tuple[float, float, int]:
        return -candidate.worth(index, privacy), candidate.exposure[index], index

    return sorted((at for at, may in enumerate(candidate.allowed) if may and not candidate.trait(at).near), key=key)


def _bar(candidate: Candidate) -> float:
    # The best of all, allowed or not: what is forbidden does not make the rest more relevant. Before privacy: what
    # lowers the best is no reason to disclose what is needed less.
    return RELEVANT * max(candidate.scores)


def _wanted(
    candidate: Candidate, order: Iterable[int], passages: int, neighbours: int, privacy: float
) -> list[tuple[int, float]]:
    """What a record would disclose with room for all: index and the worth that it is wanted for, best first."""
    bar = _bar(candidate)
    wanted: dict[int, float] = {}
    came: dict[int, float] = {}
    for place, index in enumerate(order):
        worth = candidate.worth(index, privacy)
        if len(wanted) >= passages or (place and worth < bar):
            break
        for near in _around(candidate, index, neighbours):
            if candidate.allowed[near]:
                wanted.setdefault(near, worth)
        came |= dict.fromkeys(_along(candidate, index), worth)
    return [*wanted.items(), *((near, worth) for near, worth in came.items() if near not in wanted)][:passages]


def _around(candidate: Candidate, index: int, neighbours: int) -> Iterator[int]:
    """Yield a passage and the neighbours that it needs, nearest first."""
    yield index
    before = after = index
    for _ in range(neighbours):
        if before > 0 and candidate.trait(before).before:
            before -= 1
            yield before
        if after + 1 < len(candidate.passages) and (candidate.trait(after).after or candidate.trait(after + 1).before):
            after += 1
            yield after


def _along(candidate: Candidate, index: int) -> Iterator[int]:
    """Yield the allowed passages that came along beside a found one."""
    for step in (-1, 1):
        at = index + step
        while 0 <= at < len(candidate.passages) and candidate.trait(at).near:
            if candidate.allowed[at]:
                yield at
            at += step


def _passages(candidate: Candidate, chosen: dict[int, float]) -> tuple[Passage, ...]:
    found = ((candidate.passages[index], chosen[index]) for index in sorted(chosen))
    return tuple(Passage(passage.start, passage.end, score) for passage, score in found)
