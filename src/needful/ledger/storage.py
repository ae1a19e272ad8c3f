"""The files of a ledger as one process holds them: which segment is open, for which thread, and whether it may be used.

One connection at a time, to the segment that is written; another segment is opened for as long as one piece of work
takes. Nothing is open over a fork.
"""

from __future__ import annotations

import logging
import os
import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import TypeVar

from needful import databases
from needful.errors import LedgerError, LedgerWriteError
from needful.ledger import database, table
from needful.ledger.failures import DAMAGED, HARMLESS, LOCKED, REPLACED, TORN, explain
from needful.ledger.segments import Header, path_of

__all__ = ["Storage"]

T = TypeVar("T")
E = TypeVar("E", bound=LedgerError)

HEADER_BYTES = 100

logger = logging.getLogger("needful")


class Storage:
    """The open segment, behind one lock.

    After a failed or interrupted commit nobody can say what is on disk, so it is `doubtful` and refuses to be written
    until somebody has looked.
    """

    def __init__(self, path: Path, timeout: float, header: Header) -> None:
        """Open the ledger at `path`, or make it with this header. Raises `LedgerError`."""
        self.path = path
        self.timeout = timeout
        self.lock = threading.RLock()
        self.segment = 1
        self.connection: sqlite3.Connection | None = None
        self.closed = self.doubtful = False
        self._waits = True
        self._access = database.Access.WRITABLE
        self._process = os.getpid()
        self._paths: tuple[Path, ...] = ()
        self._files: tuple[object, ...] = ()
        databases.watch(self)
        self.attempt(LedgerError, partial(database.make, path, header))
        self.using(LedgerError, lambda _: None)
        # A server that loads its application and then forks shall have no connection open.
        self.drop()

    def using(self, kind: type[LedgerError], work: Callable[[sqlite3.Connection], T]) -> T:
        """Do work with the connection, one thread at a time. Raises errors of `kind` only."""
        if not self.lock.acquire(timeout=self.timeout):
            raise LOCKED.error(kind)
        try:
            return self.attempt(kind, lambda: work(self._waiting(self.ready(kind))))
        finally:
            self.lock.release()

    def begin(self, connection: sqlite3.Connection) -> None:
        """Begin to write in the open segment. Raises `sqlite3.Error`.

        Its statements then do not wait for others' locks until it is used for something else: to say so to SQLite at
        every entry would be a tenth of the entry's work.
        """
        if self._waits:
            databases.wait(connection, 0)
            self._waits = False
        databases.begin_now(connection, self.timeout)

    def _waiting(self, connection: sqlite3.Connection) -> sqlite3.Connection:
        if not self._waits:
            databases.wait(connection, self.timeout)
            self._waits = True
        return connection

    def at(self, segment: int, work: Callable[[sqlite3.Connection], T]) -> T:
        """Read a segment. Raises `LedgerError`."""
        return self.using(LedgerError, lambda connection: self._at(segment, work, connection))

    def _at(self, segment: int, work: Callable[[sqlite3.Connection], T], connection: sqlite3.Connection) -> T:
        if segment == self.segment:
            return work(connection)
        with closing(self._opened(segment)) as other:
            return work(other)

    def _opened(self, segment: int) -> sqlite3.Connection:
        path = path_of(self.path, segment)
        return database.connect(path, self.timeout, database.access_to(path))

    def exists(self, segment: int) -> bool:
        """Whether there is a file for this segment."""
        return path_of(self.path, segment).exists()

    def attempt(self, kind: type[LedgerError], step: Callable[[], T]) -> T:
        """Take a step. Raises errors of `kind` only."""
        try:
            return step()
        except (sqlite3.Error, OSError, LedgerError) as error:
            failure = error if isinstance(error, kind) else self.failure(kind, error)
        raise failure

    def failure(self, kind: type[E], error: Exception) -> E:
        """Return what a failure means, as an error of this kind; where it says something against the file, remember."""
        if isinstance(error, LedgerError):
            return kind(error.message, code=error.code, hint=error.hint)
        failure = explain(error)
        if failure is DAMAGED and self._torn():
            failure = TORN
        if failure not in HARMLESS and not self.doubtful:
            self.doubtful = True
            logger.error("the ledger is in doubt and refuses entries", extra={"needful": {"code": failure.code}})
        return failure.error(kind)

    def _torn(self) -> bool:
        """Whether a file has fewer bytes than its own first page says."""
        numbers = range(1, self.segment + 2)
        return any(_is_short(path) for path in map(partial(path_of, self.path), numbers) if path.exists())

    def ready(self, kind: type[LedgerError]) -> sqlite3.Connection:
        """Return the connection to the segment that is written, for who holds the lock."""
        if self.closed:
            raise kind("the ledger is closed", code="ledger-closed")
        if self.doubtful and kind is LedgerWriteError:
            text = "an earlier failure left the ledger in doubt"
            raise kind(text, code="ledger-doubtful", hint="call reopen(), which verifies it")
        if self._access is database.Access.IMMUTABLE:
            self.drop()
        if self.connection is None:
            return self._found()
        if self._process != os.getpid():
            raise kind("the process was forked behind Python's back", code="ledger-forked", hint="open the ledger anew")
        return self.connection

    def _found(self) -> sqlite3.Connection:
        """Open the last segment, from the one on that was open before."""
        connection = self.move(self.segment)
        try:
            return self.newest(connection)
        except sqlite3.DatabaseError as error:
            # Whoever works with a damaged file shall be told, not who opens it: it may be wanted for verification.
            if getattr(error, "sqlite_errorcode", 0) & 0xFF != sqlite3.SQLITE_CORRUPT:
                raise
        return connection if self.connection is None else self.connection

    def newest(self, connection: sqlite3.Connection) -> sqlite3.Connection:
        """Move on, from the open segment, to the last: others may have closed it."""
        while table.closing(connection) is not None and self.exists(self.segment + 1):
            connection = self.move(self.segment + 1)
        return connection

    def last_segment(self) -> int:
        """The number of the last segment. Raises `LedgerError`."""
        self.using(LedgerError, self.newest)
        return self.segment

    def move(self, segment: int) -> sqlite3.Connection:
        """Open another segment in place of the open one."""
        path = path_of(self.path, segment)
        access = database.access_to(path)
        opened = database.connect(path, self.timeout, access)
        self.drop()
        self.connection, self.segment, self._access = opened, segment, access
        self._waits = True
        self._process, self._paths = os.getpid(), (path, database.log_of(path))
        self._files = database.identities(*self._paths)
        return opened

    def require_same_files(self) -> None:
        """Raise `LedgerWriteError` where the open file is no longer the one that others will open."""
        if database.identities(*self._paths) != self._files:
            raise REPLACED.error(LedgerWriteError)

    def discard(self, segment: int) -> None:
        """Delete what is left of a rotation that did not end: a segment that none before it leads to, without entries.

        Raises `LedgerError` where it has some.
        """
        if self.at(segment, table.first) is not None:
            raise LedgerError("a segment lies where the next one is to begin", code="segment-stray")
        path = path_of(self.path, segment).resolve()
        for name in (path.name, f"{path.name}-wal", f"{path.name}-shm"):
            path.with_name(name).unlink(missing_ok=True)

    def rollback(self) -> None:
        """End the transaction that is open, if any."""
        if self.connection is not None and self.connection.in_transaction:
            self.connection.rollback()

    def restart(self) -> None:
        """Close what is open and look for the last segment from the first on."""
        self.drop()
        self.segment = 1

    def drop(self) -> None:
        """Close the connection."""
        connection, self.connection = self.connection, None
        if connection is not None:
            self.attempt(LedgerError, connection.close)

    def before_fork(self) -> None:
        """Close the file, and keep it closed until `after_fork`. For `databases`."""
        self.lock.acquire()
        self.drop()

    def after_fork(self) -> None:
        """Let the ledger be used again. For `databases`."""
        self.lock.release()

    def __del__(self) -> None:
        connection = getattr(self, "connection", None)
        if connection is not None:
            connection.close()


def _is_short(path: Path) -> bool:
    # No connection is open where SQLite could not read the file, so reading beside it loses no lock of ours.
    with path.open("rb") as file:
        data = file.read(HEADER_BYTES)
    if len(data) < HEADER_BYTES:
        return bool(data)
    page = int.from_bytes(data[16:18], "big")
    pages = int.from_bytes(data[28:32], "big")
    return path.stat().st_size < pages * (65536 if page == 1 else page)
