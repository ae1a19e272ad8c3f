"""What the tests of annotating share: collections, detectors that processes can find by name, a server on loopback."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import httpx
from qdrant_client import QdrantClient, models

from needful.annotation import Annotator
from needful.annotations import KEY
from needful.keys import Keys
from needful.passages import passage_id
from needful.policy import Policy
from needful.ports import Detector
from needful.testing import KeywordDetector
from needful.values import Span
from needful_qdrant.annotating import Recipe

NAMES = {"PERSON": "Maria Keller|Tom Weiss", "US_SSN": r"\d{3}-\d{2}-\d{4}"}
DOCUMENTS = [f"{number:08x}-0000-7000-8000-000000000000" for number in range(1, 101)]
DEADLY = "a text that ends every process"
DEADLY_ONCE = "a text that ends one process"
MARKER = "NEEDFUL_TEST_MARKER"


def policy(layout: str = "langchain", purpose: str = "read") -> Policy:
    """A policy that scans a text and a title."""
    return Policy.parse(f"""
needful: 1
name: annotating
version: 1
layout: {layout}
purposes:
  {purpose}:
    filter: {{}}
    filterable: [metadata.kind]
    fields:
      {"_node_content" if layout == "llamaindex" else "page_content"}: {{action: scan, select: whole}}
      metadata.title: scan
    entities: {{default: redact, US_SSN: drop-passage}}
    detect: {{ner: none, reason: a test with a detector of its own}}
""")


def annotator(
    layout: str = "langchain", patterns: Mapping[str, str] | None = None, detector: Detector | None = None
) -> Annotator:
    """An annotator under the test's key, with a detector of keywords."""
    found = detector or KeywordDetector(patterns or NAMES)
    return Annotator(policy(layout), Keys.load(), lambda purpose: found)


def detector_for(policy: Policy, purpose: str) -> KeywordDetector:
    """What processes are told to load."""
    return KeywordDetector(NAMES)


@dataclass(frozen=True)
class Failing:
    """A detector that fails at texts with this word."""

    word: str = "poison"
    fingerprint: str = "failing"

    def detect(self, texts: Sequence[str]) -> list[tuple[Span, ...]]:
        if any(self.word in text for text in texts):
            raise RuntimeError(f"cannot search {texts}")
        return KeywordDetector(NAMES).detect(texts)


@dataclass(frozen=True)
class Deadly:
    """A detector that ends its process, at some texts always and at others once."""

    fingerprint: str = KeywordDetector(NAMES).fingerprint

    def detect(self, texts: Sequence[str]) -> list[tuple[Span, ...]]:
        if any(DEADLY in text for text in texts):
            os._exit(9)
        if any(DEADLY_ONCE in text for text in texts) and not Path(os.environ[MARKER]).exists():
            Path(os.environ[MARKER]).touch()
            os._exit(9)
        return KeywordDetector(NAMES).detect(texts)


@dataclass(frozen=True)
class Waiting:
    """A detector that is at its first texts until the test's marker is there."""

    fingerprint: str = KeywordDetector(NAMES).fingerprint

    def detect(self, texts: Sequence[str]) -> list[tuple[Span, ...]]:
        while not Path(os.environ[MARKER]).exists():
            time.sleep(0.01)
        return KeywordDetector(NAMES).detect(texts)


def waiting_for(policy: Policy, purpose: str) -> Waiting:
    """What processes are told to load where they are to be busy for as long as a test likes."""
    return Waiting()


def failing_for(policy: Policy, purpose: str) -> Failing:
    """What processes are told to load where they are to fail."""
    return Failing()


def deadly_for(policy: Policy, purpose: str) -> Deadly:
    """What processes are told to load where they are to die."""
    return Deadly()


def missing_for(policy: Policy, purpose: str) -> Deadly:
    """What ends a process before it is ready."""
    os._exit(9)


def empty(client: QdrantClient, collection: str = "c") -> None:
    """Make a collection in which a point may be without a vector."""
    sparse = models.SparseVectorParams(modifier=models.Modifier.IDF)
    client.create_collection(collection, vectors_config={}, sparse_vectors_config={"s": sparse})


def filled(client: QdrantClient, texts: Sequence[str], collection: str = "c", **metadata: Any) -> None:
    """Make a collection of LangChain's layout; ids count from 1."""
    empty(client, collection)
    numbered = enumerate(texts, start=1)
    points = {n: {"page_content": text, "metadata": {"title": f"Ticket {n}", **metadata}} for n, text in numbered}
    put_all(client, points, collection)


def put(client: QdrantClient, identifier: int | str, payload: Mapping[str, Any], collection: str = "c") -> None:
    """Upsert one point whole, as an application does."""
    put_all(client, {identifier: payload}, collection)


def put_all(client: QdrantClient, points: Mapping[Any, Mapping[str, Any]], collection: str = "c") -> None:
    """Upsert points whole, payloads by their ids."""
    vector = models.SparseVector(indices=[1], values=[1.0])
    made = [models.PointStruct(id=point, vector={"s": vector}, payload=dict(points[point])) for point in points]
    client.upsert(collection, made, wait=True)


def texts(count: int) -> list[str]:
    """Texts, every third with a name and every fifth with a number."""
    return [
        f"Case {n}. " + ("Maria Keller called. " if n % 3 == 0 else "") + ("Her 123-45-6789. " if n % 5 == 0 else "")
        for n in range(count)
    ]


def documents(client: QdrantClient, made: Annotator, texts: Sequence[str], collection: str = "c") -> None:
    """Make a collection of layout `passages`."""
    empty(client, collection)
    put_all(
        client,
        {
            laid.id: laid.payload
            for document, text in zip(DOCUMENTS, texts, strict=False)
            for laid in made.document(document, {"page_content": text, "metadata": {"title": "For Tom Weiss"}})
        },
        collection,
    )


def stored(client: QdrantClient, collection: str = "c") -> dict[int | str, dict[str, Any]]:
    """Every payload by its id."""
    points, _ = client.scroll(collection, limit=10_000, with_payload=True)
    return {point.id: dict(point.payload or {}) for point in points}  # type: ignore[misc]


def lacks_none(client: QdrantClient, made: Annotator, collection: str = "c") -> bool:
    """Whether every point has exactly what the annotator makes of its texts."""
    payloads = list(stored(client, collection).values())
    return [payload.get(KEY) for payload in payloads] == made.records(payloads)


def own_point(number: int) -> str:
    """The id of a document's own point."""
    return passage_id(DOCUMENTS[number], 0)


@contextmanager
def served(client: QdrantClient) -> Iterator[str]:
    """Serve an embedded engine on loopback like a server; yields its URL."""
    transport = client.init_options["transport"]

    class Handler(BaseHTTPRequestHandler):
        def do(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            answer = transport.handle_request(httpx.Request(self.command, f"http://engine{self.path}", content=body))
            self.send_response(answer.status_code)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(answer.content)))
            self.end_headers()
            self.wfile.write(answer.content)

        do_GET = do_PUT = do_POST = do_DELETE = do  # noqa: N815 - the names that http.server calls

        def log_message(self, format: str, *arguments: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=partial(server.serve_forever, poll_interval=0.01))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def recipe_of(detectors: str, server: str | None = None, layout: str = "langchain") -> Recipe:
    """A recipe for the collection `c`, with detectors of this module."""
    return Recipe(policy(layout), "c", server, f"annotating_support:{detectors}")
