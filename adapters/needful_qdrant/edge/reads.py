"""Questions: from Qdrant's JSON to the engine's requests, and from the engine's points back to JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import qdrant_edge as engine

from needful_qdrant.edge.conditions import filter_of
from needful_qdrant.edge.problems import BadRequest, Refusal, only

__all__ = ["fused", "is_fusion", "query_request", "record", "scored", "scroll_request", "selector", "vector_of"]

_PREFETCH = frozenset({"prefetch", "query", "using", "filter", "params", "score_threshold", "limit"})
_QUERY = _PREFETCH | {"offset", "with_vector", "with_payload"}
_SCROLL = frozenset({"offset", "limit", "filter", "with_payload", "with_vector", "order_by"})
_DEFAULT_LIMIT = 10  # what a server takes where a request names none
_RRF_K = 2  # as in qdrant_client.hybrid.fusion


def vector_of(value: Any) -> Any:
    """Read a dense, sparse, multi- or named vector."""
    if isinstance(value, Mapping):
        if value.keys() == {"indices", "values"}:
            return engine.SparseVector(value["indices"], value["values"])
        return {name: vector_of(member) for name, member in value.items()}
    if not isinstance(value, list):
        raise BadRequest("a vector is a list of numbers, or indices and values")
    return value


def selector(body: Any) -> Any:
    """Read `with_payload`. Absent means none, as on a server."""
    if isinstance(body, list):
        return engine.PayloadSelector.Include(body)
    if isinstance(body, Mapping):
        given = only(body, ("include", "exclude"), "with_payload")
        if "include" in given:
            return engine.PayloadSelector.Include(given["include"])
        return engine.PayloadSelector.Exclude(given["exclude"])
    return bool(body)


def query_request(body: Mapping[str, Any]) -> engine.QueryRequest:
    """Read the body of `POST /points/query`. Raises `Refusal`."""
    given = only(body, _QUERY, "query")
    return engine.QueryRequest(
        offset=given.get("offset"),
        with_payload=selector(given.get("with_payload")),
        with_vector=given.get("with_vector") or False,
        prefetches=_prefetches(given.get("prefetch")),
        **_stage(given),
    )


def is_fusion(body: Mapping[str, Any]) -> bool:
    """Whether the results of several stages are fused, so that equal scores are the rule."""
    query = body.get("query")
    return isinstance(query, Mapping) and ("fusion" in query or "rrf" in query) and bool(body.get("prefetch"))


def fused(shard: engine.EdgeShard, body: Mapping[str, Any]) -> list[engine.ScoredPoint]:
    """Answer a fusion query. Points of equal score are ordered by id.

    The engine leaves their order, and who of them makes the limit, to chance: the same question twice would get
    different answers. So it is asked for all candidates, which the limits of the stages bound.
    """
    stages = body["prefetch"] if isinstance(body["prefetch"], list) else [body["prefetch"]]
    limit, offset = _limit(only(body, _QUERY, "query")), body.get("offset") or 0
    candidates = sum(_limit(only(stage, _PREFETCH, "prefetch")) for stage in stages)
    points = shard.query(query_request({**body, "limit": max(limit, candidates), "offset": None}))
    points.sort(key=lambda point: (-point.score, str(point.id)))
    return points[offset : offset + limit]


def scroll_request(body: Mapping[str, Any]) -> engine.ScrollRequest:
    """Read the body of `POST /points/scroll`. Raises `Refusal`."""
    given = only(body, _SCROLL, "scroll")
    return engine.ScrollRequest(
        offset=given.get("offset"),
        limit=_limit(given),
        filter=filter_of(given.get("filter")),
        with_payload=selector(given.get("with_payload", True)),
        with_vector=given.get("with_vector") or False,
        order_by=_order(given["order_by"]) if "order_by" in given else None,
    )


def _stage(given: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "limit": _limit(given),
        "query": _query(given.get("query"), given.get("using", ""), _limit(given)),
        "filter": filter_of(given.get("filter")),
        "score_threshold": given.get("score_threshold"),
        "params": _params(given.get("params")),
    }


def _prefetches(body: Any) -> list[engine.Prefetch] | None:
    if not body:
        return None
    stages = [only(stage, _PREFETCH, "prefetch") for stage in (body if isinstance(body, list) else [body])]
    return [engine.Prefetch(prefetches=_prefetches(stage.get("prefetch")), **_stage(stage)) for stage in stages]


def _limit(given: Mapping[str, Any]) -> int:
    limit = given.get("limit", _DEFAULT_LIMIT)
    if not isinstance(limit, int) or limit < 1:
        raise Refusal(422, "Validation error in JSON body: [limit: value is invalid, must be 1 or larger]")
    return limit


def _params(body: Any) -> engine.SearchParams | None:
    if not body:
        return None
    given = only(body, ("hnsw_ef", "exact", "indexed_only", "quantization", "acorn", "idf"), "params")
    if quantization := given.pop("quantization", None):
        known = ("ignore", "rescore", "oversampling")
        given["quantization"] = engine.QuantizationSearchParams(**only(quantization, known, "quantization"))
    if acorn := given.pop("acorn", None):
        given["acorn"] = engine.AcornSearchParams(**only(acorn, ("enable", "max_selectivity"), "acorn"))
    if idf := given.pop("idf", None):
        given["idf"] = engine.IdfParams(filter_of(idf.get("corpus")) if isinstance(idf, Mapping) else None)
    return engine.SearchParams(**given)


def _query(body: Any, using: str, limit: int) -> Any:
    if body is None:
        return None
    if isinstance(body, list) or (isinstance(body, Mapping) and "indices" in body):
        return engine.Query.Nearest(vector_of(body), using=using)
    if not isinstance(body, Mapping):
        raise BadRequest("a query by point id is not something that the embedded engine does")
    if "nearest" in body:
        return _nearest(body, using, limit)
    if "fusion" in body:
        return {"rrf": engine.Fusion.Rrf(_RRF_K), "dbsf": engine.Fusion.Dbsf()}[body["fusion"]]
    if "rrf" in body:
        return engine.Fusion.Rrf(body["rrf"].get("k") or _RRF_K, body["rrf"].get("weights"))
    if "order_by" in body:
        return _order(body["order_by"])
    if body.get("sample") == "random":
        return engine.Sample.Random
    raise BadRequest("this kind of query is not something that the embedded engine does")


def _nearest(body: Mapping[str, Any], using: str, limit: int) -> Any:
    vector, mmr = vector_of(body["nearest"]), body.get("mmr")
    if mmr is None:
        return engine.Query.Nearest(vector, using=using)
    diversity = 0.5 if mmr.get("diversity") is None else mmr["diversity"]
    return engine.Mmr(vector, 1.0 - diversity, mmr.get("candidates_limit") or limit, using)


def _order(body: Any) -> engine.OrderBy:
    given = {"key": body} if isinstance(body, str) else only(body, ("key", "direction", "start_from"), "order_by")
    direction = engine.Direction.Desc if given.get("direction") == "desc" else engine.Direction.Asc
    return engine.OrderBy(given["key"], direction, given.get("start_from"))


def record(point: Any, with_vector: Any) -> dict[str, Any]:
    """Render a record. The engine hands out vectors of an mmr query unasked; a server does not."""
    answer = {"id": point.id, "payload": point.payload}
    if with_vector and point.vector is not None:
        answer["vector"] = _vector_json(point.vector)
    return answer


def scored(point: Any, with_vector: Any) -> dict[str, Any]:
    """Render a point with its score."""
    return {**record(point, with_vector), "version": point.version, "score": point.score}


def _vector_json(vector: Any) -> Any:
    if isinstance(vector, dict):
        named = {name: _vector_json(member) for name, member in vector.items()}
        return named[""] if named.keys() == {""} else named
    if isinstance(vector, engine.SparseVector):
        return {"indices": vector.indices, "values": vector.values}
    return vector
