"""The ledger's SQLite file: made whole or not at all, recognised before use, its failures put into our words.

No other thing is ever taken for a ledger: not an empty file (what is left of one that was truncated), not another
program's database, not a ledger with a trigger or table that is not ours.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import sqlite3
import stat
from pathlib import Path

from needful.errors import LedgerError

__all__ = [
    "APPLICATION_ID",
    "HARMLESS",
    "SCHEMA_VERSION",
    "TABLE",
    "connect",
    "explain",
    "identities",
    "log_of",
    "make",
]

APPLICATION_ID = 0x4E44464C
"""In the file's header, bytes 68 to 71: NDFL, a Needful ledger."""
SCHEMA_VERSION = 1
"""SQLite's user_version: bytes 60 to 63."""
TABLE = (
    "CREATE TABLE entry (sequence INTEGER PRIMARY KEY, salt BLOB NOT NULL, entry BLOB NOT NULL,"
    " leaf BLOB NOT NULL, link BLOB NOT NULL)"
)

LOCKED = ("ledger-locked", "another writer holds the ledger")
READONLY = ("ledger-readonly", "the ledger may not be written")
REPLACED = ("ledger-replaced", "the ledger file was replaced or deleted while it was open")
FOREIGN = ("ledger-foreign", "the file is not a Needful ledger")
UNKNOWN = ("ledger-io", "the ledger cannot be read or written")
_FAILURES = {  # by SQLite's primary result code
    sqlite3.SQLITE_BUSY: LOCKED,
    sqlite3.SQLITE_LOCKED: LOCKED,
    sqlite3.SQLITE_READONLY: READONLY,
    sqlite3.SQLITE_PERM: READONLY,
    sqlite3.SQLITE_FULL: ("ledger-full", "there is no space for the ledger"),
    sqlite3.SQLITE_CANTOPEN: ("ledger-unopened", "the ledger cannot be opened"),
    sqlite3.SQLITE_NOTADB: FOREIGN,
    sqlite3.SQLITE_CORRUPT: ("ledger-damaged", "the ledger file is damaged"),
}
HARMLESS = frozenset({"ledger-locked", "ledger-readonly", "ledger-full", "ledger-unopened"})
"""Failures that, before a COMMIT, say nothing against what the file holds."""


def explain(error: Exception) -> tuple[str, str]:
    """Return our code and static text for a failure of SQLite or of the file system."""
    if isinstance(error, PermissionError):
        return READONLY
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_IOERR)
    return REPLACED if code == sqlite3.SQLITE_READONLY_DBMOVED else _FAILURES.get(code & 0xFF, UNKNOWN)


def log_of(path: Path) -> Path:
    """Where SQLite keeps the write-ahead log of the database at `path`."""
    return path.with_name(f"{path.name}-wal")


def identities(*paths: Path) -> tuple[object, ...]:
    """Which files lie at these paths: device and inode, or None.

    An inode is not given away while a file is open, so that the same numbers mean the same files.
    """
    return tuple(_identity(path) for path in paths)


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def connect(path: Path, timeout: float) -> sqlite3.Connection:
    """Open an existing ledger for any thread, each commit durable. Raises `LedgerError`, `sqlite3.Error`."""
    connection = sqlite3.connect(
        f"{path.as_uri()}?mode=rw",  # never makes a file
        uri=True,
        timeout=timeout,
        isolation_level=None,
        check_same_thread=False,
    )
    try:
        connection.text_factory = _lenient_text
        _recognise(connection)
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
        raise LedgerError(FOREIGN[1], code=FOREIGN[0])
    if version != SCHEMA_VERSION:
        raise LedgerError(
            f"the ledger has format {version}, this program knows {SCHEMA_VERSION}", code="ledger-version"
        )
    if connection.execute("SELECT sql FROM sqlite_master").fetchall() != [(TABLE,)]:
        raise LedgerError("the ledger file has a table or trigger that is not a ledger's", code="ledger-schema")


def _settle(connection: sqlite3.Connection) -> None:
    _be_durable(connection)
    connection.execute("PRAGMA trusted_schema=OFF")
    (mode,) = connection.execute("PRAGMA journal_mode=WAL").fetchone()
    if mode != "wal":
        raise LedgerError("the ledger cannot use a write-ahead log here", code="ledger-wal")
    # The first read makes the write-ahead log, so that its identity can be taken.
    connection.execute("SELECT count(*) FROM sqlite_master").fetchone()


def _be_durable(connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA fullfsync=ON")  # macOS: fsync alone does not reach the disk


def make(path: Path) -> None:
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
        _make_whole(path)


def _require_contents(path: Path) -> None:
    found = path.stat()
    if not stat.S_ISREG(found.st_mode):
        raise LedgerError("the ledger's path is not that of a file", code=FOREIGN[0])
    if found.st_size == 0:
        raise LedgerError("the ledger file is empty", code=FOREIGN[0], hint="delete it to begin a new ledger")


def _make_whole(path: Path) -> None:
    draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}.new")
    os.close(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    try:
        with contextlib.closing(sqlite3.connect(draft, isolation_level=None)) as connection:
            _be_durable(connection)
            connection.execute("PRAGMA journal_mode=WAL")
            header = f"PRAGMA application_id={APPLICATION_ID}; PRAGMA user_version={SCHEMA_VERSION}"
            connection.executescript(f"BEGIN; {header}; {TABLE}; COMMIT")
        with contextlib.suppress(FileExistsError):  # another process was first
            os.link(draft, path)
    finally:
        draft.unlink()
    _sync_directory(path.parent)


def _sync_directory(path: Path) -> None:
    if os.name == "nt":  # Windows opens no directories, and keeps names by itself
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
