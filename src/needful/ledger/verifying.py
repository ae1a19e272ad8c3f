"""The verifier: parts in, verdict out, one part at a time. No I/O.

Three layers, each of which shows what the one below cannot:
- the chain: that no entry was changed, put in, taken out or moved, as far as it goes on to the end;
- checkpoints: that the holder of the key saw this ledger, up to their last one;
- anchors: that the ledger still has what it had when they were taken, so that a cut-off end and a chain that was
  written anew show, even to the holder of the key.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from enum import StrEnum
from typing import NoReturn

from needful.errors import ChainBroken, LedgerError
from needful.ledger.anchors import Anchors
from needful.ledger.chain import Chain, Row, Verification
from needful.ledger.checkpoint import Checkpoint
from needful.ledger.failures import DAMAGED, TORN
from needful.ledger.merkle import Frontier
from needful.ledger.notes import VerifierKey, split, verified
from needful.ledger.parts import End, Head, Part, Signed
from needful.ledger.segments import FORMAT, Closing, Former, Header, header_digest

__all__ = ["Progress", "Verdict", "Verifier", "verdict_of", "verify_parts"]

Progress = Callable[[int], None]
"""Told now and then how many entries were checked."""
EVERY = 5000


class Verdict(StrEnum):
    """What is to be said of a ledger."""

    VERIFIED = "verified"
    TAMPERED = "tampered"
    """Something was changed, taken out or put in."""
    INCOMPLETE = "incomplete"
    """What is there holds, and it ends in the middle: a crash or a copy that was cut off. Recoverable."""
    TRUNCATED = "truncated"
    """What is there holds, and entries that an anchor has are gone from its end."""


def verdict_of(error: LedgerError) -> Verdict | None:
    """What an error of a verification says of the ledger; None where it says nothing, such as a bad key."""
    if error.code in ("truncated", "incomplete", TORN.code):
        return Verdict.TRUNCATED if error.code == "truncated" else Verdict.INCOMPLETE
    return Verdict.TAMPERED if isinstance(error, ChainBroken) or error.code == DAMAGED.code else None


class Verifier:
    """Where a verification has come to."""

    def __init__(self, keys: Sequence[VerifierKey] = (), anchors: Sequence[str] = ()) -> None:
        """Without keys, signatures are not looked at. Raises `LedgerError` for an anchor that is none."""
        self._keys = tuple(keys)
        self._anchors = Anchors(anchors, self._keys)
        self._chain = Chain()
        self._tree = Frontier()
        self._header: Header | None = None
        self._digest = b""
        self._former: Former | None = None
        self._segments = self._checkpoints = self._number = self._signed = 0
        self._closed = False
        """The last checkpoint says that the segment was closed."""
        self._inside = False

    @classmethod
    def after(cls, signed: Signed, head: Head, keys: Sequence[VerifierKey]) -> Verifier:
        """Go on from a checkpoint that one of the keys signed, and trust it for all before. Raises `ChainBroken`."""
        self = cls(keys)
        if not isinstance(head.body, bytes):
            self._refuse("header-changed")
        self._header, self._digest = Header.decode(head.body), header_digest(head.body)
        found = self._read(signed)
        self._segments, self._number, self._signed = found.segment, signed.number, found.sequence
        self._chain = Chain(found.sequence, found.link)
        self._tree = Frontier(found.size, signed.frontier or b"")
        self._closed, self._inside = found.closed, True
        self._require(found, self._now(found))
        return self

    @property
    def count(self) -> int:
        """How many entries were checked."""
        return self._chain.sequence

    def take(self, part: Part) -> None:
        """Check the next part. Raises `ChainBroken`."""
        if isinstance(part, Row):
            self._take_row(part)
        elif isinstance(part, Signed):
            self._take_signed(part)
        elif isinstance(part, Head):
            self._take_head(part)
        else:
            self._take_end(part)

    def _take_row(self, row: Row) -> None:
        self._require_inside()
        if self._closed:
            self._refuse("segment-continued")
        self._chain.add(row)
        tree = self._tree
        tree.add(row.leaf)
        if tree.size == self._anchors.next_size:
            self._anchors.meet(self._now())

    def _require_inside(self) -> None:
        # No header says to which segment it belongs, and no closing counts it.
        if not self._inside:
            self._refuse("segment-order")

    def _take_head(self, head: Head) -> None:
        number = self._segments + 1
        if self._inside or (number > 1 and self._former is None):
            self._refuse("segment-order")
        if head.version == FORMAT:
            self._take_header(head, number)
        elif number > 1 or head.body is not None:
            self._refuse("header-changed")
        self._segments, self._number, self._inside, self._closed = number, 0, True, False
        self._tree = Frontier()
        self._anchors.enter(self._header.ledger if self._header else None, number, self.count)

    def _take_header(self, head: Head, number: int) -> None:
        if not isinstance(head.body, bytes) or head.digest != header_digest(head.body) or head.number != number:
            self._refuse("header-changed")
        try:
            header = Header.decode(head.body)
        except LedgerError:
            header = None
        if header is None or (header.segment, header.first) != (number, self.count + 1):
            self._refuse("header-changed")
        if header.former != self._former or (self._header and header.ledger != self._header.ledger):
            self._refuse("segment-foreign")
        self._header, self._digest = header, header_digest(head.body)

    def _take_signed(self, signed: Signed) -> None:
        self._require_inside()
        if type(signed.sequence) is int and signed.sequence > self.count and signed.number == self._number + 1:
            self._refuse("checkpoint-ahead")
        found = None
        if (signed.number, signed.sequence) == (self._number + 1, self.count) and self._header and not self._closed:
            found = self._read(signed)
        if found is None:
            self._refuse("checkpoint-order")
        self._require(found, self._now(found))
        if signed.frontier is not None and signed.frontier != self._tree.roots:
            self._refuse("checkpoint-changed")
        self._number = signed.number
        self._checkpoints += 1
        self._closed = found.closed
        if self._keys:
            self._signed = self.count

    def _read(self, signed: Signed) -> Checkpoint:
        fault = "checkpoint-changed"
        if isinstance(signed.note, str):
            try:
                text = verified(signed.note, self._keys, others=False) if self._keys else split(signed.note)[0]
                return Checkpoint.parse(text)
            except LedgerError as error:
                fault = error.code if error.code in _FAULTS else fault
        self._refuse(fault)

    def _now(self, said: Checkpoint | None = None) -> Checkpoint:
        """What a checkpoint of this moment says, apart from what only it can say."""
        header = self._header
        return Checkpoint(
            ledger=header.ledger if header else "",
            segment=self._segments,
            size=self._tree.size,
            root=self._tree.root(),
            header=self._digest,
            link=self._chain.link,
            sequence=self.count,
            time=said.time if said else "",
            closed=bool(said and said.closed),
        )

    def _require(self, said: Checkpoint, found: Checkpoint) -> None:
        if said != found:
            ahead = said.sequence > found.sequence and said.ledger == found.ledger
            self._refuse("checkpoint-ahead" if ahead else "checkpoint-differs")

    def _take_end(self, end: End) -> None:
        if not self._inside or end.checkpoints != self._number:
            self._refuse("checkpoint-missing")
        self._inside = False
        self._former = None
        if end.closing is None:
            if self._closed:
                self._refuse("closing-missing")
            return
        if self._header is None:
            self._refuse("closing-changed")
        link, root = self._chain.link.hex(), self._tree.root().hex()
        closing = Closing(self._header.ledger, self._segments, self._tree.size, self.count, link, root)
        if end.closing != (self._segments, closing.encode()):
            self._refuse("closing-changed")
        self._former = closing.former

    def finish(self) -> Verification:
        """Say what was found when there are no more parts. Raises `ChainBroken`."""
        if self._inside or not self._segments:
            self._refuse("incomplete")
        if self._former is not None:
            self._anchors.finish(self.count)  # truncated, where an anchor says that it went on
            self._refuse("segment-missing")
        self._chain.finish()
        self._anchors.finish(self.count)
        return replace(
            self._chain.verification(),
            segments=self._segments,
            checkpoints=self._checkpoints,
            signed=self._signed,
            anchored=self._anchors.met,
        )

    def _refuse(self, fault: str) -> NoReturn:
        at = self.count + (fault in _AFTER)
        text = f"the ledger does not verify {'at' if fault in _AFTER else 'after'} entry {at}: {_FAULTS[fault]}"
        raise ChainBroken(text, code=fault, sequence=at)


_AFTER = frozenset({"checkpoint-ahead", "segment-continued", "segment-missing", "incomplete"})
"""Faults of the entry that should come next; of all others the last entry before them is named."""
_FAULTS = {
    "checkpoint-ahead": "it is missing, and a checkpoint has it",
    "checkpoint-changed": "a checkpoint there was changed",
    "checkpoint-differs": "a checkpoint there is of other entries",
    "checkpoint-missing": "a checkpoint before it is missing, or the end of its segment was changed",
    "checkpoint-order": "a checkpoint is missing before the one there, or it stands in another's place",
    "closing-changed": "the closing of its segment was changed",
    "closing-missing": "its segment was closed, and the closing is missing",
    "header-changed": "the header of the segment that begins there was changed or is missing",
    "incomplete": "it ends there in the middle",
    "note-forged": "the signature of a checkpoint there does not hold",
    "note-unsigned": "a checkpoint there is not signed with a key that was given",
    "segment-continued": "it stands in a segment that was closed before",
    "segment-foreign": "the segment that begins there does not go on from the one before",
    "segment-missing": "the segment that begins with it is missing",
    "segment-order": "a segment begins there in another's place, or something stands outside of any",
}


def verify_parts(parts: Iterable[Part], verifier: Verifier, progress: Progress | None = None) -> Verification:
    """Check parts in the order given. Raises `ChainBroken` for the first bad one, and what reading them raises."""
    due = EVERY
    for part in parts:
        verifier.take(part)
        if progress is not None and verifier.count >= due:
            progress(verifier.count)
            due = verifier.count + EVERY
    found = verifier.finish()
    if progress is not None:
        progress(found.count)
    return found
