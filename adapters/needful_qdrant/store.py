"""Records in Qdrant, through qdrant-client: a `needful.ports.Store`."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, cast

from qdrant_client import AsyncQdrantClient, QdrantClient, models

from needful.errors import StoreError
from needful.values import Fetch, Fetched, Filter, PointId
from needful_qdrant.answers import fetched, read_back
from needful_qdrant.bm25 import SparseVector
from needful_qdrant.calls import Method, ask, ask_async, is_local
from needful_qdrant.edge.direct import points_of
from needful_qdrant.embedded import engine_of
from needful_qdrant.faults import Attempts, classify
from needful_qdrant.search import Mode, Search, SearchType

__all__ = ["QdrantStore"]

_SETTINGS = ("score_threshold", "fetch_k", "lambda_mult", "search_params", "hybrid_fusion", "consistency")


@dataclass(frozen=True, slots=True)
class _Question:
    """One request: the client's method, its arguments, and how its points are understood."""

    method: Method
    arguments: Callable[[], dict[str, Any]] = field(repr=False)
    body: Callable[[], dict[str, Any]] = field(repr=False)
    """What the client would send for the arguments."""
    read: Callable[[Any], Fetched]


_Vectors = tuple[list[float] | None, models.SparseVector | None]


class _Dense(Protocol):
    def embed_query(self, text: str) -> list[float]: ...


class _SparseModel(Protocol):
    def embed_query(self, text: str) -> SparseVector: ...


class QdrantStore:
    """One collection, searched in one way. Every fetch names what it includes and asks for no vectors.

    `client` is a `QdrantClient` or an `AsyncQdrantClient`; with both, the second is `async_client`. `embeddings` and
    `sparse_embeddings` have LangChain's method names. `base_filter` is the application's own and may use any
    condition; it is added to every fetch. `deadline` is in seconds and covers `retries` more attempts, not embedding.
    `content_key` and `metadata_key` say where the collection keeps text and metadata.

    Raises `StoreError`, code `set-up`, if what the search needs is missing.
    """

    def __init__(
        self,
        client: QdrantClient | AsyncQdrantClient,
        collection: str,
        *,
        async_client: AsyncQdrantClient | None = None,
        embeddings: _Dense | None = None,
        sparse_embeddings: _SparseModel | None = None,
        mode: Mode = "dense",
        search_type: SearchType = "similarity",
        vector_name: str = "",
        sparse_vector_name: str = "langchain-sparse",
        distance: models.Distance | str = models.Distance.COSINE,
        score_threshold: float | None = None,
        fetch_k: int = 20,
        lambda_mult: float = 0.5,
        search_params: models.SearchParams | None = None,
        hybrid_fusion: models.FusionQuery | models.RrfQuery | None = None,
        consistency: models.ReadConsistency | None = None,
        base_filter: models.Filter | None = None,
        content_key: str = "page_content",
        metadata_key: str = "metadata",
        deadline: float = 10.0,
        retries: int = 2,
    ) -> None:
        self._sync = client if isinstance(client, QdrantClient) else None
        self._async = client if isinstance(client, AsyncQdrantClient) else async_client
        self._engine = engine_of(self._sync)
        self.collection = collection
        self.content_key = content_key
        self.metadata_key = metadata_key
        self._dense = embeddings
        self._sparse = sparse_embeddings
        self._deadline = deadline
        self._retries = retries
        self._search = Search(
            mode=mode,
            search_type=search_type,
            vector_name=vector_name,
            sparse_vector_name=sparse_vector_name,
            distance=models.Distance(distance),
            score_threshold=score_threshold,
            fetch_k=fetch_k,
            lambda_mult=lambda_mult,
            search_params=search_params,
            hybrid_fusion=hybrid_fusion,
            consistency=consistency,
            base_filter=base_filter,
        )
        self._check()

    @classmethod
    def from_vectorstore(
        cls,
        store: Any,
        *,
        search_type: SearchType = "similarity",
        search_kwargs: Mapping[str, Any] | None = None,
        async_client: AsyncQdrantClient | None = None,
        deadline: float = 10.0,
        retries: int = 2,
    ) -> QdrantStore:
        """Read collection, vectors, keys and embeddings off langchain-qdrant's `QdrantVectorStore`.

        `search_kwargs` are those of `as_retriever`; `k` is the caller's business and is passed over. Raises
        `StoreError`: `not-qdrant` if the store is of another kind, `search-kwargs` for what would widen a fetch.
        """
        given = {name: value for name, value in (search_kwargs or {}).items() if name != "k"}
        base_filter = given.pop("filter", None)
        if not given.keys() <= set(_SETTINGS) or not isinstance(base_filter, models.Filter | None):
            known = ", ".join(("k", "filter", *_SETTINGS))
            raise StoreError("search_kwargs has something else", code="search-kwargs", hint=f"it may have {known}")
        return cls(
            async_client=async_client,
            search_type=search_type,
            base_filter=base_filter,
            deadline=deadline,
            retries=retries,
            **_read(store),
            **given,
        )

    def fetch(self, fetch: Fetch) -> Fetched:
        """Return at most `fetch.limit` records, best first, with nothing beyond `fetch.include`.

        Raises `StoreError`: `async-only`, `embedding`, `collection-missing`, `vector-mismatch`, `index-missing`,
        `unreachable`, `unauthorized`, `busy`, `deadline`, `bad-answer`, `closed`, `forked`, `filter-value`, `store`.
        """
        if self._sync is None:
            raise _async_only()
        return self._ask(self._sync, self._searching(fetch, *self._embed(fetch.text)))

    async def afetch(self, fetch: Fetch) -> Fetched:
        """Like `fetch`, without blocking the event loop."""
        if self._async is None or (self._sync is not None and is_local(self._async)):
            return await asyncio.to_thread(self.fetch, fetch)
        return await self._aask(self._async, self._searching(fetch, *await self._aembed(fetch.text)))

    def read(self, ids: Sequence[PointId], include: tuple[str, ...], within: Filter) -> Fetched:
        """Return those of the points that are there and meet the filter, with no field beyond `include`; score 0.

        Raises what `fetch` raises.
        """
        if self._sync is None:
            raise _async_only()
        return self._ask(self._sync, self._reading(ids, include, within))

    async def aread(self, ids: Sequence[PointId], include: tuple[str, ...], within: Filter) -> Fetched:
        """Like `read`, without blocking the event loop."""
        if self._async is None or (self._sync is not None and is_local(self._async)):
            return await asyncio.to_thread(self.read, ids, include, within)
        return await self._aask(self._async, self._reading(ids, include, within))

    def _ask(self, client: QdrantClient, question: _Question) -> Fetched:
        attempts = Attempts(self._deadline, self._retries)
        while True:
            try:
                return question.read(self._points(client, attempts.remaining, question))
            except StoreError:
                raise
            except Exception as error:  # noqa: BLE001 - a port lets no foreign error through
                fault = classify(error, local=is_local(client))
            time.sleep(attempts.pause(fault))

    def _points(self, client: QdrantClient, seconds: float, question: _Question) -> Any:
        if self._engine is not None:
            return points_of(self._engine, question.method, self.collection, question.body())
        return ask(client, seconds, question.method, question.arguments())

    async def _aask(self, client: AsyncQdrantClient, question: _Question) -> Fetched:
        attempts = Attempts(self._deadline, self._retries)
        while True:
            try:
                arguments = question.arguments()
                return question.read(await ask_async(client, attempts.remaining, question.method, arguments))
            except StoreError:
                raise
            except Exception as error:  # noqa: BLE001 - a port lets no foreign error through
                fault = classify(error, local=is_local(client))
            await asyncio.sleep(attempts.pause(fault))

    def _check(self) -> None:
        search = self._search
        if self._sync is None and self._async is None:
            raise _set_up("the client is neither a QdrantClient nor an AsyncQdrantClient")
        if search.mode not in ("dense", "sparse", "hybrid"):
            raise _set_up("mode is dense, sparse or hybrid")
        if search.search_type not in ("similarity", "similarity_score_threshold", "mmr"):
            raise _set_up("search_type is similarity, similarity_score_threshold or mmr")
        if search.needs_dense and self._dense is None:
            raise _set_up("this search needs embeddings")
        if search.needs_sparse and self._sparse is None:
            raise _set_up("this search needs sparse_embeddings")
        if search.search_type == "similarity_score_threshold":
            _ = search.relevance

    def _searching(self, fetch: Fetch, dense: list[float] | None, sparse: models.SparseVector | None) -> _Question:
        search, keeps = self._search, self._search.keeps(fetch)
        return _Question(
            "query_points",
            lambda: {"collection_name": self.collection, **search.question(fetch, dense, sparse)},
            lambda: search.body(fetch, dense, sparse),
            lambda points: fetched(points, fetch, keeps),
        )

    def _reading(self, ids: Sequence[PointId], include: tuple[str, ...], within: Filter) -> _Question:
        search = self._search
        return _Question(
            "scroll",
            lambda: {"collection_name": self.collection, **search.reading(ids, include, within)},
            lambda: search.reading_body(ids, include, within),
            lambda points: read_back(points, ids, include),
        )

    def _embed(self, text: str) -> _Vectors:
        try:
            dense = self._dense.embed_query(text) if self._dense is not None and self._search.needs_dense else None
            sparse = self._sparse.embed_query(text) if self._sparse is not None and self._search.needs_sparse else None
            return self._vectors(dense, sparse)
        except Exception:  # noqa: BLE001 - the application's embedder may raise anything
            failed = _embedding_failed()
        raise failed

    async def _aembed(self, text: str) -> _Vectors:
        try:
            dense = await _avector(self._dense, text) if self._search.needs_dense else None
            sparse = await _avector(self._sparse, text) if self._search.needs_sparse else None
            return self._vectors(dense, sparse)
        except Exception:  # noqa: BLE001 - the application's embedder may raise anything
            failed = _embedding_failed()
        raise failed

    def _vectors(self, dense: Any, sparse: Any) -> _Vectors:
        # Without a vector Qdrant would answer with points in the order of their ids.
        if self._search.needs_dense and not len(dense):
            raise ValueError
        return (
            _numbers(dense) if self._search.needs_dense else None,
            models.SparseVector(indices=sparse.indices, values=_numbers(sparse.values))
            if self._search.needs_sparse
            else None,
        )


async def _avector(model: Any, text: str) -> Any:
    native = getattr(model, "aembed_query", None)
    return await (native(text) if native is not None else asyncio.to_thread(model.embed_query, text))


def _numbers(values: Sequence[float]) -> list[float]:
    numbers = list(map(float, values))
    # A sum that is finite is one of finite numbers; the sum of large ones may be too large itself.
    if not math.isfinite(sum(numbers)) and not all(map(math.isfinite, numbers)):
        raise ValueError
    return numbers


def _async_only() -> StoreError:
    return StoreError(
        "this store has an asynchronous client only",
        code="async-only",
        hint="use ainvoke, or give the store a QdrantClient too",
    )


def _set_up(message: str) -> StoreError:
    return StoreError(message, code="set-up")


def _embedding_failed() -> StoreError:
    return StoreError(
        "the question could not be embedded", code="embedding", hint="the embedding model failed; its own log says more"
    )


def _read(store: Any) -> dict[str, Any]:
    """The arguments of `QdrantStore` that a vector store has."""
    try:
        mode = cast(Mode, str(getattr(store.retrieval_mode, "value", store.retrieval_mode)))
        return {
            "client": store.client,
            "collection": store.collection_name,
            "embeddings": store.embeddings,
            # The property raises where there are none.
            "sparse_embeddings": store.sparse_embeddings if mode != "dense" else None,
            "mode": mode,
            "vector_name": store.vector_name,
            "sparse_vector_name": store.sparse_vector_name,
            "distance": store.distance,
            "content_key": store.content_payload_key,
            "metadata_key": store.metadata_payload_key,
        }
    except (AttributeError, ValueError):
        pass
    raise StoreError(
        "this vector store is not langchain-qdrant's QdrantVectorStore",
        code="not-qdrant",
        hint="use from_qdrant with a client, a collection and embeddings",
    )
