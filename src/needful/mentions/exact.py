"""Values as they are, in any spelling, wherever they stand as whole words.

Case, white space, the kind of apostrophe or dash, what cannot be seen (soft hyphens, zero-width characters), letters
of other scripts that look alike, and the ways to write one character (`é` as one code point or two, `ﬁ`) do not
matter; see `needful.folding.skeleton`. Values of a single letter or digit are not looked for, but for those of
scripts without spaces (`李`), which are found inside longer words too.

A value is looked up by its first stretch of ASCII letters and digits among those of the text, so that a thousand values
cost no more than one where they do not stand.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import cast

from needful.folding import skeleton
from needful.mentions.reading import FIRST_UNSPACED, NU, SOFT_HYPHEN, Reading
from needful.mentions.sought import Source
from needful.values import Span

__all__ = ["Exact", "Fits"]

_SOFT_IN_WORD = re.compile(rf"(?<=\w){SOFT_HYPHEN}(?=\w)")
_LONE_HYPHEN = re.compile(r"(?<=[^-])-(?=[^-])")
_LIKE_NU = str.maketrans({"n": f"[n{NU}]", "v": f"[v{NU}]", NU: f"[{NU}nv]"})
_RUN = re.compile(r"[a-z0-9]+")

Fits = Callable[[Reading, int, int], bool]
"""Whether an occurrence, a stretch of the folded text, is the value and not an ordinary word."""


@dataclass(slots=True)
class _Value:
    words: tuple[str, ...] = field(repr=False)
    soft: bool
    run: str | None = field(repr=False)
    """Its first stretch of ASCII letters and digits, where it can be looked up by it."""
    is_odd: bool
    """Whether it takes a pattern to find it."""
    sources: dict[Source, Fits | None] = field(default_factory=dict)


MANY = 8

FEW = 12
"""Stretches that are searched for one by one; more are looked up among those of the text."""


class Exact:
    """Values to look for. Raw. Adding in another order, or twice, changes nothing."""

    def __init__(self) -> None:
        """Begin with none."""
        self._values: dict[tuple[tuple[str, ...], bool], _Value] = {}
        self._by_run: dict[str, list[_Value]] = {}
        self._others: list[_Value] = []
        self._hashes: list[frozenset[int]] = []

    def __bool__(self) -> bool:
        return bool(self._values)

    @property
    def _are_few(self) -> bool:
        return len(self._by_run) <= FEW

    def add(self, value: str, source: Source, fits: Fits | None = None) -> None:
        """Look for a value, and take only the occurrences that fit."""
        words = _words(value)
        if not _says_enough("".join(words)):
            return
        key = words, SOFT_HYPHEN in value
        known = self._values.get(key)
        if known is None:
            shifting = key[1] or any(NU in word for word in words)
            run = None if shifting else _RUN.search(" ".join(words))
            known = _Value(*key, run[0] if run else None, is_odd=shifting or len(words) > MANY)
            self._values[key] = known
            (self._by_run.setdefault(run[0], []) if run else self._others).append(known)
            if run:
                self._hashes.append(frozenset(map(hash, _RUN.findall(" ".join(words)))))
        if known.sources.setdefault(source, fits) is not fits:
            known.sources[source] = None  # the same from two sides: what the laxer one takes

    def spans(self, reading: Reading) -> Iterator[Span]:
        """Yield the spans of a text, in no order."""
        for value in self._candidates(reading):
            for start, end in _places(value, reading):
                for source, fits in value.sources.items():
                    if fits is None or fits(reading, start, end):
                        yield source.span(reading, start, end)

    def may_stand_in(self, words: frozenset[int]) -> bool:
        """Whether `spans` could yield any in a text that is not odd; see `needful.mentions.signs`."""
        return bool(self._others) or any(map(words.issuperset, self._hashes))

    def _candidates(self, reading: Reading) -> Iterable[_Value]:
        if reading.is_odd:
            yield from self._values.values()
            return
        # A few are searched for; to cut the text to words costs as much as a dozen searches.
        runs = [run for run in self._by_run if run in reading.folded] if self._are_few else reading.runs
        for run in self._by_run.keys() & runs:
            yield from self._by_run[run]
        yield from self._others


def _words(value: str) -> tuple[str, ...]:
    if SOFT_HYPHEN in value:
        value = _SOFT_IN_WORD.sub("-", value)
    if value.isascii():
        return tuple(value.lower().replace("`", "'").split())
    # The space in front: a mark that begins the value is folded as it is in a text, after a space.
    return tuple(skeleton(f" {value}").text.split())


def _says_enough(folded: str) -> bool:
    """Whether a value has two characters, or one of a script without spaces: one letter would be found everywhere."""
    if folded.isascii():
        return len(folded) > 1
    characters = [character for character in folded if not unicodedata.combining(character)]
    return len(characters) > 1 or any(one.isalnum() and ord(one) >= FIRST_UNSPACED for one in characters)


def _places(value: _Value, reading: Reading) -> Iterator[tuple[int, int]]:
    """Yield where a value stands as whole words: stretches of the folded text that do not overlap."""
    find = _finder(value, reading)
    place = find(0)
    while place:
        whole = not reading.cuts(*place)
        if whole:
            yield place
        # What was turned down may overlap what is to be found: "Ana B Ana" in "Lana B Ana B Ana".
        place = find(place[1] if whole else place[0] + 1)


def _finder(value: _Value, reading: Reading) -> Callable[[int], tuple[int, int] | None]:
    """What finds the next occurrence from an offset on."""
    words, folded = value.words, reading.folded
    if value.is_odd or reading.needs_patterns:
        search = _pattern(words, folded, soft=value.soft or SOFT_HYPHEN in reading.text).search
        return lambda at: match.span() if (match := search(folded, at)) else None
    offset = words[0].find(value.run) if value.run and not reading.is_odd and len(folded) > SHORT else -1
    if offset < 0:
        return lambda at: _next(words, folded, at)
    starts = [start - offset for start in reading.places.get(cast(str, value.run), ())]

    def look_up(at: int) -> tuple[int, int] | None:
        for start in map(starts.__getitem__, range(bisect_left(starts, at), len(starts))):
            if start >= 0 and folded.startswith(words[0], start) and (end := _end(words, folded, start)):
                return start, end
        return None

    return look_up


SHORT = 5_000
"""Code points of a text that is searched through for each value that may stand in it; a longer one is looked up."""


def _next(words: Sequence[str], folded: str, at: int) -> tuple[int, int] | None:
    """Find the words, with any white space between them. No pattern: those stay in `re`'s cache, with the value."""
    while (start := folded.find(words[0], at)) >= 0:
        if end := _end(words, folded, start):
            return start, end
        at = start + 1
    return None


def _end(words: Sequence[str], folded: str, start: int) -> int | None:
    """Where the words end that begin at an offset with the first one; None if the others do not follow."""
    end = start + len(words[0])
    for word in words[1:]:
        begin = end
        while begin < len(folded) and folded[begin].isspace():
            begin += 1
        if begin == end or not folded.startswith(word, begin):
            return None
        end = begin + len(word)
    return end


def _pattern(words: Sequence[str], folded: str, *, soft: bool) -> re.Pattern[str]:
    spelled = r"\s+".join(map(_softly if soft else re.escape, words))
    if NU in folded or NU in spelled:
        spelled = spelled.translate(_LIKE_NU)
    return re.compile(spelled)


def _softly(word: str) -> str:
    """Spell a word where a soft hyphen, which folding drops, may stand for a hyphen: many PDF files have no other."""
    # Only hyphens that stand alone: a row of optional ones would take exponential time to fail.
    return r"\-?".join(map(re.escape, _LONE_HYPHEN.split(word)))
