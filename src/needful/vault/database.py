"""The vault's SQLite file: made whole or not at all, recognised and its key checked before use; and its statements.

Two tables: `original` (token, sealed) and `key_check` (one sealed constant). Tokens lie there in the clear, as they do
in every text that was disclosed; originals never do.
"""

from __future__ import annotations

import sqlite3
import stat
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

from needful import databases
from needful.databases import Access, be_durable, log_of
from needful.keys import Keys
from needful.vault.failures import FOREIGN, LOCKED, ORPHANED, OTHER_KEY, UNOPENED
from needful.vault.sealing import encoded, key_check, knows_key

__all__ = ["checkpoint", "connect", "holds", "insert", "is_there", "make", "rows"]

APPLICATION_ID = 0x4E445641
"""In the file's header, bytes 68 to 71: NDVA, a Needful vault."""
SCHEMA_VERSION = 1
"""SQLite's user_version: bytes 60 to 63."""
# Blobs, since SQLite's text ends at a zero and holds no lone surrogates.
TABLES = (
    "CREATE TABLE key_check (sealed BLOB NOT NULL)",
    "CREATE TABLE original (token BLOB PRIMARY KEY, sealed BLOB NOT NULL) WITHOUT ROWID",
)
PAGE = 500

_INSERT = "INSERT INTO original (token, sealed) VALUES (?, ?) ON CONFLICT (token) DO NOTHING"
_EXPECTED = [(table.encode(),) for table in TABLES]
_HOLDS = "SELECT count(*) FROM original WHERE token = ?"


def is_there(path: Path) -> bool:
    """Whether something that may be a vault lies at `path`. Raises `VaultError`, `OSError`."""
    orphaned = log_of(path).exists()  # asked before the file: another process may be making both
    try:
        path.lstat()
    except FileNotFoundError:
        if not orphaned:
            return False
    else:
        found = path.stat()
        if stat.S_ISREG(found.st_mode) and found.st_size:
            return True
        raise FOREIGN.error()
    # SQLite would replay the old log into a new file.
    raise ORPHANED.error()


def make(path: Path, keys: Keys) -> None:
    """Make an empty vault for these keys, mode 0600, and its directory where that is missing, mode 0700.

    Of several that make one, the first wins. Raises `OSError`, `sqlite3.Error`.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    header = f"PRAGMA application_id={APPLICATION_ID}; PRAGMA user_version={SCHEMA_VERSION}"
    check = f"INSERT INTO key_check VALUES (x'{key_check(keys).hex()}')"  # noqa: S608 - hexadecimal of our own
    databases.make(path, "; ".join((header, *TABLES, check)))


def connect(path: Path, timeout: float, keys: Keys) -> tuple[sqlite3.Connection, Access]:
    """Open a vault as far as this process may. Raises `VaultError` if it is none or has another key."""
    access = databases.access_to(path)
    connection = databases.connect(path, timeout, access)
    try:
        _recognise(connection, keys)
        if access is Access.WRITABLE:
            _settle(connection)
    except BaseException:
        connection.close()
        raise
    return connection, access


def _recognise(connection: sqlite3.Connection, keys: Keys) -> None:
    # A blob that was changed into text must not make sqlite3 decode it, which would fail with the text in the error.
    connection.text_factory = bytes
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if (application, version) != (APPLICATION_ID, SCHEMA_VERSION):
        raise FOREIGN.error()
    if connection.execute("SELECT sql FROM sqlite_master ORDER BY name").fetchall() != _EXPECTED:
        raise FOREIGN.error()
    checks = connection.execute("SELECT sealed FROM key_check LIMIT 2").fetchall()
    if len(checks) != 1 or not knows_key(keys, checks[0][0]):
        raise OTHER_KEY.error()


def _settle(connection: sqlite3.Connection) -> None:
    be_durable(connection)
    (mode,) = connection.execute("PRAGMA journal_mode=WAL").fetchone()
    if mode != b"wal":
        raise UNOPENED.error()
    # The first read makes the write-ahead log, so that its identity can be taken.
    connection.execute("SELECT count(*) FROM sqlite_master").fetchone()


def checkpoint(connection: sqlite3.Connection) -> None:
    """Write the write-ahead log into the file, and synchronise both. Raises `VaultError`, `sqlite3.Error`."""
    busy, *_ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    if busy:
        raise LOCKED.error()


def rows(tokens: Collection[str], connection: sqlite3.Connection) -> Iterator[tuple[str, object]]:
    """Yield token and sealed original of those tokens that are there. Raises `sqlite3.Error`."""
    names = {encoded(token): token for token in tokens}
    keys = list(names)
    for at in range(0, len(keys), PAGE):
        page = keys[at : at + PAGE]
        places = ", ".join("?" * len(page))
        query = f"SELECT token, sealed FROM original WHERE token IN ({places})"  # noqa: S608 - question marks only
        for token, sealed in connection.execute(query, page):
            yield names[token], sealed


def holds(token: str, connection: sqlite3.Connection) -> bool:
    """Whether a token is there. Raises `sqlite3.Error`."""
    (count,) = connection.execute(_HOLDS, (encoded(token),)).fetchone()
    return bool(count)


def insert(sealed: Iterable[tuple[str, bytes]], connection: sqlite3.Connection) -> None:
    """Write sealed originals; a token that is there keeps its own. Raises `sqlite3.Error`."""
    connection.executemany(_INSERT, [(encoded(token), data) for token, data in sealed])
