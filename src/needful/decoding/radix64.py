"""Base64 in a text (RFC 4648 §4 and §5; with line breaks, RFC 2045 §6.8), where it stands for text.

Bytes of text have a shape in base64: the top bits of each are few. Two groups of four characters in that shape are the
condition for a look, so that ordinary words and random identifiers are left alone at no cost.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator

from needful.decoding.stretches import PRINTABLE, Stretch, glance

__all__ = ["MAX_DECODED", "SIGNS", "encoded"]

MAX_DECODED = 262_144
"""Of one base64 word no more than so many bytes are decoded, from its beginning."""

_LEAST = 7
"""The shortest value looked for is an address like 1.1.1.1."""
_LEAST_BESIDE_OTHERS = 12
"""So many readable bytes in a row are no accident in a word that is not readable as a whole."""

_ANY = "A-Za-z0-9+/_\\-"
# Three bytes from 0x20 to 0x7f, and three that begin with a lead byte of Chinese, Japanese or Korean.
_ASCII = rf"[I-Za-f][C-HS-Xi-nyz0-3][ABEFIJMNQRUVYZcdghklopstwx014589][{_ANY}]"
_CJK = rf"[4-6][I-LY-Zaabo-r4-7][CGKOSWaeimquy26+\-][{_ANY}]"
_SHAPE = re.compile(rf"(?:{_ASCII}|{_CJK}){{2,}}")
SIGNS = rf"(?:{_ASCII}|{_CJK}){{2}}[{_ANY}]{{2}}"
"""What a text with base64 has somewhere (RE2)."""
_holds_any = glance(SIGNS)
_LINE = 56
# A line of a letter's attachment goes on where the next one is all base64 too.
_WORD = re.compile(rf"[{_ANY}]{{10,}}(?:(?<=[{_ANY}]{{{_LINE}}})\r?\n[{_ANY}]{{2,}}(?==*[ \t]*(?:[\r\n]|\Z)))*={{0,2}}")
_BREAK = re.compile(r"[\r\n=]")
_STANDARD = str.maketrans("-_", "+/")


def encoded(text: str) -> list[Stretch]:
    """Return the stretches of base64 that stand for text, in order."""
    if not _holds_any(text):
        return []
    return [stretch for word in _WORD.finditer(text) for stretch in _of_word(word[0], word.start())]


def _of_word(word: str, start: int) -> Iterator[Stretch]:
    """Yield what can be read of a word. Its groups may begin behind something else: a path, a name, a dash."""
    compact = _BREAK.sub("", word)[: MAX_DECODED // 3 * 4 + 4]
    shape = max(_SHAPE.finditer(compact), key=lambda match: match.end() - match.start(), default=None)
    if shape is None:
        return
    phase = shape.start() % 4
    places = [place for place, character in enumerate(word) if character not in "\r\n="]
    last = 0
    octets = _bytes(compact[phase:])
    for readable in PRINTABLE.finditer(octets):
        if len(readable[0]) < max(_LEAST, min(_LEAST_BESIDE_OTHERS, len(octets) * 3 // 4)):
            continue
        first = max(last, phase + readable.start() // 3 * 4)
        last = min(len(compact), phase - (-readable.end() // 3) * 4)
        end = len(word) if last == len(places) else places[last - 1] + 1
        yield Stretch(start + places[first], start + end, readable[0].decode("utf-8", "replace"))


def _bytes(characters: str) -> bytes:
    characters = characters[: len(characters) - (len(characters) % 4 == 1)]
    return binascii.a2b_base64(characters.translate(_STANDARD) + "=" * (-len(characters) % 4))
