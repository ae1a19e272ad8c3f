"""What can go wrong with a ledger's file, in our words: a code, static text, and what to do next."""

from __future__ import annotations

import errno
import sqlite3
from dataclasses import dataclass
from typing import TypeVar

from needful.errors import LedgerError

__all__ = ["DAMAGED", "FOREIGN", "HARMLESS", "LOCKED", "REPLACED", "TORN", "Failure", "explain"]

E = TypeVar("E", bound=LedgerError)


@dataclass(frozen=True, slots=True)
class Failure:
    """One thing that can go wrong: the code, message and hint of the error that tells of it."""

    code: str
    message: str
    hint: str

    def error(self, kind: type[E]) -> E:
        """Make the error of this kind."""
        return kind(self.message, code=self.code, hint=self.hint)


LOCKED = Failure("ledger-locked", "another writer holds the ledger", "try again, or give a longer timeout")
REPLACED = Failure(
    "ledger-replaced",
    "the ledger file was replaced or deleted while it was open",
    "see what happened to it, then call reopen()",
)
FOREIGN = Failure("ledger-foreign", "the file is not a Needful ledger", "check the path")
_READONLY = Failure(
    "ledger-readonly", "the ledger may not be written", "check the permissions of the file and of its directory"
)
_FULL = Failure("ledger-full", "there is no space for the ledger", "make space; nothing that was acknowledged is lost")
_UNOPENED = Failure(
    "ledger-unopened",
    "the ledger cannot be opened",
    "check the path and the permissions of the file, its directory and its -wal;"
    " to read from where nothing can be written, copy the file together with its -wal",
)
DAMAGED = Failure(
    "ledger-damaged",
    "the ledger file is damaged",
    "keep it as it is, restore a copy, and check that one with needful audit verify",
)
TORN = Failure(
    "ledger-torn",
    "the ledger file is cut short",
    "keep it as it is, look for its -wal, restore a copy, and check that one with needful audit verify",
)
_UNKNOWN = Failure(
    "ledger-io",
    "the ledger cannot be read or written",
    "check the path, the disk and the permissions, then see with needful audit verify whether to restore a copy",
)
_FAILURES = {  # by SQLite's primary result code
    sqlite3.SQLITE_BUSY: LOCKED,
    sqlite3.SQLITE_LOCKED: LOCKED,
    sqlite3.SQLITE_READONLY: _READONLY,
    sqlite3.SQLITE_PERM: _READONLY,
    sqlite3.SQLITE_FULL: _FULL,
    sqlite3.SQLITE_CANTOPEN: _UNOPENED,
    sqlite3.SQLITE_NOTADB: FOREIGN,
    sqlite3.SQLITE_CORRUPT: DAMAGED,
}
HARMLESS = frozenset({LOCKED, _READONLY, _FULL, _UNOPENED})
"""Failures that, before a COMMIT, say nothing against what the file holds."""


def explain(error: Exception) -> Failure:
    """Return what a failure of SQLite or of the file system means."""
    if isinstance(error, OSError):
        return _READONLY if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS) else _UNKNOWN
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_IOERR)
    return REPLACED if code == sqlite3.SQLITE_READONLY_DBMOVED else _FAILURES.get(code & 0xFF, _UNKNOWN)
