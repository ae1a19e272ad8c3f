"""Filters between Qdrant's models and the core's tree, without loss for what both can say.

`parse` reads what a caller gives and refuses the rest: point ids, vectors, geography and counts say things about
records that no policy lists, so that a condition which is not understood is never passed on.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from types import MappingProxyType
from typing import Any

from pydantic import BaseModel, ValidationError
from qdrant_client import models

from needful.errors import AccessDenied, StoreError
from needful.values import Clause, Condition, Filter, Nested, Operator

__all__ = ["dumped", "parse", "plain", "render"]

_DEEPEST = 20
_MATCHED = (str, int, bool)
_BOUNDS = ("gt", "gte", "lt", "lte")
_FIELD_TESTS = frozenset({"match", "range", "is_empty", "is_null"})
_MATCHES: Mapping[type, tuple[str, Operator]] = {
    models.MatchValue: ("value", "equals"),
    models.MatchAny: ("any", "any"),
    models.MatchExcept: ("except_", "except"),
    models.MatchText: ("text", "text"),
    models.MatchPhrase: ("phrase", "phrase"),
    models.MatchPrefix: ("prefix", "prefix"),
}


def _refused() -> AccessDenied:
    return AccessDenied(
        "the filter has a condition that cannot be checked against the policy",
        code="filter-operator",
        hint="use match (value, any, except, text, phrase, prefix), range, is_empty, is_null and nested",
    )


def parse(given: models.Filter | Mapping[str, Any]) -> Filter:
    """Read a whole filter. Raises `AccessDenied` with code `filter-operator` on any condition that is not known."""
    if isinstance(given, models.Filter):
        return _filter(given, _DEEPEST)
    try:
        return _filter(models.Filter.model_validate(given), _DEEPEST)
    except (ValidationError, RecursionError):
        pass
    raise _refused()


def _filter(given: models.Filter, depth: int) -> Filter:
    if depth == 0 or type(given) is not models.Filter:
        raise _refused()
    must, should = _clauses(given.must, depth), _clauses(given.should, depth)
    must_not = _clauses(given.must_not, depth)
    if given.min_should is None:
        return Filter(must, should, must_not)
    several = _clauses(given.min_should.conditions, depth)
    count = given.min_should.min_count
    if not several or count < 1:
        raise _refused()
    if not should:
        return Filter(must, several, must_not, count)
    return Filter((*must, Filter(should=several, min_should=count)), should, must_not)


def _clauses(given: Any, depth: int) -> tuple[Clause, ...]:
    if given is None:
        return ()
    return tuple(_clause(one, depth) for one in (given if isinstance(given, list) else [given]))


def _clause(given: Any, depth: int) -> Clause:
    match given:
        case models.FieldCondition():
            return _field(given)
        case models.IsEmptyCondition():
            return Condition(given.is_empty.key, "is_empty", True)
        case models.IsNullCondition():
            return Condition(given.is_null.key, "is_null", True)
        case models.NestedCondition():
            return Nested(given.nested.key, _filter(given.nested.filter, depth - 1))
        case _:
            return _filter(given, depth - 1)


def _field(given: models.FieldCondition) -> Condition:
    tests = {name for name in type(given).model_fields if name != "key" and getattr(given, name) is not None}
    # What a server makes of two tests in one condition is not documented, so there is exactly one.
    if len(tests) != 1 or not tests <= _FIELD_TESTS:
        raise _refused()
    if given.match is not None:
        return _match(given.key, given.match)
    if given.range is not None:
        return Condition(given.key, "range", _bounds(given.range))
    if given.is_empty is not None:
        return Condition(given.key, "is_empty", bool(given.is_empty))
    return Condition(given.key, "is_null", bool(given.is_null))


def _match(key: str, given: Any) -> Condition:
    if type(given) not in _MATCHES:
        raise _refused()
    attribute, operator = _MATCHES[type(given)]
    value = getattr(given, attribute)
    if operator in ("any", "except"):
        value = tuple(value)
    if not all(isinstance(one, (str, int, bool)) for one in (value if isinstance(value, tuple) else (value,))):
        raise _refused()
    return Condition(key, operator, value)


def _bounds(given: models.Range | models.DatetimeRange) -> Mapping[str, float | str]:
    bounds = {name: getattr(given, name) for name in _BOUNDS if getattr(given, name) is not None}
    if not bounds:
        raise _refused()
    return MappingProxyType(
        {name: bound.isoformat() if isinstance(bound, date) else _number(bound) for name, bound in bounds.items()}
    )


def _number(bound: object) -> float:
    if isinstance(bound, (int, float)) and not isinstance(bound, bool) and math.isfinite(bound):
        return float(bound)
    raise _refused()


def render(given: Filter) -> models.Filter:
    """Write a filter in Qdrant's models. Raises `StoreError`, code `filter-value`, on a value that does not fit."""
    try:
        return _tree(given)
    except ValidationError:  # its text quotes the value
        pass
    raise _misfit()


def plain(given: Filter) -> dict[str, Any]:
    """Write a filter as the JSON that Qdrant's models would become. Raises what `render` raises.

    For who sends no JSON: the two kinds of condition of which filters mostly are need no model.
    """
    try:
        return _plain_tree(given)
    except ValidationError:
        pass
    raise _misfit()


def _misfit() -> StoreError:
    return StoreError("a value of the filter does not fit its operator", code="filter-value")


def _plain_tree(given: Filter) -> dict[str, Any]:
    written: dict[str, Any] = {}  # in the order of `_tree`, so that of two misfits the same is met first
    if given.should:
        should = [_plain_clause(clause) for clause in given.should]
        if given.min_should is None:
            written["should"] = should
        else:
            written["min_should"] = {"conditions": should, "min_count": given.min_should or 1}
    if given.must:
        written["must"] = [_plain_clause(clause) for clause in given.must]
    if given.must_not:
        written["must_not"] = [_plain_clause(clause) for clause in given.must_not]
    return written


def _plain_clause(clause: Clause) -> dict[str, Any]:
    if isinstance(clause, Filter):
        return _plain_tree(clause)
    if isinstance(clause, Nested):
        return {"nested": {"key": clause.key, "filter": _plain_tree(clause.filter)}}
    key, operator, value = clause.key, clause.operator, clause.value
    if type(key) is str:
        if operator == "equals" and type(value) in _MATCHED:
            return {"key": key, "match": {"value": value}}
        if operator == "any" and type(value) is tuple and _uniform(value):
            return {"key": key, "match": {"any": list(value)}}
    written: dict[str, Any] = dumped(_RENDER[operator](key, value))
    return written


def dumped(given: BaseModel | None) -> Any:
    """A model of Qdrant's as the JSON that it becomes; None stays None."""
    return None if given is None else given.model_dump(mode="json", by_alias=True, exclude_none=True)


def _tree(given: Filter) -> models.Filter:
    should = [_rendered(clause) for clause in given.should]
    counted = given.min_should is not None and bool(should)
    return models.Filter(
        must=[_rendered(clause) for clause in given.must] or None,
        should=None if counted else should or None,
        must_not=[_rendered(clause) for clause in given.must_not] or None,
        min_should=models.MinShould(conditions=should, min_count=given.min_should or 1) if counted else None,
    )


def _rendered(clause: Clause) -> Any:
    match clause:
        case Filter():
            return _tree(clause)
        case Nested():
            return models.NestedCondition(nested=models.Nested(key=clause.key, filter=_tree(clause.filter)))
        case _:
            return _RENDER[clause.operator](clause.key, clause.value)


def _finite(value: Any) -> Any:
    """Return a value as it is. JSON writes a number that is not finite as null, and a bound of null binds nothing."""
    if isinstance(value, float) and not math.isfinite(value):
        raise StoreError("a number of the filter is not finite", code="filter-value")
    return value


def _equals(key: str, value: Any) -> models.FieldCondition:
    if isinstance(_finite(value), float):  # Qdrant matches no floats; a range of one number does
        return models.FieldCondition(key=key, range=models.Range(gte=value, lte=value))
    return models.FieldCondition(key=key, match=models.MatchValue(value=value))


def _uniform(values: Sequence[Any]) -> bool:
    return all(isinstance(value, str) for value in values) or all(type(value) is int for value in values)


def _any(key: str, values: Sequence[Any]) -> Any:
    if _uniform(values):
        return models.FieldCondition(key=key, match=models.MatchAny(any=list(values)))
    return models.Filter(should=[_equals(key, value) for value in values])


def _except(key: str, values: Sequence[Any]) -> Any:
    if _uniform(values):
        return models.FieldCondition(key=key, match=models.MatchExcept(**{"except": list(values)}))
    # As MatchExcept does, a record without the key is left out.
    absent = models.IsEmptyCondition(is_empty=models.PayloadField(key=key))
    return models.Filter(must_not=[*(_equals(key, value) for value in values), absent])


def _range(key: str, bounds: Mapping[str, Any]) -> models.FieldCondition:
    if any(isinstance(bound, str) for bound in bounds.values()):
        times = {name: _time(bound) for name, bound in bounds.items() if bound is not None}
        return models.FieldCondition(key=key, range=models.DatetimeRange(**times))
    return models.FieldCondition(
        key=key, range=models.Range(**{name: _finite(bound) for name, bound in bounds.items()})
    )


def _time(text: Any) -> date:
    try:
        return date.fromisoformat(text) if len(text) == len("2026-01-31") else datetime.fromisoformat(text)
    except (TypeError, ValueError):
        pass
    raise StoreError("a range's bound is not an RFC 3339 time", code="filter-value", hint="write 2026-01-31T00:00:00Z")


def _is_empty(key: str, value: bool) -> models.Condition:
    if value:
        return models.IsEmptyCondition(is_empty=models.PayloadField(key=key))
    return models.FieldCondition(key=key, is_empty=False)


def _is_null(key: str, value: bool) -> models.Condition:
    if value:
        return models.IsNullCondition(is_null=models.PayloadField(key=key))
    return models.FieldCondition(key=key, is_null=False)


_RENDER: Mapping[str, Any] = {
    "equals": _equals,
    "any": _any,
    "except": _except,
    "range": _range,
    "text": lambda key, text: models.FieldCondition(key=key, match=models.MatchText(text=text)),
    "phrase": lambda key, text: models.FieldCondition(key=key, match=models.MatchPhrase(phrase=text)),
    "prefix": lambda key, text: models.FieldCondition(key=key, match=models.MatchPrefix(prefix=text)),
    "is_empty": _is_empty,
    "is_null": _is_null,
}
