"""Which payload indexes a collection needs: Qdrant Cloud refuses a filter by a key that has none.

What is guessed here decides how fast a filter is, never what it lets through.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from needful.annotations import KEY
from needful.paths import FieldPath
from needful.policy import Policy

__all__ = ["OF_ANNOTATIONS", "OF_PASSAGES", "wanted"]

OF_ANNOTATIONS: Mapping[str, str] = MappingProxyType(
    {f"{KEY}.{name}": "keyword" for name in ("text", "detectors", "entities")}
)
"""Our own keys in every annotated collection."""

OF_PASSAGES: Mapping[str, str] = MappingProxyType(
    {**OF_ANNOTATIONS, f"{KEY}.parent": "keyword", f"{KEY}.document": "keyword", f"{KEY}.order": "integer"}
)
"""Our own keys in a collection of passages."""

_PRINCIPAL = "$"


def wanted(policy: Policy, payloads: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Every key that a purpose filters by, or lets callers filter by, to the type of its index.

    The policy's own values decide; where it has none (`$principal.tenant`, `filterable`), those of some payloads do.
    """
    tests: dict[str, list[tuple[str, Any]]] = {}
    for key, operator, value in _tests(policy):
        tests.setdefault(key, []).append((operator, value))
    return {key: _type(found, list(_values(key, payloads))) for key, found in tests.items()}


def _tests(policy: Policy) -> Iterator[tuple[str, str, Any]]:
    """Key, operator and value of every test; None where the value is not the policy's."""
    for purpose in policy.purposes.values():
        for filterable in purpose.filterable:
            yield from ((filterable.key, operator, None) for operator in filterable.operators)
        for key, test in purpose.filter.items():
            for name in test.model_fields_set:
                yield from ((key, name, value) for value in _of_test(getattr(test, name)))


def _of_test(given: Any) -> Iterable[Any]:
    if isinstance(given, tuple):
        return map(_own, given)
    if hasattr(given, "model_fields_set"):
        return [_own(getattr(given, name)) for name in given.model_fields_set]
    return [_own(given)]


def _own(value: Any) -> Any:
    return None if isinstance(value, str) and value.startswith(_PRINCIPAL) else value


def _values(key: str, payloads: Sequence[Mapping[str, Any]]) -> Iterator[Any]:
    path = FieldPath.parse(key)
    for payload in payloads:
        for _, value in path.leaves(payload):
            yield from value if isinstance(value, list) else [value]


def _type(tests: Sequence[tuple[str, Any]], seen: Sequence[Any]) -> str:
    operators = {operator for operator, _ in tests}
    kinds = _kinds(value for _, value in tests) or _kinds(seen)
    if "range" in operators:
        # An index of integers would hide the fractions that come later.
        return "datetime" if kinds == {str} else "float"
    if operators <= {"text", "phrase"}:
        return "text"
    return {frozenset({bool}): "bool", frozenset({int}): "integer"}.get(kinds, "keyword")


def _kinds(values: Iterable[Any]) -> frozenset[type]:
    return frozenset(type(value) for value in values if value is not None)
