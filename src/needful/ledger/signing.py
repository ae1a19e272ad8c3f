"""Writing checkpoints: when one is due, and what it says. Inside the transaction of whoever appends.

A writer goes on from the last checkpoint's tree, and only where that checkpoint holds: it never signs anew what was
changed before it.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from needful.errors import LedgerError, LedgerWriteError
from needful.ledger import table
from needful.ledger.checkpoint import Checkpoint
from needful.ledger.merkle import HASH_BYTES, Frontier
from needful.ledger.notes import Signer, split, verified
from needful.ledger.parts import Signed
from needful.ledger.segments import Header, header_digest

__all__ = ["Schedule", "now", "sign", "tree"]


@dataclass(frozen=True, slots=True)
class Schedule:
    """When a checkpoint is due: after so many entries, or so many seconds since the last."""

    entries: int = 1000
    seconds: float = 10.0

    def due(self, header: Header, sequence: int, connection: sqlite3.Connection) -> bool:
        """Whether one is due at this entry of a segment that is written, and so of format 2."""
        signed = table.newest_signed(connection)
        since, time = header.first - 1, header.made
        if signed is not None:
            found = _read(signed)
            since, time = found.sequence, found.time
        # A clock that was put back must not end the checkpoints.
        passed = abs(datetime.now(UTC) - datetime.fromisoformat(time))
        return sequence - since >= self.entries or (sequence > since and passed >= timedelta(seconds=self.seconds))


def now() -> str:
    """The time as it stands in the ledger: RFC 3339, UTC, microseconds."""
    return datetime.now(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def tree(header: Header, sequence: int, connection: sqlite3.Connection) -> Frontier:
    """The segment's tree up to this entry: from the last checkpoint on. Raises `LedgerWriteError`."""
    signed = table.last_signed(connection)
    found = Frontier()
    if signed is not None:
        found = _frontier(signed, _read(signed))
    since = header.first - 1 + found.size
    leaves = table.leaves(since, sequence, connection)
    if [len(leaf) for leaf in leaves] != [HASH_BYTES] * (sequence - since):
        raise _broken()
    for leaf in leaves:
        found.add(leaf)
    return found


def _frontier(signed: Signed, checkpoint: Checkpoint) -> Frontier:
    found = None
    try:
        found = Frontier(checkpoint.size, signed.frontier or b"")
    except (ValueError, TypeError):
        pass
    if found is None or found.root() != checkpoint.root:
        raise _broken()
    return found


def sign(
    header: Header, sequence: int, link: bytes, signer: Signer, connection: sqlite3.Connection, *, closed: bool = False
) -> str:
    """Write the checkpoint of this entry and return its note. Raises `LedgerWriteError`."""
    before = table.last_signed(connection)
    if before is not None and signer.key.id in {data[:4] for _, data in _split(before)}:
        _require_own(before, signer)
    reached = tree(header, sequence, connection)
    checkpoint = Checkpoint(
        ledger=header.ledger,
        segment=header.segment,
        size=reached.size,
        root=reached.root(),
        header=header_digest(header.encode()),
        link=link,
        sequence=sequence,
        time=now(),
        closed=closed,
    )
    note = signer.sign(checkpoint.text())
    number = 1 if before is None else before.number + 1
    table.sign(Signed(number, sequence, note, reached.roots), connection)
    return note


def _require_own(signed: Signed, signer: Signer) -> None:
    held = True
    try:
        verified(signed.note, [signer.key])
    except LedgerError:
        held = False
    if not held:
        raise _broken()


def _split(signed: Signed) -> list[tuple[str, bytes]]:
    if isinstance(signed.note, str):
        try:
            return split(signed.note)[1]
        except LedgerError:
            pass
    raise _broken()


def _read(signed: Signed) -> Checkpoint:
    if isinstance(signed.note, str):
        try:
            return _parsed(signed.note)
        except LedgerError:
            pass
    raise _broken()


@lru_cache(maxsize=16)  # every entry looks at the last checkpoint
def _parsed(note: str) -> Checkpoint:
    return Checkpoint.parse(split(note)[0])


def _broken() -> LedgerWriteError:
    return LedgerWriteError(
        "the ledger's last checkpoint does not hold, or not what follows it",
        code="checkpoint-broken",
        hint="see with needful audit verify what happened",
    )
