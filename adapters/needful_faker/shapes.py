"""Fakes that keep the shape of a value: a digit for a digit, a letter for a letter of the same script and case."""

from __future__ import annotations

import unicodedata
from string import ascii_lowercase

from needful_faker.asking import Asked, Dice, canonical, nothing_to_replace

__all__ = ["digits_of", "other_character", "other_digit", "shape", "shaped", "written"]

# Common characters without a meaning that could mislead much.
_HAN = "安百北才成春大东方高光国海和华家江金开来兰乐林美明南平青清山石书水天文西新雨云长正中"
# Script ranges (Unicode): small letters, then what has no case. A fake takes any letter of its range.
_RANGES = (
    ("\u03b1", "\u03c9"),  # Greek
    ("\u0430", "\u044f"),  # Cyrillic
    ("\u05d0", "\u05ea"),  # Hebrew
    ("\u0e01", "\u0e2e"),  # Thai
    ("\u3042", "\u308d"),  # Hiragana
    ("\u30a2", "\u30ed"),  # Katakana
    ("\uac00", "\ud7a3"),  # Hangul
)


def shape(asked: Asked) -> str:
    """Replace every letter and digit by another one; separators stay. Raises `DetectionError` if there are none."""
    return shaped(asked, asked.value)


def shaped(asked: Asked, text: str) -> str:
    """Like `shape`, for a part of the value. The same characters with other separators become the same ones again."""
    label = "".join(filter(str.isalnum, canonical(text)))
    dice = asked.dice(asked.entity, label)
    fake = "".join(other_character(dice, one) for one in text)
    if fake == text:
        raise nothing_to_replace()
    return fake


def other_character(dice: Dice, one: str) -> str:
    """Another letter or digit of the same kind; what is neither comes back as it is."""
    if one.isdecimal():
        return other_digit(dice, one)
    if one.isalpha():
        return _other_letter(dice, one)
    return str(dice.below(10)) if unicodedata.category(one)[0] == "N" else one


def other_digit(dice: Dice, one: str) -> str:
    """Another digit, of the same script."""
    value = unicodedata.decimal(one)
    return written(one, dice.other(value, 10))


def written(model: str, digit: int) -> str:
    """Write a digit the way the model, a digit, is written: in ASCII, in full width, in Arabic."""
    return chr(ord(model) - unicodedata.decimal(model) + digit)


def digits_of(text: str) -> str:
    """The digits of a text, in ASCII."""
    return "".join(str(unicodedata.decimal(one)) for one in text if one.isdecimal())


def _other_letter(dice: Dice, one: str) -> str:
    small = one.lower()
    fake = _other_small(dice, small if len(small) == 1 else "a")
    return fake.upper() if one.isupper() else fake


def _other_small(dice: Dice, small: str) -> str:
    if small in ascii_lowercase:
        return ascii_lowercase[dice.other(ord(small) - ord("a"), 26)]
    if "\u3400" <= small <= "\u9fff":
        at = _HAN.find(small)
        return _HAN[dice.below(len(_HAN)) if at < 0 else dice.other(at, len(_HAN))]
    for first, last in _RANGES:
        if first <= small <= last:
            return chr(ord(first) + dice.other(ord(small) - ord(first), ord(last) - ord(first) + 1))
    return ascii_lowercase[dice.below(26)]
