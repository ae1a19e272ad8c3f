"""Long text cut into overlapping windows, so that no recognizer's work grows faster than the text."""

from __future__ import annotations

from collections.abc import Iterator

__all__ = ["windows"]

_BLANKS = " \n\t"
_BACK = 200
"""How far a cut may move back to the last blank: words and numbers then stay whole."""


def windows(text: str, size: int, overlap: int) -> Iterator[tuple[int, str]]:
    """Yield `(offset, part)`: parts of at most `size` code points, each beginning `overlap` before the last one's end.

    What is at most `overlap` long lies whole in at least one part, wherever it stands. `size` exceeds `overlap` by
    more than the 200 code points that a cut may move back.
    """
    start = 0
    while True:
        end = min(len(text), start + size)
        if end < len(text):
            end = _at_a_blank(text, start + size - _BACK if size > overlap + 2 * _BACK else end, end)
        yield start, text[start:end]
        if end == len(text):
            return
        start = end - overlap


def _at_a_blank(text: str, earliest: int, end: int) -> int:
    last = max(text.rfind(blank, earliest, end) for blank in _BLANKS)
    return end if last < 0 else last + 1
