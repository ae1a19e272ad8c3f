"""Changes: from Qdrant's JSON to the engine's update operations."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import qdrant_edge as engine

from needful_qdrant.edge.conditions import filter_of
from needful_qdrant.edge.problems import BadRequest, only
from needful_qdrant.edge.reads import vector_of

__all__ = ["UPDATES", "Update", "batch", "create_index"]

Update = Callable[[Mapping[str, Any]], engine.UpdateOperation]
_Op = engine.UpdateOperation


def _upsert(body: Mapping[str, Any]) -> engine.UpdateOperation:
    given = only(body, ("points", "batch", "update_filter", "update_mode"), "upsert")
    rows = given["points"] if "points" in given else _rows(given["batch"])
    points = [engine.Point(row["id"], vector_of(row["vector"]), row.get("payload") or {}) for row in rows]
    mode = {"upsert": "Upsert", "insert_only": "InsertOnly", "update_only": "UpdateOnly"}[
        given.get("update_mode", "upsert")
    ]
    return _Op.upsert_points(points, filter_of(given.get("update_filter")), getattr(engine.UpdateMode, mode))


def _rows(columns: Mapping[str, Any]) -> list[dict[str, Any]]:
    ids, vectors = columns["ids"], columns["vectors"]
    payloads = columns.get("payloads") or [None] * len(ids)
    if isinstance(vectors, Mapping):
        vectors = [dict(zip(vectors, values, strict=True)) for values in zip(*vectors.values(), strict=True)]
    return [
        {"id": identifier, "vector": vector, "payload": payload}
        for identifier, vector, payload in zip(ids, vectors, payloads, strict=True)
    ]


def _by_points_or_filter(
    known: tuple[str, ...], by_points: Callable[..., Any], by_filter: Callable[..., Any]
) -> Update:
    """Make the update that takes either `points` or a `filter`, and then the values of `known` in this order."""

    def update(body: Mapping[str, Any]) -> engine.UpdateOperation:
        given = only(body, ("points", "filter", *known), "update")
        rest = [given.get(name) for name in known]
        if "points" in given:
            return by_points(given["points"], *rest)  # type: ignore[no-any-return]
        if "filter" in given:
            return by_filter(filter_of(given["filter"]), *rest)  # type: ignore[no-any-return]
        raise BadRequest("an update names points or a filter")

    return update


def _update_vectors(body: Mapping[str, Any]) -> engine.UpdateOperation:
    given = only(body, ("points", "update_filter"), "update vectors")
    points = [engine.PointVectors(row["id"], vector_of(row["vector"])) for row in given["points"]]
    return _Op.update_vectors(points, filter_of(given.get("update_filter")))


_set = _by_points_or_filter(("payload", "key"), _Op.set_payload, _Op.set_payload_by_filter)
_overwrite = _by_points_or_filter(("payload", "key"), _Op.overwrite_payload, _Op.overwrite_payload_by_filter)
_delete_keys = _by_points_or_filter(("keys",), _Op.delete_payload, _Op.delete_payload_by_filter)
_clear = _by_points_or_filter((), _Op.clear_payload, _Op.clear_payload_by_filter)
_delete = _by_points_or_filter((), _Op.delete_points, _Op.delete_points_by_filter)
_delete_vectors = _by_points_or_filter(("vector",), _Op.delete_vectors, _Op.delete_vectors_by_filter)

UPDATES: Mapping[tuple[str, str], Update] = {
    ("PUT", "points"): _upsert,
    ("POST", "points/delete"): _delete,
    ("POST", "points/payload"): _set,
    ("PUT", "points/payload"): _overwrite,
    ("POST", "points/payload/delete"): _delete_keys,
    ("POST", "points/payload/clear"): _clear,
    ("PUT", "points/vectors"): _update_vectors,
    ("POST", "points/vectors/delete"): _delete_vectors,
}
"""Method and the route below a collection, to what reads the body."""

_BATCHED: Mapping[str, Update] = {
    "upsert": _upsert,
    "delete": _delete,
    "set_payload": _set,
    "overwrite_payload": _overwrite,
    "delete_payload": _delete_keys,
    "clear_payload": _clear,
    "update_vectors": _update_vectors,
    "delete_vectors": _delete_vectors,
}


def batch(body: Mapping[str, Any]) -> list[engine.UpdateOperation]:
    """Read `POST /points/batch`: several updates in order. Raises `BadRequest` before the first is done."""
    operations = []
    for item in only(body, ("operations",), "batch")["operations"]:
        ((name, operation),) = item.items()
        operations.append(_BATCHED[name](operation))
    return operations


def create_index(body: Mapping[str, Any]) -> engine.UpdateOperation:
    """Read `PUT /index`: a payload index, by type name or with parameters."""
    given = only(body, ("field_name", "field_schema"), "index")
    schema = given["field_schema"]
    if isinstance(schema, str):
        return _Op.create_field_index(given["field_name"], getattr(engine.PayloadSchemaType, schema.capitalize()))
    params = {name: value for name, value in schema.items() if value is not None and name != "type"}
    if "tokenizer" in params:
        params["tokenizer"] = getattr(engine.TokenizerType, params["tokenizer"].capitalize())
    if "memory" in params:
        params["memory"] = getattr(engine.Memory, params["memory"].capitalize())
    kind = getattr(engine, f"{schema['type'].capitalize()}IndexParams")
    return _Op.create_field_index(given["field_name"], kind(**params))
