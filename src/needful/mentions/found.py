"""What the detector found once in a call, to be found again: which values are worth it, and where they fit."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from needful.folding import skeleton
from needful.mentions.exact import Fits
from needful.mentions.names import bare_name
from needful.mentions.reading import FIRST_UNSPACED, Reading, Word, Words, is_common, plain
from needful.mentions.sought import FoundValue
from needful.values import Span

__all__ = ["GOOD", "MAX_FOUND", "SURE", "fitting", "found_values"]

GOOD = 0.5
"""The least score of a span whose value is looked for elsewhere."""

SURE = 0.8
"""The least score for names: a model's doubt about one word must not spread over all records of a call."""

MAX_FOUND = 200
"""Longest found value, in code points, that is looked for elsewhere."""

_EDGES = " \t\r\n.,;:!?\"'()[]{}<>\u201c\u201d\u2018\u2019\u201e\u00ab\u00bb"
_SIGNS = re.compile(r"[^\W_]+")
_ANY_CASE = re.compile(rf"[\d{chr(FIRST_UNSPACED)}-\U0010ffff]")
_LONG_WORD = re.compile(r"[^\W\d_]{4,}")
_NOT_A_VALUE = frozenset({"TOKEN"})
_NAMES = frozenset({"LOCATION", "NRP", "ORGANIZATION", "PERSON"})


def found_values(text: str, spans: Iterable[Span], least: float) -> Iterator[FoundValue]:
    """Yield the values of a text's spans that are sure and long enough; `least` is the policy's least score."""
    for span in spans:
        if span.entity in _NOT_A_VALUE or span.end - span.start > MAX_FOUND:
            continue
        if span.score < (SURE if span.entity in _NAMES else GOOD):
            continue
        value = text[span.start : span.end].strip(_EDGES)
        if span.entity == "PERSON":
            value = bare_name(value)
        if _says_enough(value):
            yield FoundValue(span.entity, value, max(span.score, least))


def _says_enough(value: str) -> bool:
    signs = "".join(_SIGNS.findall(value))
    if not signs.isascii() and any(ord(one) >= FIRST_UNSPACED for one in signs):
        return len(signs) > 1
    return len(signs) > (4 if signs.isdigit() else 2 if signs.isalpha() else 3)


def fitting(value: str) -> Fits | None:
    """What an occurrence of a found value must look like; None where any does.

    Nothing but an e-mail address is found again within one: a name there is part of the address.
    """
    if "@" in value:
        return None
    if _ANY_CASE.search(value):
        return _anywhere
    words = Words(skeleton(value).text)
    if len(words) > 1:
        return _capital if all(is_common(word.form) or len(word.form) < 3 for word in words) else _anywhere
    if len(plain(value.lower())) <= 3 and value.isupper():
        return _in_capitals
    if words and (is_common(words[0].form) or len(words[0].form) <= 3):
        return _like_a_name
    return _anywhere


def _anywhere(reading: Reading, start: int, end: int) -> bool:
    return not reading.is_in_mail(start)


def _capital(reading: Reading, start: int, end: int) -> bool:
    words = _LONG_WORD.findall(reading.written(start, end))
    return _anywhere(reading, start, end) and all(word[0].isupper() for word in words)


def _in_capitals(reading: Reading, start: int, end: int) -> bool:
    return _anywhere(reading, start, end) and reading.written(start, end).isupper()


def _like_a_name(reading: Reading, start: int, end: int) -> bool:
    word = Word(start, end, reading.folded[start:end])
    return _anywhere(reading, start, end) and (reading.is_named(word) or reading.is_all(start, end))
