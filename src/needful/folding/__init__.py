"""Text as a reader sees it, with a map back to the characters that are really there.

A zero-width space in a card number, full-width digits, a Cyrillic "о" in an e-mail address or a typographic apostrophe
hide a value from a pattern but not from a reader or a language model. Detection runs on folded text; the map takes its
spans back to code points of the original. Folding never joins or reorders characters: each original character becomes
none, one or several folded ones (Unicode Standard Annex 15, NFKC or NFKD of that character alone). What stands for a
value by an encoding (HTML, percent signs, base64) is `needful.decoding`'s.
"""

from __future__ import annotations

import re
import unicodedata
from array import array
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from needful.folding.lookalikes import LOOKALIKES, disguised_words, undisguise

__all__ = ["LOOKALIKES", "Folded", "fold", "skeleton"]

_WORD = re.compile(r"\S+")
_OF_ASCII = re.compile("[\x00-\x7f]+")
# A digit or an at-sign, or every letter has marks.
_CODE = re.compile(r".*?[\d@]|(?:[A-Za-z][^\w\s]+){3,}\Z")

# Invisible though not of category Cf: fillers, the grapheme joiner, variation selectors.
_INVISIBLE = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]")
_APOSTROPHES = "`\u00b4\u02b9\u02bb\u02bc\u2018\u2019\u201b\u2032\uff07"
# What numbers and addresses are written with. No script puts marks on these, so such a mark is there to hide something.
_UNMARKED = frozenset("0123456789-./:@#_+()")
# Strokes through and lines under a letter are drawn there, not spelled.
_DRAWN = frozenset("\u0332\u0333\u0334\u0335\u0336\u0337\u0338\u20d2\u20d3\u20e5\u20e6")
_DASHES = frozenset("\u2212\u02d7\u2043\u2796")
_SPECIAL = frozenset(["Cf", "Nd", "No", "Pd", "Zs", "Zl", "Zp", "Mn", "Me"])
_MANY = 500
"""More different characters than this are looked at together first: most of them stay as they are."""
_LONG = 10_000
# Han, private use, and the planes where nothing is assigned.
_SETTLED = re.compile("[\u3400-\u9fff\ue000-\uf8ff\U00020000-\U0002f7ff\U00030000-\U000dffff\U000f0000-\U0010ffff]+")

_COMPARED = str.maketrans(
    # Nu stays: its capital looks like N, its small letter like v, and without case the two are one.
    {letter.lower(): latin.lower() for letter, latin in LOOKALIKES.items() if letter not in "\u039d\u03bd"}
    | dict.fromkeys(_APOSTROPHES, "'")
)

_COMPARED_ASCII = {character: character.lower() for character in map(chr, range(128))} | {"`": "'"}
# What a folding changes though normalising does not.
_NEVER_LEFT = frozenset([*map(chr, _COMPARED), *_DASHES, *"\u0131\u0307\u115f\u1160\u3164\uffa0"])


def _go_on() -> None:
    """Raise nothing."""


@dataclass(frozen=True, slots=True)
class Folded:
    """Folded text. `origins` has, for each folded character, the index of the original one; None is the identity.

    `ends` has the index behind what it stands for; without it that is one character.
    """

    text: str = field(repr=False)
    origins: Sequence[int] | None = field(default=None, repr=False)
    ends: Sequence[int] | None = field(default=None, repr=False)

    def original(self, start: int, end: int) -> tuple[int, int]:
        """Take a non-empty span of the folded text to the original's code points: every character that it touches."""
        if self.origins is None:
            return start, end
        return self.origins[start], self.origins[end - 1] + 1 if self.ends is None else self.ends[end - 1]

    def splits(self, offset: int) -> bool:
        """Whether an offset lies in the middle of what one original character became."""
        if self.origins is None or not 0 < offset < len(self.text):
            return False
        return self.origins[offset - 1] == self.origins[offset]


def fold(text: str, check: Callable[[], None] = _go_on) -> Folded:
    """Fold a text for patterns: digits, dashes and spaces become ASCII, case stays. ASCII comes back as it is.

    `check` is called between the steps over a text that is not ASCII, and may raise to end them.
    """
    if text.isascii():
        return Folded(text)
    check()
    characters = _unusual(text)
    check()
    words = disguised_words(text, characters)
    check()
    table = _table(characters, _for_patterns)
    marks = set(filter(_is_mark, table))
    if not marks and not words and all(len(folded) == 1 for folded in table.values()):
        # One for one, and none that depends on its neighbours: no map is needed.
        changed = {ord(one): folded for one, folded in table.items() if folded != one}
        return Folded(text.translate(changed) if changed else text)
    check()
    pieces = [table.get(character, character) for character in text]
    check()
    longer = _take_off(text, marks, pieces, codes=True) if marks else {}
    check()
    undisguise(words, pieces)
    check()
    return _joined(text, pieces, longer)


def skeleton(text: str) -> Folded:
    """Fold a text for comparison: what spellings of one word that a reader takes for the same have in common.

    Case, apostrophes and look-alikes are folded too, but for the Greek letter nu, which looks like two Latin ones.
    """
    if text.isascii():
        return Folded(text.lower().replace("`", "'"))
    table = _table(_unusual(text), _for_comparison) | _COMPARED_ASCII
    marks = set(filter(_is_mark, table))
    pieces = [table.get(character, character) for character in text]
    longer = _take_off(text, marks, pieces, codes=False) if marks else {}
    return _joined(text, pieces, longer)


def _unusual(text: str) -> set[str]:
    """Return the characters of a text that are not ASCII, without some of those that no folding changes."""
    # A set of a million characters takes longer than leaving most of them out.
    different = _SETTLED.sub("", text) if len(text) > _LONG else text
    return set(_OF_ASCII.sub("", different))


def _table(characters: set[str], folding: Callable[[str], str]) -> dict[str, str]:
    """Fold each character; of very many, only those that may change or be marks are in the answer."""
    if len(characters) > _MANY:
        characters = characters - _unchanged(list(characters))
    return {character: folding(character) for character in characters}


def _unchanged(characters: list[str]) -> set[str]:
    """Return those that every folding leaves alone, without asking for each. None of them may be a line feed."""
    # No character composes with a line feed, so each is normalised by itself.
    lines = "\n".join(characters)
    composed = unicodedata.normalize("NFKC", lines).split("\n")
    caseless = unicodedata.normalize("NFKD", lines.casefold()).split("\n")
    looked_at = zip(characters, composed, caseless, map(unicodedata.category, characters), strict=True)
    same = {one for one, first, second, kind in looked_at if one == first == second and kind not in _SPECIAL}
    return same - _NEVER_LEFT


@lru_cache(maxsize=4096)
def _is_mark(character: str) -> bool:
    return unicodedata.category(character) in ("Mn", "Me")


def _take_off(text: str, marks: set[str], pieces: list[str], *, codes: bool) -> dict[int, int]:
    """Fold marks to nothing where they stand on a digit, a sign or a space.

    With `codes` also on any ASCII character of a word that is no word of a language, and what strikes a letter out.
    Returns where the characters end that lost a mark, by their place.
    """
    places = [place for place, character in enumerate(text) if character in marks]
    coded = _in_codes(text, places) if codes else frozenset[int]()
    longer: dict[int, int] = {}
    base = seen = -1
    for place in places:
        # What stands before the last mark has been looked at.
        unseen = range(place - 1, seen, -1)
        base = next((index for index in unseen if pieces[index] and text[index] not in marks), base)
        seen = place
        on = pieces[base][-1] if base >= 0 else ""
        struck = codes and text[place] in _DRAWN
        if struck or (on and (on in _UNMARKED or on.isspace() or (place in coded and on.isascii()))):
            pieces[place] = ""
            longer[base] = place + 1
    return longer


def _in_codes(text: str, places: Sequence[int]) -> frozenset[int]:
    """Return which of the places, in order, lie in a word with a digit or an at-sign, or with marks on every letter."""
    found = []
    end, code = 0, False
    words = _WORD.finditer(text)
    for place in places:
        while end <= place:
            word = next(words)
            end, code = word.end(), _CODE.match(word[0]) is not None
        if code:
            found.append(place)
    return frozenset(found)


def _joined(text: str, pieces: list[str], longer: Mapping[int, int]) -> Folded:
    folded = "".join(pieces)
    if len(folded) == len(text) and "" not in pieces:
        return Folded(folded)
    origins = array("l", [index for index, piece in enumerate(pieces) for _ in piece])
    return Folded(folded, origins, array("l", [longer.get(index, index + 1) for index in origins]) if longer else None)


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
    if category == "No":
        return str(unicodedata.digit(character, character))
    if category == "Pd" or character in _DASHES:
        return "-"
    if category == "Zs":
        return " "
    if category in ("Zl", "Zp"):
        return "\n"
    return character
