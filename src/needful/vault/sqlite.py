"""The vault in one SQLite file that several processes may write at once.

WAL, `synchronous=FULL`: what `put` returned from is on disk, as far as the disk keeps its word. No file is made before
the first `put`. Whatever goes wrong is a `VaultError` with static text.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Callable, Collection, Iterable, Mapping
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import NoReturn, Self, TypeVar

from needful import databases
from needful.databases import Access, identities, log_of
from needful.errors import VaultError
from needful.keys import Keys
from needful.vault import database, sealing
from needful.vault.failures import CLOSED, FORKED, LOCKED, REPLACED, UNOPENED, UNREAD, UNWRITTEN, Failure, explain

__all__ = ["SqliteVault"]

T = TypeVar("T")

KNOWN = 65_536
"""So many tokens are remembered as durable, which is some ten megabytes; then the memory begins anew."""


class SqliteVault:
    """The vault in a SQLite file (`ports.Vault`): safe over threads, processes and forks.

    It refuses for good where its file was replaced or deleted while in use. Where the file may not be written it is
    read all the same. What lies in a write-ahead log is part of the vault: copy it along.
    """

    def __init__(self, path: str | os.PathLike[str], keys: Keys, *, timeout: float = 5.0) -> None:
        """Read and make nothing yet. `timeout`, in seconds, bounds each wait for others."""
        self._path = Path(path).absolute()  # a later chdir must not move the vault
        self._keys = keys
        self._timeout = timeout
        self._lock = threading.RLock()
        self._connection: sqlite3.Connection | None = None
        self._access = Access.WRITABLE
        self._process = os.getpid()
        self._looked_at: tuple[Path, ...] = ()
        self._files: tuple[object, ...] = ()
        self._known: set[str] = set()
        self._closed = self._doubtful = self._replaced = False
        databases.watch(self)

    def put(self, originals: Mapping[str, str]) -> None:
        """Make token -> original durable, all or none. A token that is there keeps its first original.

        Raises `VaultError`, also if the original of a token that is there cannot be read.
        """
        if originals and not self._knows(originals):
            self._using(UNWRITTEN, partial(self._put, dict(originals)))

    def originals(self, tokens: Collection[str]) -> Mapping[str, str]:
        """The originals of those tokens that are there. Raises `VaultError`, also if one of them cannot be read."""
        return self._reading(partial(self._unsealed, tokens), {}) if tokens else {}

    def has(self, token: str) -> bool:
        """Whether a token is there. Raises `VaultError`."""
        return self._knows((token,)) or self._reading(partial(database.holds, token), False)

    def close(self) -> None:
        """Close the file; all but `close` then raises `VaultError`."""
        with self._lock:
            self._closed = True
            self._drop()

    def before_fork(self) -> None:
        """Close the file, and keep it closed until `after_fork`. For `databases`."""
        self._lock.acquire()
        self._drop()

    def after_fork(self) -> None:
        """Let the vault be used again. For `databases`."""
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

    def __repr__(self) -> str:
        return f"SqliteVault({'closed' if self._closed else 'open'})"

    def __reduce__(self) -> NoReturn:
        raise VaultError("a vault cannot be pickled", code="vault-pickle", hint="open it where it is needed")

    def _knows(self, tokens: Iterable[str]) -> bool:
        """Whether these were seen to be durable in the very file that lies there now. Takes no lock."""
        return (
            self._connection is not None
            and self._process == os.getpid()
            and self._known.issuperset(tokens)
            and identities(*self._looked_at) == self._files
        )

    def _remember(self, tokens: Collection[str]) -> None:
        if len(self._known) + len(tokens) > KNOWN:
            self._known = set()
        if len(tokens) <= KNOWN:
            self._known.update(tokens)

    def _put(self, originals: Mapping[str, str]) -> None:
        connection = self._ready()
        if connection is None:
            self._attempt(UNOPENED, partial(database.make, self._path, self._keys))
            connection = self._opened()
        there = self._unsealed(originals, connection)
        sealed = [
            (token, sealing.seal(self._keys, token, original))
            for token, original in originals.items()
            if token not in there
        ]
        if sealed:
            self._write(sealed, connection)
        self._remember(originals)

    def _unsealed(self, tokens: Collection[str], connection: sqlite3.Connection) -> dict[str, str]:
        return {token: sealing.unseal(self._keys, token, data) for token, data in database.rows(tokens, connection)}

    def _write(self, sealed: Collection[tuple[str, bytes]], connection: sqlite3.Connection) -> None:
        try:
            databases.begin(connection, self._timeout)
            database.insert(sealed, connection)
            self._doubtful = True  # until we know: a COMMIT that fails may have written or not
            connection.execute("COMMIT")
        finally:
            if connection.in_transaction:
                connection.rollback()
        self._doubtful = False
        # Only now is it sure that they went into the file that others will look at.
        self._require_same_files()

    def _reading(self, work: Callable[[sqlite3.Connection], T], nothing: T) -> T:
        """Do work with the connection; `nothing` where there is no vault yet."""

        def step() -> T:
            connection = self._ready()
            return nothing if connection is None else work(connection)

        return self._using(UNREAD, step)

    def _using(self, otherwise: Failure, step: Callable[[], T]) -> T:
        """Do something, one thread at a time. Raises `VaultError` only; what cannot be told apart is `otherwise`."""
        if not self._lock.acquire(timeout=self._timeout):
            raise LOCKED.error()
        try:
            return self._attempt(otherwise, step)
        finally:
            self._lock.release()

    def _attempt(self, otherwise: Failure, step: Callable[[], T]) -> T:
        try:
            return step()
        except (sqlite3.Error, OSError) as error:
            failure = explain(error, otherwise)
        raise failure.error()

    def _ready(self) -> sqlite3.Connection | None:
        """Return the connection, or None where there is no vault yet and never was."""
        if self._closed:
            raise CLOSED.error()
        if self._connection is not None and self._process != os.getpid():
            raise FORKED.error()
        if self._replaced or self._connection is not None:
            self._require_same_files()
        if self._doubtful or self._access is not Access.WRITABLE:  # it may be writable by now
            self._drop()
        if self._connection is not None:
            return self._connection
        if self._attempt(UNOPENED, partial(database.is_there, self._path)):
            return self._opened()
        if self._files:
            self._refuse_for_good()
        return None

    def _opened(self) -> sqlite3.Connection:
        return self._attempt(UNOPENED, self._open)

    def _open(self) -> sqlite3.Connection:
        connection, self._access = database.connect(self._path, self._timeout, self._keys)
        self._connection, self._process = connection, os.getpid()
        log = [log_of(self._path)] if self._access is Access.WRITABLE else []  # to others' logs nothing binds us
        self._looked_at = (self._path, *log)
        before, self._files = self._files, identities(*self._looked_at)
        if before and before[0] != self._files[0]:
            self._refuse_for_good()
        if self._doubtful:
            # A commit whose fsync failed is read back from the cache as if it were durable: write it again.
            database.checkpoint(connection)
            self._doubtful = False
        return connection

    def _require_same_files(self) -> None:
        if self._replaced or identities(*self._looked_at) != self._files:
            self._refuse_for_good()

    def _refuse_for_good(self) -> NoReturn:
        self._replaced, self._known = True, set()
        raise REPLACED.error()

    def _drop(self) -> None:
        connection, self._connection, self._known = self._connection, None, set()
        if connection is not None:
            self._attempt(UNOPENED, connection.close)
