"""A text in, spans out: the run of the pipeline over one text."""

from __future__ import annotations

import hashlib
import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path

from needful_presidio.chinese.endings import Piece
from needful_presidio.chinese.lattice import Lattice
from needful_presidio.chinese.repeats import again, spaced
from needful_presidio.chinese.spans import Span, spans
from needful_presidio.chinese.tables import tables

__all__ = ["ENTITIES", "ChineseNames", "load_chinese"]

ENTITIES = frozenset({"LOCATION", "ORGANIZATION", "PERSON"})

_HAN_RANGES = "㐀-䶿一-鿿〇豈-﫿𠀀-𲎯々"
_PIECE = re.compile(
    rf"([{_HAN_RANGES}]+)|((?:(?![{_HAN_RANGES}ぁ-ヿ])[^\W\d_])+(?:['’](?![{_HAN_RANGES}])[^\W\d_]+)*)|(\d+)|(\s+)|(.)",
    re.DOTALL,
)
_HAN, _WORD, _DIGITS, _BLANK = 1, 2, 3, 4
_CONTEXT = 16
"""How much of the text around a run of Han characters is looked at."""
_HERE = Path(__file__).parent


class ChineseNames:
    """Finds names in Chinese text. It keeps no state of a text: threads may share it."""

    def __init__(self) -> None:
        self._data = tables()
        self._lattice = Lattice(self._data)
        self.version = _version(self._data.digest)

    def find(self, text: str) -> list[Span]:
        """Return start, end (code points), entity and score of what is found, in order, apart from each other."""
        simplified = text.translate(self._data.simplified)
        found = spans(list(self._pieces(simplified)))
        found = _with(found, spaced(simplified, self._data.words.keys()))
        return _with(found, again(simplified, found, self._data.words.keys()))

    def _pieces(self, text: str) -> Iterator[Piece]:
        for match in _PIECE.finditer(text):
            start, end = match.span()
            if match.lastindex == _HAN:
                before, after = text[max(0, start - _CONTEXT) : start], text[end : end + _CONTEXT]
                for first, last, kind in self._lattice.cut(match[0], before, after):
                    yield Piece(start + first, start + last, kind, match[0][first:last])
            else:
                kind = {_WORD: "W", _DIGITS: "D", _BLANK: " "}.get(match.lastindex or 0, "-")
                yield Piece(start, end, kind, match[0])


def _with(found: list[Span], more: Iterable[Span]) -> list[Span]:
    """Add what does not touch what is there already."""
    taken = [start for start, *_ in found]
    extra: list[Span] = []
    for span in more:
        place = bisect_right(taken, span[0])
        before = place == 0 or found[place - 1][1] <= span[0]
        if before and (place == len(found) or span[1] <= found[place][0]):
            extra.append(span)
    return sorted([*found, *extra])


@lru_cache(maxsize=1)
def load_chinese() -> ChineseNames:
    """Return the finder, the same one each time: its tables take about 60 MB."""
    return ChineseNames()


def _version(data: str) -> str:
    """Digest data and code: other spans, another version."""
    digest = hashlib.sha256(data.encode())
    for path in sorted((*_HERE.glob("*.py"), *_HERE.glob("*.txt"))):
        digest.update(path.read_bytes())
    return f"chinese {digest.hexdigest()[:16]}"
