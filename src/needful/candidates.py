"""What passages are chosen by: numbers about each passage of a text. No text.

What a passage is worth is its score less what it would expose: `score · (1 − privacy · e / (e + HALF))`, where `e` are
the characters that a reader would learn (`choosing.LEARNED`). Without privacy, exposure only decides between equal
scores.
"""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass, field

from needful.values import Passage

__all__ = ["HALF", "Candidate", "Trait"]

HALF = 20.0
"""How many exposed characters halve what a passage is worth under `privacy: 1`: about a name and a date."""

NOTHING: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Trait:
    """What is known of a passage's text beside its score.

    `words` are hashed, and `figures` is a hash of its numbers: they tell near-duplicates. `before` and `after` say
    whether it needs its neighbour there to be understood. One that is `near` was not found: it came because a found one
    needs it.
    """

    words: Set[int] = field(default=NOTHING, repr=False)
    figures: int = 0
    before: bool = False
    after: bool = False
    near: bool = False


@dataclass(frozen=True, slots=True)
class Candidate:
    """The passages of one record's text, in text order, with one score, exposure and permission each.

    `exposure` is how many characters of PII a reader would learn. A passage that is not `allowed` is never chosen.
    `traits` may be left out.
    """

    passages: tuple[Passage, ...]
    scores: tuple[float, ...]
    exposure: tuple[float, ...]
    allowed: tuple[bool, ...]
    traits: tuple[Trait, ...] = ()

    def __post_init__(self) -> None:
        if not len(self.passages) == len(self.scores) == len(self.exposure) == len(self.allowed):
            raise ValueError("a candidate has one score, exposure and permission for each passage")
        if self.traits and len(self.traits) != len(self.passages):
            raise ValueError("a candidate has one trait for each passage, or none")

    def trait(self, index: int) -> Trait:
        """What is known of a passage's text."""
        return self.traits[index] if self.traits else UNKNOWN

    def worth(self, index: int, privacy: float) -> float:
        """A passage's score less what it would expose; a negative score falls as well.

        Of two passages, a higher privacy never comes to favour the one that exposes more.
        """
        exposed = self.exposure[index]
        score = self.scores[index]
        return score - abs(score) * privacy * exposed / (exposed + HALF)


UNKNOWN = Trait()
