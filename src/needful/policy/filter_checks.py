"""What filters must satisfy: keys that can be filtered by, and values that Qdrant can compare with."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime

from needful.policy.document import FilterTest, Purpose
from needful.policy.finding import Finding
from needful.policy.plain import Location
from needful.policy.text import quoted

__all__ = ["filter_findings"]

_PRINCIPAL = re.compile(r"\$principal\.[A-Za-z_][A-Za-z0-9_-]{0,63}")


def filter_findings(purpose: Purpose, at: Location) -> Iterator[Finding]:
    """Yield what is wrong with the filters of a purpose, its own and those that it opens to callers."""
    for key, test in purpose.filter.items():
        place = (*at, "filter", key)
        if key.startswith("$"):
            yield Finding(place, f"{quoted(key)} cannot be filtered by", "filter by a payload key", "key")
        yield from _attributes(test, place)
    seen: set[str] = set()
    for index, filterable in enumerate(purpose.filterable):
        place = (*at, "filterable", index)
        if filterable.key in seen:
            yield Finding(place, f"{quoted(filterable.key)} is there twice", "list all its operators once")
        seen.add(filterable.key)
        if filterable.key.startswith("$"):
            yield Finding(place, f"{quoted(filterable.key)} cannot be filtered by", "list payload keys only")


def _attributes(test: FilterTest, place: Location) -> Iterator[Finding]:
    for steps, value in _tested(test):
        if isinstance(value, str) and value.startswith("$") and not _PRINCIPAL.fullmatch(value):
            message = f"{quoted(value)} is not an attribute of the principal"
            yield Finding((*place, *steps), message, "write $principal.NAME, such as $principal.tenant")
        elif steps[0] == "range" and isinstance(value, str) and not value.startswith("$") and not _is_time(value):
            yield Finding((*place, *steps), "not a number or an RFC 3339 time", "such as 2026-01-31T00:00:00Z")
        elif steps[0] != "range" and isinstance(value, float):
            yield Finding((*place, *steps), "Qdrant cannot match a fraction exactly", "use range")


def _tested(test: FilterTest) -> Iterator[tuple[Location, object]]:
    """The values that a test compares with, and where they stand in it."""
    if test.equals is not None:
        yield ("equals",), test.equals
    for name, several in (("any", test.any), ("except", test.excluding)):
        yield from (((name, index), value) for index, value in enumerate(several or ()))
    if test.range is not None:
        yield from ((("range", name), value) for name, value in test.range.model_dump(exclude_none=True).items())


def _is_time(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True
