"""What the fail-closed tests share: a retriever full of canaries, two doors, and what must hold after any fault.

Texts, owners and e-mail addresses of the records are canaries, and so is a word of the question. After a fault none of
them may be in an exception, its chain or its frames, in a log record, in a document or in the ledger.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from langchain_core.documents import Document
from langchain_support import vectorstore
from qdrant_client import QdrantClient

from needful.errors import NeedfulError
from needful.ledger import SqliteLedger
from needful.policy import Policy
from needful.testing import KeywordDetector, LeakProbe, MemoryLedger, PlainOperators
from needful.values import Entry, Span
from needful_langchain import NeedfulRetriever
from needful_qdrant import embedded_client

SOAK = os.environ.get("NEEDFUL_SOAK") == "1"
"""Whether the slow tests run at their full size."""

Ask = Callable[..., list[Document]]

POLICY = """
needful: 1
name: faults
version: 1
purposes:
  answer:
    filter: {metadata.tenant: {equals: $principal.tenant}}
    fields:
      page_content: scan
      metadata.name: {action: pseudonymize, entity: PERSON}
    entities: {default: redact, PERSON: pseudonymize, EMAIL_ADDRESS: {action: mask, keep_last: 4}}
    detect: {ner: none, reason: a test, known: [metadata.name], timeout: 2}
    limits: {records: 4}
    on_fault: withhold
"""
FAIL = POLICY.replace("on_fault: withhold", "on_fault: fail")

CALL: dict[str, Any] = {"purpose": "answer", "principal": {"id": "agent-canary", "tenant": "acme"}}
DETECTOR = KeywordDetector({"EMAIL_ADDRESS": r"\w+@\w+\.\w+", "US_SSN": r"\d{3}-\d\d-\d{4}"})

DOORS: Mapping[str, Callable[..., list[Document]]] = {
    "sync": lambda retriever, query, **given: retriever.invoke(query, **given),
    "async": lambda retriever, query, **given: asyncio.run(retriever.ainvoke(query, **given)),
}


@dataclass(frozen=True, slots=True)
class Tickets:
    """Three tickets of one tenant in an embedded collection, and the canaries in them."""

    client: QdrantClient
    store: Any
    canaries: tuple[str, ...]


@cache
def tickets() -> Tickets:
    """The tickets, written once a process: no test changes them."""
    words = ("kitchen", "roof", "boom")
    probe = LeakProbe()
    names = [probe.plant("Owner{}") for _ in words]
    mails = [probe.plant("mail{}") for _ in words]
    texts = [
        f"The {word} claim of {name}, {mail}@mail.example, was reduced."
        for word, name, mail in zip(words, names, mails, strict=True)
    ]
    client = embedded_client()
    store = vectorstore(client, texts, [{"tenant": "acme", "name": name} for name in names])
    return Tickets(client, store, tuple(probe.canaries))


@dataclass(slots=True)
class Bench:
    """A retriever over the tickets; what is given replaces its parts."""

    door: Ask
    logs: pytest.LogCaptureFixture
    folder: Path
    probe: LeakProbe = field(default_factory=LeakProbe)
    ledger: Any = field(default_factory=MemoryLedger)
    question: str = ""
    retriever: NeedfulRetriever = field(init=False)
    store: Any = field(init=False)

    def __post_init__(self) -> None:
        self.probe.canaries += tickets().canaries
        self.question = f"why was the claim of {self.probe.plant()}@mail.example reduced?"
        self.probe.adopt("agent-canary")
        self.store = tickets().store
        self.make()

    def make(self, policy: str = POLICY, **parts: Any) -> NeedfulRetriever:
        """Wire the retriever anew."""
        self.ledger = parts.pop("ledger", self.ledger)
        self.retriever = NeedfulRetriever.from_vectorstore(
            self.store,
            policy=Policy.parse(policy),
            ledger=self.ledger,
            **{"detector": DETECTOR, "operators": PlainOperators(), **parts},
        )
        return self.retriever

    def ask(self, **given: Any) -> list[Document]:
        """Ask through the door of this run; documents are looked at."""
        documents = self.door(self.retriever, self.question, **{**CALL, **given})
        self.probe.tap("documents", documents, *[document.model_dump() for document in documents])
        return documents

    def fails(self, kind: type[BaseException], **given: Any) -> Any:
        """Ask, and return what was raised, which has been looked at with its chain and its frames."""
        with pytest.raises(kind) as caught:
            self.ask(**given)
        error = caught.value
        self.probe.tap_exception("exception", error)
        if isinstance(error, NeedfulError):
            assert error.__context__ is None
            assert error.__cause__ is None
            assert error.code
        return error

    @property
    def entries(self) -> list[Entry]:
        """What the ledger holds."""
        if isinstance(self.ledger, SqliteLedger):
            return [stored.entry for stored in self.ledger.entries()]
        return list(self.ledger.entries)

    @property
    def last(self) -> tuple[str, str]:
        """Outcome and reason of the last entry."""
        entry = self.entries[-1]
        return entry.outcome, entry.reason

    def assert_no_leak(self) -> None:
        """Look at the logs, the ledger and its files, and say whether anything raw came out anywhere."""
        self.probe.tap("logs", self.logs.text, *[record.__dict__ for record in self.logs.records])
        self.probe.tap("entries", *[repr(entry) for entry in self.entries])
        self.probe.tap_files("files", self.folder)
        self.probe.assert_no_leak()


@dataclass(frozen=True, slots=True)
class Trapped:
    """A detector that does something else, once `word` is in a text: `trap` gets the texts."""

    trap: Callable[[Sequence[str]], Any]
    word: str = "boom"
    fingerprint: str = "trapped"

    def detect(self, texts: Sequence[str]) -> list[tuple[Span, ...]]:
        if any(self.word in text for text in texts):
            answer: list[tuple[Span, ...]] = self.trap(texts)
            return answer
        return DETECTOR.detect(texts)


def raising(error: type[BaseException]) -> Callable[[Sequence[str]], Any]:
    """What raises an exception that quotes the texts."""

    def trap(texts: Sequence[str]) -> Any:
        raise error(f"cannot read {texts}")

    return trap


def shown(documents: Sequence[Document]) -> set[str]:
    """Which tickets came: the word after `The`."""
    return {document.page_content.split()[1] for document in documents}


def made_bench(door: str, logs: pytest.LogCaptureFixture, folder: Path, ledger: Any = None) -> Iterator[Bench]:
    """Yield a bench for one test, and look at everything after it."""
    logs.set_level(logging.DEBUG)
    bench = Bench(DOORS[door], logs, folder, ledger=MemoryLedger() if ledger is None else ledger)
    yield bench
    bench.assert_no_leak()


def every(count: int, fewer: int) -> Iterator[int]:
    """The numbers below `count`: all where NEEDFUL_SOAK is set, else `fewer` of them, evenly."""
    step = 1 if SOAK else max(1, count // fewer)
    return iter(range(0, count, step))
