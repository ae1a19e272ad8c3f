"""Passages that say what was said already: nearly the same words and the very same numbers.

Two sets with at least `EQUAL` of their union in common share an element among the first few of each, in any fixed order
(the prefix filter of Chaudhuri, Ganti and Kaushik, "A Primitive Operator for Similarity Joins in Data Cleaning", 2006).
So only passages that share one there are compared, and nothing is missed.
"""

from __future__ import annotations

import heapq
import math
from collections import defaultdict
from collections.abc import Iterator, Set

__all__ = ["EQUAL", "Seen"]

EQUAL = 0.9
"""The share of their common words and pairs of words (Jaccard) from which two passages are near-duplicates.

One word more in a sentence of 30 is below it, for it changes two pairs as well. Other numbers are another fact,
however alike the words are: reports repeat their sentences year by year.
"""


class Seen:
    """The passages that were chosen so far in a call, by their hashed words."""

    __slots__ = ("_said",)

    def __init__(self) -> None:
        # By the numbers and one of the first words: only what has both in common is compared.
        self._said: defaultdict[tuple[int, int], list[Set[int]]] = defaultdict(list)

    def has(self, words: Set[int], figures: int) -> bool:
        """Whether one of them is a near-duplicate of a passage with these words and numbers; without words, never."""
        others = (other for word in _first(words) for other in self._said.get((figures, word), ()))
        return any(_alike(words, other) for other in others)

    def add(self, words: Set[int], figures: int) -> None:
        """Remember a passage."""
        for word in _first(words):
            self._said[figures, word].append(words)


def _first(words: Set[int]) -> Iterator[int]:
    size = len(words)
    return iter(heapq.nsmallest(size - math.ceil(EQUAL * size) + 1, words) if size else ())


def _alike(one: Set[int], other: Set[int]) -> bool:
    shorter, longer = sorted((len(one), len(other)))
    if shorter < EQUAL * longer:
        return False
    common = len(one & other)
    return common >= EQUAL * (shorter + longer - common)
