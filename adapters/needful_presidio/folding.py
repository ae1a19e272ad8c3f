"""Text as a reader sees it, with a map back to the characters that are really there.

A zero-width space in a card number, full-width digits, a Cyrillic "о" in an e-mail address or a no-break space hide a
value from a pattern but not from a reader or a language model. Detection runs on the folded text; the map takes its
spans back to code points of the original. Folding never joins or reorders characters: each original character becomes
none, one or several folded ones (Unicode NFKC, Standard Annex 15, of that character alone).
"""

from __future__ import annotations

import re
import unicodedata
from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

__all__ = ["Folded", "fold"]

_NOT_ASCII = re.compile(r"[^\x00-\x7f]")
_WORD = re.compile(r"\S+")
_ASCII_WORD_CHARACTER = re.compile(r"[A-Za-z0-9@]")

# Invisible though not of category Cf: fillers, the grapheme joiner, variation selectors.
_INVISIBLE = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]")

# Letters that look like Latin ones (Unicode Technical Standard 39): Cyrillic, then Greek.
_LOOKALIKES = str.maketrans(
    "\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0456\u0458\u0455\u0501\u051b\u051d\u04bb"
    "\u0410\u0412\u0415\u041a\u041c\u041d\u041e\u0420\u0421\u0422\u0425\u0406\u0408\u0405"
    "\u03bf\u03b1\u03c1\u03bd\u03b9"
    "\u0391\u0392\u0395\u0396\u0397\u0399\u039a\u039c\u039d\u039f\u03a1\u03a4\u03a5\u03a7",
    "aeopcyxijsdqwhABEKMHOPCTXIJSoapviABEZHIKMNOPTYX",
)
_LOOKALIKE = re.compile("[" + "".join(map(chr, _LOOKALIKES)) + "]")


@dataclass(frozen=True, slots=True)
class Folded:
    """Folded text. `origins` has, for each folded character, the index of the original one; None is the identity."""

    text: str = field(repr=False)
    origins: Sequence[int] | None = field(default=None, repr=False)

    def original(self, start: int, end: int) -> tuple[int, int]:
        """Take a non-empty span of the folded text to the original's code points: every character that it touches."""
        if self.origins is None:
            return start, end
        return self.origins[start], self.origins[end - 1] + 1


def fold(text: str) -> Folded:
    """Fold a text. ASCII comes back as it is."""
    if text.isascii():
        return Folded(text)
    disguised = _disguised(text)
    pieces: list[str] = []
    origins = array("l")
    position = 0
    for match in _NOT_ASCII.finditer(text):
        index = match.start()
        pieces.append(text[position:index])
        origins.extend(range(position, index))
        piece = _character(text[index])
        if index in disguised:
            piece = piece.translate(_LOOKALIKES)
        pieces.append(piece)
        origins.extend([index] * len(piece))
        position = index + 1
    pieces.append(text[position:])
    origins.extend(range(position, len(text)))
    return Folded("".join(pieces), origins)


def _disguised(text: str) -> frozenset[int]:
    """Find look-alikes in words that also have ASCII characters; a Russian word stays Russian."""
    if not _LOOKALIKE.search(text):
        return frozenset()
    return frozenset(
        word.start() + match.start()
        for word in _WORD.finditer(text)
        if _ASCII_WORD_CHARACTER.search(word[0])
        for match in _LOOKALIKE.finditer(word[0])
    )


@lru_cache(maxsize=4096)
def _character(character: str) -> str:
    category = unicodedata.category(character)
    if category == "Cf" or _INVISIBLE.match(character):
        return ""
    if category == "Nd":
        return str(unicodedata.decimal(character))
    if category == "Pd" or character == "\u2212":
        return "-"
    if category == "Zs":
        return " "
    if category in ("Zl", "Zp"):
        return "\n"
    return unicodedata.normalize("NFKC", character)
