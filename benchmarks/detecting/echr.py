"""Judgments: of the mentions that point at a person, how many are covered whole, and of how many something survives.

The Text Anonymization Benchmark says of each mention whether it identifies directly, together with others (quasi), or
need not be masked. One letter that survives can be enough, so partly covered is not covered (Pilán et al. 2022,
"The Text Anonymization Benchmark", section 5, asks the same of a mention).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from detecting.scoring import characters, whole
from detecting.sets import Row

__all__ = ["DIRECT", "EITHER", "KINDS", "QUASI", "Mentions", "mentions"]

DIRECT, QUASI = "DIRECT", "QUASI"
KINDS = (DIRECT, QUASI)
EITHER = "all"
"""The key of all types together."""


@dataclass(slots=True)
class Mentions:
    """Counts by identifier kind and type; `kept` and `rest` are characters outside direct and quasi identifiers."""

    total: Counter[tuple[str, str]] = field(default_factory=Counter)
    whole: Counter[tuple[str, str]] = field(default_factory=Counter)
    kept: int = 0
    rest: int = 0

    def types(self, kind: str) -> list[str]:
        """The types that mentions of this kind have, sorted, `EITHER` first."""
        return [EITHER, *sorted(label for one, label in self.total if one == kind and label != EITHER)]

    def share(self, kind: str, label: str = EITHER) -> float:
        """Share of the mentions that are covered whole; 1 where there are none."""
        total = self.total[kind, label]
        return self.whole[kind, label] / total if total else 1.0

    @property
    def also_covered(self) -> float:
        """Share of the other text's characters that are covered too: what reading a redacted judgment costs."""
        return 1 - self.kept / self.rest if self.rest else 0.0


def mentions(rows: Iterable[Row], found: Iterable[Sequence[tuple[Any, ...]]]) -> Mentions:
    """Compare every mention with everything that was found, of whatever entity."""
    counts = Mentions()
    for row, spans in zip(rows, found, strict=True):
        by = characters(row.text, spans)
        identifying = [span for span in row.spans if span.kind in KINDS]
        for span in identifying:
            counts.total.update([(span.kind, span.label), (span.kind, EITHER)])
            if whole(row.text, span, by):
                counts.whole.update([(span.kind, span.label), (span.kind, EITHER)])
        rest = characters(row.text, [(0, len(row.text))]) - characters(row.text, identifying)
        counts.rest += len(rest)
        counts.kept += len(rest - by)
    return counts
