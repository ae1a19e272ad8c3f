"""One question to a collection, asked as langchain-qdrant 1.1 asks it, but for the payload selector and the filter.

Scores: cosine and dot are better when larger, Euclidean and Manhattan distances when smaller. Sparse and fused
scores are better when larger, whatever the distance of the dense vector.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from qdrant_client import models

from needful.errors import StoreError
from needful.values import Fetch, Filter, PointId
from needful_qdrant.answers import Projection
from needful_qdrant.filters import dumped, plain, render

__all__ = ["Mode", "Search", "SearchType"]

Mode = Literal["dense", "sparse", "hybrid"]
SearchType = Literal["similarity", "similarity_score_threshold", "mmr"]

_SLACK = 1e-6  # the engine compares 32-bit floats; a threshold must not drop what it kept
_ROOT2 = math.sqrt(2)

# langchain-core's relevance functions, as langchain-qdrant assigns them to distances.
_RELEVANCE: Mapping[models.Distance, Callable[[float], float]] = {
    models.Distance.COSINE: lambda score: (score + 1.0) / 2.0,
    models.Distance.EUCLID: lambda score: 1.0 - score / _ROOT2,
    models.Distance.DOT: lambda score: 1.0 - score if score > 0 else -1.0 * score,
}


@dataclass(frozen=True, slots=True)
class Search:
    """How a collection is searched. `lambda_mult` is passed on as the diversity, as langchain-qdrant 1.1 does."""

    mode: Mode = "dense"
    search_type: SearchType = "similarity"
    vector_name: str = ""
    sparse_vector_name: str = "langchain-sparse"
    distance: models.Distance = models.Distance.COSINE
    score_threshold: float | None = None
    fetch_k: int = 20
    lambda_mult: float = 0.5
    search_params: models.SearchParams | None = None
    hybrid_fusion: Any = None
    consistency: Any = None
    base_filter: models.Filter | None = field(default=None, repr=False)

    @property
    def needs_dense(self) -> bool:
        """Whether a question needs a dense vector. mmr compares dense vectors in every mode."""
        return self.search_type == "mmr" or self.mode != "sparse"

    @property
    def needs_sparse(self) -> bool:
        """Whether a question needs a sparse vector."""
        return self.search_type != "mmr" and self.mode != "dense"

    def question(self, fetch: Fetch, dense: list[float] | None, sparse: models.SparseVector | None) -> dict[str, Any]:
        """Make the arguments of `query_points`. Raises `StoreError` if the filter cannot be written."""
        query_filter = self._filter(fetch)
        return {
            "query_filter": query_filter,
            "search_params": self.search_params,
            "limit": fetch.limit,
            "with_payload": Projection.of(fetch.include).selector,
            "with_vectors": False,
            "score_threshold": self._pushed(fetch),
            "consistency": self.consistency,
            **self._query(fetch.limit, query_filter, dense, sparse),
        }

    def reading(self, ids: Sequence[PointId], include: tuple[str, ...], within: Filter) -> dict[str, Any]:
        """Make the arguments of `scroll` for points by their ids, as far as they meet the filter.

        Raises `StoreError` if it cannot be written.
        """
        parts = (self.base_filter, render(within) if within else None)
        own: list[Any] = [models.HasIdCondition(has_id=list(ids)), *(part for part in parts if part)]
        return {
            "scroll_filter": models.Filter(must=own),
            "limit": len(ids),
            "with_payload": Projection.of(include).selector,
            "with_vectors": False,
            "consistency": self.consistency,
        }

    def body(self, fetch: Fetch, dense: list[float] | None, sparse: models.SparseVector | None) -> dict[str, Any]:
        """What `question` would send: the body of `POST /points/query`. Raises what `question` raises."""
        query_filter, params = self._plain_filter(fetch), dumped(self.search_params)
        projection = Projection.of(fetch.include)
        given = {
            "filter": query_filter,
            "params": params,
            "limit": fetch.limit,
            "with_payload": {"include": list(projection.include)} if projection.include else False,
            "with_vector": False,
            "score_threshold": self._pushed(fetch),
        }
        if self.search_type == "mmr" or self.mode == "hybrid":
            # Rare, and models all the way down.
            asked = self._query(fetch.limit, None, dense, sparse)
            given |= {"query": dumped(asked["query"])}
            if "prefetch" in asked:
                given["prefetch"] = [{**dumped(stage), "filter": query_filter} for stage in asked["prefetch"]]
            else:
                given["using"] = asked["using"]
        elif self.mode == "dense":
            given |= {"query": dense, "using": self.vector_name}
        else:
            given |= {"query": dumped(sparse), "using": self.sparse_vector_name}
        return given

    def reading_body(self, ids: Sequence[PointId], include: tuple[str, ...], within: Filter) -> dict[str, Any]:
        """What `reading` would send: the body of `POST /points/scroll`. Raises what `reading` raises."""
        parts = (dumped(self.base_filter), plain(within) if within else None)
        projection = Projection.of(include)
        return {
            "filter": {"must": [{"has_id": list(ids)}, *(part for part in parts if part is not None)]},
            "limit": len(ids),
            "with_payload": {"include": list(projection.include)} if projection.include else False,
            "with_vector": False,
        }

    def _query(
        self,
        limit: int,
        query_filter: models.Filter | None,
        dense: list[float] | None,
        sparse: models.SparseVector | None,
    ) -> dict[str, Any]:
        if self.search_type == "mmr" and dense is not None:
            mmr = models.Mmr(diversity=self.lambda_mult, candidates_limit=self.fetch_k)
            return {"query": models.NearestQuery(nearest=dense, mmr=mmr), "using": self.vector_name}
        if self.mode == "dense":
            return {"query": dense, "using": self.vector_name}
        if self.mode == "sparse":
            return {"query": sparse, "using": self.sparse_vector_name}
        stages = [
            models.Prefetch(using=using, query=vector, filter=query_filter, limit=limit, params=self.search_params)
            for using, vector in ((self.vector_name, dense), (self.sparse_vector_name, sparse))
        ]
        fusion = self.hybrid_fusion or models.FusionQuery(fusion=models.Fusion.RRF)
        return {"prefetch": stages, "query": fusion}

    def _filter(self, fetch: Fetch) -> models.Filter | None:
        parts: list[Any] = [part for part in (self.base_filter, render(fetch.filter) if fetch.filter else None) if part]
        if fetch.exclude:
            return models.Filter(must=parts or None, must_not=[models.HasIdCondition(has_id=list(fetch.exclude))])
        whole: models.Filter | None = parts[0] if len(parts) == 1 else models.Filter(must=parts) if parts else None
        return whole

    def _plain_filter(self, fetch: Fetch) -> dict[str, Any] | None:
        given = (dumped(self.base_filter), plain(fetch.filter) if fetch.filter else None)
        parts = [part for part in given if part is not None]
        if fetch.exclude:
            excluded = {"must_not": [{"has_id": list(fetch.exclude)}]}
            return {"must": parts, **excluded} if parts else excluded
        return parts[0] if len(parts) == 1 else {"must": parts} if parts else None

    @property
    def _smaller_is_better(self) -> bool:
        distances = (models.Distance.EUCLID, models.Distance.MANHATTAN)
        return self.distance in distances and (self.search_type == "mmr" or self.mode == "dense")

    def _stricter(self, *thresholds: float | None) -> float | None:
        given = [threshold for threshold in thresholds if threshold is not None]
        return (min if self._smaller_is_better else max)(given) if given else None

    def _raw(self, fetch: Fetch) -> float | None:
        """The strictest threshold in the store's own score."""
        if self.search_type == "similarity_score_threshold":
            return fetch.min_score
        return self._stricter(self.score_threshold, fetch.score_threshold, fetch.min_score)

    def _relevance_floor(self, fetch: Fetch) -> float | None:
        if self.search_type != "similarity_score_threshold":
            return None
        return max((one for one in (self.score_threshold, fetch.score_threshold) if one is not None), default=None)

    def _pushed(self, fetch: Fetch) -> float | None:
        """What Qdrant can already leave out: the thresholds that grow and fall with its score."""
        return self._stricter(self._raw(fetch), self._as_score(self._relevance_floor(fetch)))

    def _as_score(self, floor: float | None) -> float | None:
        if floor is None:
            return None
        if self.distance == models.Distance.COSINE:
            return 2.0 * floor - 1.0 - _SLACK
        if self.distance == models.Distance.EUCLID and self._smaller_is_better:
            return (1.0 - floor) * _ROOT2 + _SLACK
        return None

    def keeps(self, fetch: Fetch) -> Callable[[float], bool]:
        """The test of a score against every threshold. Raises `StoreError` where relevance is not defined."""
        raw, floor = self._raw(fetch), self._relevance_floor(fetch)
        if raw is None and floor is None:
            return _every
        sign = -1.0 if self._smaller_is_better else 1.0
        relevance = self.relevance if floor is not None else None

        def keep(score: float) -> bool:
            # So put that a threshold which is no number keeps nothing.
            if raw is not None and not sign * (score - raw) >= -_SLACK * max(1.0, abs(raw)):
                return False
            return relevance is None or floor is None or relevance(score) >= floor

        return keep

    @property
    def relevance(self) -> Callable[[float], float]:
        """From the store's score to relevance, 0 to 1, as langchain-qdrant has it."""
        if self.distance in _RELEVANCE:
            return _RELEVANCE[self.distance]
        raise StoreError(
            "similarity_score_threshold is not defined for this distance",
            code="search-type",
            hint="use similarity with a score_threshold in the store's own score",
        )


def _every(score: float) -> bool:
    return True
