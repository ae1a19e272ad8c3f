"""Faults at every port, at the moment that a call asks for one.

A call says in a context variable what shall go wrong on its way; ports that are wrapped here look there, so that every
fault belongs to one call and what came of it can be checked. Threads that Needful starts inherit the variable.
"""

from __future__ import annotations

import errno
import sqlite3
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from needful.deadlines import left
from needful.errors import LedgerWriteError, StoreError, VaultError
from needful.ports import Detector, Ledger, Operators, Store, Vault
from needful.values import Entry, Fetch, Fetched, Receipt, Record, Scalar, Span

__all__ = [
    "CANCELLED",
    "DOCUMENTS",
    "FAULTS",
    "Fault",
    "FaultyDetector",
    "FaultyLedger",
    "FaultyOperators",
    "FaultyStore",
    "FaultyVault",
    "Journey",
    "journey",
]

CANCELLED = "a task is cancelled at a random moment"
DOCUMENTS = "documents"
"""How a call ends that got an answer; other endings are names of classes of errors."""

Act = Callable[[Callable[[], Any], str], Any]
"""Gets what would have been done and a raw text that a foreign exception may quote."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What goes wrong at a port, and what may come of it: documents, or errors of these classes."""

    name: str
    port: str
    act: Act = field(repr=False)
    ends_in: frozenset[str]
    """`documents`, and names of classes of errors."""
    misshapes: bool = False
    """Whether documents may lack fields that the policy allows."""
    threads_only: bool = False
    """Whether only callers in threads may meet it: an event loop ends with a KeyboardInterrupt."""


@dataclass(slots=True)
class Journey:
    """One call on its way through the ports."""

    fault: Fault | None = None
    question: str = ""
    fired: bool = False
    seen: list[str] = field(default_factory=list)
    """Ids of the records that came."""

    def wants(self, port: str) -> bool:
        """Whether the fault is to happen at this port, now."""
        return self.fault is not None and self.fault.port == port


journey: ContextVar[Journey | None] = ContextVar("soak_journey", default=None)


def _through(port: str, proceed: Callable[[], Any], quoted: str) -> Any:
    now = journey.get()
    if now is None or now.fault is None or not now.wants(port):
        return proceed()
    now.fired = True
    return now.fault.act(proceed, quoted)


class FaultyStore:
    """A store that fails when the call says so."""

    def __init__(self, inner: Store) -> None:
        self._inner = inner

    def fetch(self, fetch: Fetch) -> Fetched:
        """Fetch, or fail."""
        return _noted(_through("store", lambda: self._inner.fetch(fetch), fetch.text))

    async def afetch(self, fetch: Fetch) -> Fetched:
        """Fetch, or fail; a fault blocks the loop no longer than a fault of a store would."""
        now = journey.get()
        if now is not None and now.wants("store"):
            import asyncio

            return await asyncio.to_thread(self.fetch, fetch)
        return _noted(await self._inner.afetch(fetch))


def _noted(fetched: Fetched) -> Fetched:
    now = journey.get()
    if now is not None and isinstance(fetched, Fetched):
        now.seen += (str(record.id) for record in fetched.records)
    return fetched


class FaultyDetector:
    """A detector that fails when the call says so: on the question, or on a record."""

    def __init__(self, inner: Detector) -> None:
        self._inner = inner

    @property
    def fingerprint(self) -> str:
        """That of the detector inside."""
        return self._inner.fingerprint

    def detect(self, texts: Sequence[str]) -> list[tuple[Span, ...]]:
        """Detect, or fail."""
        now = journey.get()
        asked = now is not None and len(texts) == 1 and now.question in texts
        port = "detector of the question" if asked else "detector of records"
        answer: list[tuple[Span, ...]] = _through(port, lambda: self._inner.detect(texts), " ".join(texts))
        return answer


class FaultyOperators:
    """Operators that fail when the call says so."""

    def __init__(self, inner: Operators) -> None:
        self._inner = inner

    def apply(self, name: str, value: str, entity: str, parameters: Mapping[str, Scalar]) -> str:
        """Apply, or fail."""
        shown: str = _through("operators", lambda: self._inner.apply(name, value, entity, parameters), value)
        return shown


class FaultyLedger:
    """A ledger that fails when the call says so."""

    def __init__(self, inner: Ledger) -> None:
        self._inner = inner

    def append(self, entry: Entry) -> Receipt:
        """Append, or fail."""
        now = journey.get()
        receipt: Receipt = _through("ledger", lambda: self._inner.append(entry), now.question if now else "")
        return receipt


class FaultyVault:
    """A vault that fails when the call says so."""

    def __init__(self, inner: Vault) -> None:
        self._inner = inner

    def put(self, originals: Mapping[str, str]) -> None:
        """Keep, or fail."""
        _through("vault", lambda: self._inner.put(originals), " ".join(originals.values()))

    def originals(self, tokens: Collection[str]) -> Mapping[str, str]:
        """Look up."""
        return self._inner.originals(tokens)

    def has(self, token: str) -> bool:
        """Look up."""
        return self._inner.has(token)


def _raise(make: Callable[[str], BaseException]) -> Act:
    def act(proceed: Callable[[], Any], quoted: str) -> Any:
        raise make(quoted)

    return act


def _late(seconds: float, make: Callable[[str], BaseException]) -> Act:
    def act(proceed: Callable[[], Any], quoted: str) -> Any:
        time.sleep(seconds)
        raise make(quoted)

    return act


def _hang(proceed: Callable[[], Any], quoted: str) -> Any:
    time.sleep(max(0.0, min(left(), 5.0)) + 0.3)
    return proceed()


def _slow(proceed: Callable[[], Any], quoted: str) -> Any:
    time.sleep(0.3)
    return proceed()


def _answer(make: Callable[[str], Any]) -> Act:
    return lambda proceed, quoted: make(quoted)


def _then(change: Callable[[Any], Any]) -> Act:
    return lambda proceed, quoted: change(proceed())


def _unacknowledged(proceed: Callable[[], Any], quoted: str) -> Any:
    proceed()
    raise OSError(errno.EIO, quoted)


def _too_many(fetched: Fetched) -> Fetched:
    spare = Record("spare", 0.1, {"page_content": "spare"})
    return Fetched((*fetched.records, *[spare] * 50), fetched.bytes)


def _misshapen(fetched: Fetched) -> Fetched:
    return Fetched(tuple(Record(r.id, r.score, {**r.payload, "metadata": "a text"}) for r in fetched.records), 1)


def _twice(fetched: Fetched) -> Fetched:
    return Fetched((*fetched.records[:1], *fetched.records[:-1]), fetched.bytes)


STORE, DETECTION, UNWRITTEN, UNKEPT = (
    frozenset({f"{one}Error"}) for one in ("Store", "Detection", "LedgerWrite", "Vault")
)
WITHHELD = DETECTION | {DOCUMENTS}
INTERRUPTED = frozenset({"KeyboardInterrupt"})
BEYOND = Span(0, 10_000_000, "PERSON", 0.9, "x")

_ON_TEXT: tuple[tuple[str, Act], ...] = (
    ("raises an error that quotes the text", _raise(ValueError)),
    ("runs out of memory", _raise(MemoryError)),
    ("recurses without end", _raise(RecursionError)),
    ("hangs past its deadline", _hang),
    ("answers spans outside of the text", _answer(lambda quoted: [(BEYOND,)])),
    ("answers nothing at all", _answer(lambda quoted: None)),
)

FAULTS: tuple[Fault, ...] = (
    Fault("store raises an error that quotes the question", "store", _raise(RuntimeError), STORE),
    Fault("store refuses", "store", _raise(lambda q: StoreError("refused", code="refused")), STORE),
    Fault("store times out", "store", _late(0.2, TimeoutError), STORE),
    Fault("store answers text instead of records", "store", _answer(str), STORE),
    Fault("store answers more records than were asked for", "store", _then(_too_many), STORE),
    Fault("store answers records of the wrong shape", "store", _then(_misshapen), STORE | WITHHELD, misshapes=True),
    Fault("store answers a record twice", "store", _then(_twice), STORE | {DOCUMENTS}),
    *(Fault(f"detector {n}, on the question", "detector of the question", act, DETECTION) for n, act in _ON_TEXT),
    *(Fault(f"detector {n}, on records", "detector of records", act, WITHHELD) for n, act in _ON_TEXT),
    Fault("operator raises an error that quotes the value", "operators", _raise(ValueError), DETECTION),
    Fault("operator answers no text", "operators", _answer(lambda quoted: None), DETECTION),
    Fault("vault refuses", "vault", _raise(lambda q: VaultError("refused", code="refused")), UNKEPT),
    Fault("vault raises an error that quotes the values", "vault", _raise(sqlite3.OperationalError), UNKEPT),
    Fault("ledger: disk full", "ledger", _raise(lambda q: OSError(errno.ENOSPC, q)), UNWRITTEN),
    Fault("ledger refuses", "ledger", _raise(lambda q: LedgerWriteError("refused", code="refused")), UNWRITTEN),
    Fault("ledger writes, and its acknowledgement is lost", "ledger", _unacknowledged, UNWRITTEN),
    Fault("ledger is slow", "ledger", _slow, frozenset({DOCUMENTS})),
    Fault("interrupted in the store", "store", _raise(KeyboardInterrupt), INTERRUPTED, threads_only=True),
    Fault(
        "interrupted in the detector",
        "detector of the question",
        _raise(KeyboardInterrupt),
        INTERRUPTED,
        threads_only=True,
    ),
    Fault("interrupted in the ledger", "ledger", _raise(KeyboardInterrupt), INTERRUPTED, threads_only=True),
)
"""All of them. A call that is refused or fails for another reason on its way never meets its fault."""
