"""Which passages of a record the question needs: split, score, choose. Offsets and numbers only, no I/O.

A policy's limits are upper bounds. Below them a further passage is chosen only if it scores at least `RELEVANT` of the
record's best, so a question that one sentence answers discloses one sentence.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from operator import mul
from typing import Protocol

from needful.sentences import sentences
from needful.values import Passage

__all__ = ["Candidate", "Extent", "choose", "cosine", "covered", "lexical_scores", "remaining", "split"]

# Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond" (2009). Sentences differ little in
# length, and a long one has more of an answer, so length counts less than for documents (b is commonly 0.75).
K1 = 1.2
B = 0.25
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


def split(text: str, extents: Iterable[Extent] = ()) -> tuple[Passage, ...]:
    """Cut a text into sentences whose borders never lie inside an extent: sentences that it bridges are one passage.

    Every non-blank character lies in exactly one passage, and so does the whole of every extent that is not blank.
    """
    both = [*sentences(text), *_bounds(extents)]
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


_CJK = r"\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uac00-\ud7af\U00020000-\U0003ffff"
_TOKEN = re.compile(rf"(?P<number>\d+(?:[.,]\d+)*+)|(?P<cjk>[{_CJK}]+)|[^\W_{_CJK}]+")
_STOP = frozenset(
    "a an and are as at be been by can could did do does for from had has have how in is it its many much of on or s "
    "that the their this to was were what when where which who whom whose why will with would".split()
)


def lexical_scores(query: str, text: str, passages: Sequence[Passage]) -> tuple[float, ...]:
    """Score each passage against the question by BM25, with the passages of this text as the collection.

    0 means that no word is shared. Words are compared without case, plural, -ed, -ing and final -e; numbers whole;
    Chinese, Japanese and Korean by pairs of characters. Function words count only in a question that has no others.
    """
    words = list(_words(query))
    asked = dict.fromkeys(map(_stem, [word for word in words if word not in _STOP] or words))
    documents = [[_stem(word) for word in _words(text[passage.start : passage.end])] for passage in passages]
    counts = [Counter(word for word in document if word in asked) for document in documents]
    mean = sum(map(len, documents)) / max(1, len(documents)) or 1.0
    weights = {word: _idf(len(documents), sum(word in count for count in counts)) for word in asked}
    return tuple(
        sum(weights[word] * _saturated(count[word], len(document) / mean) for word in asked)
        for document, count in zip(documents, counts, strict=True)
    )


def _idf(documents: int, having: int) -> float:
    return math.log(1 + (documents - having + 0.5) / (having + 0.5))


def _saturated(count: int, length: float) -> float:
    return count * (K1 + 1) / (count + K1 * (1 - B + B * length))


def _words(text: str) -> Iterator[str]:
    for token in _TOKEN.finditer(unicodedata.normalize("NFKC", text).casefold()):
        if token["cjk"] and len(token[0]) > 1:
            yield from map("".join, pairwise(token[0]))
        else:
            yield token[0]


def _stem(word: str) -> str:
    if len(word) > 3 and word.endswith("ies"):
        word = word[:-3] + "y"
    elif len(word) > 3 and word.endswith("s") and not word.endswith("ss"):
        word = word[:-1]
    for suffix in ("ing", "ed", "e"):
        if word.endswith(suffix) and len(word) - len(suffix) >= 3:
            return word[: -len(suffix)]
    return word


def cosine(query: Sequence[float], vectors: Iterable[Sequence[float]]) -> tuple[float, ...]:
    """Score each vector by its cosine with the question's, -1 to 1; 0 where either has no length or is not finite.

    Raises `ValueError` if the vectors differ in dimension.
    """
    return tuple(_cosine(query, vector) for vector in vectors)


def _cosine(one: Sequence[float], other: Sequence[float]) -> float:
    if len(one) != len(other):
        raise ValueError("the vectors differ in dimension")
    lengths = math.hypot(*one) * math.hypot(*other)
    product = sum(map(mul, one, other))
    return product / lengths if lengths and math.isfinite(lengths) and math.isfinite(product) else 0.0


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
