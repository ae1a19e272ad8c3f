"""The forms in which dates are written: one pattern a form, each at a given place of a text."""

from __future__ import annotations

import re

from needful.generalizing.months import MONTHS, ORDINALS, WEEKDAYS

__all__ = ["BETWEEN", "FORMS", "JOIN", "LEAD", "TAIL"]

_NO_LETTER = r"(?![^\W\d_])"
_NO_DIGIT = r"(?![0-9])"


def _any(words: list[str]) -> str:
    return "|".join(sorted(words, key=lambda word: (-len(word), word)))


_MONTH = rf"(?P<name>(?:{_any(list(MONTHS))}){_NO_LETTER}\.?)"
_SUFFIX = rf"(?:\s?(?:st|nd|rd|th|er|re|e){_NO_LETTER}|[.ºª°])?"
_DAY = rf"(?:(?P<day>0?[1-9]|[12][0-9]|3[01]){_NO_DIGIT}{_SUFFIX}|(?P<ordinal>{_any(list(ORDINALS))}){_NO_LETTER})"
_YEAR = rf"(?P<year>[12][0-9]{{3}}|['’][0-9]{{2}}){_NO_DIGIT}"
_OF = r"(?:(?:of|de|del|di)\s)"
_LINK = rf"(?P<link>,?\s{{1,2}}{_OF}|,?\s{{1,2}}|-|/|(?<=\.))"
# Two digits can be a year only behind a day and at an end: `15 Mar 24`, but not `15 March 10 am`.
_SHORT = r"(?P<short>[0-9]{2})(?=$|[,;)])"
_ISO_YEAR = r"(?P<year>[12][0-9]{3})"
_MARK = r"(?P<link>[\-/.])"
_ENDS = r"(?![0-9]|[\-/.][0-9])"
# `2017/18`; but `2003/04` is April.
_NEXT_YEARS = "|".join(f"{year:02}/{(year + 1) % 100:02}" for year in range(100))
_HAN_DAY = r"(?P<day>[0-9]{1,2})\s?[日号號]"
_HAN_MONTH = rf"(?P<month>[0-9]{{1,2}})\s?月份?(?:\s?{_HAN_DAY})?"

FORMS = tuple(
    (kind, re.compile(pattern, re.IGNORECASE))
    for kind, pattern in (
        ("iso", rf"{_ISO_YEAR}-?W(?P<week>[0-5][0-9])(?:-?[1-7])?{_NO_DIGIT}"),
        ("iso", rf"{_ISO_YEAR}[\-\s]?Q(?P<quarter>[1-4]){_NO_DIGIT}"),
        ("iso", rf"{_ISO_YEAR}{_MARK}(?P<month>[0-9]{{1,2}})(?P=link)(?P<day>[0-9]{{1,2}}){_ENDS}"),
        ("iso", rf"(?P<year>(?:19|20)[0-9]{{2}})(?P<month>[0-9]{{2}})(?P<day>[0-9]{{2}}){_NO_DIGIT}"),
        ("iso", rf"{_ISO_YEAR}{_MARK}(?P<month>0[1-9]|1[0-2]){_ENDS}"),
        (
            "numeric",
            rf"(?P<first>[0-9]{{1,2}}){_MARK}\s?(?P<second>[0-9]{{1,2}})(?P=link)\s?(?P<year>[12][0-9]{{3}}|[0-9]{{2}}){_ENDS}",
        ),
        ("numeric", rf"(?P<month>0?[1-9]|1[0-2]){_MARK}{_ISO_YEAR}{_ENDS}"),
        ("han", r"(?P<year>[12][0-9]{3})\s?年\s?第?(?P<quarter>[1-4一二三四])季度?"),
        ("han", rf"{_ISO_YEAR}\s?年(?:\s?{_HAN_MONTH})?"),
        ("han", _HAN_MONTH),
        ("han", _HAN_DAY),
        ("stays", r"(?P<name>[12][0-9]{2}0['’]?s)(?![^\W_])"),
        ("stays", rf"(?P<name>(?:1[89]|20)(?:{_NEXT_YEARS})){_NO_DIGIT}"),
        ("words", rf"Q(?P<quarter>[1-4])(?:\sof)?[\s/\-]{_YEAR}"),
        ("words", rf"(?P<quarter>first|second|third|fourth)\squarter(?:\sof)?\s{_YEAR}"),
        ("words", rf"week\s(?P<week>[0-9]{{1,2}})(?:\sof)?,?\s{_YEAR}"),
        ("words", rf"{_DAY}\s{{0,2}}(?:day\s)?{_OF}?[\s\-/]?{_MONTH}(?:{_LINK}(?:{_YEAR}|{_SHORT}))?"),
        ("words", rf"{_MONTH}[\s\-](?:the\s)?{_DAY}(?:{_LINK}{_YEAR}|,\s{_SHORT})?"),
        ("words", rf"{_MONTH}{_LINK}{_YEAR}"),
        ("words", _MONTH),
        ("year", rf"{_ISO_YEAR}(?![0-9]|[–‑\-/.][0-9]{{1,2}}{_NO_DIGIT})"),
        ("words", _DAY),
    )
)  # fmt: skip
"""Kind and pattern, the longer ones before those that they begin with. Groups are parts of a `Period`, and `first`,
`second` (day and month in either order), `short` (a year of two digits) and `ordinal` (a day in words)."""

_WEEKDAY = rf"(?:{_any(WEEKDAYS)}){_NO_LETTER}\.?"
LEAD = re.compile(
    rf"(?:{_WEEKDAY},?\s{{1,2}})?(?:(?:the|den|dem|le|el|il|de)\s)?"
    r"(?:(?:early|mid|late|(?:end|beginning|start|middle)\sof)[\s\-])?",
    re.IGNORECASE,
)
"""A weekday, an article and a part of the month or year before a date: dropped."""

BETWEEN = re.compile(r"(?:between|from|zwischen|vom|von|entre|tra|tussen)\s", re.IGNORECASE)
"""What stands before two dates: it stays as long as they are two."""

_FILL = r"(?:(?:on|from|the|am|den|dem|le|el|il)\s){0,2}"
_WORDS = r"(?:and|or|to|until|till|through|und|oder|bis(?:\szum)?|et|ou|au|y|al|a|e|en|of|tot|t/m)"
JOIN = re.compile(
    rf"(?:\s?(?P<comma>[,;])(?:\s(?P<then>{_WORDS}))?|\s(?P<word>{_WORDS}))\s{_FILL}"
    r"|(?P<mark>\s?[–—‑\-/~至到和与及、]\s?)",
    re.IGNORECASE,
)
"""What stands between two dates."""

_ZONE = r"(?:\s?(?:Z|UTC|GMT|[CEMPW]E?[SD]?T|BST)(?![^\W_])|\s?[+\-−][0-9]{2}:?[0-9]{2})?(?:\[[A-Za-z_/]{1,40}\])?"
_HALF = r"[ap]\.?\s?m(?![^\W_])\.?"
_UNIT = rf"(?:uhr|hours|hrs?|o['’]clock|uur|noon|midnight|h){_NO_LETTER}"
_CLOCK = (
    rf"[0-9]{{1,2}}(?:(?:[:.h][0-9]{{2}}){{1,2}}(?:[.,][0-9]{{1,9}})?(?:\s?(?:{_HALF}|{_UNIT}))?|\s?(?:{_HALF}|{_UNIT}))"
    r"(?![0-9])"
)
_AT = r"(?:at|um|gegen|à|vers|a\slas?|alle|om|around|about|@)\s"
TAIL = re.compile(
    rf"(?:\s?\(?{_WEEKDAY}\)?(?=$|[\s,]))?"
    rf"(?:T[0-9]{{2}}:?[0-9]{{2}}(?::?[0-9]{{2}}(?:[.,][0-9]{{1,9}})?)?{_ZONE}|,?\s{{0,2}}(?:{_AT}){{0,2}}(?:{_CLOCK}|noon|midnight){_ZONE})?"
    r"(?:\s?[(（]?(?:星期|周|週|礼拜)[一二三四五六日天][)）]?)?"
    r"(?:\s?(?:凌晨|早上|上午|中午|下午|晚上)?\s?[0-9]{1,2}\s?[时時点點:](?:\s?[0-9]{1,2}\s?分?)?(?:\s?[0-9]{1,2}\s?秒)?)?",
    re.IGNORECASE,
)
"""A weekday and a time of day behind a date: dropped. It matches at any place, often with nothing."""
