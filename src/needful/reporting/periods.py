"""Periods of a report: how fine a time axis is, and every period on it. All in UTC."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime, timedelta
from types import MappingProxyType
from typing import Literal

__all__ = ["HOUR", "Unit", "period_of", "periods_between", "unit_for"]

Unit = Literal["hour", "day", "week", "month", "year"]

HOUR = 13
"""Characters of an entry's time that name its hour: `2026-11-22T10`."""

_LONGEST: tuple[tuple[Unit, timedelta], ...] = (
    ("hour", timedelta(days=2)),
    ("day", timedelta(days=62)),
    ("week", timedelta(days=400)),
    ("month", timedelta(days=3660)),
)


def unit_for(first: str, last: str) -> Unit:
    """Choose the unit that leaves at most about 120 periods between two hours."""
    span = _hour(last) - _hour(first)
    return next((unit for unit, longest in _LONGEST if span <= longest), "year")


def period_of(hour: str, unit: Unit) -> str:
    """The period in which an hour lies: `2026-11-22T10`, `2026-11-22`, its Monday, `2026-11` or `2026`."""
    return _NAMES[unit](hour)


def periods_between(first: str, last: str, unit: Unit) -> tuple[str, ...]:
    """Every period from the one of hour `first` to the one of hour `last`."""
    return tuple(_between(period_of(first, unit), period_of(last, unit), unit))


def _between(period: str, last: str, unit: Unit) -> Iterator[str]:
    while period < last:
        yield period
        period = _NEXT[unit](period)
    yield last


def _hour(hour: str) -> datetime:
    return datetime.fromisoformat(f"{hour}:00:00")


def _monday(hour: str) -> str:
    day = date.fromisoformat(hour[:10])
    return (day - timedelta(days=day.weekday())).isoformat()


def _next_month(month: str) -> str:
    year, number = int(month[:4]), int(month[5:])
    return f"{year + number // 12:04}-{number % 12 + 1:02}"


_NAMES: Mapping[Unit, Callable[[str], str]] = MappingProxyType(
    {
        "hour": lambda hour: hour,
        "day": lambda hour: hour[:10],
        "week": _monday,
        "month": lambda hour: hour[:7],
        "year": lambda hour: hour[:4],
    }
)
_NEXT: Mapping[Unit, Callable[[str], str]] = MappingProxyType(
    {
        "hour": lambda hour: (_hour(hour) + timedelta(hours=1)).isoformat()[:HOUR],
        "day": lambda day: (date.fromisoformat(day) + timedelta(days=1)).isoformat(),
        "week": lambda day: (date.fromisoformat(day) + timedelta(days=7)).isoformat(),
        "month": _next_month,
        "year": lambda year: f"{int(year) + 1:04}",
    }
)
