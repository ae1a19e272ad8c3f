"""What the tests of the Qdrant adapter share: collections made from texts, made-up embeddings, fake servers."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from typing import Any

import httpx
import numpy
from langchain_core.embeddings import Embeddings
from langchain_qdrant import QdrantVectorStore, RetrievalMode
from qdrant_client import AsyncQdrantClient, QdrantClient, models

from needful.values import Fetch, Filter
from needful_qdrant import Bm25Embeddings

WORDS = (
    "claim kitchen flood policy premium storm roof adjuster invoice repair tenant owner pipe leak fire smoke".split()
)
SIZE = 16


class HashEmbeddings(Embeddings):
    """One fixed random vector a text."""

    def __init__(self, size: int = SIZE) -> None:
        self._size = size

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        return [self.embed_query(text) for text in texts]

    def embed_query(self, text: str) -> list[float]:
        seed = int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")
        vector: list[float] = numpy.random.default_rng(seed).normal(size=self._size).tolist()
        return vector


def texts(count: int, seed: int = 0) -> list[str]:
    """Made-up texts, all different."""
    random = numpy.random.default_rng(seed)
    return [f"{' '.join(random.choice(WORDS, size=random.integers(4, 30)))} number{n}" for n in range(count)]


def vector_store(
    client: QdrantClient,
    contents: Sequence[str],
    mode: str = "dense",
    *,
    distance: models.Distance = models.Distance.COSINE,
    collection: str = "tickets",
    size: int = SIZE,
) -> QdrantVectorStore:
    """Index texts the way an application of langchain-qdrant does."""
    store = QdrantVectorStore.construct_instance(
        embedding=HashEmbeddings(size),
        sparse_embedding=Bm25Embeddings(),
        retrieval_mode=RetrievalMode(mode),
        client_options={"location": ":memory:"},
        collection_name=collection,
        distance=distance,
    )
    store.client.close()
    store._client = client
    vectors = {"": models.VectorParams(size=size, distance=distance)} if mode != "sparse" else {}
    sparse = {"langchain-sparse": models.SparseVectorParams(modifier=models.Modifier.IDF)} if mode != "dense" else None
    client.create_collection(collection, vectors_config=vectors, sparse_vectors_config=sparse)
    metadatas = [{"n": n, "tenant": f"t{n % 3}", "secret": f"canary-{n}"} for n in range(len(contents))]
    store.add_texts(contents, metadatas, ids=list(range(len(contents))))
    return store


def ask(
    text: str = "flood", limit: int = 4, include: tuple[str, ...] = ("page_content", "metadata"), **more: Any
) -> Fetch:
    """A fetch with everything but the text given."""
    return Fetch(**{"text": text, "include": include, "filter": Filter(), "limit": limit, **more})


Handler = Callable[[httpx.Request], httpx.Response]


def answer(points: Sequence[dict[str, Any]]) -> httpx.Response:
    """A server's answer with these points."""
    return httpx.Response(200, json={"result": {"points": points}, "status": "ok", "time": 0.0})


def point(identifier: Any = 1, **more: Any) -> dict[str, Any]:
    """A point of such an answer."""
    return {"id": identifier, "version": 0, "score": 0.5, "payload": {"page_content": "a"}, **more}


class Server(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """A server that answers in turn with what it is given; the last answer stays. Exceptions are raised."""

    def __init__(self, *turns: httpx.Response | Exception | Handler) -> None:
        self.turns = list(turns)
        self.requests: list[dict[str, Any]] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(json.loads(request.read()))
        turn = self.turns.pop(0) if len(self.turns) > 1 else self.turns[0]
        if isinstance(turn, Exception):
            raise turn
        if isinstance(turn, httpx.Response):
            return httpx.Response(turn.status_code, content=turn.content, headers=turn.headers)
        return turn(request)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await request.aread()
        return self.handle_request(request)

    def client(self) -> QdrantClient:
        return QdrantClient(
            url="http://qdrant", transport=self, check_compatibility=False, verify=False, trust_env=False
        )

    def async_client(self) -> AsyncQdrantClient:
        return AsyncQdrantClient(
            url="http://qdrant", transport=self, check_compatibility=False, verify=False, trust_env=False
        )
