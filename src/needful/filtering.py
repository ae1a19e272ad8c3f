"""The filter of a plan: the policy's own conditions, with what the principal says in them, and the caller's.

A caller's filter can only narrow: each of its tests must be one that the purpose lists as filterable.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import isfinite
from typing import get_args

from needful.errors import AccessDenied
from needful.filters import from_test
from needful.policy.document import Purpose
from needful.values import UNLISTED, Clause, Condition, Filter, Nested, Operator, Principal

__all__ = ["Own", "combined", "own_conditions"]

PRINCIPAL = "$principal."
OPERATORS: tuple[str, ...] = get_args(Operator)

Own = tuple[tuple[Condition, bool], ...]
"""The conditions of a purpose's filter, and whether the principal has a say in them."""


def own_conditions(purpose: Purpose) -> Own:
    """Read the filter of a purpose."""
    conditions = (condition for key, test in purpose.filter.items() for condition in from_test(key, test))
    return tuple((condition, _is_bound(condition.value)) for condition in conditions)


def combined(own: Own, given: Filter | None, purpose: Purpose, principal: Principal) -> Filter:
    """Fill the principal's attributes in, and add what the caller gave.

    Raises `AccessDenied` where an attribute is missing, or where the caller filters by what is not filterable.
    """
    conditions = tuple(_filled_in(own, principal))
    if not given:
        return Filter(must=conditions)
    _check(given, purpose)
    return Filter(must=(*conditions, given))


def _filled_in(own: Sequence[tuple[Condition, bool]], principal: Principal) -> Iterator[Condition]:
    for condition, is_bound in own:
        if is_bound:
            value = _filled(condition.key, condition.value, principal)
            yield Condition(condition.key, condition.operator, value)
        else:
            yield condition


def _is_bound(value: object) -> bool:
    """Whether a principal's attribute is to be filled in."""
    if isinstance(value, tuple):
        return any(map(_is_bound, value))
    if isinstance(value, dict):
        return any(map(_is_bound, value.values()))
    return isinstance(value, str) and value.startswith(PRINCIPAL)


def _filled(key: str, value: object, principal: Principal) -> object:
    if isinstance(value, tuple):
        return tuple(_value(key, item, principal) for item in value)
    if isinstance(value, dict):
        return {bound: _value(key, item, principal) for bound, item in value.items()}
    return _value(key, value, principal)


def _value(key: str, value: object, principal: Principal) -> object:
    if not (isinstance(value, str) and value.startswith(PRINCIPAL)):
        return value
    name = value.removeprefix(PRINCIPAL)
    found = principal.attribute(name)
    if found is None or found == "" or (isinstance(found, float) and not isfinite(found)):
        raise AccessDenied(
            f"the principal has no attribute {name} to filter by",
            code="attribute-missing",
            hint=f"the policy filters {key} by it; give principal={{…, {name!r}: …}}",
        )
    return found


def _check(given: Filter, purpose: Purpose) -> None:
    allowed = {item.key: item.operators for item in purpose.filterable}
    printable = {*allowed, *purpose.fields, *purpose.filter, *(known.field for known in purpose.detect.known)}
    for condition in _walk(given, ""):
        key = condition.key if condition.key in printable else UNLISTED
        if not _is_finite(condition.value):
            raise AccessDenied(f"the filter of {key} has a number that is not finite", code="filter-malformed")
        if condition.key not in allowed:
            listed = ", ".join(sorted(allowed)) or "nothing"
            raise AccessDenied(
                f"the filter's key {key} is not filterable", code="not-filterable", hint=f"filterable here: {listed}"
            )
        if condition.operator not in allowed[condition.key]:
            operator = condition.operator if condition.operator in OPERATORS else UNLISTED
            raise AccessDenied(
                f"the filter's operator {operator} is not allowed on {key}",
                code="operator-not-allowed",
                hint=f"allowed there: {', '.join(allowed[condition.key])}",
            )


def _walk(clause: Clause, prefix: str) -> Iterator[Condition]:
    """Yield every condition of a filter, keys under `nested` with their array's path before them."""
    if isinstance(clause, Condition):
        yield Condition(prefix + clause.key, clause.operator, clause.value)
    elif isinstance(clause, Nested):
        yield from _walk(clause.filter, f"{prefix}{clause.key.removesuffix('[]')}[].")
    elif isinstance(clause, Filter):
        for part in (*clause.must, *clause.should, *clause.must_not):
            yield from _walk(part, prefix)
    else:
        raise AccessDenied("the filter cannot be read", code="filter-malformed")


def _is_finite(value: object) -> bool:
    """Whether JSON can write every number of a condition: others become null, and a bound of null binds nothing."""
    if isinstance(value, (tuple, list)):
        return all(map(_is_finite, value))
    if isinstance(value, Mapping):
        return all(map(_is_finite, value.values()))
    return not isinstance(value, float) or isfinite(value)
