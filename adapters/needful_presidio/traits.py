r"""What one look over a text tells, so that a recognizer that cannot find anything there is not asked.

A condition on the words that have a digit is checked against a tenth of the text. Leaving words out only brings digits
closer together, so what holds for a stretch of the text holds for these words too, if the condition lets any white
space be one space.

Most conditions are asked of the text in small letters as ASCII bytes, one byte a character, by RE2, which goes over a
paragraph in two microseconds. There `?` stands for what is not ASCII, so a condition that needs it has `OTHER`; but any
white space is a blank. A text with digits that are not ASCII's, or a letter that is one of ASCII's in another case, has
no such bytes: where a word ends is then another thing for each pattern, so conditions leave that open.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

import re2

__all__ = [
    "OTHER",
    "Condition",
    "Traits",
    "around",
    "finder",
    "holds",
    "marked",
    "numbers",
    "rows",
    "runs",
    "spelled",
    "together",
]

T = TypeVar("T")

_DIGIT = re.compile(r"\d")
_DIGITS = re.compile(r"\d+")
OTHER = r"[^\x00-\x3e\x40-\x7f]"
"""What is `?` in a text's bytes, as a pattern in a condition."""

_OF_ASCII = re.compile("[\x00-\x7f]+")
# What is s, k or i where case is ignored.
_OTHER_CASE = str.maketrans("\u017f\u212a\u0130\u0131", "skii")
_SPECIAL = re.compile("[\\d\u017f\u212a\u0130\u0131]")
_BLANK = re.compile("[^\\S\x00-\x7f]")
# Every gap that `rows` has between two digits.
_CLOSE = re.compile(r"\d(?:[\s./\-()]{0,6}\d)+")
_close = re2.compile(rb"[0-9](?:[\t-\r\x1c-\x20./\-()]{0,6}[0-9]){6}").search


class Traits:
    """A text with its words: those that are not letters only, and those with a digit."""

    __slots__ = ("_ascii", "_densest", "_longest_run", "_lower", "_once", "marked", "numbers", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        odd = [word for word in text.split() if not word.isalpha()]
        self.marked = " ".join(odd)
        self.numbers = " ".join([word for word in odd if _DIGIT.search(word)]) if _DIGIT.search(self.marked) else ""
        self._lower: str | None = None
        self._ascii: bytes | None = None
        self._longest_run = -1
        self._densest = -1
        self._once: dict[Hashable, Any] = {}

    @property
    def lower(self) -> str:
        """The text in small letters."""
        if self._lower is None:
            self._lower = self.text.lower()
        return self._lower

    @property
    def ascii(self) -> bytes:
        """The text in small letters, one byte a character; empty where that would not tell everything."""
        if self._ascii is None:
            self._ascii = b"" if not self.text.isascii() and _is_special(self.text) else _as_ascii(self.text)
        return self._ascii

    @property
    def loose(self) -> bytes:
        """The same, with ASCII's digits and letters for others that a pattern takes for them."""
        digits = _DIGIT.sub(lambda digit: str(int(digit[0])), self.text)
        return _as_ascii(digits.translate(_OTHER_CASE))

    @property
    def longest_run(self) -> int:
        """The number of digits in the longest row without a gap."""
        if self._longest_run < 0:
            self._longest_run = max(map(len, _DIGITS.findall(self.numbers)), default=0)
        return self._longest_run

    @property
    def densest(self) -> int:
        """The number of digits in the longest row with at most six blanks and signs between any two."""
        if self._densest < 0:
            seen = _digits_close(self.numbers) and _close(self.ascii or self.loose)
            self._densest = _digits_close(self.text) if seen else 0
        return self._densest

    def once(self, key: Hashable, make: Callable[[Traits], T]) -> T:
        """Return what `make` makes of this text, made once for whoever has the same key."""
        if key not in self._once:
            self._once[key] = make(self)
        made: T = self._once[key]
        return made


def _is_special(text: str) -> bool:
    foreign = _OF_ASCII.sub("", text)
    return foreign != "" and _SPECIAL.search(foreign) is not None


def _as_ascii(text: str) -> bytes:
    return (text if text.isascii() else _BLANK.sub(" ", text)).lower().encode("ascii", "replace")


def _digits_close(text: str) -> int:
    """Return how many digits lie close together, 0 where they are fewer than anybody looks for."""
    longest = max(map(len, rows := _CLOSE.findall(text)), default=0)
    return max(len(_DIGIT.findall(row)) for row in rows) if longest >= _FEWEST else 0


_FEWEST = 7
"""What `rows` may be asked for at least."""


@dataclass(frozen=True, slots=True)
class Condition:
    """A cheap condition that a text must meet for a recognizer to find anything: `test` is truthy where it does."""

    test: Callable[[Traits], object]
    numeric: bool = False
    """Whether a text without a digit never meets it. `test` is not asked then."""

    def __call__(self, traits: Traits) -> object:
        """Say whether a text meets it."""
        return (traits.numbers or not self.numeric) and self.test(traits)


def numbers(pattern: str) -> Condition:
    """Return the condition that the words with digits have this somewhere, in capitals or not."""
    search = re.compile(pattern, re.IGNORECASE).search
    return Condition(lambda traits: search(traits.numbers), numeric=True)


def runs(least: int) -> Condition:
    """Return the condition that so many digits stand in a row without a gap."""
    return Condition(lambda traits: traits.longest_run >= least, numeric=True)


def rows(pattern: str, least: int) -> Condition:
    """Return the condition that digits stand in a row like this, with or without signs and spaces between them.

    They are at least so many, seven or more, with at most six of `./-()` and white space between any two. The words
    with digits are looked at first, because that is quick, and then the text, where other words lie between.
    """
    search = re.compile(pattern, re.IGNORECASE).search
    return Condition(
        lambda traits: traits.densest >= least and search(traits.numbers) and search(traits.text), numeric=True
    )


def marked(pattern: str) -> Condition:
    """Return the condition that the words with anything but letters have this somewhere, in capitals or not."""
    search = re.compile(pattern, re.IGNORECASE).search
    return Condition(lambda traits: search(traits.marked))


def holds(pattern: str, *, numeric: bool = False) -> Condition:
    r"""Return the condition that the text has this somewhere, in capitals or not.

    A pattern of RE2 in small letters and ASCII: `\s` stands in brackets only, `\b` beside letters and digits only,
    `OTHER` for what is not ASCII.
    """
    exact = re2.compile(_for_re2(pattern)).search
    # A letter that is s in another case may end a word for one pattern, and be an s in it for another.
    loose = re2.compile(_for_re2(pattern.replace(r"\b", ""))).search
    return Condition(lambda traits: exact(octets) if (octets := traits.ascii) else loose(traits.loose), numeric)


def together(*patterns: str) -> tuple[Condition, ...]:
    """Return the conditions that the text has each of these somewhere, as `holds` does.

    Whether it has any of them is found out once, and in most texts that is the answer for all.
    """
    whole = holds("|".join(patterns))

    def one(pattern: str) -> Condition:
        test = holds(pattern).test
        return Condition(lambda traits: traits.once(whole, whole.test) and test(traits))

    return tuple(map(one, patterns))


def finder(pattern: str) -> Callable[..., Iterable[Any]]:
    """Return what finds this in a text's `ascii`: a pattern as in `holds`. Its matches have `start` and `end`."""
    found: Callable[..., Iterable[Any]] = re2.compile(_for_re2(pattern)).finditer
    return found


def spelled(word: str) -> str:
    """Return the pattern of a word in a text's `ascii`."""
    return "".join(re.escape(character) if character.isascii() else "[?]" for character in word)


def _for_re2(pattern: str) -> bytes:
    # RE2's own leaves out what separates files, groups, records and units, and the vertical tab.
    return rf"(?s:{pattern})".replace(r"\s", r"\t-\r\x1c-\x20").encode("ascii")


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
