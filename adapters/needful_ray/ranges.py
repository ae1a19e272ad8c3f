"""Ranges of point ids: how a collection is split without looking at its points.

Qdrant scrolls in the order of ids: numbers, then UUIDs. A range is an aligned block of one kind, as a subnet is of
addresses, so that its name says nothing but where it lies, the same blocks come out on every run, and with 32 bits or
more no document of layout `passages` is cut (needful.passages: the last 32 bits are the passage).
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from needful.values import PointId

__all__ = ["WIDTHS", "Range", "bits_for", "extents", "ranges"]

WIDTHS: Mapping[str, int] = {"number": 64, "uuid": 128}
"""The kinds of ids, in Qdrant's order, with their bits."""

Seek = Callable[[PointId], PointId | None]
"""The first id of the collection that is not before the given one; None where there is none."""

Extents = Mapping[str, tuple[int, int]]
"""First and last id of every kind that occurs, as numbers."""


@dataclass(frozen=True, slots=True)
class Range:
    """All ids of a kind whose bits above the last `bits` are `prefix`."""

    kind: str
    bits: int
    prefix: int

    @property
    def name(self) -> str:
        """What a worker is told: `uuid/104/9f3`."""
        return f"{self.kind}/{self.bits}/{self.prefix:x}"

    @classmethod
    def named(cls, name: str) -> Range:
        """The range of a name. Raises `ValueError` for what is none."""
        kind, bits, prefix = name.split("/")
        made = cls(kind, int(bits), int(prefix, 16))
        if kind not in WIDTHS or not 0 <= made.bits <= WIDTHS[kind] or not 0 <= made.prefix << made.bits < made.end:
            raise ValueError("no range of ids")
        return made

    @property
    def end(self) -> int:
        """One past the last number that an id of this kind can be."""
        return 1 << WIDTHS[self.kind]

    @property
    def before(self) -> PointId | None:
        """The id before the first, whether or not there is such a point; None where nothing can be before it."""
        first = self.prefix << self.bits
        if first:
            return _written(self.kind, first - 1)
        return None if self.kind == "number" else (1 << WIDTHS["number"]) - 1

    def holds(self, point: PointId) -> bool:
        """Whether an id lies in it."""
        kind, number = _read(point)
        return kind == self.kind and number >> self.bits == self.prefix


def extents(seek: Seek) -> Extents:
    """Find first and last id of every kind, in about 130 questions, whatever the size of the collection."""
    found = {}
    for kind, width in WIDTHS.items():
        first = _from(seek, kind, 0)
        if first is not None:
            found[kind] = first, _last(seek, kind, first, (1 << width) - 1)
    return found


def _last(seek: Seek, kind: str, low: int, high: int) -> int:
    """The last id: `low` is one, and halving what is left to `high` finds whether there is a later one."""
    while low < high:
        middle = low + (high - low + 1) // 2
        later = _from(seek, kind, middle)
        low, high = (later, high) if later is not None else (low, middle - 1)
    return low


def _from(seek: Seek, kind: str, number: int) -> int | None:
    point = seek(_written(kind, number))
    if point is None:
        return None
    found, at = _read(point)
    return at if found == kind else None


def bits_for(extents: Extents, parts: int, *, least: int = 0) -> dict[str, int]:
    """The bits of the smallest blocks of which at most `parts` cover the ids of a kind, but not below `least`."""
    sizes = {}
    for kind, (first, last) in extents.items():
        bits = min(least, WIDTHS[kind])
        while (last >> bits) - (first >> bits) + 1 > parts:
            bits += 1
        sizes[kind] = bits
    return sizes


def ranges(extents: Extents, bits: Mapping[str, int]) -> Iterator[Range]:
    """Yield the blocks that cover the ids, in Qdrant's order."""
    for kind in WIDTHS:
        if kind in extents and kind in bits:
            first, last = extents[kind]
            for prefix in range(first >> bits[kind], (last >> bits[kind]) + 1):
                yield Range(kind, bits[kind], prefix)


def _written(kind: str, number: int) -> PointId:
    return number if kind == "number" else str(uuid.UUID(int=number))


def _read(point: PointId) -> tuple[str, int]:
    return ("number", point) if isinstance(point, int) else ("uuid", uuid.UUID(point).int)
