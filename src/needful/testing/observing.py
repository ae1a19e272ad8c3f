"""What a policy test runs on, and what it lets one see afterwards: store, detector, surrogates and embedder.

They go round the real ones or stand in for them; the pipeline between them is the one that applications run.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from needful.errors import DetectionError
from needful.paths import FieldPath, assemble
from needful.pipeline import Pipeline
from needful.policy.document import Layout
from needful.policy.suites.wildcards import made_up
from needful.ports import Detector, Surrogates
from needful.testing.fakes import MemoryStore
from needful.values import Document, Entry, Fetch, Fetched, Filter, PointId, Record, Request, Span

__all__ = ["MarkedSurrogates", "Observation", "SuiteStore", "WatchedDetector", "WordEmbedder", "payload_of"]

EACH = "[]"
ALL = 10_000
DIMENSIONS = 64


def payload_of(text: str, layout: Layout) -> Mapping[str, Any]:
    """The payload that has this text where the layout keeps it, and nothing else."""
    value = text if layout.json_key is None else json.dumps({layout.json_key: text})
    steps = FieldPath.parse(layout.text).steps
    return assemble([(tuple(0 if step == EACH else step for step in steps), value)])


@dataclass(slots=True)
class SuiteStore:
    """The payloads of one test, best first. Each has the score 1, or the one that its key `$score` gives.

    With `unfiltered` no filter keeps a record out. `fetched` are all records that left the store. Raw.
    """

    payloads: Sequence[Mapping[str, Any]] = field(repr=False)
    unfiltered: bool = False
    fetched: list[Record] = field(default_factory=list, repr=False)

    def fetch(self, fetch: Fetch) -> Fetched:
        """Answer like a vector store would: filtered, cut by score, projected."""
        points = self._points()
        filtered = Filter() if self.unfiltered else fetch.filter
        answer = MemoryStore(self.payloads, in_order=True).fetch(
            replace(fetch, filter=filtered, min_score=None, limit=ALL)
        )
        records = (replace(record, score=_score(points[record.id])) for record in answer.records)
        kept = [record for record in records if fetch.min_score is None or record.score >= fetch.min_score]
        self.fetched += kept[: fetch.limit]
        return Fetched(tuple(kept[: fetch.limit]), answer.bytes)

    async def afetch(self, fetch: Fetch) -> Fetched:
        """Like `fetch`."""
        return self.fetch(fetch)

    def payload(self, identifier: PointId) -> Mapping[str, Any]:
        """The whole payload of a point. Raw."""
        return self._points()[identifier]

    def _points(self) -> dict[PointId, Mapping[str, Any]]:
        return {payload.get("$id", at): payload for at, payload in enumerate(self.payloads, start=1)}

    def matching(self, filtered: Filter, *, least: float | None = None) -> int:
        """How many of the records a filter lets through, and of them those with this score or more."""
        once = SuiteStore(self.payloads, self.unfiltered)
        return len(once.fetch(Fetch(text="", include=(), filter=filtered, limit=ALL, min_score=least)).records)


def _score(payload: Mapping[str, Any]) -> float:
    return float(payload.get("$score", 1.0))


@dataclass(slots=True)
class WatchedDetector:
    """Another detector; `recognizers` are those whose spans it answered."""

    inner: Detector
    recognizers: set[str] = field(default_factory=set)

    @property
    def fingerprint(self) -> str:
        """That of the other detector."""
        return self.inner.fingerprint

    def detect(self, texts: Sequence[str]) -> list[tuple[Span, ...]]:
        """The other detector's spans."""
        found = self.inner.detect(texts)
        self.recognizers |= {span.recognizer for spans in found for span in spans}
        return found


@dataclass(frozen=True, slots=True)
class MarkedSurrogates:
    """Other surrogates, and `[PERSON~*]` in place of what they made up: made-up values differ from run to run."""

    inner: Surrogates

    @property
    def fingerprint(self) -> str:
        """That of the other surrogates."""
        return self.inner.fingerprint

    def fake(self, entity: str, value: str, language: str, draw: Callable[[str], bytes]) -> str:
        """Return the wildcard where a value was made up that differs from the original. Raises what the others do."""
        fake = self.inner.fake(entity, value, language, draw)
        if not fake.strip() or fake == value:
            raise DetectionError("a surrogate is empty, or the value itself", code="surrogate-fault")
        return made_up(entity)


class WordEmbedder:
    """A `needful.ports.Embedder` in a few lines: texts that share words have vectors that point the same way."""

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """Return one vector a text, of length 1, or of zeros where it has no word."""
        return [self.embed_query(text) for text in texts]

    def embed_query(self, text: str) -> list[float]:
        """Return the vector of a question."""
        vector = [0.0] * DIMENSIONS
        for word in re.findall(r"\w+", text.casefold()):
            vector[hashlib.sha256(word.encode("utf-8", "surrogatepass")).digest()[0] % DIMENSIONS] += 1.0
        length = math.sqrt(sum(part * part for part in vector)) or 1.0
        return [part / length for part in vector]


@dataclass(frozen=True, slots=True)
class Observation:
    """What could be seen while one test ran, for `coverage`. Raw."""

    pipeline: Pipeline = field(repr=False)
    store: SuiteStore = field(repr=False)
    request: Request
    entries: tuple[Entry, ...] = ()
    """What the ledger got: the answer's entry, then the restoring's."""
    documents: tuple[Document, ...] = field(default=(), repr=False)
    recognizers: frozenset[str] = frozenset()
    """Those that found anything."""

    @property
    def records(self) -> list[Record]:
        """What left the store."""
        return self.store.fetched
