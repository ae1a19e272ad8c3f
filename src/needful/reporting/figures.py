"""The figures of a report: counts over a period. No content, no ids, no hashes of who asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from needful.reporting.declared import KeepRule
from needful.reporting.periods import Unit
from needful.values import Counts, Identity

__all__ = ["Characters", "Disclosed", "FieldUse", "Figures", "Fired", "Restored"]


@dataclass(frozen=True, slots=True)
class Disclosed:
    """What one purpose released in one period: how many calls were answered, with how many records."""

    period: str
    purpose: str
    calls: int
    records: int


@dataclass(frozen=True, slots=True)
class FieldUse:
    """Which fields one purpose asked the store for, each with the number of calls.

    `available` are the fields that the purpose's policy names, in all its purposes; None where the report was given no
    policy of that name.
    """

    purpose: str
    fetched: Mapping[str, int]
    available: frozenset[str] | None


@dataclass(frozen=True, slots=True)
class Characters:
    """Code points of text fields, and bytes of payloads, that one purpose fetched and disclosed."""

    purpose: str
    fetched: int
    disclosed: int
    bytes_fetched: int


@dataclass(frozen=True, slots=True)
class Restored:
    """How many lasting tokens of one entity were turned back into values for one purpose."""

    purpose: str
    entity: str
    values: int


@dataclass(frozen=True, slots=True)
class Fired:
    """How often a `keep` rule kept a value under this very policy, and under other versions of the same name."""

    rule: KeepRule
    times: int
    elsewhere: int


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures. Purposes are by name, with their policy's in brackets where the period has more than one policy."""

    entries: int
    first_time: str | None
    last_time: str | None
    principals: int
    """Different principals who asked."""
    outcomes: Mapping[str, int]
    policies: Mapping[Identity, int]
    """Entries by the policy that decided."""
    unit: Unit
    """How long a period of `disclosures` is."""
    periods: tuple[str, ...]
    """Every period between the first and the last released entry, those without any included."""
    disclosures: tuple[Disclosed, ...]
    """By purpose and period; only those with any."""
    treated: Counts
    """Entity or field to action to how often, in documents."""
    questions: Counts
    """The same in questions."""
    fields: tuple[FieldUse, ...]
    characters: tuple[Characters, ...]
    refusals: Mapping[str, int]
    """Reason to entries. Most frequent first, as in the next two."""
    faults: Mapping[str, int]
    withheld: Mapping[str, int]
    """Reason to records."""
    restorations: tuple[Restored, ...]
    erasures: Mapping[str, int]
    """Reason to how many entries lost their content, by the entries that say so."""
    keeps: tuple[Fired, ...]
