"""Text as a reader sees it, with a map back to the characters that are really there.

A zero-width space in a card number, full-width digits, a Cyrillic "о" in an e-mail address or a typographic apostrophe
hide a value from a pattern but not from a reader or a language model. Detection runs on folded text; the map takes its
spans back to code points of the original. Folding never joins or reorders characters: each original character becomes
none, one or several folded ones (Unicode Standard Annex 15, NFKC or NFKD of that character alone).
"""

from __future__ import annotations

import re
import unicodedata
from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

__all__ = ["LOOKALIKES", "Folded", "fold", "skeleton"]

_CYRILLIC = (
    "\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0456\u0458\u0455\u0501\u051b\u051d\u04bb\u0475"
    "\u0410\u0412\u0415\u041a\u041c\u041d\u041e\u0420\u0421\u0422\u0423\u0425\u0406\u0408\u0405\u0474\u051a\u051c"
)
_GREEK = (
    "\u03bf\u03b1\u03c1\u03bd\u03b9\u0391\u0392\u0395\u0396\u0397\u0399\u039a\u039c\u039d\u039f\u03a1\u03a4\u03a5\u03a7"
)
_LATIN = "aeopcyxijsdqwhvABEKMHOPCTYXIJSVQWoapviABEZHIKMNOPTYX"

LOOKALIKES = dict(zip(_CYRILLIC + _GREEK, _LATIN, strict=True))
"""Cyrillic and Greek letters, and the Latin ones that they look like (after Unicode Technical Standard 39)."""

_LATIN_FOR = str.maketrans(LOOKALIKES)
_LOOKALIKE = re.compile(f"[{''.join(LOOKALIKES)}]")
_WORD = re.compile(r"\S+")
_ASCII_WORD_CHARACTER = re.compile(r"[A-Za-z0-9@]")

# Invisible though not of category Cf: fillers, the grapheme joiner, variation selectors.
_INVISIBLE = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]")
_APOSTROPHES = "`\u00b4\u02b9\u02bb\u02bc\u2018\u2019\u201b\u2032\uff07"
# What numbers and addresses are written with. No script puts marks on these, so such a mark is there to hide something.
_UNMARKED = frozenset("0123456789-./:@#_+()")

_COMPARED = str.maketrans(
    # Nu stays: its capital looks like N, its small letter like v, and without case the two are one.
    {letter.lower(): latin.lower() for letter, latin in LOOKALIKES.items() if letter not in "\u039d\u03bd"}
    | dict.fromkeys(_APOSTROPHES, "'")
)


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

    def splits(self, offset: int) -> bool:
        """Whether an offset lies in the middle of what one original character became."""
        if self.origins is None or not 0 < offset < len(self.text):
            return False
        return self.origins[offset - 1] == self.origins[offset]


def fold(text: str) -> Folded:
    """Fold a text for patterns: digits, dashes and spaces become ASCII, case stays. ASCII comes back as it is."""
    if text.isascii():
        return Folded(text)
    unusual = {character for character in set(text) if character > "\x7f"}
    if all(map(_is_simple, unusual)):
        # One for one, and none that depends on its neighbours: no map is needed.
        changed = {ord(one): folded for one in unusual if (folded := _for_patterns(one)) != one}
        return Folded(text.translate(changed) if changed else text)
    pieces = _pieces(text, _for_patterns)
    for index in _disguised(text):
        pieces[index] = pieces[index].translate(_LATIN_FOR)
    return _joined(text, pieces)


def skeleton(text: str) -> Folded:
    """Fold a text for comparison: what spellings of one word that a reader takes for the same have in common.

    Case, apostrophes and look-alikes are folded too, but for the Greek letter nu, which looks like two Latin ones.
    """
    if text.isascii():
        return Folded(text.lower().replace("`", "'"))
    return _joined(text, _pieces(text, _for_comparison))


def _pieces(text: str, folding: Callable[[str], str]) -> list[str]:
    """Fold each character."""
    folded = {character: folding(character) for character in set(text)}
    pieces = [folded[character] for character in text]
    if marks := {character for character in folded if character > "\x7f" and _is_mark(character)}:
        _take_off(marks, text, pieces)
    return pieces


def _is_mark(character: str) -> bool:
    return unicodedata.category(character) in ("Mn", "Me")


def _take_off(marks: set[str], text: str, pieces: list[str]) -> None:
    """Fold marks to nothing where they stand on a digit, a sign or a space."""
    bare = False
    for index, character in enumerate(text):
        piece = pieces[index]
        if character in marks:
            if bare:
                pieces[index] = ""
        elif piece:
            bare = piece[-1] in _UNMARKED or piece[-1].isspace()


def _joined(text: str, pieces: list[str]) -> Folded:
    folded = "".join(pieces)
    if len(folded) == len(text) and "" not in pieces:
        return Folded(folded)
    return Folded(folded, array("l", [index for index, piece in enumerate(pieces) for _ in piece]))


def _disguised(text: str) -> list[int]:
    """Find look-alikes in words that also have ASCII characters; a Russian word stays Russian."""
    if not _LOOKALIKE.search(text):
        return []
    return [
        word.start() + match.start()
        for word in _WORD.finditer(text)
        if _ASCII_WORD_CHARACTER.search(word[0])
        for match in _LOOKALIKE.finditer(word[0])
    ]


@lru_cache(maxsize=4096)
def _is_simple(character: str) -> bool:
    """Say whether a character becomes one other, whatever stands around it."""
    return len(_for_patterns(character)) == 1 and character not in LOOKALIKES and not _is_mark(character)


@lru_cache(maxsize=4096)
def _for_patterns(character: str) -> str:
    return "".join(map(_plain, unicodedata.normalize("NFKC", character)))


@lru_cache(maxsize=4096)
def _for_comparison(character: str) -> str:
    if character in _APOSTROPHES:
        return "'"
    caseless = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", character).casefold())
    # Turkish sets dots where others have one letter, and Greek capitals are written without accents.
    caseless = caseless.replace("\u0131", "i").replace("\u0307", "")
    if "\u0370" <= character <= "\u03ff" or "\u1f00" <= character <= "\u1fff":
        caseless = "".join(part for part in caseless if not unicodedata.combining(part)) or caseless
    # A spacing accent is a space and a mark by NFKD, but ends no word: "Zo¨e" from a PDF file.
    return "".join(map(_plain, caseless.lstrip() or caseless)).translate(_COMPARED)


def _plain(character: str) -> str:
    """Return what an ASCII pattern expects in a character's place; nothing for what cannot be seen."""
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
    return character
