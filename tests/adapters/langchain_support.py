"""Collections on the embedded engine, written by LangChain, for the retriever's tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from langchain_core.embeddings import DeterministicFakeEmbedding
from langchain_qdrant import QdrantVectorStore, RetrievalMode
from qdrant_client import QdrantClient, models

from needful_qdrant import Bm25Embeddings

DIMENSIONS = 32

KEEP_ALL = """
needful: 1
name: keep-all
version: 1
purposes:
  read:
    filter: {}
    filterable: [metadata.kind]
    fields:
      page_content: {action: keep, reason: a test of the plain path, select: whole}
      metadata.kind: {action: keep, reason: a test of the plain path}
    detect: {ner: none, reason: a test of the plain path}
"""

READER: dict[str, Any] = {"purpose": "read", "principal": {"id": "tester"}}


def embeddings() -> DeterministicFakeEmbedding:
    """Vectors that depend on the text alone."""
    return DeterministicFakeEmbedding(size=DIMENSIONS)


def vectorstore(
    client: QdrantClient,
    texts: Sequence[str],
    metadatas: Sequence[Mapping[str, Any]] | None = None,
    *,
    name: str = "documents",
    mode: RetrievalMode = RetrievalMode.SPARSE,
    ids: Sequence[str] | None = None,
) -> QdrantVectorStore:
    """A QdrantVectorStore over a new collection with both kinds of vectors."""
    client.create_collection(
        name,
        vectors_config=models.VectorParams(size=DIMENSIONS, distance=models.Distance.COSINE),
        sparse_vectors_config={"langchain-sparse": models.SparseVectorParams(modifier=models.Modifier.IDF)},
    )
    filling = _store(client, name, RetrievalMode.HYBRID)
    filling.add_texts(list(texts), [dict(m) for m in metadatas] if metadatas else None, ids=list(ids) if ids else None)
    return _store(client, name, mode)


def _store(client: QdrantClient, name: str, mode: RetrievalMode) -> QdrantVectorStore:
    return QdrantVectorStore(
        client, name, embedding=embeddings(), sparse_embedding=Bm25Embeddings(), retrieval_mode=mode
    )
