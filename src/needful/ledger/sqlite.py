"""The ledger in one SQLite file that several processes may write at once.

One table, `entry`: `sequence` (from 1), `salt`, `entry` (canonical bytes), `leaf`, `link`; see `chain` for what they
hold. WAL, `synchronous=FULL`: an entry that `append` acknowledged is on disk, as far as the disk keeps its word. The
last link is read inside the writing transaction and never cached, so that any number of processes make one chain.

No triggers forbid UPDATE or DELETE: whoever can write the file can drop them, so they would look like a protection
and be none. The chain is the evidence; a file with a table or trigger that is not ours is refused.
"""

from __future__ import annotations

import os
import secrets
import sqlite3
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

from needful import databases
from needful.errors import ChainBroken, LedgerError, LedgerWriteError
from needful.ledger import chain, database, table
from needful.ledger.entry import canonical
from needful.ledger.failures import HARMLESS, LOCKED, REPLACED, explain
from needful.values import Entry, Receipt

__all__ = ["SqliteLedger", "Stored"]

T = TypeVar("T")

PAGE = 500


@dataclass(frozen=True, slots=True)
class Stored:
    """An entry as it lies in the ledger. `entry_hash` is its link in hex, the same as in its receipt."""

    sequence: int
    entry: Entry
    entry_hash: str


class SqliteLedger:
    """The audit ledger in a SQLite file (`ports.Ledger`): safe over threads, processes and forks.

    After a failed or interrupted commit nobody can say what is on disk, so the object refuses to append until `reopen`
    has verified the file. It refuses as well where the file was replaced, deleted or shortened under it.

    Where the file or its directory cannot be written it reads all the same, and leaves nothing behind. What lies in a
    write-ahead log is part of the ledger: copy it along.
    """

    def __init__(self, path: str | os.PathLike[str], *, timeout: float = 5.0) -> None:
        """Open the ledger at `path`, or make it: mode 0600, a missing directory 0700.

        `timeout`, in seconds, bounds each wait for other writers. Raises `LedgerError` where there is something
        else at `path`.
        """
        self._path = Path(path).absolute()  # a later chdir must not move the ledger
        self._log = database.log_of(self._path)
        self._timeout = timeout
        self._lock = threading.RLock()
        self._connection: sqlite3.Connection | None = None
        self._access = database.Access.WRITABLE
        self._process = os.getpid()
        self._files: tuple[object, ...] = ()
        self._closed = self._doubtful = False
        self._acknowledged = (0, chain.GENESIS)
        databases.watch(self)
        self._attempt(LedgerError, partial(database.make, self._path))
        self._using(LedgerError, lambda _: None)
        # A server that loads its application and then forks shall have no connection open.
        self._drop()

    def append(self, entry: Entry) -> Receipt:
        """Make the entry durable, then return its receipt. Raises `LedgerWriteError`; then nothing may be returned."""
        data = _encoded(entry)
        row = self._using(LedgerWriteError, partial(self._append, data))
        return Receipt(row.sequence, row.link.hex(), entry.policy, entry.counts)

    def entries(self, *, since: int = 0, limit: int | None = None) -> Iterator[Stored]:
        """Yield entries in order, those after sequence `since`, at most `limit`.

        Does not check the chain; see `verify`. Raises `LedgerError`, or `ChainBroken` at an entry that cannot be read.
        """
        for row in self._rows(min(since, table.LAST) + 1, limit):
            entry = chain.read(row)
            yield Stored(row.sequence, entry, row.link.hex())

    def head(self) -> tuple[int, str]:
        """Return the last sequence and its link in hex; 0 and the genesis where there is none. Raises `LedgerError`."""
        sequence, link = self._using(LedgerError, table.last)
        return sequence, link.hex()

    def verify(self) -> chain.Verification:
        """Check the whole chain. Raises `ChainBroken` for the first bad entry, `LedgerError` if it cannot be read.

        Entries cut off the end show only if this object wrote them, or against a receipt kept elsewhere.
        """
        sequence, link = self._acknowledged
        found = chain.verify(self._rows())
        if sequence and [row.link for row in self._rows(sequence, 1)] != [link]:
            text = f"the ledger does not verify at entry {sequence}: it is not the one that this process wrote"
            raise ChainBroken(text, code="entry-missing", sequence=sequence)
        return found

    def reopen(self) -> chain.Verification:
        """Open the file again and take it back into use if it verifies.

        What is still in the write-ahead log is first written into the database file and synchronised anew. Raises
        `ChainBroken` or `LedgerError`; the ledger then goes on refusing.
        """
        with self._lock:
            self._drop()
            self._closed, self._doubtful = False, True
            self._using(LedgerError, table.checkpoint)
            found = self.verify()
            self._doubtful = False
            return found

    def close(self) -> None:
        """Close the file. Appending then raises `LedgerWriteError`. Closing twice does nothing."""
        with self._lock:
            self._closed = True
            self._drop()

    def before_fork(self) -> None:
        """Close the file, and keep it closed until `after_fork`. For `databases`."""
        self._lock.acquire()
        self._drop()

    def after_fork(self) -> None:
        """Let the ledger be used again. For `databases`."""
        self._lock.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __del__(self) -> None:
        connection = getattr(self, "_connection", None)
        if connection is not None:
            connection.close()

    def _append(self, data: bytes, connection: sqlite3.Connection) -> chain.Row:
        try:
            databases.begin(connection, self._timeout)
            sequence, link = table.last(connection)
            self._require_acknowledged(sequence, link)
            row = chain.extend(link, sequence + 1, secrets.token_bytes(chain.SALT_BYTES), data)
            table.insert(row, connection)
            self._doubtful = True  # until we know: a COMMIT that fails may have written or not
            connection.execute("COMMIT")
        finally:
            if connection.in_transaction:
                connection.rollback()
        # Only now is it sure that the entry went into the file that others will look at.
        self._require_same_files()
        self._acknowledged = (row.sequence, row.link)
        self._doubtful = False
        return row

    def _require_acknowledged(self, sequence: int, link: bytes) -> None:
        written, own = self._acknowledged
        if sequence < written or (sequence == written and link != own):
            raise LedgerWriteError("entries that were acknowledged are gone from the ledger", code="ledger-shortened")

    def _require_same_files(self) -> None:
        if database.identities(self._path, self._log) != self._files:
            raise REPLACED.error(LedgerWriteError)

    def _rows(self, first: int = table.FIRST, limit: int | None = None) -> Iterator[chain.Row]:
        # By pages, so that no reader holds the lock, a snapshot or a connection while its caller thinks.
        while limit is None or limit > 0:
            size = PAGE if limit is None else min(PAGE, limit)
            rows = self._using(LedgerError, partial(table.page, first, size))
            yield from rows
            if len(rows) < size or rows[-1].sequence >= table.LAST:
                return
            first = rows[-1].sequence + 1
            limit = None if limit is None else limit - size

    def _using(self, kind: type[LedgerError], work: Callable[[sqlite3.Connection], T]) -> T:
        """Do work with the connection, one thread at a time. Raises errors of `kind` only."""
        if not self._lock.acquire(timeout=self._timeout):
            raise LOCKED.error(kind)
        try:
            return self._attempt(kind, lambda: work(self._ready(kind)))
        finally:
            self._lock.release()

    def _attempt(self, kind: type[LedgerError], step: Callable[[], T]) -> T:
        try:
            return step()
        except (sqlite3.Error, OSError, LedgerError) as error:
            failure = error if isinstance(error, kind) else self._failure(kind, error)
        raise failure

    def _failure(self, kind: type[LedgerError], error: Exception) -> LedgerError:
        if isinstance(error, LedgerError):
            return kind(error.message, code=error.code, hint=error.hint)
        failure = explain(error)
        self._doubtful = self._doubtful or failure not in HARMLESS
        return failure.error(kind)

    def _ready(self, kind: type[LedgerError]) -> sqlite3.Connection:
        if self._closed:
            raise kind("the ledger is closed", code="ledger-closed")
        if self._doubtful and kind is LedgerWriteError:
            text = "an earlier failure left the ledger in doubt"
            raise kind(text, code="ledger-doubtful", hint="call reopen(), which verifies it")
        if self._access is database.Access.IMMUTABLE:
            self._drop()
        if self._connection is None:
            self._access = database.access_to(self._path)
            self._connection = database.connect(self._path, self._timeout, self._access)
            self._process, self._files = os.getpid(), database.identities(self._path, self._log)
        elif self._process != os.getpid():
            raise kind("the process was forked behind Python's back", code="ledger-forked", hint="open the ledger anew")
        return self._connection

    def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            self._attempt(LedgerError, connection.close)


def _encoded(entry: Entry) -> bytes:
    try:
        return canonical(entry)
    except ValueError as error:
        reason = str(error)  # static text of `entry`
    raise LedgerWriteError(reason, code="ledger-entry")
