"""Bands instead of ages: `34-year-old` → `30–39-year-old`; from 90 on one band, `90+`."""

from __future__ import annotations

import re
from decimal import Decimal

from needful.generalizing.reading import decimal_of, integer_of

__all__ = ["age_band"]

DEFAULT = 10
TOP = 90
"""45 CFR 164.514(b)(2)(i)(C): all ages over 89 may be shown only as one category of 90 or older."""
_OLDEST = 130

_ONES = {
    word: number
    for number, word in enumerate(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen"
        " seventeen eighteen nineteen".split()
    )
}
_TENS = dict(zip("twenty thirty forty fifty sixty seventy eighty ninety".split(), range(20, 100, 10), strict=True))
_DECADES = dict(
    zip("twenties thirties forties fifties sixties seventies eighties nineties".split(), _TENS.values(), strict=True)
)

_WORD = rf"(?:{'|'.join(_TENS)})(?:[\s\-]?(?:{'|'.join(list(_ONES)[1:10])}))?|{'|'.join(reversed(_ONES))}"
_AGE = rf"(?:[0-9]{{1,4}}(?:[.,][0-9]{{1,4}}|\s?½)?|{_WORD})"
_DECADE = rf"(?:[2-9]0['’]?s|{'|'.join(_DECADES)})"
_ONE = rf"(?:{TOP}\+|{_DECADE}|{_AGE}(?:\s?[–‑\-]\s?{_AGE})?)"
# Words that may stay around a number: any others could be a name.
_BEFORE = (
    r"(?:(?:at\s)?(?:the\s|an\s)?age(?:d|s)?(?:\sof|\sis|\sbetween)?|alter|im\salter\svon|âge|edad|età|leeftijd|年龄|年齡)"
    r"(?:\s?[:=：]\s?|\s)?(?:about\s|only\s|just\s)?"
)
_OLD = (
    r"[\s\-]?(?:years?|yrs?\.?)(?:[\s\-](?:olds?|of\sage))?|\s?y\.?\s?/?\s?o\.?"
    r"|\s?jahren?(?:\salt)?|-?jährige?[nrsm]?|\sans|\saños(?:\sde\sedad)?|\sanni|\sjaar(?:\soud)?|\s?周?[岁歲]"
)
_FORM = re.compile(
    rf"(?P<before>{_BEFORE})?(?P<ages>{_ONE}(?:(?:,|,?\s(?:and|or|to))\s{_ONE}){{0,4}})(?P<after>{_OLD})?",
    re.IGNORECASE,
)
_PART = re.compile(rf"(?P<one>{_ONE})(?P<join>,?\s(?:and|or|to)\s|,\s|$)", re.IGNORECASE)
_YOUNG = re.compile(
    rf"(?:{_BEFORE})?(?P<age>{_AGE})[\s\-]?(?P<unit>days?|weeks?|months?|tage?|wochen?|monate?|天|周|个月)(?:[\s\-]?(?:olds?|of\sage|alt|大))?",
    re.IGNORECASE,
)
# How many of them go into a year.
_UNITS = {"d": 365, "t": 365, "天": 365, "w": 52, "周": 52, "m": 12, "个": 12}

Ages = tuple[Decimal, Decimal]
"""The youngest and the oldest that is meant, in years."""


def age_band(value: object, step: object = None) -> object | None:
    """Return the band of `step` years (10 where not given) that an age is in: 34 → `30–39`; the words around it stay.

    From 90 on it is `90+` whatever the step, and no band crosses 90. With step 1 a number stays. What is given in
    months, weeks or days becomes a band of years without its words. A range becomes the bands that it touches.
    None above 130 and below 0.
    """
    width = DEFAULT if step is None else integer_of(step, 1, _OLDEST)
    if width is None:
        return None
    if isinstance(value, str):
        return _young(value, width) or _written(value, width)
    exact = decimal_of(value)
    if exact is None or not 0 <= exact <= _OLDEST:
        return None
    band = _band((exact, exact), width)
    return int(exact) if width == 1 and exact < TOP else band


def _young(text: str, width: int) -> str | None:
    match = _YOUNG.fullmatch(text)
    age = _age(match["age"]) if match else None
    if match is None or age is None:
        return None
    years = age / _UNITS[match["unit"][0].lower()]
    return _band((years, years), width) if years <= _OLDEST else None


def _written(text: str, width: int) -> str | None:
    match = _FORM.fullmatch(text)
    if match is None:
        return None
    shown: list[str] = []
    for part in _PART.finditer(match["ages"]):
        band = _one(part["one"], width)
        if band is None:
            return None
        # Two ages of one band are shown as one.
        shown = [*shown[:-2], band, part["join"]] if shown[-2:-1] == [band] else [*shown, band, part["join"]]
    return f"{match['before'] or ''}{''.join(shown)}{match['after'] or ''}"


def _one(text: str, width: int) -> str | None:
    """Return the band of one age, one range or one decade, as written where the band says no less."""
    ages = _ages(text)
    if ages is None:
        return None
    lower, upper = ages
    single = width == 1 and lower == upper < TOP and lower == int(lower)
    decade = upper < TOP and lower % width == 0 and (upper + 1) % width == 0
    return text if single or (decade and _is_decade(text)) else _band(ages, width)


def _is_decade(text: str) -> bool:
    return re.fullmatch(_DECADE, text, re.IGNORECASE) is not None


def _ages(text: str) -> Ages | None:
    lowered = text.lower()
    if lowered == f"{TOP}+":
        return Decimal(TOP), Decimal(TOP)
    if _is_decade(text):
        lower = Decimal(_DECADES.get(lowered) or int(lowered[:2]))
        return lower, lower + DEFAULT - 1
    whole = _age(text)
    ends = [whole, whole] if whole is not None else [_age(end) for end in re.split(r"\s?[–‑\-]\s?", text, maxsplit=1)]
    lower_end, upper_end = ends[0], ends[-1]
    if lower_end is None or upper_end is None or not lower_end <= upper_end <= _OLDEST:
        return None
    # A range over the edge of the last band would say on which side of it somebody may be.
    return (lower_end, upper_end) if (lower_end < TOP) == (upper_end < TOP) else None


def _age(text: str) -> Decimal | None:
    lowered = text.lower().strip()
    if lowered in _ONES:
        return Decimal(_ONES[lowered])
    for word, tens in _TENS.items():
        if lowered.startswith(word):
            rest = lowered.removeprefix(word).lstrip(" -\t\n")
            return Decimal(tens + _ONES[rest]) if rest in _ONES else Decimal(tens) if not rest else None
    number = re.fullmatch(r"([0-9]{1,4})(?:[.,]([0-9]{1,4})|\s?½)?", lowered)
    return Decimal(f"{number[1]}.{number[2] or 0}") if number else None


def _band(ages: Ages, width: int) -> str:
    lower, upper = (int(age) for age in ages)
    if lower >= TOP:
        return f"{TOP}+"
    lowest = lower // width * width
    highest = min((upper // width + 1) * width, TOP) - 1
    return f"{lowest}" if lowest == highest else f"{lowest}–{highest}"
