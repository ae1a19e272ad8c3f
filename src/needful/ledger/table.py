"""The one table of a ledger, and every statement on it. Each raises `sqlite3.Error`."""

from __future__ import annotations

import sqlite3

from needful.errors import ChainBroken, LedgerError
from needful.ledger import chain
from needful.ledger.failures import LOCKED

__all__ = ["FIRST", "LAST", "SCHEMA", "checkpoint", "insert", "last", "page"]

SCHEMA = (
    "CREATE TABLE entry (sequence INTEGER PRIMARY KEY, salt BLOB NOT NULL, entry BLOB NOT NULL,"
    " leaf BLOB NOT NULL, link BLOB NOT NULL)"
)
FIRST, LAST = -(2**63), 2**62
"""No sequence is smaller; none that is ours is as large."""

_LAST = "SELECT sequence, link FROM entry ORDER BY sequence DESC LIMIT 1"
_INSERT = "INSERT INTO entry (sequence, salt, entry, leaf, link) VALUES (?, ?, ?, ?, ?)"
_PAGE = "SELECT sequence, salt, entry, leaf, link FROM entry WHERE sequence >= ? ORDER BY sequence LIMIT ?"


def last(connection: sqlite3.Connection) -> tuple[int, bytes]:
    """Return the last sequence and link; 0 and the genesis where there is none. Raises `ChainBroken`."""
    sequence, link = connection.execute(_LAST).fetchone() or (0, chain.GENESIS)
    if not isinstance(link, bytes) or not 0 <= sequence < LAST:
        raise ChainBroken(
            f"the ledger does not verify: its last row, number {sequence}, is not one of a ledger",
            code="row-malformed",
            sequence=sequence,
        )
    return sequence, link


def insert(row: chain.Row, connection: sqlite3.Connection) -> None:
    """Write a row."""
    connection.execute(_INSERT, (row.sequence, row.salt, row.entry, row.leaf, row.link))


def page(first: int, size: int, connection: sqlite3.Connection) -> list[chain.Row]:
    """Read at most `size` rows, from sequence `first` on, in order."""
    return [chain.Row(*row) for row in connection.execute(_PAGE, (first, size))]


def checkpoint(connection: sqlite3.Connection) -> None:
    """Write what is in the write-ahead log into the database file. Raises `LedgerError` where somebody reads it."""
    busy, *_ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    if busy:
        raise LOCKED.error(LedgerError)
