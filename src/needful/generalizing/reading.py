"""How the values of this package are read: short text with one way to write digits, and exact decimal numbers."""

from __future__ import annotations

import unicodedata
from decimal import Decimal
from math import isfinite

__all__ = ["LARGEST", "decimal_of", "folded", "integer_of", "step_of"]

LONGEST = 200
"""Code points of a text that is looked at. No date, age, amount, postcode or address is longer."""

LARGEST = 10**15
"""From here on a float no longer tells a number from the next: amounts stay below it, on either side of zero."""

FINEST = 6
"""Decimal places of a step."""

# Letters that a pattern takes for an i or an s whatever their case, and no table has.
_LOOK_ALIKES = "ıİſ"
# Full-width forms of ASCII characters, of signs of currency, and the wide blank.
_NARROW = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {
    0x3000: " ",
    0xFFE0: "¢",
    0xFFE1: "£",
    0xFFE5: "¥",
    0xFFE6: "₩",
}


def folded(text: str) -> str | None:
    """Return a text with composed letters and ASCII digits for full-width ones; None for one that is too long.

    No more than that: NFKC would make `10²` the number 102. What is hidden among the characters in any other way is
    not matched, and thus not kept.
    """
    if len(text) > LONGEST:
        return None
    narrow = unicodedata.normalize("NFC", text).translate(_NARROW).strip()
    return narrow if 0 < len(narrow) <= LONGEST and not any(letter in narrow for letter in _LOOK_ALIKES) else None


def decimal_of(number: object) -> Decimal | None:
    """Return a finite number below `LARGEST` as the decimal that it is written as: 0.1 is one tenth."""
    if isinstance(number, bool) or not isinstance(number, (int, float)):
        return None
    if not (isfinite(number) if isinstance(number, float) else True) or abs(number) >= LARGEST:
        return None
    return Decimal(repr(number))


def integer_of(number: object, least: int, most: int) -> int | None:
    """Return a whole number from `least` to `most`; `10.0` is one, `True` is none."""
    exact = decimal_of(number)
    if exact is None or exact != exact.to_integral_value() or not least <= exact <= most:
        return None
    return int(exact)


def step_of(step: object) -> Decimal | None:
    """Return a step as an exact decimal: above 0, with at most six decimal places."""
    exact = decimal_of(step)
    if exact is None or exact <= 0:
        return None
    places = exact.normalize().as_tuple().exponent
    return exact if isinstance(places, int) and places >= -FINEST else None
