"""People's names, word by word: the same word becomes the same fake wherever it stands.

`Maria Keller` is drawn as `maria` and `keller`, so that `Keller, Maria`, `Mr Keller's` and `maria.keller@…` agree with
it. Whether a word is a given name is looked up, not told by its place; and a given name keeps its gender, which titles
and pronouns around it tell anyway.
"""

from __future__ import annotations

import re
from collections.abc import Container
from dataclasses import dataclass, field
from string import ascii_uppercase

from needful.titles import ALSO_NAMES, OFFICES, TITLES
from needful_faker.asking import Asked, canonical, cased, nothing_to_replace
from needful_faker.han import han_name, kana_name
from needful_faker.lists import names, nationalities
from needful_faker.shapes import shaped

__all__ = ["HAN", "KANA", "PARTS", "nationality", "person", "word"]

HAN = "\u3005\u3400-\u9fff"
KANA = "\u3040-\u30ff"
LETTER = rf"[^\W\d_{HAN}{KANA}]"
LETTERS = rf"{LETTER}+(?:['’]{LETTER}+)*"
PARTS = re.compile(rf"(?P<han>[{HAN}]+)|(?P<kana>[{KANA}]+)|(?P<word>{LETTERS})|(?P<digits>\d+)")
"""Every letter and digit is in one of these."""

_POSSESSIVE = re.compile("['’][sS]$")
_TITLES = TITLES - ALSO_NAMES | OFFICES
_PARTICLES = frozenset("van von de der den del della dello di da do dos das du la los ter ten zu zum zur vom".split())
# Names too, or initials, unless in small letters.
_SMALL_PARTICLES = frozenset("le las af av te bin ibn al el y e i und and et auf".split())
_SUFFIXES = frozenset("jr sr ii iii iv phd md esq".split())
_MOST_INITIALS = 3


@dataclass(frozen=True, slots=True)
class _Part:
    """A word, a run of digits, or what stands between them. Raw."""

    kind: str
    text: str = field(repr=False)
    tail: str = ""
    """The possessive behind a word."""


def _split(value: str) -> list[_Part]:
    parts: list[_Part] = []
    at = 0
    for match in PARTS.finditer(value):
        parts.append(_Part("between", value[at : match.start()]))
        kind, text = str(match.lastgroup), match[0]
        tail = _POSSESSIVE.search(text) if kind == "word" else None
        parts.append(_Part(kind, text[: tail.start()], tail[0]) if tail else _Part(kind, text))
        at = match.end()
    return [*parts, _Part("between", value[at:])]


def person(asked: Asked) -> str:
    """Fake a name; titles, particles, order, case and punctuation stay."""
    parts = _split(asked.value)
    replaced = [at for at, part in enumerate(parts) if part.kind != "between" and not _stays(parts, at)]
    if not replaced:
        replaced = [at for at, part in enumerate(parts) if part.kind != "between"]
    if not replaced:
        raise nothing_to_replace()
    avoid = frozenset(canonical(part.text) for part in parts)
    fakes = {at: _fake(asked, parts[at], avoid) for at in replaced}
    return "".join(fakes.get(at, part.text) + part.tail for at, part in enumerate(parts))


def _stays(parts: list[_Part], at: int) -> bool:
    """Whether a word is no part of the name. A last word is one, for nothing would be left, unless it is a suffix."""
    if parts[at].kind != "word":
        return False
    text, following = canonical(parts[at].text), parts[at + 1].text
    is_last = at + 2 >= len(parts)
    if text in _SUFFIXES and at > 1:
        return is_last or "," in following or canonical(parts[at + 2].text) in _SUFFIXES
    if is_last or following.startswith("-") or "," in following:
        return False
    if text in _TITLES or (text in ALSO_NAMES and following.startswith(".")):
        return at == 1 or "," in parts[at - 1].text or _stays(parts, at - 2)
    return _is_particle(parts, at, text)


def _is_particle(parts: list[_Part], at: int, text: str) -> bool:
    """Not the `Van` of `Van Morrison` or the `al` of `al pacino`: a first word only if small among capitals."""
    small = parts[at].text.islower()
    if text not in _PARTICLES and not (small and text in _SMALL_PARTICLES):
        return False
    return at > 1 or (small and any(part.text[:1].isupper() for part in parts))


def _fake(asked: Asked, part: _Part, avoid: Container[str]) -> str:
    if part.kind == "han":
        return han_name(asked, part.text)
    if part.kind == "kana":
        return kana_name(asked, part.text, avoid)
    if part.kind == "digits":
        return shaped(asked, part.text)
    if 1 < len(part.text) <= _MOST_INITIALS and part.text.isupper() and not asked.value.isupper():
        return "".join(word(asked, initial, avoid) for initial in part.text)
    return word(asked, part.text, avoid)


def word(asked: Asked, text: str, avoid: Container[str] = ()) -> str:
    """Fake one word of a name, in its case. `avoid` has canonical words that the fake must not be."""
    own = canonical(text)
    dice = asked.dice("word", own)
    if len(own) == 1:
        return cased(text, dice.pick(ascii_uppercase, avoid, own))
    known = names(asked.language)
    return cased(text, dice.pick(known.given.get(own, known.family), avoid, own))


def nationality(asked: Asked) -> str:
    """Fake a word such as `Danish`; of several words, each."""

    def other(match: re.Match[str]) -> str:
        if not match["word"]:
            return shaped(asked, match[0])
        own = canonical(match[0])
        return cased(match[0], asked.dice("nationality", own).pick(nationalities(asked.language), own=own))

    return PARTS.sub(other, asked.value)
