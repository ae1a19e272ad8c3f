"""What the bundled model has to reach, held against the figures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from detecting.echr import DIRECT, EITHER, QUASI

__all__ = ["Target", "at", "targets"]

EVALUATION = "presidio_synth_EVALONLY"
_FIRST = ("tab_dev", EVALUATION, "uner_en_ewt_dev")
_FOUND = {
    "PERSON": {**dict.fromkeys(_FIRST, 0.97), "wnut17_dev": 0.85},
    "LOCATION": dict.fromkeys(_FIRST, 0.93),
    "ORGANIZATION": dict.fromkeys(_FIRST, 0.90),
}
_RESOURCES = {
    "bundled": {"median_ms": 30.0, "load_s": 1.5, "memory_mb": 300.0},
    "fast": {"median_ms": 15.0, "load_s": 1.5, "memory_mb": 300.0},
}
_UNITS = {"median_ms": "ms per 100 words", "load_s": "s to load", "memory_mb": "MB of memory"}
_NEAR = 0.03
_SLACK = 1e-9
"""For sums of binary fractions: 0.03 is within 0.03."""


@dataclass(frozen=True, slots=True)
class Target:
    """One row. `measured` is None where there is no figure; then it is neither reached nor missed."""

    what: str
    goal: float
    measured: float | None
    most: bool = False
    """Whether the goal is an upper bound."""
    decimals: int = 3

    @property
    def reached(self) -> bool | None:
        """Whether the figure meets the goal."""
        if self.measured is None:
            return None
        return self.measured <= self.goal + _SLACK if self.most else self.measured >= self.goal - _SLACK


def at(figures: Any, *path: str | int) -> Any:
    """What lies under a path of keys, None where any of them is missing."""
    for key in path:
        try:
            figures = figures[key]
        except (KeyError, IndexError, TypeError):
            return None
    return figures


def targets(figures: Mapping[str, Any]) -> list[Target]:
    """Every target with what was measured."""
    return [
        *_names(figures),
        *_characters(figures),
        *_standard(figures),
        *_judgments(figures),
        *_cost(figures),
        *_chinese(figures),
    ]


def _names(figures: Mapping[str, Any]) -> Iterator[Target]:
    for entity, goals in _FOUND.items():
        for name, goal in goals.items():
            note = f", {_echr(figures)}" if name == "tab_dev" else ""
            recall = at(figures, "names", "bundled", name, entity, "overlap", 1)
            yield Target(f"{entity} found, {name}{note}", goal, recall)


def _echr(figures: Mapping[str, Any]) -> str:
    """What has to be said beside every figure of ECHR judgments."""
    trained = {"sibling": "tab_train trained on", "yes": "trained on", "no": "not trained on"}
    return f"ECHR ({trained.get(at(figures, 'trained', 'tab_dev'), 'training not recorded')}, one annotator)"


def _characters(figures: Mapping[str, Any]) -> Iterator[Target]:
    measured = at(figures, "cases", "bundled") or {}
    for number, (what, goal) in {1: ("recall", 0.95), 0: ("precision", 0.88)}.items():
        yield Target(f"characters of names, {what}, {EVALUATION}", goal, at(measured, "as it is", number))
    for case in ("lower", "upper"):
        for number, what in {1: "recall", 0: "precision"}.items():
            here, there = at(measured, "as it is", number), at(measured, case, number)
            lost = None if there is None else max(0.0, here - there)
            yield Target(f"what {what} of characters loses in {case} case", _NEAR, lost, most=True)


def _standard(figures: Mapping[str, Any]) -> Iterator[Target]:
    f2 = at(figures, "standard", "bundled", "f2")
    yield Target(f"presidio-evaluator F2, IoU 0.75, all entities, {EVALUATION}", 0.90, f2)


def _judgments(figures: Mapping[str, Any]) -> Iterator[Target]:
    for kind, goal in ((DIRECT, 1.0), (QUASI, 0.88)):
        share = at(figures, "echr", "bundled", kind, EITHER, 1)
        yield Target(f"{kind.lower()} identifiers covered whole, {_echr(figures)}", goal, share)


def _cost(figures: Mapping[str, Any]) -> Iterator[Target]:
    for choice, goals in _RESOURCES.items():
        for key, goal in goals.items():
            measured = at(figures, "resources", choice, key)
            yield Target(f"{choice}: {_UNITS[key]}", goal, measured, most=True, decimals=1)


def _chinese(figures: Mapping[str, Any]) -> Iterator[Target]:
    simple, other = (
        at(figures, "chinese", "bundled", script, "PERSON", "overlap", 1) for script in ("simplified", "traditional")
    )
    yield Target("Chinese PERSON found, uner_zh_gsdsimp_dev", 0.90, simple)
    lost = None if simple is None or other is None else max(0.0, simple - other)
    yield Target("what that loses in traditional characters", _NEAR, lost, most=True)
