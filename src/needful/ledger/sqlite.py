"""The ledger in SQLite files that several processes may write at once: one file a segment (see `segments`, `table`).

WAL, `synchronous=FULL`: an entry that `append` acknowledged is on disk, as far as the disk keeps its word. The last
link is read inside the writing transaction and never cached, so that any number of processes make one chain.

No triggers forbid UPDATE or DELETE: whoever can write the file can drop them, so they would look like a protection
and be none. The chain and its signed checkpoints are the evidence; a file with a table or trigger that is not ours is
refused.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from needful.errors import ChainBroken, LedgerError, LedgerWriteError
from needful.ledger import chain, erasing, exporting, proving, reading, table
from needful.ledger.batching import Queue
from needful.ledger.entry import canonical
from needful.ledger.erasing import NOBODY, Erased
from needful.ledger.failures import DAMAGED, TORN
from needful.ledger.fields import moment
from needful.ledger.notes import Signer, VerifierKey, read_keys
from needful.ledger.parts import Part
from needful.ledger.segments import FORMAT, Header
from needful.ledger.signing import Schedule
from needful.ledger.storage import Storage
from needful.ledger.verifying import Progress, Verifier, verify_parts
from needful.ledger.writing import Rotation, Writer, fresh_header
from needful.values import Entry, Identity, Receipt

if TYPE_CHECKING:
    from needful.keys import Keys

__all__ = ["Rotation", "Schedule", "SqliteLedger", "Stored"]

logger = logging.getLogger("needful")


@dataclass(frozen=True, slots=True)
class Stored:
    """An entry as it lies in the ledger. `entry_hash` is its link in hex, the same as in its receipt."""

    sequence: int
    entry: Entry
    entry_hash: str


class SqliteLedger:
    """The audit ledger in SQLite files (`ports.Ledger`): safe over threads, processes and forks.

    After a failed or interrupted commit nobody can say what is on disk, so the object refuses to append until `reopen`
    has verified the file. It refuses as well where the file was replaced, deleted or shortened under it.

    Where the file or its directory cannot be written it reads all the same, and leaves nothing behind. What lies in a
    write-ahead log is part of the ledger: copy it along.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        keys: Keys | None = None,
        timeout: float = 5.0,
        schedule: Schedule | None = None,
        rotation: Rotation | None = None,
        on_checkpoint: Callable[[str], None] | None = None,
    ) -> None:
        """Open the ledger at `path`, or make it: mode 0600, a missing directory 0700.

        With `keys` it signs checkpoints by `schedule`, at rotation and on closing; without, it writes none.
        `on_checkpoint` gets each note that this object signed, once it is durable; what it raises is logged and passed
        over. `timeout`, in seconds, bounds each wait for other writers. Raises `LedgerError` where there is something
        else at `path`.
        """
        # A later chdir must not move the ledger.
        self._storage = Storage(Path(path).absolute(), timeout, fresh_header())
        self._signer = None if keys is None else Signer(keys.signing_seed())
        self._writer = Writer(self._storage, self._signer, schedule or Schedule(), rotation or Rotation())
        self._queue = Queue(self._storage, self._writer)
        self._on_checkpoint = on_checkpoint

    @property
    def verifier_key(self) -> str | None:
        """The public key that checks what this object signs, as `name+id+base64`; None without keys."""
        return None if self._signer is None else str(self._signer.key)

    def append(self, entry: Entry) -> Receipt:
        """Make the entry durable, then return its receipt. Raises `LedgerWriteError`; then nothing may be returned."""
        row = self._queue.append(_encoded(entry))
        self._hand_over()
        return Receipt(row.sequence, row.link.hex(), entry.policy, entry.counts)

    def entries(self, *, since: int = 0, limit: int | None = None) -> Iterator[Stored]:
        """Yield entries in order, those after sequence `since`, at most `limit`; erased ones are passed over.

        Does not check the chain; see `verify`. Raises `LedgerError`, or `ChainBroken` at an entry that cannot be read.
        """
        rows = reading.rows(self._storage, min(since, table.LAST), limit)
        return islice((_stored(row) for row in rows if not row.erased), limit)

    def head(self) -> tuple[int, str]:
        """Return the last sequence and its link in hex; 0 and the genesis where there is none. Raises `LedgerError`."""
        sequence, link = self._storage.using(LedgerError, lambda opened: table.last(self._storage.newest(opened)))
        return sequence, link.hex()

    def verify(
        self, *, anchors: Sequence[str] = (), keys: Sequence[str] | None = None, progress: Progress | None = None
    ) -> chain.Verification:
        """Check the whole ledger. Raises `ChainBroken` for the first bad entry, `LedgerError` if it cannot be read.

        `keys` are verifier keys, `name+id+base64`; where none are given, the one that this object signs with, and
        without that no signature is looked at. `anchors` are notes of checkpoints kept elsewhere: without them, entries
        cut off the end show only if this object wrote them. `progress` is told now and then how many entries were
        checked. What an error says of the ledger: `verifying.verdict_of`.
        """
        found = self._verified(reading.parts(self._storage), Verifier(self._keys(keys), anchors), progress)
        self._require_own()
        return found

    def _verified(self, parts: Iterable[Part], verifier: Verifier, progress: Progress | None) -> chain.Verification:
        try:
            return verify_parts(parts, verifier, progress)
        except ChainBroken:
            raise
        except LedgerError as error:
            failure = error
        if failure.code in (DAMAGED.code, TORN.code):
            at = verifier.count + 1
            raise ChainBroken(failure.message, code=failure.code, hint=failure.hint, sequence=at)
        raise failure

    def _keys(self, given: Sequence[str] | None) -> tuple[VerifierKey, ...]:
        if given is not None:
            return read_keys(given)
        return () if self._signer is None else (self._signer.key,)

    def _require_own(self) -> None:
        sequence, link = self._writer.acknowledged
        if sequence and [row.link for row in islice(reading.rows(self._storage, sequence - 1, 1), 1)] != [link]:
            text = f"the ledger does not verify at entry {sequence}: it is not the one that this process wrote"
            raise ChainBroken(text, code="entry-missing", sequence=sequence)

    def checkpoint(self) -> str | None:
        """The note of the ledger's last checkpoint, if it has one: to be kept elsewhere. Raises `LedgerError`."""
        for segment in range(self._storage.last_segment(), 0, -1):
            signed = self._storage.at(segment, table.last_signed)
            if signed is not None:
                return signed.note
        return None

    def identifier(self) -> str | None:
        """The ledger's id, 32 hex digits, as its headers and checkpoints have it; None of one in format 1, without.

        Raises `LedgerError`.
        """
        head = self._storage.at(1, table.head)
        return Header.decode(head.body).ledger if head.version == FORMAT else None

    def prove(self, sequence: int) -> proving.Proof:
        """Prove that an entry is in the ledger, under a checkpoint. Raises `LedgerError` where none covers it yet."""
        return self._storage.at(reading.holding(self._storage, sequence - 1), partial(proving.prove, sequence))

    def erase(
        self,
        *,
        before: str | None = None,
        sequences: Iterable[int] = (),
        reason: str = "retention",
        principal: str = "",
        policy: Identity = NOBODY,
    ) -> Erased:
        """Take away the content of entries older than `before` (RFC 3339, UTC) and of those among `sequences`.

        Their hashes stay, and entries are appended that say which were erased, and the `reason`, a code; `principal` is
        the keyed hash of who asked for it. Raises `LedgerError`; then erase again.
        """
        limit = None if before is None else _moment(before)
        found = erasing.selected(self._storage, limit, frozenset(sequences))
        said = [self.append(entry).sequence for entry in erasing.statements(found, reason, principal, policy)]
        count = erasing.scrub(self._storage, found) if found else 0
        return Erased(count, tuple(said))

    def export(self, path: str | os.PathLike[str]) -> int:
        """Write the ledger as JSON Lines into a new file and return how many bytes. Raises `LedgerError`."""
        return exporting.write(reading.parts(self._storage), Path(path))

    def lines(self) -> Iterator[bytes]:
        """Yield the lines of an export. Raises `LedgerError`."""
        return exporting.lines_of(reading.parts(self._storage))

    def reopen(self) -> chain.Verification:
        """Open the files again and take them back into use if they verify, from the last checkpoint signed here on.

        What is still in the write-ahead log is first written into the database file and synchronised anew. Raises
        `ChainBroken` or `LedgerError`; the ledger then goes on refusing.
        """
        storage = self._storage
        with storage.lock:
            storage.restart()
            storage.closed, storage.doubtful = False, True
            storage.using(LedgerError, table.checkpoint)
            found = self._verify_rest()
            self._require_own()
            storage.doubtful = False
            return found

    def _verify_rest(self) -> chain.Verification:
        segment = self._storage.last_segment()
        signed = None if self._signer is None else self._storage.at(segment, table.last_signed)
        if self._signer is None or signed is None:
            return self.verify()
        verifier = Verifier.after(signed, self._storage.at(segment, table.head), (self._signer.key,))
        parts = reading.parts(self._storage, verifier.count, signed.number + 1, segment)
        return self._verified(islice(parts, 1, None), verifier, None)  # its head is verified

    def close(self) -> None:
        """Sign what is not signed yet, and close the file. Appending then raises `LedgerWriteError`.

        Closing twice does nothing.
        """
        storage = self._storage
        with storage.lock:
            if not storage.closed and not storage.doubtful:
                try:
                    self._writer.sign()
                except LedgerWriteError as error:
                    logger.warning("no checkpoint was signed on closing", extra={"needful": {"code": error.code}})
            storage.closed = True
            storage.drop()
        self._hand_over()

    def _hand_over(self) -> None:
        notes = self._writer.notes
        while notes:
            try:
                note = notes.popleft()
            except IndexError:  # another thread was faster
                return
            try:
                if self._on_checkpoint is not None:
                    self._on_checkpoint(note)
            except Exception:  # noqa: BLE001 - what an application does there must not stop its ledger
                logger.warning("a checkpoint could not be handed over", extra={"needful": {"code": "anchor-failed"}})

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _stored(row: chain.Row) -> Stored:
    return Stored(row.sequence, chain.read(row), row.link.hex())


def _moment(text: str) -> str:
    try:
        return moment(text)
    except ValueError:
        pass
    raise LedgerError(
        "that is not an RFC 3339 time in UTC", code="time-unreadable", hint="such as 2026-01-31T00:00:00Z"
    )


def _encoded(entry: Entry) -> bytes:
    try:
        return canonical(entry)
    except ValueError as error:
        reason = str(error)  # static text of `entry`
    raise LedgerWriteError(reason, code="ledger-entry")
