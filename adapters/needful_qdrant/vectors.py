"""What makes the vectors of texts, and which named vectors of a collection they are."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from qdrant_client import models

from needful.errors import StoreError
from needful_qdrant.bm25 import SparseVector

__all__ = ["DENSE", "SPARSE", "DenseModel", "SparseModel", "Vectors"]

DENSE = ""
SPARSE = "langchain-sparse"
"""langchain-qdrant's default names: a `QdrantVectorStore` reads what was written."""

PROBE = "text"


class DenseModel(Protocol):
    """LangChain's `Embeddings`, as far as they are used here."""

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """One vector a text."""


class SparseModel(Protocol):
    """langchain-qdrant's `SparseEmbeddings`, as far as they are used here."""

    def embed_documents(self, texts: list[str]) -> Sequence[SparseVector]:
        """One vector a text."""


@dataclass(frozen=True, slots=True)
class Vectors:
    """The models of a collection: dense, sparse or both. Raises `StoreError`, code `set-up`, without any."""

    dense: DenseModel | None
    sparse: SparseModel | None
    dense_name: str = DENSE
    sparse_name: str = SPARSE

    def __post_init__(self) -> None:
        if self.dense is None and self.sparse is None:
            raise StoreError("there is no embedding model", code="set-up", hint="give embeddings, sparse, or both")

    @property
    def names(self) -> tuple[str, ...]:
        """The named vectors that every passage gets."""
        given = ((self.dense_name, self.dense), (self.sparse_name, self.sparse))
        return tuple(name for name, model in given if model is not None)

    def size(self) -> int:
        """How many numbers a dense vector has, by embedding a word; 0 where there are none. Raises `StoreError`."""
        return 0 if self.dense is None else len(self.of([PROBE])[0][self.dense_name])

    def of(self, texts: Sequence[str]) -> list[dict[str, Any]]:
        """Vector name to vector for each text; an empty text has none. Raises `StoreError`, code `embedding`."""
        wanted = [text for text in texts if text]
        made: list[dict[str, Any]] = [{} for _ in wanted]
        if self.dense is not None:
            _put(made, self.dense_name, _embedded(self.dense.embed_documents, wanted, _dense))
        if self.sparse is not None:
            _put(made, self.sparse_name, _embedded(self.sparse.embed_documents, wanted, _sparse))
        rest = iter(made)
        return [next(rest) if text else {} for text in texts]


def _put(made: Sequence[dict[str, Any]], name: str, vectors: Sequence[Any]) -> None:
    for of, vector in zip(made, vectors, strict=True):
        of[name] = vector


def _embedded(embed: Callable[[list[str]], Sequence[Any]], texts: list[str], read: Callable[[Any], Any]) -> list[Any]:
    if not texts:
        return []
    try:
        found = [read(vector) for vector in embed(texts)]
        if len(found) == len(texts):
            return found
    except Exception:  # noqa: BLE001 - the application's embedder may raise anything
        pass
    raise StoreError(
        "a text could not be embedded", code="embedding", hint="the embedding model failed; its own log says more"
    )


def _dense(given: Sequence[float]) -> list[float]:
    numbers = [float(value) for value in given]
    if not numbers or not all(map(math.isfinite, numbers)):
        raise ValueError
    return numbers


def _sparse(given: SparseVector) -> models.SparseVector:
    values = [float(value) for value in given.values]
    if not all(map(math.isfinite, values)):
        raise ValueError
    return models.SparseVector(indices=list(given.indices), values=values)
