"""BM25 sparse vectors with no download: the tokenizer, stemmer and stop words are in Qdrant's engine."""

from __future__ import annotations

import asyncio
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

import qdrant_edge as engine

if TYPE_CHECKING:
    from langchain_qdrant import SparseEmbeddings, SparseVector
else:
    SparseEmbeddings = object  # who only reads needs no langchain-qdrant, whose store takes what has the methods

    @dataclass(slots=True)
    class SparseVector:
        """A sparse vector where langchain-qdrant, whose class of this name it equals in shape, is not in use."""

        indices: list[int]
        values: list[float]


__all__ = ["Bm25Embeddings", "SparseVector"]


class Bm25Embeddings(SparseEmbeddings):
    """langchain-qdrant's `SparseEmbeddings` over `qdrant_edge.Bm25`.

    The collection's sparse vector needs the IDF modifier, which is the other half of BM25:
    `SparseVectorParams(modifier=Modifier.IDF)`. `language` decides stop words and stemmer, `average_length` is the
    expected length of a text in tokens. Raises `ValueError` for a language that the engine does not know.
    """

    def __init__(
        self, language: str = "english", *, k: float = 1.2, b: float = 0.75, average_length: float = 256.0
    ) -> None:
        self._model = engine.Bm25(engine.Bm25Config(k=k, b=b, avg_len=average_length, language=language))

    def embed_documents(self, texts: list[str]) -> list[SparseVector]:
        """Return one vector a text, weighted by term frequency and length."""
        return [_vector(self._model.embed_document(text)) for text in texts]

    def embed_query(self, text: str) -> SparseVector:
        """Return the vector of a question: 1 for each of its terms."""
        return _vector(self._model.embed_query(text))

    async def aembed_documents(self, texts: list[str]) -> list[SparseVector]:
        """Like `embed_documents`, in a thread."""
        return await asyncio.to_thread(self.embed_documents, texts)

    async def aembed_query(self, text: str) -> SparseVector:
        """Like `embed_query`; it takes microseconds, so it is done at once."""
        return self.embed_query(text)


def _vector(found: engine.SparseVector) -> SparseVector:
    # Importing langchain-qdrant takes seconds; who wants its class has imported it.
    library = sys.modules.get("langchain_qdrant")
    kind = SparseVector if library is None else library.SparseVector
    vector: SparseVector = kind(indices=found.indices, values=found.values)
    return vector
