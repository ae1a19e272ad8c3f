"""The ledger's SQLite file: made whole or not at all, recognised before use.

No other thing is ever taken for a ledger: not an empty file (what is left of one that was truncated), not another
program's database, not a ledger with a trigger or table that is not ours.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import sqlite3
import stat
from enum import StrEnum
from pathlib import Path

from needful.errors import LedgerError
from needful.ledger.failures import FOREIGN
from needful.ledger.table import SCHEMA

__all__ = ["APPLICATION_ID", "SCHEMA_VERSION", "Access", "access_to", "connect", "identities", "log_of", "make"]

APPLICATION_ID = 0x4E44464C
"""In the file's header, bytes 68 to 71: NDFL, a Needful ledger."""
SCHEMA_VERSION = 1
"""SQLite's user_version: bytes 60 to 63."""


class Access(StrEnum):
    """How a ledger can be opened, as SQLite's URI parameters. None of them ever makes a ledger."""

    WRITABLE = "mode=rw"
    READABLE = "mode=ro"
    """Nothing is written, but a write-ahead log is read along."""
    IMMUTABLE = "mode=ro&immutable=1"
    """Nothing is written, no lock taken, no log looked for. Not to be kept: SQLite caches what others may change."""


def access_to(path: Path) -> Access:
    """Return how this process may open the ledger at `path`. Raises `OSError`."""
    path = path.resolve()
    log = _size(log_of(path))
    # SQLite cannot open a log-writing database for reading only where it cannot make the log, but for an immutable one.
    if _writable(path) and (log is not None or _writable(path.parent)):
        return Access.WRITABLE
    return Access.READABLE if log else Access.IMMUTABLE


def _size(path: Path) -> int | None:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return None


def _writable(path: Path) -> bool:
    return os.access(path, os.W_OK, effective_ids=os.access in os.supports_effective_ids)


def log_of(path: Path) -> Path:
    """Where SQLite keeps the write-ahead log of the database at `path`: beside the file that a link leads to."""
    path = path.resolve()
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


def connect(path: Path, timeout: float, access: Access = Access.WRITABLE) -> sqlite3.Connection:
    """Open an existing ledger for any thread, each commit durable. Raises `LedgerError`, `sqlite3.Error`."""
    connection = sqlite3.connect(
        f"{path.as_uri()}?{access}",
        uri=True,
        timeout=timeout,
        isolation_level=None,
        check_same_thread=False,
    )
    try:
        connection.text_factory = _lenient_text
        connection.execute("PRAGMA trusted_schema=OFF")
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
    if version != SCHEMA_VERSION:
        raise LedgerError(
            f"the ledger has format {version}, this program knows {SCHEMA_VERSION}", code="ledger-version"
        )
    if connection.execute("SELECT sql FROM sqlite_master").fetchall() != [(SCHEMA,)]:
        raise LedgerError("the ledger file has a table or trigger that is not a ledger's", code="ledger-schema")


def _settle(connection: sqlite3.Connection) -> None:
    _be_durable(connection)
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
        raise LedgerError("the ledger's path is not that of a file", code=FOREIGN.code)
    if found.st_size == 0:
        raise LedgerError("the ledger file is empty", code=FOREIGN.code, hint="delete it to begin a new ledger")


def _make_whole(path: Path) -> None:
    draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}.new")
    os.close(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    try:
        with contextlib.closing(sqlite3.connect(draft, isolation_level=None)) as connection:
            _be_durable(connection)
            connection.execute("PRAGMA journal_mode=WAL")
            header = f"PRAGMA application_id={APPLICATION_ID}; PRAGMA user_version={SCHEMA_VERSION}"
            connection.executescript(f"BEGIN; {header}; {SCHEMA}; COMMIT")
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
