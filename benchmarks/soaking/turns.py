"""One call of a soak, drawn at random: who asks what for which purpose, and what shall go wrong."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Any

from langchain_core.callbacks import BaseCallbackHandler

from needful_langchain import NeedfulRetriever
from soaking.faults import DOCUMENTS, FAULTS, Journey
from soaking.setup import Setup
from soaking.world import PRINCIPALS, PURPOSES, question

__all__ = ["Turn", "turn_of"]


class _Told(BaseCallbackHandler):
    """Keeps what LangChain tells a callback."""

    def __init__(self) -> None:
        self.told: list[Any] = []

    def on_retriever_start(self, serialized: Any, query: str, **kwargs: Any) -> None:
        self.told.append((serialized, query, kwargs))

    def on_retriever_end(self, documents: Any, **kwargs: Any) -> None:
        self.told.append((documents, kwargs))

    def on_retriever_error(self, error: BaseException, **kwargs: Any) -> None:
        self.told.append((repr(error), kwargs))


@dataclass(slots=True)
class Turn:
    """One call: what is asked, what shall go wrong, and what came."""

    purpose: str
    retriever: NeedfulRetriever
    question: str
    canaries: tuple[str, ...]
    arguments: dict[str, Any]
    journey: Journey
    cancel_after: float | None = None
    outcome: Any = None
    error: BaseException | None = None
    milliseconds: float = 0.0
    told: _Told = field(default_factory=_Told)
    by_release: bool = False

    @property
    def name(self) -> str:
        """What came of it: `documents`, or the class of what was raised."""
        return DOCUMENTS if self.error is None else type(self.error).__name__


def turn_of(setup: Setup, chance: random.Random, in_thread: bool) -> Turn:
    """Draw a call."""
    asked, canaries = question(chance, setup.canaries)
    purpose = chance.choice(PURPOSES)
    trip = Journey(question=asked)
    cancel = None
    if chance.random() < setup.job.faulty:
        possible = [fault for fault in FAULTS if in_thread or not fault.threads_only]
        if not in_thread and chance.random() < 0.1:
            cancel = chance.random() * 0.1
        else:
            trip.fault = chance.choice(possible)
    who = chance.choice(PRINCIPALS[:1] if purpose == "fraud-review" and chance.random() < 0.7 else PRINCIPALS)
    arguments: dict[str, Any] = {"principal": who, "k": chance.choice((3, 4, 5))}
    if trip.fault is None and cancel is None and chance.random() < 0.02:
        arguments["k"] = 1000  # refused
    return Turn(
        purpose,
        setup.retrievers[purpose],
        asked,
        canaries,
        arguments,
        trip,
        cancel_after=cancel,
        by_release=chance.random() < 0.5,
    )
