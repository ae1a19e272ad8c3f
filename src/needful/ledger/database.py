"""The ledger's SQLite file: made whole or not at all, recognised before use.

No other thing is ever taken for a ledger: not an empty file (what is left of one that was truncated), not another
program's database, not a ledger with a trigger or table that is not ours.
"""

from __future__ import annotations

import os
import sqlite3
import stat
from pathlib import Path

from needful import databases
from needful.databases import Access, access_to, be_durable, identities, log_of
from needful.errors import LedgerError
from needful.ledger.failures import FOREIGN
from needful.ledger.segments import FORMAT, Header
from needful.ledger.table import SCHEMAS, beginning

__all__ = [
    "APPLICATION_ID",
    "SCHEMA_VERSION",
    "Access",
    "access_to",
    "connect",
    "identities",
    "log_of",
    "make",
    "make_segment",
]

APPLICATION_ID = 0x4E44464C
"""In the file's header, bytes 68 to 71: NDFL, a Needful ledger."""
SCHEMA_VERSION = FORMAT
"""SQLite's user_version: bytes 60 to 63. A file of format 1 is read too, and becomes one of format 2 when it is
written to."""


def connect(path: Path, timeout: float, access: Access = Access.WRITABLE) -> sqlite3.Connection:
    """Open an existing ledger for any thread, each commit durable. Raises `LedgerError`, `sqlite3.Error`."""
    connection = databases.connect(path, timeout, access)
    try:
        connection.text_factory = _lenient_text
        _recognise(connection)
        if access is Access.WRITABLE:
            _settle(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def _lenient_text(data: bytes) -> str:
    # Where a blob was changed into text that is not UTF-8, verification shall name the row rather than fail.
    return data.decode("utf-8", "replace")


def _recognise(connection: sqlite3.Connection) -> None:
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if application != APPLICATION_ID:
        raise FOREIGN.error(LedgerError)
    if version not in SCHEMAS:
        raise LedgerError(
            f"the ledger has format {version}, this program knows {SCHEMA_VERSION}", code="ledger-version"
        )
    found = [sql for (sql,) in connection.execute("SELECT sql FROM sqlite_master")]
    if sorted(map(str, found)) != sorted(SCHEMAS[version]):
        raise LedgerError("the ledger file has a table or trigger that is not a ledger's", code="ledger-schema")


def _settle(connection: sqlite3.Connection) -> None:
    be_durable(connection)
    connection.execute("PRAGMA secure_delete=ON")  # what is erased is overwritten
    (mode,) = connection.execute("PRAGMA journal_mode=WAL").fetchone()
    if mode != "wal":
        raise LedgerError("the ledger cannot use a write-ahead log here", code="ledger-wal")
    # The first read makes the write-ahead log, so that its identity can be taken.
    connection.execute("SELECT count(*) FROM sqlite_master").fetchone()


def make(path: Path, header: Header) -> None:
    """Make an empty ledger, mode 0600, unless there is a file; a missing directory is made, mode 0700.

    It is made whole under another name and then linked to its own: no other process sees half a ledger, and of
    two that make one, the first wins. Raises `LedgerError`, `OSError`, `sqlite3.Error`.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    orphaned = log_of(path).exists()  # asked before the file: another process may be making both
    if os.path.lexists(path):
        _require_contents(path)
    elif orphaned:
        # SQLite would replay the old log into the new file.
        raise LedgerError("the ledger file is gone, its write-ahead log is there", code="ledger-orphaned")
    else:
        make_segment(path, header)


def make_segment(path: Path, header: Header) -> None:
    """Make an empty segment, unless there is a file."""
    databases.make(path, f"PRAGMA application_id={APPLICATION_ID}; {beginning(header)}")


def _require_contents(path: Path) -> None:
    found = path.stat()
    if not stat.S_ISREG(found.st_mode):
        raise LedgerError("the ledger's path is not that of a file", code=FOREIGN.code)
    if found.st_size == 0:
        raise LedgerError("the ledger file is empty", code=FOREIGN.code, hint="delete it to begin a new ledger")
