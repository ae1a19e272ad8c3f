"""What the letters of a word say about it: the model's vocabulary is uncased, so case reaches it beside the words.

Training and run time both use this module, so that a network sees the same of a text in both.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from operator import itemgetter

__all__ = ["KINDS", "shapes"]

KINDS = 8
"""How many shapes there are."""

_LOWER, _TITLE, _UPPER, _MIXED, _DIGIT, _INITIAL, _NO_CASE, _CAPITALS = range(KINDS)

_WORD = re.compile(r"\w+")
_LINE = re.compile(r"[^\n]+")


def shapes(text: str) -> bytearray:
    """Return one of eight shapes for each code point, that of the word it is in.

    Lower case or none, Title, UPPER, miXed, with a digit, one capital; and two that say that case means nothing here:
    a word of a text without capitals, and a word of a line in capitals.
    """
    found = bytearray(len(text))
    lines = _lines_in_capitals(text)
    no_case = not any(map(str.isupper, text))
    for match in _WORD.finditer(text):
        start, end = match.span()
        shape = _shape(match[0])
        if shape == _LOWER and no_case:
            shape = _NO_CASE
        elif shape in (_UPPER, _INITIAL) and _in_one(lines, start):
            shape = _CAPITALS
        if shape:
            found[start:end] = bytes([shape]) * (end - start)
    return found


def _in_one(lines: list[tuple[int, int]], place: int) -> bool:
    """Say whether a place is in one of these lines, which are in order."""
    at = bisect_right(lines, place, key=itemgetter(0))
    return at > 0 and place < lines[at - 1][1]


def _shape(word: str) -> int:
    if word.islower():
        return _DIGIT if any(map(str.isdigit, word)) else _LOWER
    if any(map(str.isdigit, word)):
        return _DIGIT
    if word.isupper():
        return _INITIAL if len(word) == 1 else _UPPER
    if word[:1].isupper() and word[1:].islower():
        return _TITLE
    return _MIXED if any(map(str.isupper, word)) else _LOWER


def _lines_in_capitals(text: str) -> list[tuple[int, int]]:
    """The lines of at least two words that have capitals and no small letter."""
    if not any(map(str.isupper, text)):
        return []
    return [match.span() for match in _LINE.finditer(text) if match[0].isupper() and len(match[0].split()) > 1]
