"""Needful's store: Qdrant, on a server or embedded. Imports of qdrant-client wait until a name is used."""

from __future__ import annotations

import logging
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from needful_qdrant.bm25 import Bm25Embeddings
    from needful_qdrant.embedded import embedded_client, optimize
    from needful_qdrant.passages import PassageStore
    from needful_qdrant.store import QdrantStore

__all__ = ["Bm25Embeddings", "PassageStore", "QdrantStore", "embedded_client", "optimize"]

logging.getLogger("needful_qdrant").addHandler(logging.NullHandler())

_HOMES = {
    "Bm25Embeddings": "bm25",
    "PassageStore": "passages",
    "QdrantStore": "store",
    "embedded_client": "embedded",
    "optimize": "embedded",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
