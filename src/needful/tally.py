"""What a call adds up on its way, so that its ledger entry can be written whatever happens."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import TracebackType
from typing import Literal

from needful.telemetry import Trace
from needful.values import Counts, Entry, Fetched, Identity

__all__ = ["Tally"]


@dataclass(slots=True)
class Tally:
    """Counts, sizes (code points, bytes) and times (milliseconds) of one call. No text."""

    policy: Identity
    purpose: str = ""
    principal: str = ""
    query: str = ""
    detector: str = ""
    ner: str = ""
    fields: tuple[str, ...] = ()
    counts: Counts = field(default_factory=dict)
    query_counts: Counts = field(default_factory=dict)
    withheld: Counter[str] = field(default_factory=Counter)
    rounds: int = 0
    records_fetched: int = 0
    records_disclosed: int = 0
    passages: int = 0
    bytes_fetched: int = 0
    characters_fetched: int = 0
    characters_disclosed: int = 0
    timings: dict[str, float] = field(default_factory=dict)
    trace: Trace = field(default_factory=Trace)

    def stage(self, name: str) -> _Stage:
        """Time a stage and trace it. A stage that is entered again adds up."""
        return _Stage(self, name)

    def nothing_disclosed(self) -> None:
        """Take back what was added up for documents that were not released."""
        self.records_disclosed = self.passages = self.characters_disclosed = 0

    def fetched(self, answer: Fetched) -> None:
        """Count one round's answer."""
        self.rounds += 1
        self.records_fetched += len(answer.records)
        self.bytes_fetched += answer.bytes

    def entry(self, outcome: Literal["released", "refused", "failed", "restored"], reason: str = "") -> Entry:
        """The ledger entry as of now."""
        return Entry(
            time=datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z"),
            outcome=outcome,
            purpose=self.purpose,
            principal=self.principal,
            policy=self.policy,
            query=self.query,
            reason=reason,
            detector=self.detector,
            ner=self.ner,
            fields=self.fields,
            counts=self.counts,
            query_counts=self.query_counts,
            withheld=dict(sorted(dict(self.withheld).items())),
            rounds=self.rounds,
            records_fetched=self.records_fetched,
            records_disclosed=self.records_disclosed,
            passages=self.passages,
            bytes_fetched=self.bytes_fetched,
            characters_fetched=self.characters_fetched,
            characters_disclosed=self.characters_disclosed,
            timings={name: round(spent, 3) for name, spent in dict(self.timings).items()},
        )

    def finish(self, outcome: Literal["released", "refused", "failed", "restored"], reason: str = "") -> None:
        """Tell telemetry how the call ended, which is what its caller sees."""
        self.trace.finish(outcome, lambda: self.entry(outcome, reason))


class _Stage:
    """A stage, for `with`: its time for the ledger, its span for telemetry."""

    __slots__ = ("_began", "_begin", "_entered", "_name", "_tally")

    def __init__(self, tally: Tally, name: str) -> None:
        self._tally = tally
        self._name = name

    def __enter__(self) -> None:
        self._began = time.perf_counter()
        self._begin = time.time_ns()
        self._entered = self._tally.trace.enter(self._name, self._begin)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, frames: TracebackType | None
    ) -> None:
        tally, name = self._tally, self._name
        try:
            tally.trace.leave(name, self._begin, self._entered, error)
        finally:
            elapsed = (time.perf_counter() - self._began) * 1000
            tally.timings[name] = tally.timings.get(name, 0.0) + elapsed
