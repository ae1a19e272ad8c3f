"""Writing: one transaction that appends, signs when a checkpoint is due, and goes on in the next file when one is full.

All that a transaction relies on is read inside it: which segment is open, its last link, its last checkpoint.
"""

from __future__ import annotations

import secrets
import sqlite3
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

from needful import databases
from needful.errors import LedgerError, LedgerWriteError
from needful.ledger import chain, database, signing, table
from needful.ledger.notes import Signer
from needful.ledger.parts import Head
from needful.ledger.segments import FORMAT, Closing, Header, path_of
from needful.ledger.signing import Schedule, now
from needful.ledger.storage import Storage

__all__ = ["Rotation", "Writer", "fresh_header"]


@dataclass(frozen=True, slots=True)
class Rotation:
    """When a segment is full: when its file has so many bytes, or where `daily`, on another day (UTC)."""

    bytes: int = 64 << 20
    daily: bool = False

    def due(self, opened: _Opened, connection: sqlite3.Connection) -> bool:
        """Whether the segment is full."""
        full = table.size(opened.page_size, connection) >= self.bytes
        return full or (self.daily and opened.header.made[:10] != now()[:10])


@dataclass(frozen=True, slots=True)
class _Opened:
    """What does not change of a segment while it is open."""

    header: Header
    page_size: int


def fresh_header() -> Header:
    """The header of a new ledger, with an id of its own."""
    return Header(ledger=secrets.token_hex(16), segment=1, first=1, made=now(), former=None)


class Writer:
    """Appends rows to a storage, all checks inside the transaction."""

    def __init__(self, storage: Storage, signer: Signer | None, schedule: Schedule, rotation: Rotation) -> None:
        self._storage = storage
        self._signer = signer
        self._schedule = schedule
        self._rotation = rotation
        self.notes: deque[str] = deque()
        """Checkpoints that are durable and that nobody took away yet."""
        self.acknowledged = (0, chain.GENESIS)
        """Sequence and link of the last entry that was written here."""
        self._signed = 0
        self._known: tuple[sqlite3.Connection, _Opened] | None = None
        self.spent = 0.0
        """Seconds that the last commit took."""

    def write(self, take: Callable[[], Sequence[bytes]]) -> list[chain.Row]:
        """Write what `take` gives once writing has begun."""
        connection, notes, signed = self._storage.ready(LedgerWriteError), list[str](), self._signed
        try:
            connection = self._begin(connection)
            opened = self._open(connection)
            sequence, link = table.last(connection)
            self._require_acknowledged(sequence, link)
            while sequence >= opened.header.first and self._rotation.due(opened, connection):
                notes += self._rotate(opened.header, sequence, link, connection)
                connection = self._begin(self._storage.ready(LedgerWriteError))
                opened = self._open(connection)
                sequence, link = table.last(connection)
            rows = []
            for data in take():
                row = chain.extend(link, sequence + 1, secrets.token_bytes(chain.SALT_BYTES), data)
                table.insert(row, connection)
                rows.append(row)
                sequence, link = row.sequence, row.link
            if self._signer and self._schedule.due(opened.header, sequence, connection):
                notes.append(signing.sign(opened.header, sequence, link, self._signer, connection))
                signed = sequence
            self._commit(connection)
        finally:
            self._storage.rollback()
        self.acknowledged, self._signed = (sequence, link), signed
        self.notes.extend(notes)
        return rows

    def _begin(self, connection: sqlite3.Connection) -> sqlite3.Connection:
        """Begin to write, in the segment that is not closed."""
        self._storage.begin(connection)
        while self._is_closed(connection):
            connection.rollback()
            if not self._storage.exists(self._storage.segment + 1):
                raise LedgerWriteError(
                    "the ledger's last segment is missing",
                    code="segment-missing",
                    hint="restore it; see with needful audit verify which",
                )
            connection = self._storage.move(self._storage.segment + 1)
            self._storage.begin(connection)
        return connection

    def _is_closed(self, connection: sqlite3.Connection) -> bool:
        if self._known is not None and self._known[0] is connection:
            return table.is_closed(connection)
        return table.closing(connection) is not None

    def _open(self, connection: sqlite3.Connection) -> _Opened:
        if self._known is None or self._known[0] is not connection:
            found, page_size = table.head(connection), table.page_size(connection)
            if found.version != FORMAT:
                table.upgrade(fresh_header(), connection)
                # Not kept: the transaction may be rolled back.
                return _Opened(_header_of(table.head(connection)), page_size)
            self._known = connection, _Opened(_header_of(found), page_size)
        return self._known[1]

    def _commit(self, connection: sqlite3.Connection) -> None:
        self._storage.doubtful = True  # until we know: a COMMIT that fails may have written or not
        began = time.monotonic()
        connection.execute("COMMIT")
        self.spent = time.monotonic() - began
        # Only now is it sure that the entries went into the file that others will look at.
        self._storage.require_same_files()
        self._storage.doubtful = False

    def _require_acknowledged(self, sequence: int, link: bytes) -> None:
        written, own = self.acknowledged
        if sequence < written or (sequence == written and link != own):
            raise LedgerWriteError("entries that were acknowledged are gone from the ledger", code="ledger-shortened")

    def _rotate(self, header: Header, sequence: int, link: bytes, connection: sqlite3.Connection) -> list[str]:
        """Close the segment in its own transaction, and move to the next. Returns the note that was signed, if any."""
        tree = signing.tree(header, sequence, connection)
        closing = Closing(header.ledger, header.segment, tree.size, sequence, link.hex(), tree.root().hex())
        number = header.segment + 1
        # The next file is there before this one says so. A crash between the two leaves an empty file, which is no
        # part of the ledger, and with which the next rotation goes on.
        self._make(Header(header.ledger, number, sequence + 1, now(), closing.former))
        notes = [signing.sign(header, sequence, link, self._signer, connection, closed=True)] if self._signer else []
        table.close(header.segment, closing.encode(), connection)
        self._commit(connection)
        self._storage.move(number)
        return notes

    def _make(self, header: Header) -> None:
        if self._storage.exists(header.segment):
            # What a writer left that died while it closed this segment is the same, and stays: its commit may be in
            # the log although nobody sees it yet, and would then lead to a file that is gone.
            if self._storage.at(header.segment, partial(_begins, header)):
                databases.sync_directory(self._storage.path.resolve().parent)  # who made it may not have come to that
                return
            self._storage.discard(header.segment)
        database.make_segment(path_of(self._storage.path, header.segment), header)

    def sign(self) -> None:
        """Write a checkpoint where entries were appended here since the last. Raises `LedgerWriteError`."""
        if self._signer is not None and self.acknowledged[0] > self._signed:
            self._storage.using(LedgerWriteError, lambda _: self._sign(self._signer))

    def _sign(self, signer: Signer | None) -> None:
        connection, notes = self._storage.ready(LedgerWriteError), []
        try:
            connection = self._begin(connection)
            sequence, link = table.last(connection)
            self._require_acknowledged(sequence, link)
            signed = table.last_signed(connection)
            header = self._open(connection).header
            if signer and sequence >= header.first and (signed is None or signed.sequence < sequence):
                notes.append(signing.sign(header, sequence, link, signer, connection))
                self._commit(connection)
        finally:
            self._storage.rollback()
        self._signed = sequence
        self.notes.extend(notes)


def _begins(header: Header, connection: sqlite3.Connection) -> bool:
    """Whether a segment is empty and begins so, whenever it was made."""
    found = table.head(connection)
    if found.version != FORMAT or table.first(connection) is not None:
        return False
    try:
        return replace(Header.decode(found.body), made=header.made) == header
    except LedgerError:
        return False


def _header_of(head: Head) -> Header:
    if isinstance(head.body, bytes):
        return Header.decode(head.body)
    raise LedgerWriteError("the header of a segment is not one", code="header-unreadable")
