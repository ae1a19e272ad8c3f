"""Places: a city for a city, a street with a number for a street with a number, part by part."""

from __future__ import annotations

import re

from needful_faker.asking import Asked, canonical, cased, nothing_to_replace
from needful_faker.han import unlike
from needful_faker.lists import han_words, names, places
from needful_faker.names import HAN, KANA, PARTS, word
from needful_faker.shapes import digits_of, shaped

__all__ = ["location", "postcode"]

_SEGMENTS = re.compile(r"([,;\n\r\t/()|]+)")
_HAN = re.compile(f"[{HAN}{KANA}]")
_CODE = re.compile(r"(?i:\b[A-Z]{1,2}\d[A-Z\d]?\s?\d[A-Z]{2}\b|\b[A-Z]\d[A-Z]\s?\d[A-Z]\d\b)")
_BEHIND = frozenset(
    """
    street st road rd avenue ave boulevard blvd drive dr lane ln court ct square sq highway hwy place pl terrace way
    strasse str platz weg gasse ufer straat laan plein gracht kade gatan vaegen
    """.split()
)
_BEFORE = frozenset(
    """
    rue avenue boulevard bd allee quai chemin impasse place via viale piazza corso largo calle c carrer plaza paseo
    avenida rua av r travessa praca ulica ul aleja al
    """.split()
)
_KINDS = _BEHIND | _BEFORE | frozenset("suite apt apartment floor flat unit room box po no nr postfach".split())
_COMPOUND = re.compile(
    r"(.{3,}?)(stra(?:ß|ss)e|str|platz|allee|gasse|weg|straat|laan|plein|gracht|gatan|vägen)", re.IGNORECASE
)
_SMALL = frozenset(
    "of the de la le les du des del della di da do dos der den am an im zu upon and y e van het en sur".split()
)
_POSTCODE_DIGITS = 4
_ABBREVIATED = 3
_HAN_PIECES = re.compile(
    "(.+?)(特别行政区|自治区|街道|大街|大道|胡同|省|市|区|县|镇|乡|村|路|街|道|巷|弄|号|室|楼|栋|层|都|府|県|町|丁目|番地|$)"
)
_BEHIND_NUMBERS = re.compile("号楼|[号室楼栋层路街弄巷]|丁目|番地|番|号室")
_NUMERALS = "一二三四五六七八九十"


def postcode(asked: Asked) -> str:
    """Fake a postcode: its shape stays."""
    return shaped(asked, asked.value)


def location(asked: Asked) -> str:
    """Fake a place or an address; what separates its parts stays."""
    parts = _SEGMENTS.split(asked.value)
    fake = "".join(part if at % 2 else _segment(asked, part) for at, part in enumerate(parts))
    if fake == asked.value:
        raise nothing_to_replace()
    return fake


def _segment(asked: Asked, text: str) -> str:
    """Fake what stands between two commas, with the white space around it."""
    core = text.strip()
    if not core:
        return text
    start = text.index(core)
    return text[:start] + _core(asked, core) + text[start + len(core) :]


def _core(asked: Asked, core: str) -> str:
    if _HAN.search(core):
        return PARTS.sub(lambda match: _han(asked, match), core)
    if code := _CODE.search(core):
        return _segment(asked, core[: code.start()]) + shaped(asked, code[0]) + _segment(asked, core[code.end() :])
    words = [match[0] for match in PARTS.finditer(core) if match["word"]]
    digits = [match[0] for match in PARTS.finditer(core) if match["digits"]]
    if not words:
        return PARTS.sub(lambda match: _digits(asked, match[0]), core)
    if _is_street(asked, words, digits):
        return _street(asked, core)
    if digits:
        return "".join(
            _digits(asked, one) if one.isdecimal() else _segment(asked, one) for one in re.split(r"(\d+)", core)
        )
    return _named(asked, core)


def _is_street(asked: Asked, words: list[str], digits: list[str]) -> bool:
    if digits and max(map(len, digits)) < _POSTCODE_DIGITS:
        return True
    if any(map(_COMPOUND.fullmatch, words)):
        return True
    own = [canonical(one) for one in words]
    return len(own) > 1 and (
        own[-1] in _BEHIND
        or own[0] in _BEFORE
        or (bool(digits) and _BEHIND.isdisjoint(own[:1]) and any(one in _BEHIND for one in own))
    )


def _is_kind(asked: Asked, text: str) -> bool:
    own = canonical(text)
    return own in _KINDS or own in places(asked.language).kinds


def _street(asked: Asked, core: str) -> str:
    every = all(_is_kind(asked, match[0]) for match in PARTS.finditer(core) if match["word"])
    return PARTS.sub(lambda match: _street_part(asked, match, every), core)


def _street_part(asked: Asked, match: re.Match[str], every: bool) -> str:
    text = match[0]
    if match["digits"]:
        return _digits(asked, text)
    if compound := _COMPOUND.fullmatch(text):
        return cased(text, word(asked, compound[1].capitalize()) + compound[2])
    if (_is_kind(asked, text) and not every) or (text.islower() and text in _SMALL):
        return text
    return word(asked, text)


def _digits(asked: Asked, text: str) -> str:
    """Other digits, as many; the first one none where it was none."""
    dice = asked.dice("number", digits_of(text))
    digits = [int(one) for one in digits_of(text)]
    first = 0 if digits[0] == 0 and len(digits) > 1 else 1 + dice.other(digits[0] - 1, 9) if digits[0] else 5
    return "".join(map(str, (first, *(dice.other(digit, 10) for digit in digits[1:]))))


def _named(asked: Asked, core: str) -> str:
    """Fake a country, a state or a city."""
    known = places(asked.language)
    own = " ".join(canonical(core).split())
    dice = asked.dice("place", own)
    if core in known.abbreviations:
        return dice.pick(known.abbreviations, own=own)
    if len(own) <= _ABBREVIATED and core.isupper():
        return shaped(asked, core)
    pool = known.pools.get(core) or known.pools.get(core.title()) or known.cities
    if pool:
        return cased(core, dice.pick(pool, own.split(), own))
    # The name of a family, with what makes a town of it.
    family = dice.pick(names(asked.language).family, own.split(), own)
    return cased(core, family + dice.pick(known.suffixes))


def _han(asked: Asked, match: re.Match[str]) -> str:
    if match["digits"]:
        return _digits(asked, match[0])
    if match["word"]:
        return word(asked, match[0])
    if match["kana"]:
        return shaped(asked, match[0])
    known = han_words(asked.language)
    if match[0] in known.countries:
        return unlike(asked.dice("place", match[0]), known.countries, match[0])
    behind = _BEHIND_NUMBERS.match(match[0]) if match.string[match.start() - 1 : match.start()].isdecimal() else None
    ahead = behind[0] if behind else ""
    pieces = _HAN_PIECES.sub(lambda piece: _han_piece(asked, piece[1], piece[2]), match[0].removeprefix(ahead))
    return ahead + pieces


def _han_piece(asked: Asked, text: str, kind: str) -> str:
    known = han_words(asked.language)
    dice = asked.dice("place", text)
    if all(one in _NUMERALS for one in text):
        return "".join(_NUMERALS[dice.other(_NUMERALS.index(one), len(_NUMERALS))] for one in text) + kind
    if kind in ("省", "自治区", "府", "県", "都"):
        return unlike(dice, known.provinces, text) + kind
    if kind in ("市", ""):
        return unlike(dice, known.cities, text) + kind
    return unlike(dice, known.districts, text) + kind
