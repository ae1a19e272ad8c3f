"""SQLite files that several processes and threads may write, and that outlive a fork: what ledger and vault share.

Two things that SQLite asks for and that are easy to break:
- A connection must be closed before a fork. Opening a new one in the child is not enough: SQLite believes that it still
  holds the parent's locks, the parent's close deletes the write-ahead log, and what the child wrote is gone (measured).
- Nothing in a process may open and close the file beside SQLite while it is open: POSIX would drop its locks.

Nothing here knows what a file holds. `OSError` and `sqlite3.Error` are raised as they come; a caller makes its own of
them.
"""

from __future__ import annotations

import contextlib
import os
import random
import secrets
import sqlite3
import threading
import time
import weakref
from enum import StrEnum
from pathlib import Path
from typing import Protocol

__all__ = [
    "Access",
    "Forkable",
    "access_to",
    "be_durable",
    "begin",
    "begin_now",
    "connect",
    "identities",
    "log_of",
    "make",
    "sync_directory",
    "wait",
    "watch",
]

RETRY_SECONDS = 0.004


class Access(StrEnum):
    """How a file can be opened, as SQLite's URI parameters. None of them ever makes one."""

    WRITABLE = "mode=rw"
    READABLE = "mode=ro"
    """Nothing is written, but a write-ahead log is read along."""
    IMMUTABLE = "mode=ro&immutable=1"
    """Nothing is written, no lock taken, no log looked for. Not to be kept: SQLite caches what others may change."""


def access_to(path: Path) -> Access:
    """Return how this process may open the file at `path`."""
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
        found = os.stat(path)  # noqa: PTH116 - a third of the time, and every entry asks
    except OSError:
        return None
    return found.st_dev, found.st_ino


def connect(path: Path, timeout: float, access: Access) -> sqlite3.Connection:
    """Open an existing file for any thread. `timeout`, in seconds, bounds a wait for other connections."""
    connection = sqlite3.connect(
        f"{path.as_uri()}?{access}",
        uri=True,
        timeout=timeout,
        isolation_level=None,
        check_same_thread=False,
    )
    try:
        connection.execute("PRAGMA trusted_schema=OFF")
    except BaseException:
        connection.close()
        raise
    return connection


def be_durable(connection: sqlite3.Connection) -> None:
    """Let every commit of this connection be on disk when it returns, as far as the disk keeps its word."""
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA fullfsync=ON")  # macOS: fsync alone does not reach the disk


def make(path: Path, script: str) -> None:
    """Make a log-writing database of what a script of SQL puts into it, mode 0600.

    It is made whole under another name and then linked to its own: no other process sees half of it, and of
    two that make one, the first wins.
    """
    draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}.new")
    os.close(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    try:
        with contextlib.closing(sqlite3.connect(draft, isolation_level=None)) as connection:
            be_durable(connection)
            connection.execute("PRAGMA journal_mode=WAL")
            connection.executescript(f"BEGIN; {script}; COMMIT")
        with contextlib.suppress(FileExistsError):  # another process was first
            os.link(draft, path)
    finally:
        draft.unlink()
    sync_directory(path.parent)


def sync_directory(path: Path) -> None:
    """Let the names of the files in a directory be on disk."""
    if os.name == "nt":  # Windows opens no directories, and keeps names by itself
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def begin(connection: sqlite3.Connection, timeout: float) -> None:
    """Begin to write, as soon as no one else does; after `timeout` seconds raise SQLite's error that it is busy."""
    wait(connection, 0)
    try:
        begin_now(connection, timeout)
    finally:
        wait(connection, timeout)


def wait(connection: sqlite3.Connection, seconds: float) -> None:
    """Let the statements of a connection wait so long for what others have locked."""
    connection.execute(f"PRAGMA busy_timeout={round(seconds * 1000)}")


def begin_now(connection: sqlite3.Connection, timeout: float) -> None:
    """Like `begin`, of a connection whose statements do not wait: it tries again by itself.

    SQLite sleeps up to 100 ms between tries: one of four busy writers waited 3 s, this way 0.2 s (measured).
    """
    deadline = time.monotonic() + timeout
    while not _begun(connection, deadline):
        time.sleep(RETRY_SECONDS * random.random())  # noqa: S311 - only keeps writers out of step


def _begun(connection: sqlite3.Connection, deadline: float) -> bool:
    try:
        connection.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError as error:
        busy = error.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
        if not busy or time.monotonic() > deadline:
            raise
    return connection.in_transaction


class Forkable(Protocol):
    """What must put something away before a fork. Compared and kept by identity."""

    def before_fork(self) -> None:
        """Put it away, and keep other threads from taking it up again."""

    def after_fork(self) -> None:
        """Let them, in the parent and in the child."""


_watched: weakref.WeakSet[Forkable] = weakref.WeakSet()
_waiting: list[Forkable] = []
_forking = threading.Lock()


def watch(one: Forkable) -> None:
    """Tell this object of every fork for as long as it lives."""
    _watched.add(one)


def _before() -> None:
    _forking.acquire()
    for one in list(_watched):
        _waiting.append(one)
        one.before_fork()


def _after() -> None:
    while _waiting:
        _waiting.pop().after_fork()
    _forking.release()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before, after_in_parent=_after, after_in_child=_after)
