"""A small policy, records and a factory for pipelines in memory."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from needful.keys import Keys
from needful.pipeline import Pipeline
from needful.policy import Policy
from needful.ports import Detector
from needful.testing import KeywordDetector, MemoryLedger, MemoryStore, PlainOperators
from needful.values import Principal, Release, Request

POLICY = """
needful: 1
name: tickets
version: 7
purposes:
  answer:
    filter:
      metadata.tenant: {equals: $principal.tenant}
    filterable: [metadata.product]
    fields:
      page_content: scan
      metadata.title: {action: keep, reason: product names only}
      metadata.name: {action: pseudonymize, entity: PERSON}
      metadata.notes: scan
    entities:
      default: redact
      PERSON: pseudonymize
      EMAIL_ADDRESS: {action: mask, keep_last: 4}
      PHONE_NUMBER: drop-passage
      US_SSN: drop-record
      CRYPTO: deny
    detect: {ner: none, reason: names come from the record, known: [metadata.name]}
    limits: {records: 10, passages: 2}
"""

DETECTOR = KeywordDetector(
    {
        "EMAIL_ADDRESS": r"\w+@\w+\.\w+",
        "US_SSN": r"\d{3}-\d\d-\d{4}",
        "PHONE_NUMBER": r"\+\d{6,}",
        "CRYPTO": r"bc1\w+",
    }
)

AGENT = Principal.of({"id": "agent-7", "tenant": "acme"})


def ticket(text: Any, **metadata: Any) -> dict[str, Any]:
    """A payload in LangChain's layout, of tenant acme unless said otherwise."""
    return {"page_content": text, "metadata": {"tenant": "acme", **metadata}}


@dataclass(slots=True)
class Bench:
    """A pipeline and what it is made of."""

    records: Iterable[Mapping[str, Any]] = ()
    policy: str = POLICY
    detector: Detector = DETECTOR
    store: Any = None
    ledger: Any = field(default_factory=MemoryLedger)
    embedder: Any = None
    pipeline: Pipeline = field(init=False)

    def __post_init__(self) -> None:
        self.store = self.store or MemoryStore(list(self.records), in_order=True)
        self.pipeline = Pipeline(
            policy=Policy.parse(self.policy),
            store=self.store,
            detector_for=lambda purpose: self.detector,
            operators=PlainOperators(),
            ledger=self.ledger,
            keys=Keys(bytes(32)),
            embedder=self.embedder,
        )

    def ask(self, query: str = "why was the claim reduced?", **given: Any) -> Release:
        """Ask as agent-7 for the purpose `answer`, unless said otherwise."""
        return self.pipeline.release(request(query, **given))


def request(query: str = "why was the claim reduced?", **given: Any) -> Request:
    """A request with this module's purpose and principal, unless said otherwise."""
    return Request(**{"query": query, "purpose": "answer", "principal": AGENT, **given})


__all__ = ["AGENT", "DETECTOR", "POLICY", "Bench", "request", "ticket"]
