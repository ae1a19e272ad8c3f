"""Filters: from Qdrant's JSON to the engine's objects."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy
import qdrant_edge as engine

from needful_qdrant.edge.problems import BadRequest, only

__all__ = ["filter_of"]


def filter_of(body: Any) -> engine.Filter | None:
    """Read a filter; None stays None. Raises `BadRequest` on what the engine does not know."""
    if body is None:
        return None
    given = only(body, _CLAUSES, "filter")
    least = given.get("min_should")
    return engine.Filter(
        must=_conditions(given.get("must")),
        should=_conditions(given.get("should")),
        must_not=_conditions(given.get("must_not")),
        min_should=engine.MinShould(_conditions(least["conditions"]) or [], least["min_count"]) if least else None,
    )


def _conditions(body: Any) -> list[Any] | None:
    if body is None:
        return None
    return [_condition(item) for item in (body if isinstance(body, list) else [body])]


def _condition(body: Mapping[str, Any]) -> Any:
    if "key" in body:
        return _field(body)
    for name, read in _CONDITIONS.items():
        if name in body:
            return read(only(body, (name,), "condition")[name])
    return filter_of(body)


def _field(body: Mapping[str, Any]) -> engine.FieldCondition:
    if body.keys() == _MATCHED:  # what filters mostly are
        return engine.FieldCondition(key=body["key"], match=_match(body["match"]))
    given = only(body, _FIELD, "field condition")
    tests = {name: _TESTS[name](value) if name in _TESTS else value for name, value in given.items() if name != "key"}
    if not tests:
        raise BadRequest("a field condition needs a test")
    return engine.FieldCondition(key=given["key"], **tests)


def _match(body: Mapping[str, Any]) -> Any:
    ((name, value),) = body.items()
    return _MATCHES[name](value)


def _value(value: Any) -> engine.MatchValue:
    # The engine reads Python's True as the integer 1, but numpy's as a boolean.
    typed: Any = numpy.bool_(value) if isinstance(value, bool) else value
    return engine.MatchValue(typed)


def _list(kind: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def read(values: Sequence[Any]) -> Any:
        if any(isinstance(value, bool) for value in values):
            raise BadRequest("any and except take strings or integers")
        return kind(list(values))

    return read


def _range(body: Mapping[str, Any]) -> Any:
    bounds = only(body, ("gt", "gte", "lt", "lte"), "range")
    if any(isinstance(bound, str) for bound in bounds.values()):
        return engine.RangeDateTime(**bounds)
    return engine.RangeFloat(**{name: float(bound) for name, bound in bounds.items()})


def _point(body: Mapping[str, Any]) -> engine.GeoPoint:
    return engine.GeoPoint(lon=body["lon"], lat=body["lat"])


def _ring(body: Mapping[str, Any]) -> list[engine.GeoPoint]:
    return [_point(point) for point in body["points"]]


def _polygon(body: Mapping[str, Any]) -> engine.GeoPolygon:
    return engine.GeoPolygon(_ring(body["exterior"]), [_ring(ring) for ring in body.get("interiors") or ()])


_MATCHES: Mapping[str, Callable[[Any], Any]] = {
    "value": _value,
    "text": engine.MatchText,
    "text_any": engine.MatchTextAny,
    "phrase": engine.MatchPhrase,
    "prefix": engine.MatchPrefix,
    "substring": engine.MatchSubstring,
    "any": _list(engine.MatchAny),
    "except": _list(engine.MatchExcept),
}
_TESTS: Mapping[str, Callable[[Any], Any]] = {
    "match": _match,
    "range": _range,
    "values_count": lambda body: engine.ValuesCount(**only(body, ("gt", "gte", "lt", "lte"), "values_count")),
    "geo_bounding_box": lambda body: engine.GeoBoundingBox(_point(body["top_left"]), _point(body["bottom_right"])),
    "geo_radius": lambda body: engine.GeoRadius(_point(body["center"]), float(body["radius"])),
    "geo_polygon": _polygon,
}
_MATCHED = frozenset({"key", "match"})
_FIELD = frozenset({"key", "is_empty", "is_null", *_TESTS})
_CLAUSES = frozenset({"must", "should", "must_not", "min_should"})
_CONDITIONS: Mapping[str, Callable[[Any], Any]] = {
    "is_empty": lambda body: engine.IsEmptyCondition(body["key"]),
    "is_null": lambda body: engine.IsNullCondition(body["key"]),
    "has_id": lambda body: engine.HasIdCondition(set(body)),
    "has_vector": engine.HasVectorCondition,
    "nested": lambda body: engine.NestedCondition(body["key"], filter_of(body["filter"]) or engine.Filter()),
}
