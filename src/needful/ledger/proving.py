"""Proof that one entry is in the ledger, for somebody who has no other entry: RFC 6962 inclusion under a checkpoint.

    {"checkpoint", "entry", "index", "leaf", "path", "salt", "sequence", "type"}

`entry` and `salt` are base64, or null where they are erased or not to be shown; `leaf` and `path` are hex; `index`
counts from 0 in the segment; `checkpoint` is the signed note.
"""

from __future__ import annotations

import base64
import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from needful.errors import ChainBroken, LedgerError
from needful.ledger import table
from needful.ledger.chain import leaf_hash
from needful.ledger.checkpoint import Checkpoint
from needful.ledger.merkle import inclusion, verify_inclusion
from needful.ledger.notes import VerifierKey, split, verified

__all__ = ["Proof", "prove", "verify_proof"]

TYPE = "needful/ledger/proof/1"


@dataclass(frozen=True, slots=True)
class Proof:
    """An entry, its salt, and the way from its leaf to a checkpoint's root."""

    sequence: int
    index: int
    salt: bytes | None
    entry: bytes | None
    leaf: bytes
    path: tuple[bytes, ...]
    checkpoint: str

    def json(self) -> dict[str, Any]:
        """The proof as JSON."""
        return {
            "type": TYPE,
            "sequence": self.sequence,
            "index": self.index,
            "salt": None if self.salt is None else base64.b64encode(self.salt).decode(),
            "entry": None if self.entry is None else base64.b64encode(self.entry).decode(),
            "leaf": self.leaf.hex(),
            "path": [each.hex() for each in self.path],
            "checkpoint": self.checkpoint,
        }

    @classmethod
    def parse(cls, text: str) -> Proof:
        """Read JSON. Raises `LedgerError`, code `proof-unreadable`."""
        try:
            given = json.loads(text)
            salt, entry = (None if given[key] is None else _bytes(given[key]) for key in ("salt", "entry"))
            path = tuple(bytes.fromhex(each) for each in given["path"])
            found = cls(
                int(given["sequence"]),
                int(given["index"]),
                salt,
                entry,
                bytes.fromhex(given["leaf"]),
                path,
                str(given["checkpoint"]),
            )
            if given == found.json():
                return found
        except (ValueError, KeyError, TypeError, RecursionError):
            pass
        raise LedgerError("the proof cannot be read", code="proof-unreadable")


def _bytes(text: str) -> bytes:
    return base64.b64decode(text, validate=True)


def prove(sequence: int, connection: sqlite3.Connection) -> Proof:
    """Make the proof of an entry of this segment, under the segment's last checkpoint. Raises `LedgerError`."""
    signed = table.last_signed(connection)
    checkpoint = None if signed is None else Checkpoint.parse(split(str(signed.note))[0])
    if signed is None or checkpoint is None or checkpoint.sequence < sequence:
        raise LedgerError(
            f"no checkpoint covers entry {sequence} yet",
            code="checkpoint-none",
            hint="one is written every 1,000 entries or 10 s and when the ledger is closed, by who has the key",
        )
    before = checkpoint.sequence - checkpoint.size
    leaves = table.leaves(before, checkpoint.sequence, connection)
    found = table.page(sequence, 1, connection)
    if len(leaves) != checkpoint.size or sequence <= before or not found or found[0].sequence != sequence:
        raise ChainBroken("the ledger has not what its checkpoint says", code="checkpoint-ahead", sequence=sequence)
    (row,) = found
    index = sequence - before - 1
    salt, entry = (None, None) if row.erased else (row.salt, row.entry)
    return Proof(sequence, index, salt, entry, row.leaf, tuple(inclusion(index, leaves)), signed.note)


def verify_proof(proof: Proof, keys: Sequence[VerifierKey]) -> Checkpoint:
    """Return the checkpoint that the entry is under. Raises `ChainBroken`, or `LedgerError` for a bad note."""
    checkpoint = Checkpoint.parse(verified(proof.checkpoint, keys))
    placed = checkpoint.sequence - checkpoint.size + 1 + proof.index == proof.sequence
    shown = proof.entry is None or leaf_hash(proof.salt or b"", proof.entry) == proof.leaf
    if placed and shown and verify_inclusion(proof.leaf, proof.index, checkpoint.size, proof.path, checkpoint.root):
        return checkpoint
    text = f"the proof does not show that entry {proof.sequence} is in the ledger"
    raise ChainBroken(text, code="proof-broken", sequence=proof.sequence)
