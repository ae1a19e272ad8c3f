"""Amounts as they stand in a text: numbers with their minus, and the words around them that may stay."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

from needful.generalizing.currencies import ABOUT, BEFORE, BEHIND, is_money
from needful.generalizing.numerals import NUMERAL, SCALE, Numeral, numeral, written
from needful.generalizing.reading import LARGEST

__all__ = ["Amount", "listed"]

_MINUS = r"[\-−–]"
_TO = r"\s?[–—‑\-]\s?|\s(?:to|bis|a|à|tot)\s"


def _pattern(end: str) -> str:
    return (
        rf"(?P<outer{end}>{_MINUS}\s?)?(?P<before{end}>{BEFORE})?(?P<inner{end}>{_MINUS})?"
        rf"(?P<number{end}>{NUMERAL})(?P<scale{end}>{SCALE})?"
    )


_FORM = re.compile(
    rf"(?P<about>{ABOUT})?{_pattern('1')}(?:(?:{_TO}){_pattern('2')})?(?P<after>{BEHIND})?", re.IGNORECASE
)
_LIST = re.compile(r"(\s(?:and|or)\s)")
_MOST = 7
_ENDS = ("1", "2")


@dataclass(frozen=True, slots=True)
class Amount:
    """One number, or the two of a range, the smaller first: without their minus, and what stands around them apart."""

    numbers: tuple[Numeral, ...]
    minus: bool = False
    minus_first: bool = True
    about: str = ""
    before: str = ""
    after: str = ""
    scaled: bool = False

    @property
    def is_money(self) -> bool:
        """Whether a currency stands beside it."""
        return is_money(self.before + self.after)

    def digits(self, value: Decimal) -> str:
        """Write a number as those are that were read."""
        form = next((number for number in self.numbers if number.group), self.numbers[0])
        return written(value, form.group, form.mark)

    def shown(self, value: Decimal) -> str:
        """Write a number with its minus and its currency in front."""
        minus = "-" if self.minus and value else ""
        digits = self.digits(value)
        return f"{minus}{self.before}{digits}" if self.minus_first else f"{self.before}{minus}{digits}"


def listed(text: str) -> list[str | Amount] | None:
    """Read an amount, or several and what is between them (`$9,028 and $9,189`). None if there is anything else."""
    parts = _LIST.split(text)
    if len(parts) > _MOST:
        return None
    read = [_read(part) for part in parts[::2]]
    amounts = [amount for amount in read if amount is not None]
    if len(amounts) < len(read):
        return None
    # `$2 and $3 million`, `5 and 6 EUR`: what the last one has may be meant for all.
    last = amounts[-1]
    if any(amount.is_money != last.is_money or last.scaled > amount.scaled for amount in amounts):
        return None
    return [amounts[at // 2] if at % 2 == 0 else part for at, part in enumerate(parts)]


def _read(text: str) -> Amount | None:
    match = _FORM.fullmatch(text)
    if match is None:
        return None
    before, after = match["before1"] or "", match["after"] or ""
    ends = _ENDS if match["number2"] else _ENDS[:1]
    numbers = _numbers(match, ends, money=is_money(before + after))
    if numbers is None or (match["before2"] or before) != before or (match["outer1"] and match["inner1"]):
        return None
    minus = {_is_negative(match, end) for end, number in zip(ends, numbers, strict=True) if number.value}
    ordered = numbers[::-1] if minus == {True} else numbers
    if len(minus) > 1 or (len(ends) > 1 and ordered[0].value >= ordered[-1].value):
        return None
    return Amount(
        ordered,
        minus == {True},
        bool(match["outer1"] or match.groupdict().get("outer2")),
        match["about"] or "",
        before,
        after,
        bool(match[f"scale{ends[-1]}"]),
    )


def _numbers(match: re.Match[str], ends: tuple[str, ...], *, money: bool) -> tuple[Numeral, ...] | None:
    """Read one number or two; the scale word behind the second is that of the first too."""
    last = match[f"scale{ends[-1]}"] or ""
    read = [numeral(match[f"number{end}"], match[f"scale{end}"] or last, money=money) for end in ends]
    numbers = tuple(number for number in read if number is not None and number.value < LARGEST)
    return numbers if len(numbers) == len(ends) else None


def _is_negative(match: re.Match[str], end: str) -> bool:
    return bool(match[f"outer{end}"] or match[f"inner{end}"])
