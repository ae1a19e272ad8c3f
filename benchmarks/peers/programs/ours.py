"""Needful, this checkout, with a policy of a few lines and its defaults."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from peers.programs.langchain_parts import asker, collection, embedding, versions
from peers.serving import Built, Setup, serve

POLICY = """
needful: 1
name: peers
version: 1
purposes:
  answer:
    fields:
      page_content: scan
      metadata.title: {action: keep, reason: numbers of notes}
    entities:
      default: redact
"""
KEPT = {
    "DATE_TIME": "figures of annual reports belong to years",
    "ORGANIZATION": "companies that publish reports are public",
    "LOCATION": "markets are public",
}


def kept(setup: Setup) -> str:
    """The rules of the option `keep`."""
    return "".join(f"      {name}: {{action: keep, reason: {KEPT[name]}}}\n" for name in setup.options.get("keep", ()))


def documents(setup: Setup) -> Any:
    """Needful's retriever over a collection that langchain-qdrant wrote, one point a document."""
    from needful.keys import Keys
    from needful.policy import Policy
    from needful_langchain import NeedfulRetriever

    return NeedfulRetriever.from_vectorstore(
        collection(setup),
        policy=Policy.parse(POLICY.strip() + "\n" + kept(setup)),
        purpose="answer",
        principal={"id": "benchmark"},
        k=setup.k,
        ledger=Path(tempfile.mkdtemp()) / "ledger.db",
        keys=Keys.random(),
    )


def passages(setup: Setup) -> Any:
    """Needful's retriever over a collection that it indexed: one annotated point a passage."""
    from functools import partial

    from qdrant_client import QdrantClient

    from needful.annotation import Annotator
    from needful.keys import Keys
    from needful.policy import Policy
    from needful_langchain import NeedfulRetriever
    from needful_presidio import detector_for
    from needful_qdrant.writing import index

    policy, keys = (
        Policy.parse(POLICY.strip().replace("version: 1", "version: 1\nlayout: passages") + "\n" + kept(setup)),
        Keys.random(),
    )
    client, embeddings = QdrantClient(url=setup.url), embedding(setup)
    written = [
        _Document(str(uuid5(NAMESPACE_URL, str(number))), text, metadata)
        for number, (text, metadata) in enumerate(zip(setup.texts, setup.metadatas, strict=True))
    ]
    annotator = Annotator(policy, keys, partial(detector_for, policy))
    index(client, "passages", written, annotator, policy=policy, embeddings=embeddings)
    return NeedfulRetriever.from_qdrant(
        client,
        "passages",
        embeddings=embeddings,
        policy=policy,
        purpose="answer",
        principal={"id": "benchmark"},
        k=setup.options.get("k", setup.k),
        ledger=Path(tempfile.mkdtemp()) / "ledger.db",
        keys=keys,
    )


@dataclass(frozen=True)
class _Document:
    id: str
    text: str
    metadata: Mapping[str, Any]


LAYOUTS: Mapping[str, Callable[[Setup], Any]] = {"langchain": documents, "passages": passages}
"""How the documents are written and asked for, by layout. A new layout is a function here and a row in `rows.py`."""


def build(setup: Setup) -> Built:
    """The retriever of the option `layout`."""
    retriever = LAYOUTS[setup.options.get("layout", "langchain")](setup)
    return {"versions": versions("needful", "langchain-qdrant", "langchain-core"), "ner": "bundled"}, asker(retriever)


if __name__ == "__main__":
    serve(build)
