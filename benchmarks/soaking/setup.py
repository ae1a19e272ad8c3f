"""What one process of a soak has: a collection, a retriever for each purpose over faulty ports, and its log."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from needful.detection import SpanCache
from needful.errors import PolicyError
from needful.keys import Keys
from needful.ledger import open_ledger
from needful.policy import Policy
from needful.vault import open_vault
from needful_langchain import NeedfulRetriever
from needful_langchain.wiring import wire
from needful_presidio import PresidioOperators, detector_for
from needful_qdrant import QdrantStore
from soaking.faults import FaultyDetector, FaultyLedger, FaultyOperators, FaultyStore, FaultyVault
from soaking.world import DAMAGED, LATER, POLICY, PURPOSES, Canaries, Collection

__all__ = ["CACHED", "Job", "Log", "Setup"]

CACHED = 128
"""Texts whose spans are remembered: fewer than there are records, so that records are searched again and again."""


@dataclass(frozen=True, slots=True)
class Job:
    """What a process is told. Everything under `folder/shown` is looked at for canaries, the rest may be raw."""

    number: int
    folder: Path
    stem: str
    secret: bytes = field(repr=False)
    seconds: float
    callers: int
    records: int
    faulty: float
    """Share of the calls that meet a fault."""

    @property
    def shown(self) -> Path:
        """The folder of what somebody else may read."""
        return self.folder / "shown"


class Log:
    """What came of every call, one line each, and what should not have been; on disk, so that memory stays as it is."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("w", encoding="utf-8", buffering=1 << 16)
        self._lock = threading.Lock()
        self.violations: Counter[str] = Counter()
        self.counts: Counter[str] = Counter()

    def line(self, *cells: object) -> None:
        """Write a line."""
        with self._lock:
            self._file.write("\t".join(map(str, cells)) + "\n")

    def count(self, what: str, number: int = 1) -> None:
        """Count something."""
        with self._lock:
            self.counts[what] += number

    def violation(self, what: str) -> None:
        """Count a broken rule. `what` is static text, or names a class, a door or a fault."""
        with self._lock:
            self.violations[what] += 1

    def close(self) -> None:
        """Close the file."""
        self._file.close()


@dataclass(slots=True)
class Setup:
    """Everything that the callers of a process share."""

    job: Job
    canaries: Canaries
    collection: Collection
    retrievers: dict[str, NeedfulRetriever]
    log: Log
    digests: frozenset[str]
    """The digests of the policies that load."""
    tokens: set[str] = field(default_factory=set)
    """Lasting tokens that came out. There are as many as names in the collection."""

    @classmethod
    def make(cls, job: Job) -> Setup:
        """Fill a collection and wire the retrievers: one shared ledger file, one shared vault file."""
        canaries = Canaries(job.stem)
        collection = Collection(job.folder / f"engine-{job.number}", canaries, job.number, job.records)
        policy, later = Policy.parse(POLICY), Policy.parse(LATER)
        keys = Keys(job.secret)
        parts: dict[str, Any] = {
            "operators": FaultyOperators(PresidioOperators()),
            "ledger": FaultyLedger(open_ledger(job.shown / "ledger" / "ledger.db")),
            "vault": FaultyVault(open_vault(job.shown / "vault" / "vault.db", keys)),
            "keys": keys,
            "cache": SpanCache(CACHED),
        }
        store = FaultyStore(QdrantStore.from_vectorstore(collection.store))
        retrievers = {
            purpose: NeedfulRetriever(
                wire(store, policy, binding=(purpose, None, None), detector=_detector(policy, purpose), **parts)
            )
            for purpose in PURPOSES
        }
        log = Log(job.folder / f"calls-{job.number}.tsv")
        return cls(job, canaries, collection, retrievers, log, frozenset({policy.digest, later.digest}))

    def swap(self, purpose: str) -> None:
        """Put the other version in the place of a purpose's, or try one that does not load."""
        turn = self.log.counts["policy swaps"] + self.log.counts["policies rejected"]
        text = (LATER, DAMAGED, POLICY)[turn % 3]
        try:
            self.retrievers[purpose] = self.retrievers[purpose].with_policy(Policy.parse(text))
            self.log.count("policy swaps")
        except PolicyError:
            self.log.count("policies rejected")
            if text != DAMAGED:
                self.log.violation("a policy that loads was rejected")

    def known(self, ids: list[str]) -> list[str]:
        """The canaries of these records."""
        return [canary for one in ids for canary in self.collection.canaries.get(one, ())]

    def report(self) -> Mapping[str, Any]:
        """What the process hands back."""
        return {"violations": dict(self.log.violations), "counts": dict(self.log.counts), "tokens": sorted(self.tokens)}

    def close(self) -> None:
        """Let go of everything."""
        self.collection.close()
        self.log.close()


def _detector(policy: Policy, purpose: str) -> FaultyDetector:
    return FaultyDetector(detector_for(policy, purpose))
