"""Asks one tool all questions and adds up what came of it.

Every question is asked three times: once for the first time, once again, and once with a tracer attached, which is not
timed. One question that is not counted comes before, so that no tool's figures hold the loading of its libraries.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from peers.bridge import Bridge, Exchange
from peers.leaking import Values, answered, seen
from peers.planting import Document, Question
from peers.rows import Row
from peers.talking import Process

__all__ = ["Trial", "measured", "percentile"]

WARM = "Which statements are audited?"


class Trial:
    """The same documents, questions and embedding for every tool. `unseen`: places of questions with new documents."""

    def __init__(
        self,
        documents: Sequence[Document],
        questions: Sequence[Question],
        weights: Mapping[str, float],
        unseen: frozenset[int],
        k: int,
    ) -> None:
        self.questions = questions
        self.unseen = unseen
        self.values: Values = {(one.number, kind): value for one in documents for kind, value in one.values.items()}
        self._setup = {
            "k": k,
            "texts": [one.text for one in documents],
            "metadatas": [dict(one.metadata) for one in documents],
            "weights": weights,
        }

    def setup(self, url: str, options: Mapping[str, Any]) -> dict[str, Any]:
        """The first message."""
        return {"setup": {**self._setup, "url": url, "options": dict(options)}}


def measured(row: Row, python: Path, trial: Trial, *, verbose: bool = False) -> dict[str, Any]:
    """Run one tool in a process and against an engine of its own. Raises `Failed`."""
    with Bridge() as bridge, Process(python, row.program, verbose=verbose) as process:
        ready = process.talk(trial.setup(bridge.url, row.options))
        process.talk({"ask": WARM, "traced": False})
        first, again, traced = (
            _round(process, bridge, trial.questions, traced=traced) for traced in (False, False, True)
        )
        ended = process.talk({"end": True})
    return {**ready, **ended, **_times(first, again, trial.unseen), **_counts(first, traced, trial)}


def percentile(values: Sequence[float], share: float) -> float:
    """The least value that at least `share` of all do not exceed."""
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]


Asked = tuple[dict[str, Any], list[Exchange]]


def _round(process: Process, bridge: Bridge, questions: Sequence[Question], *, traced: bool) -> list[Asked]:
    bridge.drained()
    return [(process.talk({"ask": one.text, "traced": traced}), bridge.drained()) for one in questions]


def _times(first: Sequence[Asked], again: Sequence[Asked], unseen: frozenset[int]) -> dict[str, float | None]:
    firsts, others = ([answer["ms"] for answer, _ in one] for one in (first, again))
    cold = [firsts[place] for place in sorted(unseen)]
    return {
        "p50_cold": statistics.median(cold) if cold else None,
        "p50_first": statistics.median(firsts),
        "p95_first": percentile(firsts, 0.95),
        "p50_again": statistics.median(others),
        "p95_again": percentile(others, 0.95),
    }


def _counts(first: Sequence[Asked], traced: Sequence[Asked], trial: Trial) -> dict[str, float]:
    count = len(first)
    left = [seen(trial.values, _wire(exchanges)) for _, exchanges in first]
    kept = [answered(one.answer, answer["texts"]) for one, (answer, _) in zip(trial.questions, first, strict=True)]

    def leaked(rounds: Sequence[Asked], text: Callable[[dict[str, Any]], str]) -> int:
        """Values that left the engine for a question and can be read. What did not leave it is a coincidence."""
        pairs = zip(left, rounds, strict=True)
        return sum(len(fetched & seen(trial.values, text(answer))) for fetched, (answer, _) in pairs)

    return {
        "received": sum(one.received for _, exchanges in first for one in exchanges) / count,
        "sent": sum(one.sent for _, exchanges in first for one in exchanges) / count,
        "requests": sum(len(exchanges) for _, exchanges in first) / count,
        "documents": sum(len(answer["texts"]) for answer, _ in first) / count,
        "characters": sum(sum(map(len, answer["texts"])) for answer, _ in first) / count,
        "kept": sum(kept) / count,
        "wire": sum(map(len, left)),
        "content": leaked(first, lambda answer: "\n".join(answer["texts"])),
        "metadata": leaked(first, lambda answer: "\n".join(answer["beside"])),
        "traces": leaked(traced, lambda answer: answer["trace"]),
    }


def _wire(exchanges: Sequence[Exchange]) -> str:
    return "\n".join(one.body.decode("utf-8") for one in exchanges)
