"""Figures of calls and of memory."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Line", "growth", "lines", "percentiles", "warm_up"]

MEGABYTE = 1e6
WINDOW = 0.1
"""Share of the time after the warm-up over which memory is averaged at its beginning and at its end."""


@dataclass(frozen=True, slots=True)
class Line:
    """What came of one call."""

    outcome: str
    milliseconds: float
    fault: str
    code: str
    sequence: int
    """Of the receipt; 0 without one."""
    digest: str
    documents: int
    canary: str

    @property
    def is_plain(self) -> bool:
        """Whether documents came and nothing had gone wrong."""
        return self.outcome == "documents" and not self.fault


def lines(path: Path) -> Iterator[Line]:
    """Read what a process wrote down."""
    with path.open(encoding="utf-8") as file:
        for line in file:
            outcome, ms, fault, code, sequence, digest, documents, canary = line.rstrip("\n").split("\t")
            yield Line(outcome, float(ms or 0), fault, code, int(sequence or 0), digest, int(documents or 0), canary)


def percentiles(milliseconds: Sequence[float]) -> dict[str, float]:
    """Median, 99th percentile and the slowest; empty without calls."""
    if len(milliseconds) < 2:
        return {}
    cut = statistics.quantiles(milliseconds, n=100, method="inclusive")
    return {"p50": round(cut[49], 1), "p99": round(cut[98], 1), "max": round(max(milliseconds), 1)}


def warm_up(seconds: float) -> float:
    """The first fifth or the first minute, whichever is longer, but no more than half of the time."""
    return min(max(0.2 * seconds, 60.0), seconds / 2)


def growth(samples: Sequence[tuple[float, int]], warm: float) -> dict[str, float]:
    """Megabytes after the warm-up and at the end, and by how many percent they differ.

    `samples` are seconds and bytes. Medians over the first and the last tenth of the time after the warm-up.
    """
    after = [size for at, size in samples if at >= warm and size]
    if not after:
        return {}
    width = max(1, round(len(after) * WINDOW))
    first, last = statistics.median(after[:width]), statistics.median(after[-width:])
    start = next((size for _, size in samples if size), 0)
    return {
        "start": round(start / MEGABYTE, 1),
        "warm": round(first / MEGABYTE, 1),
        "end": round(last / MEGABYTE, 1),
        "percent": round((last / first - 1) * 100, 2),
    }
