"""A caller's filter in the policy's own words: `{"metadata.product": {"any": ["home", "car"]}}`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import TypeAdapter, ValidationError

from needful.errors import AccessDenied
from needful.policy.document import FilterTest
from needful.values import Condition, Filter

__all__ = ["from_mapping"]

_TEST = TypeAdapter(FilterTest)


def from_mapping(given: Mapping[str, Any]) -> Filter:
    """Read key to scalar (equals), or key to one of equals, any, except, range. All of them must hold.

    Raises `AccessDenied` with static text. A string that looks like `$principal.…` is only a string here.
    """
    return Filter(must=tuple(_condition(key, test) for key, test in given.items()))


def _condition(key: str, test: Any) -> Condition:
    if isinstance(test, (str, int, float, bool)):
        return Condition(key, "equals", test)
    try:
        return _read(key, _TEST.validate_python(test))
    except ValidationError:
        pass
    raise AccessDenied(
        "the filter cannot be read",
        code="filter-malformed",
        hint='write {"key": value} or {"key": {"equals" | "any" | "except" | "range": …}}, or give a Qdrant filter',
    )


def _read(key: str, test: FilterTest) -> Condition:
    if test.any is not None:
        return Condition(key, "any", test.any)
    if test.excluding is not None:
        return Condition(key, "except", test.excluding)
    if test.range is not None:
        return Condition(key, "range", test.range.model_dump(exclude_none=True))
    return Condition(key, "equals", test.equals)
