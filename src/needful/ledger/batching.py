"""One commit for all that wait: whoever comes first writes for the others.

A thread puts its entry into the queue and tries for the lock. Who gets it takes the whole queue, makes it durable with
one commit, and leaves each entry's row for its thread, which then has nothing left to do. One disk synchronisation thus
serves all threads that came while the one before was under way.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections import deque
from contextlib import suppress
from functools import partial

from needful.errors import LedgerError, LedgerWriteError
from needful.ledger.chain import Row
from needful.ledger.failures import LOCKED
from needful.ledger.storage import Storage
from needful.ledger.writing import Writer

__all__ = ["Queue"]

BATCH = 500
POLL, GLANCE = 0.01, 0.0001
"""Seconds."""


class _Waiting:
    """An entry on its way: afterwards its row, or what went wrong."""

    __slots__ = ("data", "failure", "process", "row", "woken")

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.process = os.getpid()
        self.woken: threading.Event | None = None
        """Made by the thread that waits: most write their entry themselves."""
        self.row: Row | None = None
        self.failure: tuple[str, str, str] | None = None

    def wake(self) -> None:
        """Let its thread look again, if it waits."""
        if self.woken is not None:
            self.woken.set()


INTERRUPTED = ("the thread that wrote the entry was interrupted", "ledger-interrupted", "")


class Queue:
    """Entries on their way into a storage, each with the thread that waits for it."""

    def __init__(self, storage: Storage, writer: Writer) -> None:
        self._storage = storage
        self._writer = writer
        self._queue: deque[_Waiting] = deque()
        self._served = 1

    def append(self, data: bytes) -> Row:
        """Make the entry durable. Raises `LedgerWriteError`."""
        waiting = _Waiting(data)
        self._queue.append(waiting)
        failure: LedgerWriteError | None = None
        try:
            self._wait(waiting)
        except LedgerWriteError as error:
            failure = error
        finally:
            with suppress(ValueError):  # it is there only where nobody got to it
                self._queue.remove(waiting)
        # Another may have written it while this thread gave up.
        if waiting.row is not None:
            return waiting.row
        raise failure or _error(waiting.failure or INTERRUPTED)

    def _wait(self, own: _Waiting) -> None:
        """Wait until the entry is written, or write it. Raises `LedgerWriteError`."""
        storage, deadline = self._storage, time.monotonic() + self._storage.timeout
        while own.row is None and own.failure is None:
            if storage.lock.acquire(blocking=False):
                try:
                    storage.attempt(LedgerWriteError, partial(self._lead, own))
                finally:
                    storage.lock.release()
                    self._wake()
            elif time.monotonic() > deadline:
                raise LOCKED.error(LedgerWriteError)
            elif own.woken is None:
                own.woken = threading.Event()  # then looks once more: the entry may have been written meanwhile
            else:
                # Who reads holds the lock too, and wakes nobody.
                own.woken.wait(min(POLL, storage.timeout))

    def _wake(self) -> None:
        with suppress(IndexError):
            self._queue[0].wake()

    def _lead(self, own: _Waiting) -> None:
        if own.row is not None or own.failure is not None:
            return  # another thread has seen to it
        batch: list[_Waiting] = []
        failure, failed = INTERRUPTED, None
        try:
            rows = self._writer.write(partial(self._take, batch))
            for waiting, row in zip(batch, rows, strict=True):
                waiting.row = row
        except (sqlite3.Error, OSError, LedgerError) as error:
            failed = self._storage.failure(LedgerWriteError, error)
            failure = (failed.message, failed.code, failed.hint)
        finally:
            for waiting in batch:
                waiting.failure = None if waiting.row else failure
                waiting.wake()
        if failed is not None:
            raise failed

    def _take(self, batch: list[_Waiting]) -> list[bytes]:
        """Take the queue, as it is when the transaction has begun."""
        # Those whom the last commit served are on their way back: a moment's patience saves them a commit each.
        until = time.monotonic() + self._writer.spent / 8
        while len(self._queue) < self._served and time.monotonic() < until:
            time.sleep(GLANCE)
        process = os.getpid()
        while self._queue and len(batch) < BATCH:
            waiting = self._queue.popleft()
            if waiting.process == process:  # after a fork, the threads that wait are in the other process
                batch.append(waiting)
        self._served = len(batch)
        return [waiting.data for waiting in batch]


def _error(failure: tuple[str, str, str]) -> LedgerWriteError:
    message, code, hint = failure
    return LedgerWriteError(message, code=code, hint=hint)
