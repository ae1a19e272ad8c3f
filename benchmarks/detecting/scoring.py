"""Spans in, figures out. Nothing here reads a file or knows a detector.

A span is a start, an end (code points) and an entity; what follows in the tuple is not looked at. White space does not
count: annotators differ in whether they take it in, and nobody is identified by it. Three measures:

exact       the same start, end and entity, white space at the ends aside.
overlap     half or more of a span's characters lie in spans of the other side, of whatever entity: what Needful's user
            sees, because a name that is taken for a place is redacted all the same.
characters  every character by itself, of whatever entity.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

__all__ = [
    "ALL",
    "MEASURES",
    "Score",
    "characters",
    "covered",
    "difference",
    "f_beta",
    "recased",
    "score",
    "tally",
    "whole",
]

Spans = Sequence[tuple[Any, ...]]
"""Each one starts with start, end and entity."""

ALL = "all"
"""The key of the figures over every entity."""


@dataclass(frozen=True, slots=True)
class Score:
    """Counts of one measure: how much of the gold was found, and how much of what was predicted is right."""

    found: int = 0
    gold: int = 0
    right: int = 0
    predicted: int = 0

    def __add__(self, other: Score) -> Score:
        return Score(
            self.found + other.found,
            self.gold + other.gold,
            self.right + other.right,
            self.predicted + other.predicted,
        )

    @property
    def recall(self) -> float:
        """Share of the gold that was found; 0 where there is none."""
        return self.found / self.gold if self.gold else 0.0

    @property
    def precision(self) -> float:
        """Share of what was predicted that is right; 0 where nothing was."""
        return self.right / self.predicted if self.predicted else 0.0

    @property
    def f2(self) -> float:
        """F-measure that takes recall for twice as important as precision."""
        return f_beta(self.precision, self.recall, 2)


def f_beta(precision: float, recall: float, beta: float) -> float:
    """Van Rijsbergen's F: recall counts `beta` times as much as precision; 0 where both are 0."""
    weighted = beta * beta * precision + recall
    return (1 + beta * beta) * precision * recall / weighted if weighted else 0.0


def characters(text: str, spans: Iterable[tuple[Any, ...]]) -> set[int]:
    """The offsets of every character in the spans that is not white space."""
    return {at for span in spans for at in range(span[0], span[1]) if not text[at].isspace()}


def covered(text: str, span: tuple[Any, ...], by: set[int]) -> bool:
    """Whether half or more of a span's characters are among `by`. Never for a span of white space."""
    own = characters(text, [span])
    return bool(own) and 2 * len(own & by) >= len(own)


def whole(text: str, span: tuple[Any, ...], by: set[int]) -> bool:
    """Whether all of a span's characters are among `by`: whether nothing of it survives."""
    return characters(text, [span]) <= by


def _trimmed(text: str, span: tuple[Any, ...]) -> tuple[int, int, str]:
    start, end = span[0], span[1]
    while end > start and text[end - 1].isspace():
        end -= 1
    while start < end and text[start].isspace():
        start += 1
    return start, end, span[2]


def _exact(text: str, gold: Spans, predicted: Spans) -> Score:
    wanted = {_trimmed(text, span) for span in gold}
    given = {_trimmed(text, span) for span in predicted}
    both = len(wanted & given)
    return Score(both, len(wanted), both, len(given))


def _overlap(text: str, gold: Spans, predicted: Spans, in_gold: set[int], in_predicted: set[int]) -> Score:
    return Score(
        sum(covered(text, span, in_predicted) for span in gold),
        len(gold),
        sum(covered(text, span, in_gold) for span in predicted),
        len(predicted),
    )


def _characters(text: str, gold: Spans, predicted: Spans, in_gold: set[int], in_predicted: set[int]) -> Score:
    wanted, given = characters(text, gold), characters(text, predicted)
    return Score(len(wanted & in_predicted), len(wanted), len(given & in_gold), len(given))


MEASURES = ("exact", "overlap", "characters")


def score(text: str, gold: Spans, predicted: Spans) -> dict[str, dict[str, Score]]:
    """One text's figures: entity (and `ALL`) to measure to counts.

    Of one entity: its gold spans against everything that was predicted, and what was predicted as it against all the
    gold, but for `exact`, which compares like with like. A span that is given twice counts once.
    """
    gold, predicted = _distinct(gold), _distinct(predicted)
    in_gold, in_predicted = characters(text, gold), characters(text, predicted)
    figures = {}
    for entity in [ALL, *sorted({span[2] for span in (*gold, *predicted)})]:
        wanted, given = _of(entity, gold), _of(entity, predicted)
        figures[entity] = {
            "exact": _exact(text, wanted, given),
            "overlap": _overlap(text, wanted, given, in_gold, in_predicted),
            "characters": _characters(text, wanted, given, in_gold, in_predicted),
        }
    return figures


def _distinct(spans: Spans) -> list[tuple[Any, ...]]:
    return sorted({tuple(span[:3]) for span in spans})


def _of(entity: str, spans: Spans) -> Spans:
    return spans if entity == ALL else [span for span in spans if span[2] == entity]


def tally(figures: Iterable[Mapping[str, Mapping[str, Score]]]) -> dict[str, dict[str, Score]]:
    """The figures of many texts added up (micro average)."""
    total: dict[str, dict[str, Score]] = {ALL: {measure: Score() for measure in MEASURES}}
    for one in figures:
        for entity, by_measure in one.items():
            sums = total.setdefault(entity, {measure: Score() for measure in MEASURES})
            for measure, counts in by_measure.items():
                sums[measure] += counts
    return total


def difference(text: str, gold: Spans, predicted: Spans) -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]:
    """What was missed and what was a false alarm, by the measure `overlap`."""
    in_gold, in_predicted = characters(text, gold), characters(text, predicted)
    missed = [span for span in _distinct(gold) if not covered(text, span, in_predicted)]
    alarms = [span for span in _distinct(predicted) if not covered(text, span, in_gold)]
    return missed, alarms


def recased(text: str, change: Callable[[str], str]) -> str:
    """The text with `str.lower` or `str.upper` applied where that keeps the length, so that offsets stay right."""
    return "".join(new if len(new := change(letter)) == 1 else letter for letter in text)
