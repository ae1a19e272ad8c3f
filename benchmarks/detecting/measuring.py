"""Run the detectors over the sets. Every function returns plain figures, as they are stored."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from detecting.echr import KINDS, mentions
from detecting.finders import Finder, Found, court, names_finder
from detecting.scoring import ALL, Score, characters, covered, recased, score, tally, whole
from detecting.sets import NAMES, Row, of_names
from detecting.standard import traditional

__all__ = ["BIASES", "cases", "chinese", "curve", "judgments", "labels", "names"]

Figures = dict[str, Any]
AtBiases = Callable[[Sequence[str], Sequence[float]], Sequence[Sequence[Sequence[Found]]]]
"""Texts and biases in; for each bias the spans of each text out."""

BIASES = (0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 4.0)
"""Outside biases of the operating-point curve: how much less likely "no name" is made, in nats."""

CASES: Mapping[str, Callable[[str], str]] = {"as it is": str, "lower": str.lower, "upper": str.upper}


def _numbers(counts: Score) -> list[float]:
    return [counts.precision, counts.recall, counts.f2, counts.gold]


def _tallied(rows: Iterable[Row], found: Iterable[Sequence[Found]]) -> dict[str, dict[str, Score]]:
    return tally(score(row.text, of_names(row.spans), spans) for row, spans in zip(rows, found, strict=True))


def names(find: Finder, rows: Sequence[Row]) -> Figures:
    """Persons, places and organisations: entity to measure to precision, recall, F2 and how many there are."""
    total = _tallied(rows, (find(row.text) for row in rows))
    return {
        entity: {measure: _numbers(counts) for measure, counts in total.get(entity, {}).items()}
        for entity in (ALL, *NAMES)
        if entity in total
    }


def cases(find: Finder, rows: Sequence[Row]) -> Figures:
    """Characters of names in the text as it is, in lower and in upper case: precision, recall, F2, how many."""
    figures = {}
    for name, change in CASES.items():
        changed = [Row(recased(row.text, change), row.spans) for row in rows]
        total = _tallied(changed, (find(row.text) for row in changed))
        figures[name] = _numbers(total[ALL]["characters"])
    return figures


def labels(rows: Iterable[Row], found: Iterable[Sequence[Found]]) -> Figures:
    """By the set's own labels: how many there are, how many are found (half or more), how many whole."""
    figures: dict[str, list[int]] = {}
    for row, spans in zip(rows, found, strict=True):
        by = characters(row.text, spans)
        for span in row.spans:
            counts = figures.setdefault(span.label, [0, 0, 0])
            for at, counted in enumerate((True, covered(row.text, span, by), whole(row.text, span, by))):
                counts[at] += counted
    return dict(sorted(figures.items()))


def judgments(choice: str, rows: Sequence[Row], policies: Path) -> Figures:
    """ECHR under the court policy: by kind of identifier and type, how many mentions and the share covered whole."""
    find = court(choice, policies)
    counts = mentions(rows, (find(row.text) for row in rows))
    by_kind = {
        kind: {label: [counts.total[kind, label], counts.share(kind, label)] for label in counts.types(kind)}
        for kind in KINDS
    }
    return {**by_kind, "also covered": counts.also_covered}


def chinese(choice: str, rows: Sequence[Row], python: Path) -> Figures:
    """Names in simplified and, where a converter is there, traditional Chinese.

    Raises `DetectionError` where the choice has no Chinese.
    """
    find = names_finder(choice, NAMES, "zh")
    figures = {"simplified": names(find, rows)}
    texts = traditional([row.text for row in rows], python)
    if texts:
        converted = [Row(text, row.spans) for text, row in zip(texts, rows, strict=True)]
        figures["traditional"] = names(find, converted)
    return figures


def curve(at_biases: AtBiases, rows: Sequence[Row]) -> Figures:
    """A model alone at each outside bias: precision, recall, F2 by overlap, then by characters; empty if it is none."""
    figures: Figures = {}
    found = at_biases([row.text for row in rows], BIASES)
    for bias, spans in zip(BIASES, found, strict=False):
        names_only = [[span for span in one if span[2] in NAMES] for one in spans]
        total = _tallied(rows, names_only)[ALL]
        figures[f"{bias:g}"] = [*_numbers(total["overlap"])[:3], *_numbers(total["characters"])[:3]]
    return figures
