"""Kinds of principals: what rules that are narrowed by `when` tell apart."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import product
from math import prod

from needful.policy.document import When
from needful.policy.wording import scalar
from needful.values import Scalar

__all__ = ["MOST_COMBINATIONS", "Kind", "kinds_of", "worded_kind"]

MOST_COMBINATIONS = 4_096
"""Kinds of principals up to which the rules of one field or entity are compared; above, they count as loosened."""

Kind = Mapping[str, Scalar | None]
"""The attributes of one kind of principal; None stands for every value that no rule names, and for having none."""


def kinds_of(own: When | None, narrowings: Sequence[When]) -> Iterator[Kind] | None:
    """Return every combination of the values that rules ask for; None if there are too many.

    `own` says who may use the purpose: of its attributes, no other values count.
    """
    mentioned: dict[str, list[Scalar]] = {}
    for when in narrowings:
        for name, wanted in when.items():
            mentioned.setdefault(name, []).extend(wanted)
    # A value that no rule names is to all of them what no value is.
    options = {name: _each(own[name]) if own and name in own else [*_each(v), None] for name, v in mentioned.items()}
    if prod(map(len, options.values())) > MOST_COMBINATIONS:
        return None
    return (dict(zip(options, values, strict=True)) for values in product(*options.values()))


def _each(values: Iterable[Scalar]) -> list[Scalar | None]:
    """Every value once; `1` is not `true`."""
    return [value for _, value in dict.fromkeys((type(value), value) for value in values)]


def worded_kind(kind: Kind) -> str:
    """Name a kind for a message: ` for role nurse, any other site`; empty where rules tell none apart."""
    said = (f"any other {name}" if value is None else f"{name} {scalar(value)}" for name, value in kind.items())
    return f" for {', '.join(said)}" if kind else ""
