"""Weeks, months, quarters and years instead of days: `15 March 2024` → `March 2024`.

Numbers with day and month both up to 12, and different, could be two days: only their year is shown. Years of two
digits are 1969 to 2068. A time stays on the day as written; no time zone is reckoned with. Lists and ranges are made
coarser date by date (`25 April and 17 September 2004` → `April and September 2004`).
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from needful.generalizing.date_forms import BETWEEN, FORMS, JOIN, LEAD, TAIL
from needful.generalizing.months import MONTHS, ORDINALS
from needful.generalizing.periods import Form, Period
from needful.generalizing.reading import decimal_of

__all__ = ["dates"]

_YEARS = range(1000, 3000)
_COMPACT_DAYS = range(19000101, 21000000)
_SECONDS = (10**8, 10**10)
_MILLISECONDS = (10**11, 10**13)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_CENTURY = 100
_PIVOT = 69
_MONTHS_A_YEAR = 12
_MOST = 6
"""Dates of one list."""
_QUARTERS = {"first": 1, "second": 2, "third": 3, "fourth": 4, "一": 1, "二": 2, "三": 3, "四": 4}
_ENDS = ".,;"

Item = tuple[str, Period]
"""What stands before a date of a list, and the date."""


def dates(value: object, to: str) -> object | None:
    """Return the `week`, `month`, `quarter` or `year` of a date, in the language and form in which it is written.

    ISO stays ISO (`2024-03`, `2024-Q1`, `2024-W11`). What is coarser already stays. A whole number from 1000 to 2999 is
    a year, one of eight digits a day (20240315), from 10^8 seconds and from 10^11 milliseconds since 1970, as ISO text
    in UTC. None for what is no date: times, durations, weekdays, days that do not exist.
    """
    if isinstance(value, str):
        return _text(value, to)
    exact = decimal_of(value)
    if exact is None:
        return None
    if isinstance(value, int) and value in _YEARS:
        return value
    if isinstance(value, int) and value in _COMPACT_DAYS:
        return _text(str(value), to)
    for (least, end), unit in ((_SECONDS, 1), (_MILLISECONDS, 1000)):
        if least <= exact < end:
            return _text((_EPOCH + timedelta(seconds=int(exact // unit))).date().isoformat(), to)
    return None


def _text(text: str, to: str) -> str | None:
    # The full stop of a sentence, or of an abbreviation: it stays.
    between = BETWEEN.match(text)
    core = text.rstrip(_ENDS)
    items = _scanned(core, between.end() if between else 0)
    if not items:
        return None
    shown: list[Item] = []
    for join, period in _completed(items):
        coarse = period.coarser(to) if period.valid() else None
        if coarse is None:
            return None
        if shown and shown[-1][1].same(coarse):
            before, earlier = shown.pop()
            shown.append((before, coarse if coarse.own else earlier))
        else:
            shown.append((join, coarse))
    first = between[0] if between and len(shown) > 1 else ""
    joined = first + "".join(join + period.text() for join, period in shown)
    return joined if joined.endswith(".") else joined + text[len(core) :][:1]


def _scanned(text: str, place: int) -> list[Item] | None:
    """Read a date, or a list of them, from a place to the last character. None if anything else is in the text."""
    items: list[Item] = []
    join = ""
    while len(items) < _MOST:
        place = _end(LEAD, text, place)
        found = _one(text, place)
        if found is None:
            return None
        period, place = found
        place = _end(TAIL, text, place)
        if join == ", " and _is_year(period) and items[-1][1].year is None:
            join, before = items.pop()
            period = replace(before, year=period.year, own=True)
        items.append((join, period))
        if place == len(text):
            return items
        between = JOIN.match(text, place)
        if between is None:
            return None
        join, place = _join(between), between.end()
    return None


def _end(pattern: re.Pattern[str], text: str, place: int) -> int:
    match = pattern.match(text, place)
    return match.end() if match else place


def _is_year(period: Period) -> bool:
    return period.year is not None and not (period.month or period.day or period.week or period.quarter)


def _join(between: re.Match[str]) -> str:
    if between["mark"]:
        return between["mark"]
    word = between["then"] or between["word"]
    return f"{between['comma'] or ''}{f' {word}' if word else ''} "


def _one(text: str, place: int) -> tuple[Period, int] | None:
    for kind, pattern in FORMS:
        match = pattern.match(text, place)
        if match:
            return _period(kind, {name: part for name, part in match.groupdict().items() if part}), match.end()
    return None


def _period(kind: str, parts: dict[str, str]) -> Period:
    year = _year(parts.get("year") or parts.get("short"))
    if kind == "stays":
        return Period(Form.WORDS, name=parts["name"])
    if kind == "year":
        return Period(Form.ISO, year)
    if "first" in parts:
        return _numeric(int(parts["first"]), int(parts["second"]), year, parts["link"])
    quarter, day, ordinal = parts.get("quarter", ""), parts.get("day"), parts.get("ordinal", "").lower()
    name = parts.get("name", "")
    month = MONTHS[name.rstrip(".").lower()] if name else int(parts["month"]) if "month" in parts else None
    return Period(
        form={"iso": Form.ISO, "numeric": Form.NUMERIC, "han": Form.HAN}.get(kind, Form.WORDS),
        year=year,
        month=month,
        day=ORDINALS.get(ordinal) or (int(day) if day else None),
        week=int(parts["week"]) if "week" in parts else None,
        quarter=(_QUARTERS.get(quarter.lower()) or int(quarter)) if quarter else None,
        name=name,
        link=_link(kind, parts.get("link")),
    )


def _link(kind: str, link: str | None) -> str:
    if link is None:
        return "-" if kind == "iso" else " "
    return link if kind != "words" else link.lstrip(",") if link else ""


def _numeric(first: int, second: int, year: int | None, link: str) -> Period:
    if first != second and 1 <= first <= _MONTHS_A_YEAR and 1 <= second <= _MONTHS_A_YEAR:
        return Period(Form.NUMERIC, year)
    day, month = (first, second) if second <= _MONTHS_A_YEAR else (second, first)
    return Period(Form.NUMERIC, year, month, day, link=link)


def _year(written: str | None) -> int | None:
    if written is None:
        return None
    year = int(written.lstrip("'’"))
    return year if year >= _CENTURY else year + (1900 if year >= _PIVOT else 2000)


def _completed(items: list[Item]) -> list[Item]:
    """Fill in what a list says once: `14 and 27 July 1999` has one month and one year, `3月15日至18日` one month."""
    joins, periods = [join for join, _ in items], [period for _, period in items]
    for at in range(len(periods) - 2, -1, -1):
        periods[at] = _with_month(periods[at], periods[at + 1])
    for at in range(1, len(periods)):
        periods[at] = _with_year_before(_with_month(periods[at], periods[at - 1]), periods[at - 1])
    for at in range(len(periods) - 2, -1, -1):
        periods[at] = _with_year_behind(periods[at], periods[at + 1])
    return list(zip(joins, periods, strict=True))


def _with_month(period: Period, other: Period) -> Period:
    if period.form is not other.form or period.day is None or period.month is not None or other.month is None:
        return period
    return replace(period, month=other.month, name=other.name, link=period.link if period.year else other.link)


def _with_year_before(period: Period, earlier: Period) -> Period:
    """Take the year from the date before, as Chinese has it: `2024年3月至4月`."""
    goes_on = (
        period.form is earlier.form is Form.HAN and period.month and period.month >= (earlier.month or _MONTHS_A_YEAR)
    )
    return replace(period, year=earlier.year, own=False) if goes_on and period.year is None else period


def _with_year_behind(period: Period, later: Period) -> Period:
    """Take the year from the date behind, as the languages of Europe have it.

    Of `28 December and 4 January 1993` the first may be of the year before.
    """
    goes_on = period.form is later.form is Form.WORDS and period.month and period.month <= (later.month or 0)
    return replace(period, year=later.year, own=False) if goes_on and period.year is None else period
