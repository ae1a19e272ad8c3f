"""What one look over a text tells, so that a recognizer that cannot find anything there is not asked.

A condition on the words that have a digit is checked against a tenth of the text. Leaving words out only brings digits
closer together, so what holds for a stretch of the text holds for these words too, if the condition lets any white
space be one space.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

__all__ = ["Condition", "Traits", "around", "longest_word", "marked", "numbers", "rows"]

_DIGIT = re.compile(r"\d")


class Traits:
    """A text with its words: all, those that are not letters only, and those with a digit."""

    __slots__ = ("_lower", "marked", "numbers", "text", "words")

    def __init__(self, text: str) -> None:
        self.text = text
        self.words = text.split()
        odd = [word for word in self.words if not word.isalpha()]
        self.marked = " ".join(odd)
        self.numbers = " ".join([word for word in odd if _DIGIT.search(word)])
        self._lower: str | None = None

    @property
    def lower(self) -> str:
        """The text in small letters."""
        if self._lower is None:
            self._lower = self.text.lower()
        return self._lower


Condition = Callable[[Traits], object]
"""A cheap condition that a text must meet for a recognizer to find anything: truthy where it does."""


def numbers(pattern: str) -> Condition:
    """Return the condition that the words with digits have this somewhere, in capitals or not."""
    search = re.compile(pattern, re.IGNORECASE).search
    return lambda traits: traits.numbers and search(traits.numbers)


def rows(pattern: str) -> Condition:
    """Return the condition that digits stand in a row like this, with or without signs and spaces between them.

    The words with digits are looked at first, because that is quick, and then the text, where other words lie between.
    """
    search = re.compile(pattern, re.IGNORECASE).search
    return lambda traits: traits.numbers and search(traits.numbers) and search(traits.text)


def marked(pattern: str) -> Condition:
    """Return the condition that the words with anything but letters have this somewhere, in capitals or not."""
    search = re.compile(pattern, re.IGNORECASE).search
    return lambda traits: search(traits.marked)


def longest_word(least: int) -> Condition:
    """Return the condition that some stretch without white space is at least so long."""
    return lambda traits: max(map(len, traits.words), default=0) >= least


def around(places: Iterable[tuple[int, int]], before: int, after: int, length: int) -> Iterator[tuple[int, int]]:
    """Yield the stretches that these places, in order, and so much on either side of them make up."""
    start = last = -1
    for first, end in places:
        if last >= 0 and first - before > last:
            yield start, last
            last = -1
        if last < 0:
            start = max(0, first - before)
        last = min(length, end + after)
    if last >= 0:
        yield start, last
