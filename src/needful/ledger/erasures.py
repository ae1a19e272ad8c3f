"""Which entries were erased, and which are said to be: stretches of sequences, in memory by the stretch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

__all__ = ["Erasures", "stretches"]

Stretch = tuple[int, int]
"""First and last sequence."""


def stretches(sequences: Iterable[int]) -> Iterator[Stretch]:
    """Join ascending sequences to stretches that do not touch."""
    first = last = 0
    for sequence in sequences:
        if last and sequence > last + 1:
            yield first, last
            first = sequence
        first, last = first or sequence, sequence
    if last:
        yield first, last


class Erasures:
    """What a reader has come by: rows that are erased, in ascending order, and entries that say so, later."""

    __slots__ = ("_found", "_said", "_since")

    def __init__(self, since: int = 0) -> None:
        """Entries up to `since` were not looked at: what is said of them is passed over."""
        self._since = since
        self._found: list[list[int]] = []
        self._said: list[Stretch] = []

    def found(self, sequence: int) -> None:
        """Take an erased row."""
        if self._found and self._found[-1][1] == sequence - 1:
            self._found[-1][1] = sequence
        else:
            self._found.append([sequence, sequence])

    def said(self, sequence: int, ranges: Sequence[Sequence[int]]) -> str:
        """Take what entry `sequence` says. Returns a fault if it speaks of itself or of later ones."""
        self._said.extend((first, last) for first, last in ranges)
        return "" if ranges[-1][1] < sequence else "erasure-order"

    def unsaid(self) -> int:
        """The first erased sequence of which no entry says so; 0 if there is none."""
        said = _joined(self._said)
        at = 0
        for first, last in self._found:
            unseen = first
            while unseen <= last:
                while at < len(said) and said[at][1] < unseen:
                    at += 1
                if at == len(said) or said[at][0] > unseen:
                    return unseen
                unseen = said[at][1] + 1
        return 0

    def counts(self) -> tuple[int, int]:
        """How many are erased, and how many are said to be and are not."""
        erased = sum(last - first + 1 for first, last in self._found)
        said = sum(max(0, last - max(first, self._since + 1) + 1) for first, last in _joined(self._said))
        return erased, max(0, said - erased)


def _joined(ranges: Iterable[Stretch]) -> list[Stretch]:
    joined: list[Stretch] = []
    for first, last in sorted(ranges):
        if joined and first <= joined[-1][1] + 1:
            joined[-1] = (joined[-1][0], max(last, joined[-1][1]))
        else:
            joined.append((first, last))
    return joined
