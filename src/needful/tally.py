"""What a call adds up on its way, so that its ledger entry can be written whatever happens."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
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

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Time a stage and trace it. A stage that is entered again adds up."""
        start = time.perf_counter()
        try:
            with self.trace.stage(name):
                yield
        finally:
            elapsed = (time.perf_counter() - start) * 1000
            self.timings[name] = self.timings.get(name, 0.0) + elapsed

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
        added_up = {name: getattr(self, name) for name in self.__slots__ if name != "trace"}
        return Entry(
            **{
                **added_up,
                "time": datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z"),
                "outcome": outcome,
                "reason": reason,
                "withheld": dict(sorted(dict(self.withheld).items())),
                "timings": {name: round(spent, 3) for name, spent in dict(self.timings).items()},
            }
        )

    def finish(self, outcome: Literal["released", "refused", "failed", "restored"], reason: str = "") -> None:
        """Tell telemetry how the call ended, which is what its caller sees."""
        self.trace.finish(self.entry(outcome, reason))
