"""The hash chain: how one ledger entry holds on to the one before it. Bytes in, verdict out; no I/O.

Everything that another verifier needs. ‖ joins bytes, hashes are SHA-256 (32 bytes), entries count from 1 without gaps:

    genesis      = SHA-256("needful/ledger/1")                           16 ASCII bytes; stands before entry 1
    leaf(n)      = SHA-256(0x00 ‖ salt(n) ‖ entry(n))                    salt: 16 random bytes; entry: see `entry`
    link(n)      = SHA-256(0x01 ‖ link(n - 1) ‖ leaf(n) ‖ n)             n as 8 bytes, big-endian; link(0) = genesis

The prefixes 0x00 and 0x01 keep leaves and links apart (RFC 6962 §2.1; a link has 73 bytes before it is hashed, a node
of its trees 65). The salt keeps a leaf from being guessed, so that a leaf can be shown without showing, or after
erasing, its entry. `link(n)`, in hex, is what a receipt calls the entry's hash: it stands for this entry and for all
before it.

An erased entry has no bytes and no salt; leaf and link stay, and some later entry must say that it was erased.

What a chain cannot show by itself, because it has no secret: that its last entries were cut off, or that somebody who
may write the file wrote it anew from some entry on. Both show against a receipt or link kept out of that one's reach.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from needful.errors import ChainBroken
from needful.ledger.entry import checked, parse
from needful.ledger.erasures import Erasures
from needful.values import Entry

__all__ = [
    "GENESIS",
    "SALT_BYTES",
    "Chain",
    "Row",
    "Verification",
    "broken",
    "extend",
    "leaf_hash",
    "link_hash",
    "read",
    "verify",
]

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

    @property
    def erased(self) -> bool:
        """Whether nothing but the hashes is left."""
        return self.entry == self.salt == b""


@dataclass(frozen=True, slots=True)
class Verification:
    """A ledger that verifies: how many entries, the times of its first and last (RFC 3339), and its last link in hex.

    Keep `count` and `head` elsewhere, and a later verification can be held against them. Times are those of entries
    that are not erased. `erased` entries have only their hashes left; `overdue` ones are said to be erased, and are
    there. Of the `checkpoints`, the last one that a key given vouches for covers entries up to `signed`, 0 if there is
    none or no key was given; the last one that an anchor vouches for, up to `anchored`.
    """

    count: int
    first_time: str | None
    last_time: str | None
    head: str
    erased: int = 0
    overdue: int = 0
    segments: int = 1
    checkpoints: int = 0
    signed: int = 0
    anchored: int = 0

    @property
    def unsigned(self) -> int:
        """How many entries at the end no signature covers."""
        return self.count - self.signed


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
    raise broken(row.sequence, "entry-unreadable")


class Chain:
    """Where the checking of a chain has come to. `add` takes one row after the other, `finish` the whole."""

    __slots__ = ("erasures", "first_time", "last_time", "link", "sequence")

    def __init__(self, sequence: int = 0, link: bytes = GENESIS) -> None:
        """Begin after entry `sequence`, whose link this is."""
        self.sequence, self.link = sequence, link
        self.first_time: str | None = None
        self.last_time: str | None = None
        self.erasures = Erasures(sequence)

    def add(self, row: Row) -> None:
        """Check the next row. Raises `ChainBroken`, with its number and a code for what is wrong."""
        sequence = self.sequence + 1
        fault = _fault(row, sequence, self.link)
        if not fault:
            fault = self._read(row, sequence)
        if fault:
            raise broken(sequence, fault)
        self.sequence, self.link = sequence, row.link

    def _read(self, row: Row, sequence: int) -> str:
        if not row.entry:
            self.erasures.found(sequence)
            return ""
        try:
            document = checked(row.entry)
        except (ValueError, TypeError):
            return "entry-unreadable"
        self.last_time = document["time"]
        if self.first_time is None:
            self.first_time = self.last_time
        if "erased" in document:
            return self.erasures.said(sequence, document["erased"])
        return ""

    def finish(self) -> None:
        """Check that every erased entry is said to be. Raises `ChainBroken`."""
        unsaid = self.erasures.unsaid()
        if unsaid:
            raise broken(unsaid, "erased-unsaid")

    def verification(self) -> Verification:
        """What was found."""
        erased, overdue = self.erasures.counts()
        return Verification(self.sequence, self.first_time, self.last_time, self.link.hex(), erased, overdue)


def verify(rows: Iterable[Row]) -> Verification:
    """Check rows in the order given, one at a time.

    Raises `ChainBroken`, whose `sequence` is the first bad one and whose code and text say what is wrong with it.
    """
    chain = Chain()
    for row in rows:
        chain.add(row)
    chain.finish()
    return chain.verification()


def _fault(row: Row, sequence: int, previous: bytes) -> str:
    """What is wrong with a row that should be number `sequence`, as a code; empty if nothing is."""
    if not _well_formed(row):
        return "row-malformed"
    if row.sequence != sequence:
        return "entry-missing" if row.sequence > sequence else "entry-order"
    if row.erased:
        return "" if row.link == link_hash(previous, row.leaf, sequence) else "link-broken"
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
    "erased-unsaid": "it was erased, and no entry says so",
    "erasure-order": "it says that entries were erased which stand behind it",
}


def broken(sequence: int, fault: str) -> ChainBroken:
    """Make the error for the first bad entry and what is wrong with it."""
    text = f"the ledger does not verify at entry {sequence}: {_FAULTS[fault]}"
    return ChainBroken(text, code=fault, sequence=sequence)
