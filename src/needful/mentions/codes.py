"""Numbers and codes: phones, accounts, cards, identity numbers, in any grouping.

Between the digits may stand spaces, dots, dashes, slashes, brackets and line breaks. In front, a country code or a zero
may come or go. The last four to six digits alone are the value's where the text says that they are a number's end:
"ending in 4711", "****4711", "account 4711".
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from needful.folding import skeleton
from needful.mentions.reading import Reading
from needful.mentions.sought import Source
from needful.values import Span

__all__ = ["Codes", "is_code"]

LONGEST = 40
"""Digits of a number that is looked for in other groupings; a longer one is looked for as it is."""

END = 7
"""Digits at the end of a longer number that are enough of it, at the borders of a group."""

_EXTENSION = re.compile(r"\b(?:ext|extension|x|durchwahl)\b.*\Z", re.DOTALL)
_ZERO = "(0)"
_GROUPS = re.compile(r"\d(?:[ \t\r\n.\-/()·_]{0,4}\d)+")
_RUN = re.compile(r"\d+")
_PREFIX = re.compile(r"(?:\(?(?:\+|\b00)[ ]?\(?\d{1,3}\)?|\+|\b00?)[ ./\-]{0,2}(?:\(0\)[ ]?)?\(?0?\Z|\(0?\Z|(?<!\d)0\Z")
_TAIL = re.compile(
    r"(?:\b(?:ending|ends?|endet|endend|endung)\b[^\d\n]{0,15}"
    r"|\b(?:last|final|letzte[nr]?)\s(?:four|five|six|vier|[456])\b[^\d\n]{0,40}(?:[456][ -]digits?[^\d\n]{0,20})?"
    r"|\b(?:a/c|acct|account|konto|card|iban|phone|tel|no|nr|number)\b[.:\s#\-]{1,5}"
    r"|x{2,}[\s\-]?|[*#•·]{2,}[\s\-]?|\.{3,}\s?)"
    r"(\d{4,6})(?!\d)"
)


def is_code(value: str) -> bool:
    """Whether a value is a number or a code: five characters and more, and half of them digits."""
    signs = [one for one in value if one.isalnum()]
    return len(signs) > 4 and sum(map(str.isdigit, signs)) * 2 >= len(signs)


class Codes:
    """Numbers to look for. Raw. Adding in another order, or twice, changes nothing."""

    def __init__(self) -> None:
        """Begin with none."""
        self._ends: dict[str, dict[Source, None]] = {}
        self._tails: dict[str, dict[Source, None]] = {}
        self._codes: dict[str, dict[Source, None]] = {}
        self._lengths: tuple[int, ...] = ()

    def add(self, value: str, source: Source) -> None:
        """Look for a number."""
        folded = _EXTENSION.sub("", skeleton(value).text).replace(_ZERO, "")
        code = "".join(re.findall("[a-z0-9]", folded))
        if not 5 <= len(code) <= LONGEST:
            return
        if not code.isdigit():
            self._codes.setdefault(code, {})[source] = None
        for end in _ends(folded, code):
            self._ends.setdefault(end, {})[source] = None
        self._lengths = tuple(sorted({len(end) for end in self._ends}, reverse=True))
        digits = max(_RUN.findall(code), key=len, default="")
        for length in (4, 5, 6):
            if len(digits) > length:
                self._tails.setdefault(digits[-length:], {})[source] = None

    def spans(self, reading: Reading) -> Iterator[Span]:
        """Yield the spans of a text, in no order."""
        if self._ends and _RUN.search(reading.folded):
            yield from self._grouped(reading)
            yield from self._ending(reading)
        yield from self._coded(reading)

    def _grouped(self, reading: Reading) -> Iterator[Span]:
        folded = reading.folded
        for groups in _GROUPS.finditer(folded):
            start, end = groups.span()
            places = [at for at in range(start, end) if folded[at].isdigit() and folded[at - 1 : at + 2] != _ZERO]
            digits = "".join(folded[at] for at in places)
            for last, at in enumerate(places):
                if last + 1 < len(places) and places[last + 1] == at + 1:
                    continue
                for length in self._lengths:
                    first = last + 1 - length
                    sources = self._ends.get(digits[first : last + 1]) if first >= 0 else None
                    if sources and _begins(digits, places, first, length):
                        begin = _with_prefix(folded, places[first])
                        yield from (source.span(reading, begin, at + 1) for source in sources)
                        break

    def _ending(self, reading: Reading) -> Iterator[Span]:
        for match in _TAIL.finditer(reading.folded):
            for source in self._tails.get(match[1], {}):
                yield source.span(reading, *match.span(1))

    def _coded(self, reading: Reading) -> Iterator[Span]:
        if not self._codes:
            return
        stream, places = reading.stream
        for code, sources in self._codes.items():
            at = stream.find(code)
            while at >= 0:
                start, end = places[at], places[at + len(code) - 1] + 1
                close = all(places[i + 1] - places[i] <= 3 for i in range(at, at + len(code) - 1))
                if close and not reading.cuts(start, end):
                    yield from (source.span(reading, start, end) for source in sources)
                at = stream.find(code, at + 1)


def _ends(folded: str, code: str) -> Iterator[str]:
    """Yield what of a number's digits is enough of it: all, and each end of seven, or six where a group begins."""
    digits = max(_RUN.findall(code), key=len, default="").lstrip("0")
    if len(digits) < 5:
        return
    yield digits
    yield from (digits[-length:] for length in range(END, len(digits)))
    groups = [re.sub(r"\D", "", folded[match.start() :]) for match in re.finditer(r"(?<!\d)\d", folded)]
    yield from (group for group in groups if len(group) == END - 1 and digits.endswith(group))


def _begins(digits: str, places: list[int], first: int, length: int) -> bool:
    """Whether a number begins at its first digit, or is too long to stand in another by chance."""
    if length > END + 1 or first == 0 or places[first - 1] != places[first] - 1:
        return True
    before = first
    while before > 0 and places[before - 1] == places[before] - 1:
        before -= 1
    return not digits[before:first].strip("0")


def _with_prefix(folded: str, start: int) -> int:
    """Where a number begins with its country code, zeros, plus sign and bracket."""
    match = _PREFIX.search(folded[max(0, start - 16) : start])
    return start - len(match[0]) if match else start
