"""Which `when` holds only where another one does: what can be said about rules without knowing who asks."""

from __future__ import annotations

from collections.abc import Mapping

from needful.policy.rules import When
from needful.values import Scalar

__all__ = ["Held", "effective", "implies"]

Held = Mapping[str, frozenset[tuple[type, Scalar]]]
"""Attribute to the values that it may have, each with its type: `1` is not `true`."""


def effective(outer: When | None, inner: When | None) -> Held | None:
    """Return for whom a rule with `inner` holds in a purpose with `outer`; None where that is nobody."""
    held = dict(_values(outer))
    for name, values in _values(inner).items():
        held[name] = held.get(name, values) & values
    return held if all(held.values()) else None


def implies(held: Held | None, when: When | None) -> bool:
    """Whether everybody for whom `held` holds fits `when` too."""
    if held is None:
        return True
    return all(name in held and held[name] <= values for name, values in _values(when).items())


def _values(when: When | None) -> Held:
    return {name: frozenset((type(value), value) for value in values) for name, values in (when or {}).items()}
