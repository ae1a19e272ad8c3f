"""Which entries of the ledger a command looks at: by time, and by what was asked and done."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from needful_cli.failures import usage_error

if TYPE_CHECKING:
    from needful.values import Entry

__all__ = ["Filters", "FromFlag", "Outcome", "Period", "ToFlag", "hashed"]

_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
# RFC 3339 §5.6; a blank for the T is allowed there too.
_TIME = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)", re.ASCII)

FromFlag = Annotated[
    str | None,
    typer.Option(
        "--from",
        metavar="TIME",
        help="From this time on: RFC 3339 with Z or an offset, or a date, whose day is one of UTC.",
    ),
]
ToFlag = Annotated[
    str | None,
    typer.Option("--to", metavar="TIME", help="Before this time, or up to the end of this date's day in UTC."),
]


class Outcome(StrEnum):
    """What `--outcome` takes: those of `values.Entry`."""

    RELEASED = "released"
    REFUSED = "refused"
    FAILED = "failed"
    RESTORED = "restored"
    ERASED = "erased"


@dataclass(frozen=True, slots=True)
class Period:
    """A stretch of time, from `start` on and before `end`, both as entries have their times; None is open."""

    start: str | None = None
    end: str | None = None

    @classmethod
    def of(cls, start: str | None, end: str | None) -> Period:
        """Read what `--from` and `--to` were given. Raises `UsageProblems`."""
        made = cls(_moment("--from", start, days=0), _moment("--to", end, days=1))
        if made.start and made.end and made.start >= made.end:
            raise usage_error("--to is not later than --from", "--to is where the period ends")
        return made

    def has(self, time: str) -> bool:
        """Whether a time of an entry lies in it. They all have one form, so that their texts are in order of time."""
        return (self.start is None or time >= self.start) and (self.end is None or time < self.end)


def _moment(flag: str, given: str | None, *, days: int) -> str | None:
    """The moment that a flag names; of a date, the start of the UTC day `days` later."""
    if given is None:
        return None
    text = given.strip()
    try:
        if _DATE.fullmatch(text):
            return _written(datetime.fromisoformat(text).replace(tzinfo=UTC) + timedelta(days=days))
        if _TIME.fullmatch(text):
            return _written(datetime.fromisoformat(text.upper()))
    except (ValueError, OverflowError):  # the 31st of February
        pass
    raise usage_error(
        f"{flag} is no date and no RFC 3339 time", "2026-11-22, which is a day in UTC, or 2026-11-22T10:00:00+01:00"
    )


def _written(moment: datetime) -> str:
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


@dataclass(frozen=True, slots=True)
class Filters:
    """What an entry must be. None lets everything through; all that are given must fit."""

    period: Period = Period()
    purpose: str | None = None
    principal: str | None = None
    """Hashed."""
    policy: str | None = None
    """`customer-service`, or a version of it: `customer-service@3`."""
    entity: str | None = None
    """A name that documents' or the question's counts have: an entity, or a field."""
    outcome: str | None = None

    @property
    def is_open(self) -> bool:
        """Whether every entry fits."""
        return self == Filters()

    def fit(self, entry: Entry) -> bool:
        """Whether an entry is meant."""
        return self.period.has(entry.time) and all(check(self, entry) for check in _CHECKS)


_CHECKS: tuple[Callable[[Filters, Entry], bool], ...] = (
    lambda wanted, entry: wanted.outcome in (None, entry.outcome),
    lambda wanted, entry: wanted.purpose in (None, entry.purpose),
    lambda wanted, entry: wanted.principal in (None, entry.principal),
    lambda wanted, entry: wanted.policy in (None, entry.policy.name, f"{entry.policy.name}@{entry.policy.version}"),
    lambda wanted, entry: wanted.entity is None or wanted.entity in entry.counts or wanted.entity in entry.query_counts,
)


def hashed(principal: str) -> str:
    """The keyed hash under which entries have a principal. Makes no key: no entry could be hashed with a new one."""
    from needful.keys import DEFAULT_VARIABLE, Keys, state_directory

    if not os.environ.get(DEFAULT_VARIABLE) and not (state_directory() / "key").exists():
        raise usage_error("there is no key to hash the principal's id with", f"set {DEFAULT_VARIABLE} to the policy's")
    return Keys.load().mac("principal", principal).hex()
