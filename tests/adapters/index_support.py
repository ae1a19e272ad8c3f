"""What the tests of `needful index --policy` share: policies, tickets, a module of the user's own, a look at points."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from cli_support import AGENT, CANARY, jsonl
from qdrant_client import QdrantClient

from needful_qdrant import embedded_client

POLICY = """
needful: 1
name: claims
version: 1
layout: {layout}
purposes:
  answer:
    filter:
      metadata.tenant: {{equals: $principal.tenant}}
    filterable: [{{key: metadata.opened, operators: [range]}}]
    fields:
      page_content: scan
      metadata.product: {{action: keep, reason: the name of a product}}
      metadata.name: {{action: pseudonymize, entity: PERSON}}
    entities: {{default: redact, PERSON: pseudonymize}}
    detect: {{ner: none, reason: a test, known: [metadata.name], max_characters: {longest}}}
"""
FACTORIES = """
from langchain_core.documents import Document
from qdrant_support import HashEmbeddings

def embeddings():
    return HashEmbeddings()

def nothing():
    return None

def broken():
    raise RuntimeError("CANARY")

def pages():
    first = "The cellar of the villa was flooded in the night of the storm."
    second = "CANARY has reported it on the morning after the second storm of the year."
    metadata = {"tenant": "acme", "product": "villa", "name": "CANARY", "note": "unlisted"}
    yield Document(first + " " + second, metadata=metadata)
    yield Document(" ", metadata={"tenant": "acme"})
    yield Document("The barn was not flooded in the night of the storm.", metadata={"tenant": "acme"})
""".replace("CANARY", CANARY)
QUESTION = "Why was the claim for the flooded kitchen reduced?"
REDUCED = f"The claim of {CANARY} for the flooded kitchen was reduced, for half of the floor was old."
TICKETS = (
    {
        "id": 1,
        "page_content": f"{REDUCED} Call +1 212 555 0142 about the walls, which are being dried since March.",
        "metadata": {
            "tenant": "acme",
            "product": "household",
            "name": CANARY,
            "opened": "2026-03-04T00:00:00Z",
            "note": "unlisted",
        },
    },
    {
        "id": 2,
        "page_content": "The bicycle was stolen at the station in the night after the second storm. "
        "The receipt is missing, but a photograph of it was accepted.",
        "metadata": {"tenant": "acme", "product": "bicycle"},
    },
)
INTO = ("--qdrant", "q", "--collection", "c")
ASKED = ("--purpose", "answer", "--principal", AGENT)


def settle(place: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a working directory with tickets, policies, and a module of the user's own."""
    monkeypatch.chdir(place)
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.delitem(sys.modules, "own_factories", raising=False)
    jsonl(place / "tickets.jsonl", *TICKETS)
    (place / "p.yaml").write_text(POLICY.format(layout="passages", longest=1000))
    (place / "short.yaml").write_text(POLICY.format(layout="passages", longest=160))
    (place / "whole.yaml").write_text(POLICY.format(layout="langchain", longest=1000))
    (place / "own_factories.py").write_text(FACTORIES)
    return place


@contextmanager
def at(place: Path, tap: Any = None) -> Iterator[QdrantClient]:
    client = embedded_client(place, tap=tap)
    try:
        yield client
    finally:
        client.close()


def payloads(place: Path, collection: str = "c") -> list[dict[str, Any]]:
    with at(place) as client:
        return [point.payload or {} for point in client.scroll(collection, limit=1000)[0]]
