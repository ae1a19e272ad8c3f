"""Erasure and retention: the content of entries goes, their hashes stay, and an entry says which and why.

That entry is durable before anything is taken away. A crash in between leaves entries that are said to be erased and
are there: verification counts them as overdue, and erasing again with the same words takes them away. Entries that say
what was erased are never erased themselves.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from needful import databases
from needful.errors import LedgerError
from needful.ledger import table
from needful.ledger.chain import broken
from needful.ledger.entry import checked
from needful.ledger.erasures import stretches
from needful.ledger.reading import rows
from needful.ledger.signing import now
from needful.ledger.storage import Storage
from needful.values import Entry, Identity

__all__ = ["Erased", "scrub", "selected", "statements"]

MOST = 5000
"""Stretches in one entry: they fit into what an entry may have."""
NOBODY = Identity("<none>", 0, "0" * 64)


@dataclass(frozen=True, slots=True)
class Erased:
    """What was erased: how many entries, and the sequences of the entries that say so."""

    count: int
    statements: tuple[int, ...]


def selected(storage: Storage, before: str | None, sequences: Container[int]) -> list[tuple[int, int]]:
    """The stretches of entries that are older than `before` or among `sequences`, and have something to erase."""
    return list(stretches(_selected(storage, before, sequences)))


def _selected(storage: Storage, before: str | None, sequences: Container[int]) -> Iterator[int]:
    for row in rows(storage):
        named = row.sequence in sequences
        if row.erased or not (named or before is not None):
            continue
        try:
            document = checked(row.entry)
        except (ValueError, TypeError):
            document = None
        if document is None:
            raise broken(row.sequence, "entry-unreadable")
        if document["outcome"] != "erased" and (named or (before is not None and document["time"] < before)):
            yield row.sequence


def statements(found: Sequence[tuple[int, int]], reason: str, principal: str, policy: Identity) -> list[Entry]:
    """The entries that say what is erased."""
    parts = [tuple(found[at : at + MOST]) for at in range(0, len(found), MOST)]
    return [
        Entry(time=now(), outcome="erased", purpose="", principal=principal, policy=policy, reason=reason, erased=part)
        for part in parts
    ]


def scrub(storage: Storage, found: Sequence[tuple[int, int]]) -> int:
    """Take the content of these entries away, in every segment, so that no file has it any more. Returns how many."""
    work = partial(_scrub, found, storage.timeout)
    return sum(storage.at(segment, work) for segment in range(1, storage.last_segment() + 1))


def _scrub(found: Sequence[tuple[int, int]], timeout: float, connection: sqlite3.Connection) -> int:
    low, high = table.first(connection), table.last(connection)[0]
    here = [each for each in found if low is not None and each[0] <= high and each[1] >= low]
    if not here:
        return 0
    try:
        databases.begin(connection, timeout)
        count = sum(table.erase(first, last, connection) for first, last in here)
        connection.execute("COMMIT")
    finally:
        if connection.in_transaction:
            connection.rollback()
    _reclaim(connection)
    return count


def _reclaim(connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA temp_store=MEMORY")
    connection.execute("VACUUM")
    try:
        table.checkpoint(connection)  # the log still has pages from before
        return
    except LedgerError:
        pass
    raise LedgerError(
        "entries were erased, but somebody reads the ledger and its write-ahead log could not be emptied",
        code="erase-unfinished",
        hint="the log goes when the last process closes the ledger, or erase again",
    )
