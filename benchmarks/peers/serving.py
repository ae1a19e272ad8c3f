"""A peer's side of the conversation with `run.py`: one JSON object a line, standard library only.

First comes the set-up, which is answered when the collection is written; then questions, each answered with what the
LLM would get, what stands beside it, how long it took and, where asked for, what a tracer saw; then the end, answered
with the most memory that the process ever held. An error is answered with its class alone.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from peers.embedding import Embedding

__all__ = ["Ask", "Built", "Setup", "Shown", "serve"]

Shown = tuple[str, Any]
"""A result: the text for the LLM, and what a caller holds beside it."""
Ask = Callable[[str, "list[Any] | None"], Sequence[Shown]]
"""Answers a question; given a list, it puts everything there that a tracer saw."""
Built = tuple[Mapping[str, str], Ask]
"""What the tool says of itself (versions, the model of names), and how it is asked."""


@dataclass(frozen=True, slots=True)
class Setup:
    """Where the engine is, what is to be written, and how it is embedded."""

    url: str
    k: int
    texts: Sequence[str]
    metadatas: Sequence[Mapping[str, str]]
    embedding: Embedding
    options: Mapping[str, Any]


def serve(build: Callable[[Setup], Built]) -> None:
    """Answer until the end. Whatever libraries print goes to standard error."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    ask: Ask | None = None
    for line in sys.stdin:
        given = json.loads(line)
        reply: dict[str, Any]
        try:
            if "setup" in given:
                reply, ask = _built(build, given["setup"])
            elif "ask" in given:
                assert ask is not None
                reply = _asked(ask, given["ask"], traced=given["traced"])
            else:
                reply = {"peak_mb": _peak()}
        except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever a peer raises becomes a row of the table
            traceback.print_exc()  # to standard error, which run.py shows where it is told to
            reply = {"error": type(error).__name__}
        answers.write(json.dumps(reply, ensure_ascii=False, default=str) + "\n")
        answers.flush()


def _built(build: Callable[[Setup], Built], given: Mapping[str, Any]) -> tuple[dict[str, Any], Ask]:
    start = time.perf_counter()
    embedding = Embedding(given["weights"])
    about, ask = build(Setup(given["url"], given["k"], given["texts"], given["metadatas"], embedding, given["options"]))
    return {"about": about, "setup_s": time.perf_counter() - start}, ask


def _asked(ask: Ask, question: str, *, traced: bool) -> dict[str, Any]:
    trace: list[Any] | None = [] if traced else None
    start = time.perf_counter()
    shown = ask(question, trace)
    taken = (time.perf_counter() - start) * 1000
    return {
        "ms": taken,
        "texts": [text for text, _ in shown],
        "beside": [json.dumps(other, ensure_ascii=False, default=str) for _, other in shown],
        "trace": None if trace is None else json.dumps(trace, ensure_ascii=False, default=str),
    }


def _peak() -> float:
    unit = 1024 * 1024 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit
