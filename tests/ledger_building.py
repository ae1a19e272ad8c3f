"""A ledger's parts made in memory, as a writer would, and ways to change them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from ledger_entries import make_entry
from needful.errors import ChainBroken
from needful.ledger.chain import GENESIS, Row, extend
from needful.ledger.checkpoint import Checkpoint
from needful.ledger.entry import canonical
from needful.ledger.merkle import Frontier
from needful.ledger.notes import Signer
from needful.ledger.parts import End, Head, Part, Signed
from needful.ledger.segments import FORMAT, Closing, Former, Header, header_digest
from needful.ledger.verifying import Verifier, verify_parts

SIGNER = Signer(bytes(range(32)))
OTHER = Signer(bytes(32))
LEDGER = "0123456789abcdef" * 2
FOREIGN = "fedcba9876543210" * 2
TIME = "2026-11-22T10:11:12.000013Z"


@dataclass
class Builder:
    """Makes the parts of a ledger, one segment after the other, as a writer would."""

    ledger: str = LEDGER
    signer: Signer = SIGNER
    parts: list[Part] = field(default_factory=list)
    sequence: int = 0
    link: bytes = GENESIS
    number: int = 0
    former: Former | None = None

    def head(self, version: int = FORMAT) -> Builder:
        self.number += 1
        self.tree, self.checkpoints = Frontier(), 0
        self.header = Header(self.ledger, self.number, self.sequence + 1, TIME, self.former)
        body = self.header.encode()
        new = Head(FORMAT, body, header_digest(body), self.number) if version == FORMAT else Head(version, None, None)
        self.parts.append(new)
        return self

    def rows(self, count: int, **changes: Any) -> Builder:
        for _ in range(count):
            self.sequence += 1
            entry = canonical(make_entry(records_fetched=self.sequence, **changes))
            row = extend(self.link, self.sequence, bytes([self.sequence % 256]) * 16, entry)
            self.parts.append(row)
            self.link = row.link
            self.tree.add(row.leaf)
        return self

    def checkpoint(self, *, closed: bool = False) -> Checkpoint:
        return Checkpoint(
            ledger=self.ledger,
            segment=self.number,
            size=self.tree.size,
            root=self.tree.root(),
            header=header_digest(self.header.encode()),
            link=self.link,
            sequence=self.sequence,
            time=TIME,
            closed=closed,
        )

    def sign(self, *, closed: bool = False, signer: Signer | None = None, **changes: Any) -> Builder:
        self.checkpoints += 1
        said = replace(self.checkpoint(closed=closed), **changes)
        note = (signer or self.signer).sign(said.text())
        self.parts.append(Signed(self.checkpoints, self.sequence, note, self.tree.roots))
        return self

    def end(self, *, closed: bool = False) -> Builder:
        closing = None
        if closed:
            root = self.tree.root().hex()
            made = Closing(self.ledger, self.number, self.tree.size, self.sequence, self.link.hex(), root)
            self.former, closing = made.former, (self.number, made.encode())
        self.parts.append(End(self.checkpoints, closing))
        return self


def built(ledger: str = LEDGER) -> Builder:
    """Two closed segments of 3 and 2 entries, and an open one of 4 with a checkpoint after the second."""
    builder = Builder(ledger)
    builder.head().rows(2).sign().rows(1).sign(closed=True).end(closed=True)
    builder.head().rows(2).sign(closed=True).end(closed=True)
    return builder.head().rows(2).sign().rows(2).end()


PARTS = tuple(built().parts)
HEADS = [at for at, part in enumerate(PARTS) if isinstance(part, Head)]
ROWS = [at for at, part in enumerate(PARTS) if isinstance(part, Row)]
NOTES = [at for at, part in enumerate(PARTS) if isinstance(part, Signed)]
ENDS = [at for at, part in enumerate(PARTS) if isinstance(part, End)]


def fault(
    parts: Iterable[Part], signer: Signer | None = SIGNER, anchors: tuple[str, ...] = ()
) -> tuple[str, int | None]:
    with pytest.raises(ChainBroken) as caught:
        verify_parts(parts, Verifier([signer.key] if signer else [], anchors))
    assert caught.value.__context__ is None
    return caught.value.code, caught.value.sequence


def put(at: int, *parts: Part, instead: int = 1) -> list[Part]:
    """The parts with others in the place of so many of them."""
    return [*PARTS[:at], *parts, *PARTS[at + instead :]]


def with_(at: int, **changes: Any) -> list[Part]:
    return put(at, replace(PARTS[at], **changes))


def signed_at(at: int) -> Signed:
    part = PARTS[at]
    assert isinstance(part, Signed)
    return part


def resigned(at: int, signer: Signer = SIGNER, **changes: Any) -> list[Part]:
    """The parts with another text in a checkpoint, well signed."""
    signed = PARTS[at]
    assert isinstance(signed, Signed)
    said = Checkpoint.parse(signed.note.split("\n\n")[0] + "\n")
    return with_(at, note=signer.sign(replace(said, **changes).text()))


def reheaded(at: int, **changes: Any) -> list[Part]:
    """The parts with another header, whose digest fits."""
    head = PARTS[at]
    assert isinstance(head, Head)
    body = replace(Header.decode(head.body), **changes).encode()
    return with_(at, body=body, digest=header_digest(body))


def reclosed(at: int, **changes: Any) -> list[Part]:
    """The parts with another closing of the right form."""
    end = PARTS[at]
    assert isinstance(end, End)
    assert end.closing is not None
    number = end.closing[0]
    made = Builder()
    made.head().rows(3)
    closing = Closing(LEDGER, 1, 3, 3, made.link.hex(), made.tree.root().hex())
    assert closing.encode() == PARTS[ENDS[0]].closing[1]  # type: ignore[union-attr,index]
    return with_(at, closing=(number, replace(closing, **changes).encode()))
