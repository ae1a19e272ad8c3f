"""A caller's filter in the policy's own words: `{"metadata.product": {"any": ["home", "car"]}}`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter, ValidationError

from needful.errors import AccessDenied
from needful.policy.document import FilterTest
from needful.values import Condition, Filter

__all__ = ["from_mapping", "from_test"]

_TEST = TypeAdapter(FilterTest)


def from_mapping(given: Mapping[str, Any]) -> Filter:
    """Read key to scalar (equals), or key to one of equals, any, except, range. All of them must hold.

    Raises `AccessDenied` with static text. A string that looks like `$principal.…` is only a string here.
    """
    return Filter(must=tuple(condition for key, test in given.items() for condition in _conditions(key, test)))


def from_test(key: str, test: FilterTest) -> Iterator[Condition]:
    """Yield the conditions of a test in the policy's words: one, since a test has one operator."""
    if test.equals is not None:
        yield Condition(key, "equals", test.equals)
    if test.any is not None:
        yield Condition(key, "any", test.any)
    if test.excluding is not None:
        yield Condition(key, "except", test.excluding)
    if test.range is not None:
        yield Condition(key, "range", test.range.model_dump(exclude_none=True))


def _conditions(key: object, test: Any) -> Iterator[Condition]:
    if isinstance(key, str) and isinstance(test, (str, int, float, bool)):
        return iter([Condition(key, "equals", test)])
    try:
        conditions = list(from_test(key, _TEST.validate_python(test))) if isinstance(key, str) else []
    except ValidationError:
        conditions = []
    if conditions and all(_is_usable(condition.value) for condition in conditions):
        return iter(conditions)
    raise AccessDenied(
        "the filter cannot be read",
        code="filter-malformed",
        hint='write {"key": value} or {"key": {"equals" | "any" | "except" | "range": …}}, or give a Qdrant filter',
    )


def _is_usable(value: object) -> bool:
    """Whether a range has bounds, and its strings are times."""
    if not isinstance(value, dict):
        return True
    try:
        for bound in value.values():
            if isinstance(bound, str):
                datetime.fromisoformat(bound)
    except ValueError:
        return False
    return bool(value)
