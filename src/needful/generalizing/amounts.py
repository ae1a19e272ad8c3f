"""Bands and round numbers instead of amounts: `15,300 EUR` → `10,000–20,000 EUR`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from needful.generalizing.numerals import Numeral
from needful.generalizing.reading import decimal_of, step_of
from needful.generalizing.written_amounts import Amount, listed

__all__ = ["in_range", "magnitude", "rounded"]

_TEN = Decimal(10)


@dataclass(frozen=True, slots=True)
class _Bands:
    """Where bands begin and end, for numbers from 0 on: the edge at or under a number, and the next one over it."""

    below: Callable[[Decimal], Decimal]
    above: Callable[[Decimal], Decimal]


def in_range(value: object, step: object) -> str | None:
    """Return the band [low, high) that an amount is in, low a multiple of `step`: 15300 → `10000–20000`.

    Text keeps currency, words and the way in which digits are grouped; scale words become digits. A negative amount has
    the mirrored band, written `-20,000 to -10,000`. A range becomes the bands that it touches, a list is made coarser
    amount by amount.
    """
    width = step_of(step)
    if width is None:
        return None
    return _banded(value, _Bands(lambda number: number // width * width, lambda number: (number // width + 1) * width))


def magnitude(value: object) -> str | None:
    """Return the powers of ten that an amount is between: 15300 → `10000–100000`; below 1 `0–1`, and 0 is `0`."""
    return _banded(value, _Bands(_power, _next_power))


def _power(number: Decimal) -> Decimal:
    return Decimal(1).scaleb(number.adjusted()) if number >= 1 else Decimal(0)


def _next_power(number: Decimal) -> Decimal:
    return number if not number else _power(number) * _TEN or Decimal(1)


def rounded(value: object, step: object) -> object | None:
    """Round down to a multiple of `step`, below zero too: 15300 → 15000, `-$1,234` → `-$2,000`.

    A number keeps its type, but that an integer becomes a float if the step has decimals and the result does. In text
    the number is replaced and the rest stays. None for a range, whose ends would look exact.
    """
    width = step_of(step)
    if width is None:
        return None
    if isinstance(value, str):
        return _each(value, lambda amount: _rounded_text(amount, width))
    exact = decimal_of(value)
    return None if exact is None else _as_number(_floor(exact, width), is_float=isinstance(value, float))


def _rounded_text(amount: Amount, width: Decimal) -> str | None:
    if len(amount.numbers) > 1:
        return None
    number = amount.numbers[0].value
    return amount.shown(abs(_floor(-number if amount.minus else number, width)))


def _floor(exact: Decimal, width: Decimal) -> Decimal:
    # `//` of decimals rounds towards zero.
    quotient = exact // width
    return (quotient - 1 if quotient * width > exact else quotient) * width


def _as_number(low: Decimal, *, is_float: bool) -> int | float | None:
    if not is_float and low == low.to_integral_value():
        return int(low)
    # A float that is not quite the multiple would be rounded down again.
    return float(low) + 0.0 if Decimal(repr(float(low))) == low else None


def _banded(value: object, bands: _Bands) -> str | None:
    if isinstance(value, str):
        return _each(value, lambda amount: _band(amount, bands))
    exact = decimal_of(value)
    return None if exact is None else _band(Amount((Numeral(abs(exact), "", "."),), minus=exact < 0), bands)


def _band(amount: Amount, bands: _Bands) -> str:
    lower, upper = amount.numbers[0].value, amount.numbers[-1].value
    low = bands.below(lower)
    # The edge that ends a range is not in it, so that a band stays the band that it is.
    high = upper if lower < upper == bands.below(upper) else bands.above(upper)
    if low == high:
        return amount.shown(low)
    return (
        f"{amount.shown(high)} to {amount.shown(low)}" if amount.minus else f"{amount.shown(low)}–{amount.digits(high)}"
    )


def _each(text: str, shown: Callable[[Amount], str | None]) -> str | None:
    """Write one amount, or each of a list, with the words around it."""
    parts = [(part, part if isinstance(part, str) else shown(part)) for part in listed(text) or ()]
    if not parts or any(coarse is None for _, coarse in parts):
        return None
    return "".join(f"{part.about}{coarse}{part.after}" if isinstance(part, Amount) else part for part, coarse in parts)
