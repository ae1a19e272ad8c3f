"""A collection made ready to be written: its vectors, its payload indexes, and that nothing else is in it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from qdrant_client import QdrantClient, models

from needful.annotations import KEY
from needful.errors import StoreError
from needful_qdrant.calls import is_local
from needful_qdrant.faults import classify
from needful_qdrant.patience import patiently
from needful_qdrant.vectors import Vectors

__all__ = ["check_kind", "make_indexes", "prepare"]

PARENT = f"{KEY}.parent"


def prepare(client: QdrantClient, collection: str, vectors: Vectors) -> None:
    """Make the collection, or check that it has the vectors that will be written.

    Raises `StoreError`: `vector-mismatch`, `embedding`, and what Qdrant's faults become.
    """
    size = vectors.size()
    if not _exists(client, collection):
        # Asked again with every attempt: one whose answer was lost may have made it.
        patiently(client, lambda: client.collection_exists(collection) or _make(client, collection, vectors, size))
    params = patiently(client, lambda: client.get_collection(collection)).config.params
    if vectors.sparse is not None and vectors.sparse_name not in (params.sparse_vectors or {}):
        raise _mismatch(f"the collection is there and has no sparse vector {vectors.sparse_name}")
    if vectors.dense is not None and _size_of(params.vectors, vectors.dense_name) != size:
        raise _mismatch(f"the collection is there and has no dense vector {vectors.dense_name!r} of {size} numbers")


def _exists(client: QdrantClient, collection: str) -> bool:
    """Ask once: who starts something wants to hear at once that the server is not there."""
    try:
        return client.collection_exists(collection)
    except Exception as error:  # noqa: BLE001 - the client raises whatever its transport does
        fault = classify(error, local=is_local(client))
    raise fault.error()


def _make(client: QdrantClient, collection: str, vectors: Vectors, size: int) -> bool:
    dense = models.VectorParams(size=size, distance=models.Distance.COSINE) if size else None
    sparse = models.SparseVectorParams(modifier=models.Modifier.IDF)
    return client.create_collection(
        collection,
        vectors_config={vectors.dense_name: dense} if dense else {},
        sparse_vectors_config={vectors.sparse_name: sparse} if vectors.sparse is not None else None,
    )


def make_indexes(
    client: QdrantClient, collection: str, guessed: Mapping[str, str], given: Mapping[str, str] | None = None
) -> None:
    """Make the payload indexes that are missing, and those that were asked for in place of any there is.

    Both are payload key to Qdrant's name of a type. Clients without a server know none. Raises `StoreError`.
    """
    if is_local(client):
        return
    there = patiently(client, lambda: client.get_collection(collection)).payload_schema
    missing = {key: kind for key, kind in guessed.items() if key not in there}
    for key, kind in {**missing, **(given or {})}.items():
        _make_index(client, collection, key, models.PayloadSchemaType(kind))


def _make_index(client: QdrantClient, collection: str, key: str, kind: models.PayloadSchemaType) -> None:
    patiently(client, lambda: client.create_payload_index(collection, key, kind, wait=True))


def check_kind(client: QdrantClient, collection: str, vectors: Vectors, *, passages: bool) -> None:
    """Check that no whole documents lie among passages, nor the other way. Raises `StoreError`, code `layout-mixed`."""
    without_parent = models.IsEmptyCondition(is_empty=models.PayloadField(key=PARENT))
    if passages:
        # A document's own point has no parent either, and no vector.
        searched = [models.HasVectorCondition(has_vector=name) for name in vectors.names]
        others = models.Filter(must=[without_parent], should=list(searched))
    elif is_local(client) or PARENT in patiently(client, lambda: client.get_collection(collection)).payload_schema:
        others = models.Filter(must_not=[without_parent])
    else:
        return
    if patiently(client, lambda: client.scroll(collection, others, limit=1, with_payload=False))[0]:
        kind = "whole documents" if passages else "passages"
        raise StoreError(f"the collection holds {kind}", code="layout-mixed", hint="index into a new collection")


def _size_of(config: Any, name: str) -> int | None:
    if isinstance(config, models.VectorParams):
        return config.size if name == "" else None
    found = (config or {}).get(name)
    return found.size if isinstance(found, models.VectorParams) else None


def _mismatch(message: str) -> StoreError:
    return StoreError(message, code="vector-mismatch", hint="index into a new collection")
