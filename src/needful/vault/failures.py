"""What can go wrong with a vault, in our words: a code, static text, and what to do next."""

from __future__ import annotations

import errno
import sqlite3
from dataclasses import dataclass

from needful.errors import VaultError

__all__ = [
    "CLOSED",
    "CORRUPT",
    "FOREIGN",
    "FORKED",
    "FULL",
    "LOCKED",
    "ORPHANED",
    "OTHER_KEY",
    "REPLACED",
    "UNOPENED",
    "UNREAD",
    "UNWRITTEN",
    "Failure",
    "explain",
]


@dataclass(frozen=True, slots=True)
class Failure:
    """One thing that can go wrong: the code, message and hint of the error that tells of it."""

    code: str
    message: str
    hint: str

    def error(self) -> VaultError:
        """Make the error."""
        return VaultError(self.message, code=self.code, hint=self.hint)


_PERMISSIONS = "check the path, the disk, and the permissions of the file, its directory and its -wal"
UNOPENED = Failure("vault-open", "the vault cannot be opened or made", _PERMISSIONS)
UNREAD = Failure("vault-read", "the vault cannot be read", _PERMISSIONS)
UNWRITTEN = Failure("vault-write", "the vault cannot be written", _PERMISSIONS)
LOCKED = Failure("vault-locked", "another writer holds the vault", "try again, or give a longer timeout")
FULL = Failure(
    "vault-disk-full", "there is no space for the vault", "make space; nothing that was acknowledged is lost"
)
FOREIGN = Failure("vault-format", "the file is not a vault that this program knows", "check the path and the version")
CORRUPT = Failure("vault-corrupt", "the vault is damaged", "keep it as it is, and restore a copy")
OTHER_KEY = Failure(
    "vault-key",
    "the vault was sealed with another key",
    "give the key it was made with, in NEEDFUL_KEY or the variable that the policy's keys: names;"
    " or give the path of another vault",
)
REPLACED = Failure(
    "vault-replaced",
    "the vault's file was replaced or deleted while it was in use",
    "see what happened to it, then open it anew",
)
ORPHANED = Failure(
    "vault-orphaned", "the vault's file is gone, its write-ahead log is there", "restore the file beside its -wal"
)
CLOSED = Failure("vault-closed", "the vault is closed", "open it anew")
FORKED = Failure("vault-forked", "the process was forked behind Python's back", "open the vault anew")

_FAILURES = {  # by SQLite's primary result code; what is not here depends on what was being done
    sqlite3.SQLITE_BUSY: LOCKED,
    sqlite3.SQLITE_LOCKED: LOCKED,
    sqlite3.SQLITE_FULL: FULL,
    sqlite3.SQLITE_NOTADB: FOREIGN,
    sqlite3.SQLITE_CORRUPT: CORRUPT,
}


def explain(error: sqlite3.Error | OSError, otherwise: Failure) -> Failure:
    """Return what a failure of SQLite or of the file system means; `otherwise` is what was being done."""
    if isinstance(error, OSError):
        return FULL if error.errno in (errno.ENOSPC, errno.EDQUOT) else otherwise
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_IOERR)
    return REPLACED if code == sqlite3.SQLITE_READONLY_DBMOVED else _FAILURES.get(code & 0xFF, otherwise)
