"""The hash chain: how one ledger entry holds on to the one before it. Bytes in, verdict out; no I/O.

Everything that another verifier needs. ‖ joins bytes, hashes are SHA-256 (32 bytes), entries count from 1 without gaps:

    genesis      = SHA-256("needful/ledger/1")                           16 ASCII bytes; stands before entry 1
    leaf(n)      = SHA-256(0x00 ‖ salt(n) ‖ entry(n))                    salt: 16 random bytes; entry: see `entry`
    link(n)      = SHA-256(0x01 ‖ link(n - 1) ‖ leaf(n) ‖ n)             n as 8 bytes, big-endian; link(0) = genesis

The prefixes 0x00 and 0x01 keep leaves and links apart (RFC 6962 §2.1). The salt keeps a leaf from being guessed, so
that a leaf can be shown without showing, or after erasing, its entry. `link(n)`, in hex, is what a receipt calls the
entry's hash: it stands for this entry and all before it.

What a chain cannot show by itself, because it has no secret: that its last entries were cut off, or that somebody who
may write the file wrote it anew from some entry on. Both show against a receipt or link kept out of that one's reach.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from needful.errors import ChainBroken
from needful.ledger.entry import parse
from needful.values import Entry

__all__ = ["GENESIS", "SALT_BYTES", "Row", "Verification", "extend", "leaf_hash", "link_hash", "read", "verify"]

SALT_BYTES = 16
GENESIS = hashlib.sha256(b"needful/ledger/1").digest()
"""The link before the first entry."""


@dataclass(frozen=True, slots=True)
class Row:
    """One entry as stored: `entry` in canonical bytes, `leaf` and `link` by the formulas above."""

    sequence: int
    salt: bytes
    entry: bytes
    leaf: bytes
    link: bytes


@dataclass(frozen=True, slots=True)
class Verification:
    """A chain that verifies: how many entries, the times of its first and last (RFC 3339), and its last link in hex.

    Keep `count` and `head` elsewhere, and a later verification can be held against them.
    """

    count: int
    first_time: str | None
    last_time: str | None
    head: str


def leaf_hash(salt: bytes, entry: bytes) -> bytes:
    """SHA-256(0x00 ‖ salt ‖ entry). RFC 6962 §2.1, with a salt."""
    return hashlib.sha256(b"\x00" + salt + entry).digest()


def link_hash(previous: bytes, leaf: bytes, sequence: int) -> bytes:
    """SHA-256(0x01 ‖ previous link ‖ leaf ‖ sequence as 8 bytes, big-endian)."""
    return hashlib.sha256(b"\x01" + previous + leaf + sequence.to_bytes(8, "big")).digest()


def extend(previous: bytes, sequence: int, salt: bytes, entry: bytes) -> Row:
    """Make the row that follows the link `previous`."""
    leaf = leaf_hash(salt, entry)
    return Row(sequence, salt, entry, leaf, link_hash(previous, leaf, sequence))


def read(row: Row) -> Entry:
    """Return the entry of a row. Raises `ChainBroken` if its bytes are not those of an entry."""
    try:
        return parse(row.entry)
    except (ValueError, TypeError):
        pass
    raise _broken(row.sequence, "entry-unreadable")


def verify(rows: Iterable[Row]) -> Verification:
    """Check rows in the order given, one at a time.

    Raises `ChainBroken`, whose `sequence` is the first bad one and whose code and text say what is wrong with it.
    """
    sequence, link = 0, GENESIS
    first: str | None = None
    last: str | None = None
    for sequence, row in enumerate(rows, start=1):
        fault = _fault(row, sequence, link)
        if fault:
            raise _broken(sequence, fault)
        last = read(row).time
        first = first or last
        link = row.link
    return Verification(sequence, first, last, link.hex())


def _fault(row: Row, sequence: int, previous: bytes) -> str:
    """What is wrong with a row that should be number `sequence`, as a code; empty if nothing is."""
    if not _well_formed(row):
        return "row-malformed"
    if row.sequence != sequence:
        return "entry-missing" if row.sequence > sequence else "entry-order"
    if len(row.salt) != SALT_BYTES:
        return "salt-changed"
    leaf = leaf_hash(row.salt, row.entry)
    if row.leaf == leaf:
        return "" if row.link == link_hash(previous, leaf, sequence) else "link-broken"
    # Where the link still holds, it says which of the two is the original.
    if row.link == link_hash(previous, row.leaf, sequence):
        return "entry-changed"
    return "leaf-changed" if row.link == link_hash(previous, leaf, sequence) else "row-changed"


def _well_formed(row: Row) -> bool:
    parts: tuple[object, ...] = (row.salt, row.entry, row.leaf, row.link)  # SQLite gives back any type
    return type(row.sequence) is int and all(isinstance(part, bytes) for part in parts)


_FAULTS = {
    "row-malformed": "it is not made of a number and bytes",
    "entry-missing": "it is missing, or stands later",
    "entry-order": "another with an earlier number stands in its place",
    "salt-changed": f"its salt is not {SALT_BYTES} bytes long",
    "entry-changed": "the entry or its salt was changed after it was written",
    "leaf-changed": "its leaf hash was changed",
    "link-broken": "its link was changed, or does not follow from the entry before it",
    "row-changed": "more than one part of it was changed",
    "entry-unreadable": "its bytes are not those of an entry",
}


def _broken(sequence: int, fault: str) -> ChainBroken:
    text = f"the ledger does not verify at entry {sequence}: {_FAULTS[fault]}"
    return ChainBroken(text, code=fault, sequence=sequence)
