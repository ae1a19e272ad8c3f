"""Numbers for machines: made up with right check digits, and where possible such as belong to nobody."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from needful_faker.asking import Asked, Dice
from needful_faker.shapes import digits_of, other_character, shape, written

__all__ = ["card", "iban", "mac", "phone", "social_security", "uuid", "with_digits"]

_IBAN = re.compile(r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}")
_HEX = "0123456789abcdef"


def with_digits(text: str, digits: Sequence[int]) -> str:
    """Write new digits, one for each that is there, over the old ones; the rest stays."""
    new: Iterator[int] = iter(digits)
    return "".join(written(one, next(new)) if one.isdecimal() else one for one in text)


def card(asked: Asked) -> str:
    """Fake a card number: first digit, length and grouping stay, Luhn's check digit is right."""
    digits = digits_of(asked.value)
    if len(digits) < 2 or any(map(str.isalpha, asked.value)):
        return shape(asked)
    dice = asked.dice("card", digits)
    row = [int(digits[0]), *(dice.below(10) for _ in digits[2:])]
    return with_digits(asked.value, [*row, _luhn(row)])


def _luhn(row: Sequence[int]) -> int:
    """The digit that makes a row pass (ISO/IEC 7812-1)."""
    total = sum(row[-2::-2]) + sum(sum(divmod(2 * digit, 10)) for digit in row[-1::-2])
    return -total % 10


def iban(asked: Asked) -> str:
    """Fake an account number of the same country, length and grouping, with right check digits (ISO 13616)."""
    places = [at for at, one in enumerate(asked.value) if one.isascii() and one.isalnum()]
    compact = "".join(asked.value[at] for at in places).upper()
    others = any(one.isalnum() and not one.isascii() for one in asked.value)
    if others or not _IBAN.fullmatch(compact):
        return shape(asked)
    dice = asked.dice("iban", compact)
    account = "".join(other_character(dice, one) for one in compact[4:])
    number = int("".join(str(int(one, 36)) for one in f"{account}{compact[:2]}00"))
    fake = f"{compact[:2]}{98 - number % 97:02}{account}"
    return _over(asked.value, places, fake)


def _over(value: str, places: Sequence[int], fake: str) -> str:
    """Write characters over those at the places, in their case."""
    characters = list(value)
    for at, one in zip(places, fake, strict=True):
        characters[at] = one.lower() if value[at].islower() else one
    return "".join(characters)


def social_security(asked: Asked) -> str:
    """Fake a US social security number that was never issued: area 9xx, and no group of a taxpayer's number."""
    digits = digits_of(asked.value)
    if len(digits) != 9 or any(map(str.isalpha, asked.value)):
        return shape(asked)
    dice = asked.dice("ssn", digits)
    fake = f"9{dice.below(100):02}{1 + dice.below(49):02}{1 + dice.below(9999):04}"
    return with_digits(asked.value, list(map(int, fake)))


def mac(asked: Asked) -> str:
    """Fake a hardware address that is locally administered (IEEE 802: second bit of the first octet)."""
    places, digits = _hexadecimal(asked.value)
    if len(digits) not in (12, 16):
        return shape(asked)
    dice = asked.dice("mac", digits)
    row = [_HEX[dice.below(16)] for _ in digits]
    row[1] = "26ae"[dice.below(4)]
    return _over(asked.value, places, _in_case(asked.value, row))


def uuid(asked: Asked) -> str:
    """Fake a random UUID (RFC 9562, version 4)."""
    places, digits = _hexadecimal(asked.value)
    if len(digits) != 32:
        return shape(asked)
    dice = asked.dice("uuid", digits)
    row = [_HEX[dice.below(16)] for _ in digits]
    row[12], row[16] = "4", "89ab"[dice.below(4)]
    return _over(asked.value, places, _in_case(asked.value, row))


def _hexadecimal(value: str) -> tuple[list[int], str]:
    """Where hexadecimal digits stand, and the digits; none where there are other letters or digits."""
    bare = value.lower().removeprefix("urn:uuid:")
    ahead = len(value) - len(bare)
    places = [ahead + at for at, one in enumerate(bare) if one in _HEX]
    others = any(one.isalnum() and one not in _HEX for one in bare)
    return ([], "") if others or len(value) != len(value.lower()) else (places, "".join(value[at] for at in places))


def _in_case(value: str, row: Sequence[str]) -> str:
    fake = "".join(row)
    return fake.upper() if any(one in "ABCDEF" for one in value) else fake


# ITU-T E.164: what has neither one digit nor two has three.
_CODES = re.compile(
    r"1|7|2[07]|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58]|\d{3}",
)
_INTERNATIONAL = re.compile(r"\s*\(?(?:\+\s*|00\s?(?=[1-9]))")
_AMERICAN = re.compile(r"\(?[2-9]\d\d\)?[ .\-/]{0,2}\d{3}[ .\-]?\d{4}")
_TRUNK = re.compile(r"\W{0,2}1(?=(?:\D{0,3}[0-9]){10}(?![0-9]))")
_WORDS = re.compile(r"[^\W\d_]+")
_KEPT = frozenset("ext extn extension x tel telephone telefon fax mobile mobil phone cell int durchwahl poste".split())


def phone(asked: Asked) -> str:
    """Fake a phone number: layout, country code and leading zero stay.

    A North American one gets an area code that is kept for the plan's expansion (x9x), so that it rings nowhere.
    """
    text = _WORDS.sub(lambda match: match[0] if match[0].lower() in _KEPT else _letters(asked, match[0]), asked.value)
    ahead, code = _head(text, asked.language)
    national = digits_of(text[ahead:])
    bare = national.lstrip("0")
    if not bare:
        return shape(asked)
    dice = asked.dice("phone", bare)
    fake = _american(dice) if _is_american(text[ahead:], code, asked.language) else []
    rest = [int(one) for one in bare[len(fake) :]]
    fake += [
        1 + dice.other(digit - 1, 9) if at == 0 and not fake else dice.other(digit, 10) for at, digit in enumerate(rest)
    ]
    zeros = [0] * (len(national) - len(bare))
    return text[:ahead] + with_digits(text[ahead:], [*zeros, *fake])


def _letters(asked: Asked, letters: str) -> str:
    dice = asked.dice("phone-letters", letters.lower())
    return "".join(other_character(dice, one) for one in letters)


def _head(text: str, language: str) -> tuple[int, str]:
    """Where the national number begins, and the country's code; "" where none is written."""
    match = _INTERNATIONAL.match(text)
    code = match and _CODES.match(text, match.end())
    if code:
        return code.end(), code[0]
    trunk = _TRUNK.match(text) if language.startswith("en") else None
    return (trunk.end(), "1") if trunk else (0, "")


def _is_american(rest: str, code: str, language: str) -> bool:
    return code in ("", "1") and (code == "1" or language.startswith("en")) and bool(_AMERICAN.search(rest, 0, 18))


def _american(dice: Dice) -> list[int]:
    area = [2 + dice.below(8), 9, dice.below(10)]
    return [*area, 2 + dice.below(8), *(dice.below(10) for _ in range(6))]
