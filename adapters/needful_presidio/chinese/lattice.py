"""The cheapest way through a run of Han characters: words of the dictionary and names side by side."""

from __future__ import annotations

from collections.abc import Iterator

from needful_presidio.chinese.names import Names
from needful_presidio.chinese.tables import Tables

__all__ = ["Lattice", "Token"]

Token = tuple[int, int, str]
"""Start, end, kind."""

_UNKNOWN = 16.0
"""A character that the dictionary does not have."""


class Lattice:
    """A segmenter. It holds no state of a text, so threads may share it."""

    def __init__(self, data: Tables) -> None:
        self._data = data
        self._names = Names(data)

    def cut(self, run: str, before: str, after: str) -> Iterator[Token]:
        """Yield the tokens of a run (simplified). Time is linear: a token has at most 16 characters or so."""
        words, longest, names = self._data.words, self._data.longest, self._names
        size = len(run)
        best = [0.0] * (size + 1)
        step: list[tuple[int, str]] = [(0, "")] * size
        for start in range(size - 1, -1, -1):
            kind, cost = words.get(run[start], ("U", _UNKNOWN))
            least, choice = cost + best[start + 1], (start + 1, kind)
            for end in range(start + 2, min(size, start + longest.get(run[start : start + 2], 2)) + 1):
                word = words.get(run[start:end])
                if word and word[1] + best[end] < least:
                    least, choice = word[1] + best[end], (end, word[0])
            for end, kind, cost in names.at(run, start, before, after):
                if cost + best[end] < least:
                    least, choice = cost + best[end], (end, kind)
            best[start], step[start] = least, choice
        start = 0
        while start < size:
            end, kind = step[start]
            yield start, end, kind
            start = end
