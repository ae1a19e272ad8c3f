"""Filters that know no store: conditions on payload keys, and their boolean combination in Qdrant's words."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

__all__ = ["Clause", "Condition", "Filter", "Nested", "Operator"]

Operator = Literal["equals", "any", "except", "range", "text", "phrase", "prefix", "is_empty", "is_null"]


@dataclass(frozen=True, slots=True)
class Condition:
    """One test of one payload key.

    `value` is a scalar for equals, text, phrase and prefix; a tuple of scalars for any and except; a mapping with
    some of gt, gte, lt, lte (numbers or RFC 3339 strings) for range; a bool for is_empty and is_null.
    """

    key: str = field(repr=False)
    operator: Operator
    value: object = field(repr=False)


@dataclass(frozen=True, slots=True)
class Nested:
    """A filter that one element of the array of objects under `key` must satisfy as a whole."""

    key: str = field(repr=False)
    filter: Filter


@dataclass(frozen=True, slots=True)
class Filter:
    """A boolean combination, with Qdrant's words: all of `must`, none of `must_not`, `min_should` of `should`."""

    must: tuple[Clause, ...] = ()
    should: tuple[Clause, ...] = ()
    must_not: tuple[Clause, ...] = ()
    min_should: int | None = None
    """How many of `should` must hold; None means one, where there are any."""

    def __bool__(self) -> bool:
        return bool(self.must or self.should or self.must_not)


Clause = Condition | Nested | Filter
