"""What a ledger is made of, in the order in which a verifier takes it.

For each segment a head, rows with checkpoints among them, and an end; from files and from exports alike, and as found:
any column may hold anything.
"""

from __future__ import annotations

from dataclasses import dataclass

from needful.ledger.chain import Row

__all__ = ["End", "Head", "Page", "Part", "Signed"]


@dataclass(frozen=True, slots=True)
class Head:
    """How a segment begins: the format's version, and the header with its digest (None in format 1)."""

    version: int
    body: object
    digest: object
    number: object = None
    """What the row is numbered: the segment."""


@dataclass(frozen=True, slots=True)
class Signed:
    """A checkpoint as stored: its note, and the frontier of the tree, with which a writer goes on."""

    number: int
    sequence: int
    note: str
    frontier: bytes | None
    """None in an export."""


@dataclass(frozen=True, slots=True)
class End:
    """How a segment ends, as far as it is there: how many checkpoints it counts, and the closing with its number."""

    checkpoints: object
    closing: tuple[object, object] | None


@dataclass(frozen=True, slots=True)
class Page:
    """A stretch of a segment: rows, the checkpoints that belong to them, and the end where it is reached."""

    rows: list[Row]
    signed: list[Signed]
    end: End | None


Part = Head | Row | Signed | End
