"""One date as it is written, made coarser: a day becomes its week, month, quarter or year, in the same form."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import Enum

from needful.generalizing.months import ENGLISH

__all__ = ["Form", "Period"]

LEAP = 2000
"""Stands for a year that is not given: in it every day exists that exists in some year."""
_MONTHS_A_QUARTER = 3
_MONTHS = 12
_DAYS_A_WEEK = 7


class Form(Enum):
    """How a date is written."""

    ISO = "2024-03-15"
    """Year first; also with slashes or points."""
    NUMERIC = "15.03.2024"
    WORDS = "15 March 2024"
    HAN = "2024年3月15日"


@dataclass(frozen=True, slots=True)
class Period:
    """A day, week, month, quarter, year or what is longer, by which parts it has.

    `name` is the month as it is written, or the decade or school year; `link` is what stands between month and year.
    `own` says whether the year stands beside this date, and not beside another one of the same list.
    """

    form: Form
    year: int | None = None
    month: int | None = None
    day: int | None = None
    week: int | None = None
    quarter: int | None = None
    name: str = ""
    link: str = " "
    own: bool = True

    @property
    def is_longer(self) -> bool:
        """Whether this is a decade or a school year, by its name: it stays as it is."""
        return bool(self.name) and not (self.year or self.month)

    def valid(self) -> bool:
        """Say whether there is such a day, week, month or quarter."""
        try:
            self._ends()
        except ValueError:
            return False
        return True

    def coarser(self, to: str) -> Period | None:
        """Return the week, month, quarter or year that this lies in, itself where it is coarser; None if in no one.

        Without a year a day has a month, and nothing else. A month lies in no week.
        """
        if self.is_longer:
            return self
        if self.year is None:
            return replace(self, day=None) if to == "month" and self.month else None
        if self._is_year:
            return self
        if to == "week":
            return self._week()
        if self.quarter and to == "month":
            return self
        first, last = self._ends()
        if first.year != last.year:
            return None
        return self._of_year(to, first.month, last.month)

    def _of_year(self, to: str, first: int, last: int) -> Period | None:
        whole = replace(self, month=None, day=None, week=None, quarter=None)
        if to == "year":
            return whole
        if to == "quarter":
            quarter = _quarter(first)
            return replace(whole, quarter=quarter) if quarter == _quarter(last) else None
        # `week 11 of 2024` has no name of a month in its language.
        nameless = self.form is Form.WORDS and not self.name
        return None if nameless or first != last else replace(whole, month=first)

    def _week(self) -> Period | None:
        if (self.month is not None and self.day is None) or self.quarter:
            return None
        year, week, _ = self._ends()[0].isocalendar()
        return replace(self, year=year, month=None, day=None, week=week)

    @property
    def _is_year(self) -> bool:
        return not (self.month or self.day or self.week or self.quarter)

    def _ends(self) -> tuple[date, date]:
        """Return the first and the last day. Raises `ValueError` if there is no such period."""
        year = self.year or LEAP
        if self.week is not None:
            monday = date.fromisocalendar(year, self.week, 1)
            return monday, monday + timedelta(days=_DAYS_A_WEEK - 1)
        if self.quarter is not None:
            last = self.quarter * _MONTHS_A_QUARTER
            return date(year, last - _MONTHS_A_QUARTER + 1, 1), _last_day(year, last)
        if self.day is not None:
            day = date(year, self.month or 0, self.day)
            return day, day
        return date(year, self.month or 1, 1), _last_day(year, self.month or _MONTHS)

    def same(self, other: Period) -> bool:
        """Say whether both are one and the same period, however they are written."""
        mine = (self.year, self.month, self.day, self.week, self.quarter)
        theirs = (other.year, other.month, other.day, other.week, other.quarter)
        return mine == theirs and not (self.is_longer or other.is_longer)

    def text(self) -> str:
        """Write a week, month, quarter, year or decade in the form in which it was read. A day has no text."""
        if self.day is not None:
            return ""
        if self.week is not None:
            english = self.form is Form.WORDS and (not self.name or _plain(self.name) in ENGLISH)
            return f"week {self.week} of {self.year}" if english else f"{self.year}-W{self.week:02}"
        if self.quarter is not None:
            return self._quarter_text()
        if self.month is not None:
            return self._month_text(self.month)
        if self.year is not None:
            return f"{self.year}年" if self.form is Form.HAN else f"{self.year}"
        return self.name

    def _quarter_text(self) -> str:
        if self.form is Form.ISO:
            return f"{self.year}-Q{self.quarter}"
        return f"{self.year}年第{self.quarter}季度" if self.form is Form.HAN else f"Q{self.quarter} {self.year}"

    def _month_text(self, month: int) -> str:
        year = self.year if self.own else None
        if self.form is Form.ISO:
            return f"{self.year}{self.link}{month:02}"
        if self.form is Form.NUMERIC:
            return f"{month:02}{self.link}{self.year}"
        if self.form is Form.HAN:
            return f"{year}年{month}月" if year else f"{month}月"
        return f"{self.name}{self.link}{year}" if year else self.name


def _quarter(month: int) -> int:
    return (month - 1) // _MONTHS_A_QUARTER + 1


def _last_day(year: int, month: int) -> date:
    return date(year, month, monthrange(year, month)[1])


def _plain(name: str) -> str:
    return name.rstrip(".").lower()
