"""The tables of a segment, and every statement on them. Each raises `sqlite3.Error`.

`entry` is all that a file of format 1 has. Format 2 has three more: `header` (one row; `checkpoints` counts those of
the segment), `checkpoint` (numbered from 1), and `closing` (one row, once the segment is full).
"""

from __future__ import annotations

import sqlite3

from needful.errors import ChainBroken, LedgerError
from needful.ledger import chain
from needful.ledger.failures import LOCKED
from needful.ledger.parts import End, Head, Page, Signed
from needful.ledger.segments import FORMAT, Header, header_digest

__all__ = [
    "FIRST",
    "LAST",
    "SCHEMA",
    "SCHEMAS",
    "beginning",
    "checkpoint",
    "close",
    "closing",
    "erase",
    "first",
    "head",
    "insert",
    "is_closed",
    "last",
    "last_signed",
    "leaves",
    "newest_signed",
    "page",
    "page_size",
    "pages",
    "sign",
    "size",
    "upgrade",
]

SCHEMA = (
    "CREATE TABLE entry (sequence INTEGER PRIMARY KEY, salt BLOB NOT NULL, entry BLOB NOT NULL,"
    " leaf BLOB NOT NULL, link BLOB NOT NULL)"
)
_HEADER = (
    "CREATE TABLE header (segment INTEGER PRIMARY KEY, body BLOB NOT NULL, digest BLOB NOT NULL,"
    " checkpoints INTEGER NOT NULL)"
)
_CHECKPOINT = (
    "CREATE TABLE checkpoint (number INTEGER PRIMARY KEY, sequence INTEGER NOT NULL, note TEXT NOT NULL,"
    " frontier BLOB NOT NULL)"
)
_CLOSING = "CREATE TABLE closing (segment INTEGER PRIMARY KEY, body BLOB NOT NULL)"
SCHEMAS = {1: (SCHEMA,), FORMAT: (SCHEMA, _HEADER, _CHECKPOINT, _CLOSING)}
"""Format version to the statements that make its tables."""
FIRST, LAST = -(2**63), 2**62
"""No sequence is smaller; none that is ours is as large."""

_LAST = "SELECT sequence, link FROM entry ORDER BY sequence DESC LIMIT 1"
_INSERT = "INSERT INTO entry (sequence, salt, entry, leaf, link) VALUES (?, ?, ?, ?, ?)"
_PAGE = "SELECT sequence, salt, entry, leaf, link FROM entry WHERE sequence >= ? ORDER BY sequence LIMIT ?"
_LEAVES = "SELECT leaf FROM entry WHERE sequence > ? AND sequence <= ? ORDER BY sequence"
_SIGNED = "SELECT number, sequence, note, frontier FROM checkpoint"
_ERASE = "UPDATE entry SET salt = x'', entry = x'' WHERE sequence BETWEEN ? AND ? AND entry <> x''"


def _old(connection: sqlite3.Connection) -> bool:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    return bool(version != FORMAT)


def beginning(header: Header) -> str:
    """The script of a new segment's tables and its header."""
    body = header.encode()
    row = f"({header.segment}, x'{body.hex()}', x'{header_digest(body).hex()}', 0)"
    insert = f"INSERT INTO header VALUES {row}"  # noqa: S608 - a number and hex digits
    return "; ".join((*SCHEMAS[FORMAT], insert, f"PRAGMA user_version={FORMAT}"))


def upgrade(header: Header, connection: sqlite3.Connection) -> None:
    """Make a segment of format 2 of one of format 1, inside a transaction. Entries stay as they are."""
    for statement in beginning(header).split("; ")[1:]:
        connection.execute(statement)


def last(connection: sqlite3.Connection) -> tuple[int, bytes]:
    """Return the last sequence and link; what the header says where there is no entry. Raises `ChainBroken`."""
    sequence, link = connection.execute(_LAST).fetchone() or _start(connection)
    if not isinstance(link, bytes) or not 0 <= sequence < LAST:
        raise ChainBroken(
            f"the ledger does not verify: its last row, number {sequence}, is not one of a ledger",
            code="row-malformed",
            sequence=sequence,
        )
    return sequence, link


def _start(connection: sqlite3.Connection) -> tuple[int, bytes]:
    found = head(connection)
    header = None if found.version != FORMAT else Header.decode(found.body)
    if header is None or header.former is None:
        return 0, chain.GENESIS
    return header.first - 1, bytes.fromhex(header.former.link)


def first(connection: sqlite3.Connection) -> int | None:
    """The sequence of the first entry, if there is one."""
    (found,) = connection.execute("SELECT min(sequence) FROM entry").fetchone()
    return found if isinstance(found, int) else None


def head(connection: sqlite3.Connection) -> Head:
    """Read how the segment begins."""
    if _old(connection):
        return Head(1, None, None)
    rows = connection.execute("SELECT segment, body, digest FROM header LIMIT 2").fetchall()
    if len(rows) != 1:
        return Head(FORMAT, None, None)
    number, body, digest = rows[0]
    return Head(FORMAT, body, digest, number)


def closing(connection: sqlite3.Connection) -> tuple[int, object] | None:
    """The closing and the number it stands under, if the segment is closed."""
    if _old(connection):
        return None
    found = connection.execute("SELECT segment, body FROM closing ORDER BY segment LIMIT 2").fetchall()
    return found[0] if len(found) == 1 else (0, None) if found else None


def is_closed(connection: sqlite3.Connection) -> bool:
    """Whether the segment is closed, of one that is known to be of format 2."""
    return connection.execute("SELECT 1 FROM closing LIMIT 1").fetchone() is not None


def close(segment: int, body: bytes, connection: sqlite3.Connection) -> None:
    """Close the segment."""
    connection.execute("INSERT INTO closing (segment, body) VALUES (?, ?)", (segment, body))


def insert(row: chain.Row, connection: sqlite3.Connection) -> None:
    """Write a row."""
    connection.execute(_INSERT, (row.sequence, row.salt, row.entry, row.leaf, row.link))


def page(first: int, size: int, connection: sqlite3.Connection) -> list[chain.Row]:
    """Read at most `size` rows, from sequence `first` on, in order."""
    return [chain.Row(*row) for row in connection.execute(_PAGE, (first, size))]


def pages(first: int, size: int, number: int, connection: sqlite3.Connection) -> Page:
    """Read a page as `page` does, the checkpoints from `number` on that belong to it, and after the last page the end.

    All of one moment, so that the end is that of these rows.
    """
    connection.execute("BEGIN")
    try:
        rows = page(first, size, connection)
        whole = len(rows) < size or rows[-1].sequence >= LAST
        signed = [] if _old(connection) else _signed(number, LAST if whole else rows[-1].sequence, connection)
        return Page(rows, signed, _end(connection) if whole else None)
    finally:
        connection.rollback()


def _signed(number: int, through: int, connection: sqlite3.Connection) -> list[Signed]:
    # By number and not by sequence: one that claims a wrong sequence shall be met all the same.
    found = connection.execute(f"{_SIGNED} WHERE number >= ? ORDER BY number", (number,))
    signed = []
    for row in found:
        if type(row[1]) is int and row[1] > through:
            break
        signed.append(Signed(*row))
    return signed


def _end(connection: sqlite3.Connection) -> End:
    count = 0 if _old(connection) else connection.execute("SELECT sum(checkpoints) FROM header").fetchone()[0]
    return End(count, closing(connection))


def leaves(after: int, through: int, connection: sqlite3.Connection) -> list[bytes]:
    """Read the leaves after one sequence, up to another."""
    return [leaf for (leaf,) in connection.execute(_LEAVES, (after, through))]


def last_signed(connection: sqlite3.Connection) -> Signed | None:
    """Read the last checkpoint."""
    return None if _old(connection) else newest_signed(connection)


def newest_signed(connection: sqlite3.Connection) -> Signed | None:
    """Read the last checkpoint of a segment that is known to be of format 2."""
    row = connection.execute(f"{_SIGNED} ORDER BY number DESC LIMIT 1").fetchone()
    return None if row is None else Signed(*row)


def sign(signed: Signed, connection: sqlite3.Connection) -> None:
    """Write a checkpoint, and count it."""
    row = (signed.number, signed.sequence, signed.note, signed.frontier)
    connection.execute("INSERT INTO checkpoint (number, sequence, note, frontier) VALUES (?, ?, ?, ?)", row)
    connection.execute("UPDATE header SET checkpoints = ?", (signed.number,))


def erase(first: int, last: int, connection: sqlite3.Connection) -> int:
    """Take the content of these rows away; their hashes stay. Returns how many rows that was."""
    return connection.execute(_ERASE, (first, last)).rowcount


def size(page: int, connection: sqlite3.Connection) -> int:
    """How many bytes the segment's file has, or will have when its log is written into it, with pages of `page`."""
    (count,) = connection.execute("PRAGMA page_count").fetchone()
    return int(count) * page


def page_size(connection: sqlite3.Connection) -> int:
    """How many bytes a page of the segment's file has."""
    (size,) = connection.execute("PRAGMA page_size").fetchone()
    return int(size)


def checkpoint(connection: sqlite3.Connection) -> None:
    """Write what is in the write-ahead log into the database file. Raises `LedgerError` where somebody reads it."""
    busy, *_ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    if busy:
        raise LOCKED.error(LedgerError)
