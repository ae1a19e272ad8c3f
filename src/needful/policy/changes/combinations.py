"""For whom something holds: combinations of the attribute values that some rules mention, and sets of them in words.

A combination is a tuple of indexes into the domains; the last index of a domain stands for any other value, or none.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from itertools import product
from math import prod

from needful.policy.document import When
from needful.policy.narrowing import Attribute
from needful.policy.wording import scalar
from needful.values import Scalar

__all__ = ["MOST", "Combination", "Combinations"]

MOST = 4096
"""Above so many combinations, one attribute at a time is looked at, the others being somebody else's."""

LISTED = 6
"""How many combinations are printed one by one."""

Combination = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Combinations:
    """The attributes that rules mention, and the values that they mention of each."""

    names: tuple[str, ...] = ()
    values: tuple[tuple[Scalar, ...], ...] = ()

    @classmethod
    def of(cls, whens: Iterable[When | None]) -> Combinations:
        """Gather what is mentioned. `1`, `true` and `"1"` are three values."""
        mentioned: dict[str, dict[tuple[type, Scalar], Scalar]] = {}
        for when in whens:
            for name, values in (when or {}).items():
                mentioned.setdefault(name, {}).update({(type(value), value): value for value in values})
        return cls(tuple(mentioned), tuple(tuple(found.values()) for found in mentioned.values()))

    @property
    def complete(self) -> bool:
        """Whether `all` yields every combination."""
        return prod(len(values) + 1 for values in self.values) <= MOST

    def all(self) -> Iterator[Combination]:
        """Yield the combinations; of too many, those in which at most one attribute has a mentioned value."""
        if self.complete:
            yield from product(*(range(len(values) + 1) for values in self.values))
            return
        others = tuple(len(values) for values in self.values)
        yield others
        for at, values in enumerate(self.values):
            yield from ((*others[:at], index, *others[at + 1 :]) for index in range(len(values)))

    def attribute(self, combination: Combination) -> Attribute:
        """The attributes of somebody of this combination; another value than those mentioned is as good as none."""
        indexed = zip(self.names, self.values, combination, strict=True)
        given = {name: values[index] for name, values, index in indexed if index < len(values)}
        return given.get

    def worded(self, chosen: Collection[Combination], of: Collection[Combination]) -> str:
        """Say which combinations were chosen: nothing where it is all of those that could be."""
        if len(chosen) == len(of):
            return ""
        relevant = [at for at in range(len(self.names)) if self._matters(at, set(chosen), set(of))]
        projected = sorted({tuple(combination[at] for at in relevant) for combination in chosen})
        sides = [sorted(set(side)) for side in zip(*projected, strict=True)]
        if len(projected) == prod(map(len, sides)):
            return "; ".join(self._side(at, side) for at, side in zip(relevant, sides, strict=True))
        each = ["; ".join(self._side(at, [i]) for at, i in zip(relevant, one, strict=True)) for one in projected]
        rest = len(each) - LISTED
        return " | ".join(each[:LISTED]) + (f" | and {rest} more combinations" if rest > 0 else "")

    def _matters(self, at: int, chosen: set[Combination], of: set[Combination]) -> bool:
        """Whether a combination is chosen or not, depending on this attribute."""
        changed = ((*one[:at], index, *one[at + 1 :]) for one in chosen for index in range(len(self.values[at]) + 1))
        return any(other in of and other not in chosen for other in changed)

    def _side(self, at: int, indexes: Iterable[int]) -> str:
        values = self.values[at]
        said = [scalar(values[index]) if index < len(values) else "any other" for index in indexes]
        return f"{self.names[at]}: {', '.join(said)}"
