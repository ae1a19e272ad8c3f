"""Checkpoints that were kept elsewhere, to hold a ledger against."""

from __future__ import annotations

from collections.abc import Sequence

from needful.errors import ChainBroken, LedgerError
from needful.ledger.checkpoint import Checkpoint
from needful.ledger.notes import VerifierKey, split, verified

__all__ = ["Anchors"]


class Anchors:
    """Which anchors are still to be met, in the order in which a verifier comes to them."""

    __slots__ = ("_ledger", "_waiting", "met", "next_size")

    def __init__(self, notes: Sequence[str], keys: Sequence[VerifierKey]) -> None:
        """Read notes; with keys, each must be signed with one of them. Raises `LedgerError`, which blames no ledger."""
        found = [Checkpoint.parse(verified(note, keys) if keys else split(note)[0]) for note in notes]
        if len({anchor.ledger for anchor in found}) > 1:
            raise LedgerError("the anchors are of more than one ledger", code="anchor-mixed")
        self._ledger = found[0].ledger if found else None
        self._waiting = sorted(found, key=lambda anchor: (anchor.segment, anchor.size), reverse=True)
        self.met = 0
        """The last sequence that an anchor vouches for."""
        self.next_size = 0
        """The size at which the next anchor of the segment stands; 0 if there is none."""

    def enter(self, ledger: str | None, segment: int, sequence: int) -> None:
        """Begin a segment after this entry. Raises `ChainBroken` where the anchors are of another ledger."""
        if self._ledger is not None and ledger != self._ledger:
            text = "the ledger is not the one that the anchors were taken from"
            raise ChainBroken(text, code="anchor-foreign", sequence=None)
        self._look(segment, sequence)

    def _look(self, segment: int, sequence: int) -> None:
        if self._waiting and self._waiting[-1].segment < segment:
            # The segment before ended without it, and the next one goes on: the two cannot be of one ledger.
            raise self._differs(sequence)
        self.next_size = self._waiting[-1].size if self._waiting and self._waiting[-1].segment == segment else 0

    def meet(self, found: Checkpoint) -> None:
        """Hold what was found against the anchors of this size. Raises `ChainBroken`."""
        while self._waiting and (self._waiting[-1].segment, self._waiting[-1].size) == (found.segment, found.size):
            anchor = self._waiting.pop()
            if not _agree(anchor, found):
                raise self._differs(found.sequence)
            self.met = found.sequence
        self._look(found.segment, found.sequence)

    def _differs(self, sequence: int) -> ChainBroken:
        text = (
            f"the ledger does not verify at entry {self.met + 1}: between it and entry {max(sequence, self.met + 1)},"
            " it is not what it was when an anchor was taken"
        )
        return ChainBroken(text, code="anchor-differs", sequence=self.met + 1)

    def finish(self, count: int) -> None:
        """Raise `ChainBroken`, code `truncated`, where an anchor was not met."""
        if self._waiting:
            last = max(anchor.sequence for anchor in self._waiting)
            text = f"the ledger was truncated: it ends with entry {count}, and an anchor has entry {last}"
            raise ChainBroken(text, code="truncated", sequence=count + 1)


def _agree(anchor: Checkpoint, found: Checkpoint) -> bool:
    return (anchor.root, anchor.link, anchor.sequence, anchor.header) == (
        found.root,
        found.link,
        found.sequence,
        found.header,
    )
