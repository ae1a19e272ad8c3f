"""Check digits and dates that prove an identifier. They take ASCII capitals and digits, no separators."""

from __future__ import annotations

from datetime import date

__all__ = [
    "COUNTRIES",
    "PROVINCES",
    "is_hong_kong_id",
    "is_luhn",
    "is_old_resident_card",
    "is_resident_card",
    "is_social_credit_code",
    "is_taiwan_id",
]

PROVINCES = frozenset(
    "11 12 13 14 15 21 22 23 31 32 33 34 35 36 37 41 42 43 44 45 46 50 51 52 53 54 61 62 63 64 65 71 81 82 83".split()
)
"""First two digits of a division (GB/T 2260); 81, 82 and 83 are on permits for Hong Kong, Macao and Taiwan."""

COUNTRIES = frozenset(
    "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY"
    " BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK"
    " FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR"
    " IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK"
    " ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM"
    " PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF"
    " TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS XK YE YT ZA ZM ZW".split()
)
"""ISO 3166-1 codes, and XK, which banks of Kosovo use."""

_CARD_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CREDIT_LETTERS = "0123456789ABCDEFGHJKLMNPQRTUWXY"
# Letters of a Taiwanese card by their numbers, from 10.
_TAIWAN_LETTERS = "ABCDEFGHJKLMNPQRSTUVXYWZIO"
_HONG_KONG_BLANK = 36


def is_luhn(digits: str) -> bool:
    """Say whether digits pass Luhn (ISO/IEC 7812-1 annex B)."""
    doubled = (sum(divmod(2 * int(digit), 10)) for digit in digits[-2::-2])
    return (sum(map(int, digits[-1::-2])) + sum(doubled)) % 10 == 0


def is_resident_card(number: str) -> bool:
    """Say whether 18 characters are a resident identity card (GB 11643): division, date of birth, check character.

    The card of a foreign permanent resident begins with 9, then the division.
    """
    division = number[1:3] if number[0] == "9" else number[:2]
    if division not in PROVINCES or not _is_birthday(number[6:14]):
        return False
    remainder = sum(int(digit) * weight for digit, weight in zip(number, _CARD_WEIGHTS, strict=False)) % 11
    return "10X98765432"[remainder] == number[17]


def is_old_resident_card(number: str) -> bool:
    """Say whether 15 digits may be a card of before 1999: division and date of birth; it has no check digit."""
    return number[:2] in PROVINCES and number[2:4] != "00" and _is_birthday(f"19{number[6:12]}")


def _is_birthday(day: str) -> bool:
    """Say whether `YYYYMMDD` is a day on which a holder may have been born."""
    try:
        return 1900 <= date.fromisoformat(f"{day[:4]}-{day[4:6]}-{day[6:]}").year < 2050
    except ValueError:
        return False


def is_social_credit_code(code: str) -> bool:
    """Say whether 18 characters pass the check of a unified social credit code (GB 32100, weights are powers of 3)."""
    if any(character not in _CREDIT_LETTERS for character in code):
        return False
    total = sum(_CREDIT_LETTERS.index(character) * pow(3, place, 31) for place, character in enumerate(code[:17]))
    return (31 - total % 31) % 31 == _CREDIT_LETTERS.index(code[17])


def is_taiwan_id(number: str) -> bool:
    """Say whether a letter and nine characters are a Taiwanese card; the second is a letter on old residents' ones."""
    first = 10 + _TAIWAN_LETTERS.index(number[0])
    second = number[1] if number[1].isdigit() else str(_TAIWAN_LETTERS.index(number[1]) % 10)
    digits = [first // 10, first % 10, *map(int, second + number[2:])]
    weights = (1, 9, 8, 7, 6, 5, 4, 3, 2, 1, 1)
    return sum(digit * weight for digit, weight in zip(digits, weights, strict=True)) % 10 == 0


def is_hong_kong_id(number: str) -> bool:
    """Say whether one or two letters, six digits and a check character, the last 0 to 9 or A, are a Hong Kong card."""
    letters = [int(letter, 36) for letter in number[:-7]]
    values = [*[_HONG_KONG_BLANK] * (2 - len(letters)), *letters, *map(int, number[-7:-1]), int(number[-1], 16)]
    return sum(value * weight for value, weight in zip(values, range(9, 0, -1), strict=True)) % 11 == 0
