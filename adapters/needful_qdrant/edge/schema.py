"""Collections: from Qdrant's JSON to the engine's configuration, and a description back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import qdrant_edge as engine

from needful_qdrant.edge.problems import BadRequest, only

__all__ = ["describe", "edge_config"]

# What concerns a cluster or a server's housekeeping is taken and has no effect here.
_WITHOUT_EFFECT = ("shard_number", "replication_factor", "write_consistency_factor", "wal_config", "optimizers_config")
_COLLECTION = ("vectors", "sparse_vectors", "on_disk_payload", "hnsw_config", "metadata", *_WITHOUT_EFFECT)
_HNSW = {"m": 16, "ef_construct": 100, "full_scan_threshold": 10_000}  # a server's defaults
_OPTIMIZER = {
    "deleted_threshold": 0.2,
    "vacuum_min_vector_number": 1000,
    "default_segment_number": 0,
    "flush_interval_sec": 5,
}


def edge_config(body: Mapping[str, Any]) -> engine.EdgeConfig:
    """Read the body of `PUT /collections/NAME`. Raises `BadRequest`."""
    given = only(body, _COLLECTION, "collection")
    vectors = given.get("vectors") or {}
    named = {"": vectors} if "size" in vectors else vectors
    sparse = given.get("sparse_vectors") or {}
    if not named and not sparse:
        raise BadRequest("a collection of the embedded engine needs a vector")
    return engine.EdgeConfig(
        vectors={name: _vector(params) for name, params in named.items()},
        sparse_vectors={name: _sparse_vector(params) for name, params in sparse.items()},
        on_disk_payload=given.get("on_disk_payload"),
        hnsw_config=_hnsw(given["hnsw_config"]) if "hnsw_config" in given else None,
    )


def _vector(body: Mapping[str, Any]) -> engine.EdgeVectorParams:
    known = ("size", "distance", "on_disk", "datatype", "multivector_config", "hnsw_config")
    given = only(body, known, "vector parameters")
    if not isinstance(given["size"], int) or given["size"] < 1:
        raise BadRequest("a vector's size must be 1 or larger")
    many = given.get("multivector_config")
    return engine.EdgeVectorParams(
        size=given["size"],
        distance=getattr(engine.Distance, given["distance"]),
        on_disk=given.get("on_disk"),
        datatype=_datatype(given),
        multivector_config=engine.MultiVectorConfig(engine.MultiVectorComparator.MaxSim) if many else None,
        hnsw_config=_hnsw(given["hnsw_config"]) if "hnsw_config" in given else None,
    )


def _sparse_vector(body: Mapping[str, Any] | None) -> engine.EdgeSparseVectorParams:
    given = only(body or {}, ("index", "modifier"), "sparse vector parameters")
    index = only(given.get("index") or {}, ("full_scan_threshold", "on_disk", "datatype"), "sparse index")
    return engine.EdgeSparseVectorParams(
        full_scan_threshold=index.get("full_scan_threshold"),
        on_disk=index.get("on_disk"),
        modifier=engine.Modifier.Idf if given.get("modifier") == "idf" else None,
        datatype=_datatype(index),
    )


def _datatype(given: Mapping[str, Any]) -> engine.VectorStorageDatatype | None:
    name = given.get("datatype")
    return None if name is None else getattr(engine.VectorStorageDatatype, name.capitalize())


def _hnsw(body: Mapping[str, Any]) -> engine.HnswIndexConfig:
    known = (*_HNSW, "max_indexing_threads", "on_disk", "payload_m", "inline_storage")
    return engine.HnswIndexConfig(**{**_HNSW, **only(body, known, "hnsw_config")})


def describe(config: Mapping[str, Any], info: engine.ShardInfo) -> dict[str, Any]:
    """Render what `GET /collections/NAME` answers."""
    return {
        "status": "green",
        "optimizer_status": "ok",
        "indexed_vectors_count": info.indexed_vectors_count,
        "points_count": info.points_count,
        "segments_count": info.segments_count,
        "payload_schema": {
            name: {"data_type": str(index.data_type).rpartition(".")[2].lower(), "points": index.points}
            for name, index in info.payload_schema.items()
        },
        "config": {
            "params": {
                "vectors": config.get("vectors") or {},
                "sparse_vectors": config.get("sparse_vectors"),
                "on_disk_payload": config.get("on_disk_payload", True),
            },
            "hnsw_config": {**_HNSW, **{k: v for k, v in (config.get("hnsw_config") or {}).items() if v is not None}},
            "optimizer_config": _OPTIMIZER,
            "metadata": config.get("metadata"),
        },
    }
