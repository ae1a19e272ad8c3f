"""Telephone numbers of mainland China, mobile and landline, also where no space parts them from the text."""

from __future__ import annotations

from presidio_analyzer import Pattern, PatternRecognizer

from needful_presidio.recognizers.wording import ALONE, BEHIND, NUMBER, announced
from needful_presidio.traits import rows

__all__ = ["Landlines", "Mobiles"]

_GAP = r"[ \-]?"
_COUNTRY = rf"(?:(?:\(?\+|00)86\)?{_GAP}|\(86\){_GAP}|86{_GAP})"
# What the ministry has given out: the first three digits of a mobile number.
_OPERATOR = r"1(?:3[0-9]|4[014-9]|5[0-35-9]|6[2567]|7[0-8]|8[0-9]|9[0-9])"
_MOBILE = rf"{_OPERATOR}(?:[0-9]{{8}}| [0-9]{{4}} [0-9]{{4}}|-[0-9]{{4}}-[0-9]{{4}})"
_ANY_GROUPS = rf"{_OPERATOR}(?:{_GAP}[0-9]){{8}}"

_KIND = r"手[机機]|电话|電話|联[系络络絡]|聯[繫絡係]|行[动動]|[来來回致]电|[来來回致]電|[拨撥]打"
_NUMBER = rf"(?:方式|电话|電話|人)?{NUMBER}?"
_LATIN = (
    r"(?<![A-Za-z])(?:(?:tele|mobile\s?|cell\s?)?phone|tel|mobile|mob|cell|call|fax)"
    r"(?:\s?(?:no|number|nr)(?![A-Za-z]))?\.?"
)
_LABEL = rf"(?:{_KIND}){_NUMBER}|{_LATIN}"


class Mobiles(PatternRecognizer):
    """Mobile numbers with and without +86, in groups of 3, 4 and 4 or in one; in other groups behind a label."""

    def __init__(self, supported_language: str = "en") -> None:
        super().__init__(
            supported_entity="CN_MOBILE",
            name="Mobiles",
            supported_language=supported_language,
            patterns=[
                Pattern("international", rf"{ALONE}{_COUNTRY}{_ANY_GROUPS}{BEHIND}", 0.75),
                Pattern("announced", announced(_LABEL, rf"{_COUNTRY}?{_ANY_GROUPS}{BEHIND}"), 0.75),
                Pattern("shape", rf"{ALONE}{_MOBILE}{BEHIND}", 0.5),
            ],
        )

    condition = rows(r"1[3-9]\d(?:[ \-]?\d){8}", 11)
    """Eleven digits, the first two of a mobile number."""


# Area codes without their zero: two digits for the big cities, three for the rest.
_CITY = r"(?:10|2[0-57-9])"
_AREA = (
    r"(?:3(?:1[0-9]|35|49|[57][0-9]|9[1-68])|4(?:[135][0-9]|2[179]|40|48|6[4789]|7[0-9]|8[23])"
    r"|5(?:[135][0-9]|2[37]|4[36]|6[1-6]|7[0-9]|80|9[1-9])|6(?:3[1-5]|6[0238]|9[12])"
    r"|7(?:01|[135679][0-9]|2[248]|4[3-6])|8(?:1[2-8]|2[5-7]|[357][0-9]|8[1-8]|9[0-9])"
    r"|9(?:0[1-36-9]|[1379][0-9]|4[1-3]|5[1-5]))"
)
_EIGHT = rf"[2-8][0-9]{{3}}{_GAP}[0-9]{{4}}"
_SEVEN_OR_EIGHT = rf"[2-8][0-9]{{2,3}}{_GAP}[0-9]{{4}}"
_EXTENSION = r"(?:-[0-9]{1,6}|\s?(?:[转轉]|分[机機]|ext\.?|x)\s?[号號:]?\s?[0-9]{1,6})?"


def _landline(before: str, between: str) -> str:
    """Return an area code, what parts it from the rest, and as many digits as numbers there have."""
    return rf"{before}(?:{_CITY}{between}{_EIGHT}|{_AREA}{between}{_SEVEN_OR_EIGHT}){_EXTENSION}{BEHIND}"


_LINE_LABEL = rf"(?:{_KIND}|座[机機]|固[话話定](?:电话|電話)?|[传傳][真真]|市[话話]){_NUMBER}|{_LATIN}"


class Landlines(PatternRecognizer):
    """Landlines with an area code that there is; behind a label also without one. Extensions belong to them."""

    def __init__(self, supported_language: str = "en") -> None:
        local = rf"{_SEVEN_OR_EIGHT}{_EXTENSION}{BEHIND}"
        abroad = _COUNTRY + _landline(r"(?:[(]?0[)]?)?", "[ -]?")
        whole = rf"(?:{abroad}|{_landline(r'[(]?0', r'[)]?[ -]?')}|{local})"
        super().__init__(
            supported_entity="CN_LANDLINE",
            name="Landlines",
            supported_language=supported_language,
            patterns=[
                Pattern("international", ALONE + abroad, 0.75),
                Pattern("announced", announced(_LINE_LABEL, whole), 0.7),
                Pattern(
                    "grouped", rf"{ALONE}(?:{_landline(r'0', r'(?: ?- ?| )')}|{_landline(r'[(]0', r'[)][ -]?')})", 0.5
                ),
                Pattern("shape", ALONE + _landline("0", ""), 0.4),
            ],
        )

    condition = rows(r"[2-8]\d{2,3}[ \-]?\d{4}", 7)
    """Seven digits."""
