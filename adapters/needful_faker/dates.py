"""Dates: another day, written the same way. What is not read as a date keeps its shape only."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date

from needful_faker.asking import Asked, Dice, canonical, cased
from needful_faker.calendars import MONTHS, WEEKDAYS, WORDS, named
from needful_faker.shapes import digits_of, shape, shaped

__all__ = ["date_or_time"]

_TOKEN = re.compile(
    r"(?P<iso>(?<!\d)[12]\d{3}([-/.])\d{1,2}\2\d{1,2}(?!\d))"
    r"|(?P<compact>(?<!\d)(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:[0-2]\d|3[01])(?=\D|$))"
    r"|(?P<numeric>(?<!\d)\d{1,2}([-/.])\d{1,2}\5(?:\d{4}|\d{2})(?!\d))"
    r"|(?P<clock>(?<!\d)\d{1,2}[:.]\d{2}(?:[:.]\d{2})?(?![\d.])(?:[.,]\d{1,9})?|(?<!\d)\d{1,2}(?=\s?[ap]\.?m\b))"
    r"|(?P<offset>[+-]\d{2}:\d{2}(?!\d))"
    r"|(?P<decade>(?<!\d)[12]\d{2}0(?=['’]?s\b))"
    r"|(?P<year>(?<!\d)[12]\d{3}(?!\d))"
    r"|(?P<short>(?<=['’])\d{2}(?!\d))"
    r"|(?P<month>\d{1,2}(?=月))"
    r"|(?P<day>(?<!\d)\d{1,2}(?!\d))"
    r"|(?P<number>\d+)"
    r"|(?P<word>[^\W\d_]+)"
)
_MONTHS_OF_A_YEAR = 12
_SAFE_DAY = 28
_FIRST_YEARS = {19: (1930, 70), 20: (2000, 25)}


@dataclass(frozen=True, slots=True)
class _Day:
    """Year, month and day; None for what is not written. Raw."""

    year: int | None = field(default=None, repr=False)
    month: int | None = field(default=None, repr=False)
    day: int | None = field(default=None, repr=False)


def date_or_time(asked: Asked) -> str:
    """Fake a date or a time. The same day in another form becomes the same other day, in that form."""
    tokens = list(_TOKEN.finditer(asked.value))
    if not all(_is_known(asked, token) for token in tokens):
        return shape(asked)
    first = _first_day(asked, tokens)
    writer = _Writer(asked, first, _other_day(asked, first))
    fake = _TOKEN.sub(writer.write, asked.value)
    return shape(asked) if fake == asked.value else fake


def _is_known(asked: Asked, token: re.Match[str]) -> bool:
    word = token["word"]
    return (
        not word
        or canonical(word) in WORDS
        or named(MONTHS, asked.language, word) is not None
        or (named(WEEKDAYS, asked.language, word) is not None)
    )


def _first_day(asked: Asked, tokens: list[re.Match[str]]) -> _Day:
    """The first year, month and day that are written."""
    found: dict[str, int] = {}
    for token in tokens:
        for part, number in _parts(asked, token).items():
            found.setdefault(part, number)
    return _Day(found.get("year"), found.get("month"), found.get("day"))


def _parts(asked: Asked, token: re.Match[str]) -> dict[str, int]:
    kind, text = token.lastgroup, token[0]
    if kind == "word":
        month = named(MONTHS, asked.language, text)
        return {"month": month[1] + 1} if month else {}
    if kind == "compact":
        return dict(zip(("year", "month", "day"), (int(text[:4]), int(text[4:6]), int(text[6:])), strict=True))
    if kind in ("iso", "numeric"):
        numbers = [int(digits_of(one)) for one in re.split("[-/.]", text)]
        return dict(zip(_order(asked, kind, numbers), numbers, strict=True))
    return {str(kind): int(digits_of(text))} if kind in ("year", "month", "day") else {}


def _order(asked: Asked, kind: str, numbers: list[int]) -> tuple[str, str, str]:
    """Which number is what: in English the month comes first, unless it cannot."""
    if kind == "iso":
        return "year", "month", "day"
    american = asked.language.startswith("en") and numbers[0] <= _MONTHS_OF_A_YEAR
    if american or numbers[1] > _MONTHS_OF_A_YEAR:
        return "month", "day", "year"
    return "day", "month", "year"


def _other_day(asked: Asked, day: _Day) -> _Day:
    dice = asked.dice("date", f"{day.year or ''}-{day.month or ''}-{day.day or ''}")
    return _Day(
        _other_year(dice, day.year) if day.year is not None else None,
        1 + dice.below(_MONTHS_OF_A_YEAR) if day.month is not None else None,
        1 + dice.below(_SAFE_DAY) if day.day is not None else None,
    )


def _other_year(dice: Dice, year: int) -> int:
    """A year of the same century that tells nothing else of the right one."""
    start, count = _FIRST_YEARS.get(year // 100, (year // 100 * 100, 100))
    return start + dice.other(year - start, count) if 0 <= year - start < count else start + dice.below(count)


@dataclass(frozen=True, slots=True)
class _Writer:
    """Writes the other day over the parts of the first one; a further part has a draw of its own."""

    asked: Asked
    first: _Day
    other: _Day

    def write(self, token: re.Match[str]) -> str:
        kind, text = str(token.lastgroup), token[0]
        if kind == "word":
            return self._word(text)
        if kind == "clock":
            return self._clock(text)
        if kind == "offset":
            return f"{text[0]}00:00"
        if kind in ("iso", "numeric"):
            return self._numbers(kind, text)
        if kind == "compact":
            return "".join(f"{self._part(name, number):02}" for name, number in _parts(self.asked, token).items())
        if kind == "decade":
            return f"{self._part('year', int(digits_of(text))) // 10}0"
        if kind in ("year", "month", "day"):
            number = self._part(kind, int(digits_of(text)))
            return str(number).zfill(2) if text.startswith("0") else str(number)
        return shaped(self.asked, text)

    def _part(self, name: str, number: int) -> int:
        if number == getattr(self.first, name):
            return int(getattr(self.other, name))
        dice = self.asked.dice(name, str(number))
        if name == "year":
            return dice.below(100) if number < 100 else _other_year(dice, number)
        return 1 + dice.below(_MONTHS_OF_A_YEAR if name == "month" else _SAFE_DAY)

    def _word(self, text: str) -> str:
        month = named(MONTHS, self.asked.language, text)
        if month:
            names, at = month
            return cased(text, names[self._part("month", at + 1) - 1])
        weekday = named(WEEKDAYS, self.asked.language, text)
        if weekday:
            names, at = weekday
            return cased(text, names[self._weekday(at)])
        return text

    def _weekday(self, at: int) -> int:
        year, month, day = self.other.year, self.other.month, self.other.day
        if year is not None and year > 99 and month is not None and day is not None:
            return date(year, month, day).weekday()
        return self.asked.dice("weekday", str(at)).other(at, 7)

    def _numbers(self, kind: str, text: str) -> str:
        parts = re.split("([-/.])", text)
        numbers = [int(digits_of(one)) for one in parts[::2]]
        order = _order(self.asked, kind, numbers)
        fakes = [self._part(name, number) for name, number in zip(order, numbers, strict=True)]
        # Day and month could change places: then they can in the fake too.
        if kind == "numeric" and max(numbers[:2]) <= _MONTHS_OF_A_YEAR:
            fakes[:2] = [(one - 1) % _MONTHS_OF_A_YEAR + 1 for one in fakes[:2]]
        fakes = [fake % 100 if len(old) == 2 else fake for fake, old in zip(fakes, parts[::2], strict=True)]
        written = [str(fake).zfill(len(old)) for fake, old in zip(fakes, parts[::2], strict=True)]
        return "".join((written[0], parts[1], written[1], parts[3], written[2]))

    def _clock(self, text: str) -> str:
        dice = self.asked.dice("clock", digits_of(text))
        hours = int(digits_of(re.split("[:.]", text)[0]))
        most = 12 if 0 < hours <= 12 else 24
        hour = 1 + dice.other(hours - 1, 12) if most == 12 else dice.below(24)
        head, *rest = re.split("(\\D)", text)
        rest = [
            str(dice.below(60)).zfill(2) if len(one) == 2 else shaped(self.asked, one) if one.isdecimal() else one
            for one in rest
        ]
        return str(hour).zfill(len(head) if rest or text.startswith("0") else 1) + "".join(rest)
