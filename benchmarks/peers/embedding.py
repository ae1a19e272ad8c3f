"""A deterministic embedding that needs nothing but Python, so that every tool searches by the same vectors.

Words are hashed into a fixed number of dimensions with a sign, weighted by how rare they are among the documents. The
module runs in the environments of the peers: standard library only.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping

__all__ = ["DIMENSIONS", "Embedding", "rarities"]

DIMENSIONS = 384
_WORDS = re.compile(r"[^\W_]+")
_COMMON = frozenset(
    "a an and are as at be by did do does for from has in is it of on or that the to was were what".split()
)


def rarities(texts: Iterable[str]) -> dict[str, float]:
    """Inverse document frequency of every word of the texts."""
    documents = [frozenset(_words(text)) for text in texts]
    counts = Counter(word for one in documents for word in one)
    return {word: math.log(1 + len(documents) / count) for word, count in counts.items()}


class Embedding:
    """LangChain's `Embeddings` in shape. Unit vectors of `DIMENSIONS` numbers."""

    def __init__(self, weights: Mapping[str, float]) -> None:
        self.weights = weights
        self._rarest = max(weights.values(), default=1.0)

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """One vector a text."""
        return [self.embed_query(text) for text in texts]

    def embed_query(self, text: str) -> list[float]:
        """The vector of a text. One without a word points along the first axis."""
        vector = [0.0] * DIMENSIONS
        for word, count in Counter(_words(text)).items():
            digest = hashlib.blake2b(word.encode(), digest_size=4).digest()
            sign = 1 if digest[0] & 1 else -1
            place = int.from_bytes(digest[1:], "big") % DIMENSIONS
            vector[place] += sign * (1 + math.log(count)) * self.weights.get(word, self._rarest)
        length = math.sqrt(sum(one * one for one in vector))
        if not length:
            return [1.0, *vector[1:]]
        return [round(one / length, 6) for one in vector]


def _words(text: str) -> list[str]:
    return [word for word in _WORDS.findall(text.casefold()) if word not in _COMMON]
