"""Letters of other alphabets that are taken for Latin ones or for digits, after Unicode Technical Standard 39."""

from __future__ import annotations

import re
from collections.abc import Iterable, Set

__all__ = ["LOOKALIKES", "disguised_words", "undisguise"]

_CYRILLIC = (
    "\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0456\u0458\u0455\u0501\u051b\u051d\u04bb\u0475"
    "\u0410\u0412\u0415\u041a\u041c\u041d\u041e\u0420\u0421\u0422\u0423\u0425\u0406\u0408\u0405\u0474\u051a\u051c"
)
_GREEK = (
    "\u03bf\u03b1\u03c1\u03bd\u03b9\u0391\u0392\u0395\u0396\u0397\u0399\u039a\u039c\u039d\u039f\u03a1\u03a4\u03a5\u03a7"
)
_LATIN = "aeopcyxijsdqwhvABEKMHOPCTYXIJSVQWoapviABEZHIKMNOPTYX"

LOOKALIKES = dict(zip(_CYRILLIC + _GREEK, _LATIN, strict=True))
"""Cyrillic and Greek letters, and the Latin ones that they look like."""

# Less alike, so for patterns only: Cyrillic, Greek, Armenian, Latin of other alphabets, small capitals.
_ALIKE = dict(
    zip(
        "гктмпьшүӏκτυχγσεηωβ" + "օսոհցɑɡı" + "ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘʀꜱᴛᴜᴠᴡʏᴢ",
        "rktmnbwylktuxyoenwb" + "ounhgagi" + "abcdefghijklmnoprstuvwyz",
        strict=True,
    )
)
# What is read as a digit beside a digit.
_DIGITS = str.maketrans("ОоΟοօՕІӀΙіӏιЗзЧчЅѕбВ", "00000011111133445568")
_DOTS = "。｡·•∙⋅‧"

_LATIN_FOR = str.maketrans(LOOKALIKES)
_LATIN_IN_CODES = str.maketrans(LOOKALIKES | _ALIKE)
_IN_AN_ADDRESS = re.compile(f"(?<=[A-Za-z0-9])[{_DOTS}](?=[A-Za-z0-9])")
_IN_A_WORD = re.compile(f"[{''.join(LOOKALIKES)}]|{_IN_AN_ADDRESS.pattern}")
_IN_A_CODE = re.compile(f"[{''.join(map(chr, _LATIN_IN_CODES | _DIGITS))}]|{_IN_AN_ADDRESS.pattern}")
_IN_A_NUMBER = re.compile("(?<=[0-9])[.-]?[{0}]+|(?<![A-Za-z])[{0}]+(?=[.-]?[0-9])".format("".join(map(chr, _DIGITS))))
_CHARACTERS = frozenset([*map(chr, _LATIN_IN_CODES | _DIGITS), *_DOTS])
_WORD = re.compile(r"\S+")
_ASCII_WORD_CHARACTER = re.compile(r"[A-Za-z0-9@]")
_CODE_CHARACTER = re.compile(r"[0-9@]")


def disguised_words(text: str, characters: Set[str]) -> list[tuple[int, str]]:
    """Return the words, with their places, that have look-alikes beside ASCII; a Russian word stays Russian.

    `characters` are those of the text that are not ASCII. What is less alike is so in words with a digit or an at-sign.
    """
    if _CHARACTERS.isdisjoint(characters):
        return []
    return [
        (word.start(), word[0]) for word in _WORD.finditer(text) if not word[0].isascii() and _is_disguised(word[0])
    ]


def _is_disguised(word: str) -> bool:
    alike = _IN_A_CODE if _CODE_CHARACTER.search(word) else _IN_A_WORD
    return alike.search(word) is not None and _ASCII_WORD_CHARACTER.search(word) is not None


def undisguise(words: Iterable[tuple[int, str]], pieces: list[str]) -> None:
    """Put ASCII in the place of look-alikes in these words. `pieces` has what became of each character; it changes."""
    for start, word in words:
        code = _CODE_CHARACTER.search(word) is not None
        numeric = {index for match in _IN_A_NUMBER.finditer(word) for index in range(*match.span())} if code else set()
        for match in (_IN_A_CODE if code else _IN_A_WORD).finditer(word):
            table = _DIGITS if match.start() in numeric else _LATIN_IN_CODES if code else _LATIN_FOR
            place = start + match.start()
            pieces[place] = "." if match[0] in _DOTS else pieces[place].translate(table)
