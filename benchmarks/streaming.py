"""Whether memory grows with a collection: a million passages through `index`, a million points through `annotate`.

The server only answers. What it is asked for it makes up from a number, and of what is written to it, it keeps the last
few thousand points, so that they can be read back: all memory that grows would be Needful's. (The embedded engine holds
its collection itself; `annotating.py` follows that.) The detector looks for one word, so that a million points take
minutes. Resident memory is printed when 10, 25, 50 and 100 % are done.

    python benchmarks/streaming.py [--passages 1000000] [--way index|annotate|both]
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import sys
import time
import uuid
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from qdrant_client import QdrantClient

from needful.annotation import Annotator
from needful.keys import Keys
from needful.policy import Policy
from needful.testing import KeywordDetector
from needful_qdrant import Bm25Embeddings
from needful_qdrant.annotating import Run, annotate
from needful_qdrant.writing import Progress, index

MARKS = (0.1, 0.25, 0.5, 1.0)
SENTENCES = 10
KEPT = 4_096
PAGE = os.sysconf("SC_PAGE_SIZE")
WORDS = (
    "claim kitchen flood policy premium storm roof adjuster invoice repair tenant owner pipe leak fire smoke".split()
)
DETECTOR = KeywordDetector({"PERSON": "Maria"})

POLICY = """
needful: 1
name: streaming
version: 1
layout: LAYOUT
purposes:
  answer:
    filter: {metadata.tenant: {equals: $principal.tenant}}
    fields: {page_content: scan}
    entities: {default: redact}
    detect: {ner: none, reason: a benchmark}
"""
COLLECTION = {
    "status": "green",
    "optimizer_status": "ok",
    "segments_count": 1,
    "payload_schema": {},
    "config": {
        "params": {"sparse_vectors": {"langchain-sparse": {"modifier": "idf"}}},
        "hnsw_config": {"m": 16, "ef_construct": 100, "full_scan_threshold": 10_000},
        "optimizer_config": {
            "deleted_threshold": 0.2,
            "vacuum_min_vector_number": 1000,
            "default_segment_number": 0,
            "flush_interval_sec": 5,
        },
    },
}
DONE = {"operation_id": 0, "status": "completed"}


def text_of(number: int) -> str:
    """A text of one sentence, always the same for a number."""
    chance = random.Random(number)
    return f"{' '.join(chance.choices(WORDS, k=16)).capitalize()} {'Maria' if number % 7 == 0 else 'they'} {number}."


class Server(httpx.BaseTransport):
    """Answers as a Qdrant with points 1 to `points` would."""

    def __init__(self, points: int) -> None:
        self.points = points
        self.largest = 0
        self._written: OrderedDict[int, Any] = OrderedDict()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Answer one request."""
        sent = request.read()
        self.largest = max(self.largest, len(sent))
        result = self._answer(request.method, request.url.path, json.loads(sent) if sent else {})
        return httpx.Response(200, json={"result": result, "status": "ok", "time": 0.0})

    def _answer(self, method: str, path: str, body: Any) -> Any:
        if path.endswith("/exists"):
            return {"exists": True}
        if path.endswith("/points/scroll"):
            return self._page(body) if self.points else {"points": [], "next_page_offset": None}
        if path.endswith("/points/batch"):
            return [self._done(operation) for operation in body["operations"]]
        if path.endswith("/points/count"):
            return {"count": self.points}
        if path.endswith("/points") and method == "POST":
            return [{"id": number, "payload": self._payload(number)} for number in body["ids"]]
        return COLLECTION if method == "GET" else DONE

    def _page(self, body: Mapping[str, Any]) -> Any:
        first = body.get("offset") or 1
        last = min(self.points, first + body["limit"] - 1)
        following = None if last == self.points else last + 1
        return {"points": [{"id": number} for number in range(first, last + 1)], "next_page_offset": following}

    def _payload(self, number: int) -> dict[str, Any]:
        annotation = {"needful": self._written[number]} if number in self._written else {}
        return {"page_content": text_of(number), **annotation}

    def _done(self, operation: Mapping[str, Any]) -> Any:
        if "set_payload" in operation:
            given = operation["set_payload"]
            (number,) = next(test["has_id"] for test in given["filter"]["must"] if "has_id" in test)
            self._written[number] = given["payload"]["needful"]
            while len(self._written) > KEPT:
                self._written.popitem(last=False)
        return DONE


@dataclass(frozen=True, slots=True)
class Text:
    """A document to index."""

    id: str
    text: str
    metadata: Mapping[str, Any]


def texts(passages: int) -> Iterator[Text]:
    """Documents of so many passages in all."""
    for number in range(passages // SENTENCES):
        first = number * SENTENCES
        text = " ".join(map(text_of, range(first, first + SENTENCES)))
        yield Text(str(uuid.uuid5(uuid.NAMESPACE_URL, str(number))), text, {"tenant": "acme"})


def resident() -> float:
    """Resident memory of this process in MiB."""
    return int(Path("/proc/self/statm").read_text("ascii").split()[1]) * PAGE / 2**20


class Sampler:
    """Prints resident memory when so much is done."""

    def __init__(self, whole: int, *, each: int = 1) -> None:
        self._each = each
        self._left = [mark * whole for mark in MARKS]
        self._done = 0
        self._began = time.process_time()

    def advance(self, done: int) -> None:
        """Hear of what is done: of so many times `each` passages."""
        self._done += done * self._each
        while self._left and self._done >= self._left[0]:
            self._left.pop(0)
            rate = self._done / (time.process_time() - self._began)
            print(f"  {self._done:12,} {resident():7.0f} MiB   {rate:8,.0f} for a second of processor time", flush=True)


def index_all(passages: int) -> None:
    """Index a million passages."""
    policy = Policy.parse(POLICY.replace("LAYOUT", "passages"))
    server, sampler = Server(0), Sampler(passages, each=SENTENCES)
    annotator = Annotator(policy, Keys.random(), lambda purpose: DETECTOR)
    done = index(
        client_of(server),
        "streamed",
        texts(passages),
        annotator,
        policy=policy,
        sparse_embeddings=Bm25Embeddings(),
        progress=Progress(sampler.advance),
    )
    print(f"  {done.passages:,} passages indexed; largest request {server.largest:,} bytes")


def annotate_all(points: int) -> None:
    """Annotate a million points."""
    policy = Policy.parse(POLICY.replace("LAYOUT", "langchain"))
    server, sampler = Server(points), Sampler(points)
    annotator = Annotator(policy, Keys.random(), lambda purpose: DETECTOR)
    done = annotate(client_of(server), "streamed", annotator, policy.layout, Run(advance=sampler.advance))
    print(f"  {done.written:,} points annotated; largest request {server.largest:,} bytes")


def client_of(server: Server) -> QdrantClient:
    """A client of the server."""
    return QdrantClient(url="http://streaming", transport=server, check_compatibility=False)


WAYS: Mapping[str, Callable[[int], None]] = {"index": index_all, "annotate": annotate_all}


def main() -> int:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--passages", type=int, default=1_000_000)
    parser.add_argument("--way", choices=(*WAYS, "both"), default="both")
    options = parser.parse_args()
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, {options.passages:,}")
    for name in WAYS if options.way == "both" else (options.way,):
        print(name)
        WAYS[name](options.passages)
    return 0


if __name__ == "__main__":
    sys.exit(main())
