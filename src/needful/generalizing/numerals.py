"""Numbers as people write them: grouping, decimal mark, and words such as million.

A single separator before exactly three digits can group (1,234 is 1234) or be the decimal mark. The rule:
1. behind a leading zero it is the decimal mark (`0.125`);
2. beside a scale word, the word's language decides (`1.234 million` and `1,234 Mio.` have decimals);
3. beside a currency it groups (`€1.234` is 1234), money having two decimals;
4. else a comma, apostrophe or blank groups, and a point could be either: None.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

__all__ = ["NUMERAL", "SCALE", "Numeral", "numeral", "written"]

_BLANKS = " \u00a0\u202f\u2009"
_GROUPERS = f",.'’{_BLANKS}"

NUMERAL = rf"[0-9](?:[0-9]|[{_GROUPERS}](?=[0-9])){{0,29}}"
"""What may be a number: digits with single separators among them. `numeral` says whether it is one."""

_ENGLISH = {
    "thousand": 3, "k": 3, "million": 6, "mn": 6, "mm": 6, "m": 6, "billion": 9, "bn": 9, "b": 9, "trillion": 12,
    "tn": 12,
}  # fmt: skip
# In German, French, Spanish, Italian and Dutch, `Billionen`, `billions` and `mil` are left out: they are other numbers
# in English.
_OTHER = {
    "tsd": 3, "tausend": 3, "mio": 6, "millionen": 6, "mrd": 9, "milliarde": 9, "milliarden": 9,
    "mille": 3, "millions": 6, "milliard": 9, "milliards": 9,
    "millón": 6, "millones": 6, "mila": 3, "milione": 6, "milioni": 6, "miliardo": 9, "miliardi": 9,
    "duizend": 3, "miljoen": 6, "mln": 6, "miljard": 9, "mld": 9,
}  # fmt: skip
_HAN = {"千": 3, "万": 4, "萬": 4, "百万": 6, "千万": 7, "亿": 8, "億": 8}
_POWERS = _ENGLISH | _OTHER | _HAN
_ALONE_A_UNIT = frozenset({"m", "b", "mm"})
"""Metres, bytes, millimetres: numbers only beside a currency."""

_LATIN_SCALES = "|".join(sorted(_ENGLISH | _OTHER, key=lambda word: -len(word)))
SCALE = rf"(?:\s?(?:{_LATIN_SCALES})(?![^\W\d_])\.?|\s?(?:{'|'.join(sorted(_HAN, key=lambda word: -len(word)))}))"

_PLAIN = re.compile(r"[0-9]{1,15}")
_DECIMAL = re.compile(r"(?P<whole>[0-9]{1,15})(?P<mark>[.,])(?P<fraction>[0-9]{1,15})")
_GROUPED = re.compile(
    rf"(?P<whole>[1-9][0-9]{{0,2}}(?P<group>[{_GROUPERS}])[0-9]{{3}}(?:(?P=group)[0-9]{{3}}){{0,4}})"
    r"(?:(?P<mark>[.,])(?P<fraction>[0-9]{1,15}))?"
)
_GROUP = 3


@dataclass(frozen=True, slots=True)
class Numeral:
    """A number from 0 on, and how it is written: what groups its digits (or nothing), and its decimal mark."""

    value: Decimal
    group: str
    mark: str


def numeral(text: str, scale: str, *, money: bool) -> Numeral | None:
    """Read a number with its scale word (or none), by the rule above. None where it could be two numbers."""
    word = scale.strip().rstrip(".").lower()
    if word in _ALONE_A_UNIT and not money:
        return None
    read = _read(text, word, money)
    if read is None or not word:
        return read
    group = read.group or ({",": ".", ".": ","}.get(_mark_in(text)) or _usual_group(word))
    return Numeral(read.value.scaleb(_POWERS[word]), group, _counterpart(group))


def _read(text: str, word: str, money: bool) -> Numeral | None:
    if _PLAIN.fullmatch(text):
        return Numeral(Decimal(text), "", ".")
    decimal, grouped = _DECIMAL.fullmatch(text), _GROUPED.fullmatch(text)
    if grouped and (not decimal or _groups(text, word, money)):
        mark = grouped["mark"]
        if mark == grouped["group"]:
            return None
        whole = re.sub("[^0-9]", "", grouped["whole"])
        exact = Decimal(f"{whole}.{grouped['fraction'] or 0}")
        return Numeral(exact, grouped["group"], mark or _counterpart(grouped["group"]))
    if decimal and (not grouped or word):
        group = "" if len(decimal["whole"]) > _GROUP else _counterpart(decimal["mark"])
        return Numeral(Decimal(f"{decimal['whole']}.{decimal['fraction']}"), group, decimal["mark"])
    return None


def _groups(text: str, word: str, money: bool) -> bool:
    """Say whether the only separator, before three digits, groups."""
    separator = _mark_in(text)
    if word:
        return separator == ("," if word in _ENGLISH else ".")
    return money or separator == ","


def _mark_in(text: str) -> str:
    return next((character for character in text if character in ",."), "")


def _usual_group(word: str) -> str:
    return "" if word in _HAN else "," if word in _ENGLISH else "."


def _counterpart(separator: str) -> str:
    """Return the decimal mark that goes with a group separator, and the other way round."""
    return "," if separator == "." or separator in _BLANKS else "."


def written(value: Decimal, group: str, mark: str) -> str:
    """Write a number that is not negative: no zeros behind the decimal mark, digits grouped if `group` is not empty."""
    whole, _, fraction = f"{value:f}".partition(".")
    fraction = fraction.rstrip("0")
    return f"{int(whole):,}".replace(",", group) + (f"{mark}{fraction}" if fraction else "")
