"""The httpx transport: a request comes in, the engine is asked, an answer in a Qdrant server's shape goes out."""

from __future__ import annotations

import time
import weakref
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import unquote

import httpx
import qdrant_edge as engine
from pydantic_core import from_json, to_json

from needful_qdrant.edge.conditions import filter_of
from needful_qdrant.edge.problems import BadRequest, Forked, Refusal, explain, only
from needful_qdrant.edge.reads import fused, is_fusion, query_request, record, scored, scroll_request, selector
from needful_qdrant.edge.schema import describe
from needful_qdrant.edge.storage import Collection, Storage
from needful_qdrant.edge.updates import UPDATES, batch, create_index

__all__ = ["EdgeTransport", "Tap"]

Tap = Callable[[str, str, bytes, bytes], None]
"""Called with method, path, request body and response body of every exchange."""

_DONE = {"operation_id": 0, "status": "completed"}
_HEADERS = {"content-type": "application/json"}
_VERSION = "1.20.0"  # of the client whose requests the routes were written for


class EdgeTransport(httpx.BaseTransport):
    """Answers like a Qdrant server, from a directory. Every refusal is a 4xx with JSON, never a traceback."""

    def __init__(self, storage: Storage, tap: Tap | None = None) -> None:
        self.storage = storage
        self._tap = tap
        self.is_tapped = tap is not None
        """Whether somebody looks at what would cross the network."""
        # Closes at interpreter exit too, so that a forgotten close() loses nothing.
        self._finalizer = weakref.finalize(self, storage.close)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Answer one request. Raises `Forked` in another process than the one that opened the engine."""
        if self.storage.is_elsewhere:
            raise Forked
        started = time.perf_counter()
        sent = request.read()
        path = request.url.raw_path.decode("ascii").partition("?")[0]
        status, answer = self._answer(request.method, path, sent)
        answer["time"] = time.perf_counter() - started
        content = to_json(answer)
        if self._tap is not None:
            self._tap(request.method, unquote(path), sent, content)
        return httpx.Response(status, content=content, headers=_HEADERS)

    def close(self) -> None:
        """Flush and release the directory. A second call does nothing."""
        self._finalizer()

    def _answer(self, method: str, path: str, sent: bytes) -> tuple[int, dict[str, Any]]:
        try:
            return 200, {"result": self._route(method, path, from_json(sent) if sent else {}), "status": "ok"}
        except Refusal as refusal:
            refused = refusal
        except Exception as error:  # noqa: BLE001 - the engine raises bare Exception, and any body may come in
            refused = explain(error)
        return refused.status, {"status": {"error": refused.text}}

    def _route(self, method: str, path: str, body: Any) -> Any:
        parts = [unquote(part) for part in path.strip("/").split("/")]
        if parts == [""]:
            return {"title": "qdrant (embedded)", "version": _VERSION}
        if parts[0] != "collections":
            raise Refusal(404, "Not found: the embedded engine has no such route")
        if len(parts) == 1:
            return {"collections": [{"name": name} for name in self.storage.names()]}
        name, rest = parts[1], "/".join(parts[2:])
        if rest in ("", "exists") and (handle := _ON_STORAGE.get((method, rest))):
            return handle(self.storage, name, body)
        return _on_collection(self.storage[name], method, rest, body)


def _create(storage: Storage, name: str, body: Mapping[str, Any]) -> bool:
    storage.create(name, {key: value for key, value in body.items() if value is not None})
    return True


_ON_STORAGE: Mapping[tuple[str, str], Callable[[Storage, str, Any], Any]] = {
    ("GET", ""): lambda storage, name, body: describe(storage[name].config, storage[name].shard.info()),
    ("PUT", ""): _create,
    ("DELETE", ""): lambda storage, name, body: storage.delete(name),
    ("GET", "exists"): lambda storage, name, body: {"exists": name in storage},
}


def _on_collection(collection: Collection, method: str, rest: str, body: Any) -> Any:
    shard = collection.shard
    if read := _READS.get((method, rest)):
        return read(shard, body)
    if update := UPDATES.get((method, rest)):
        shard.update(update(body))
        return _DONE
    if (method, rest) == ("POST", "points/batch"):
        operations = batch(body)
        for operation in operations:
            shard.update(operation)
        return [_DONE] * len(operations)
    if (method, rest) == ("PUT", "index"):
        shard.update(create_index(body))
        return _DONE
    if method == "DELETE" and rest.startswith("index/"):
        shard.update(engine.UpdateOperation.delete_field_index(rest.removeprefix("index/")))
        return _DONE
    raise Refusal(404, "Not found: the embedded engine has no such route")


def _query(shard: engine.EdgeShard, body: Mapping[str, Any]) -> dict[str, Any]:
    points = fused(shard, body) if is_fusion(body) else shard.query(query_request(body))
    return {"points": [scored(point, body.get("with_vector")) for point in points]}


def _query_batch(shard: engine.EdgeShard, body: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [_query(shard, search) for search in only(body, ("searches",), "batch")["searches"]]


def _scroll(shard: engine.EdgeShard, body: Mapping[str, Any]) -> dict[str, Any]:
    points, following = shard.scroll(scroll_request(body))
    return {"points": [record(point, body.get("with_vector")) for point in points], "next_page_offset": following}


def _retrieve(shard: engine.EdgeShard, body: Mapping[str, Any]) -> list[dict[str, Any]]:
    given = only(body, ("ids", "with_payload", "with_vector"), "retrieve")
    with_vector = given.get("with_vector") or False
    points = shard.retrieve(given["ids"], selector(given.get("with_payload", True)), with_vector)
    return [record(point, with_vector) for point in points]


def _count(shard: engine.EdgeShard, body: Mapping[str, Any]) -> dict[str, int]:
    given = only(body, ("filter", "exact"), "count")
    return {"count": shard.count(engine.CountRequest(given.get("exact", True), filter_of(given.get("filter"))))}


def _facet(shard: engine.EdgeShard, body: Mapping[str, Any]) -> dict[str, Any]:
    given = only(body, ("key", "limit", "exact", "filter"), "facet")
    if not isinstance(given.get("key"), str):
        raise BadRequest("a facet needs a key")
    limit, exact = given.get("limit", 10), given.get("exact", False)
    answer = shard.facet(engine.FacetRequest(given["key"], limit, exact, filter_of(given.get("filter"))))
    return {"hits": [{"value": hit.value, "count": hit.count} for hit in answer.hits]}


_READS: Mapping[tuple[str, str], Callable[[engine.EdgeShard, Any], Any]] = {
    ("POST", "points/query"): _query,
    ("POST", "points/query/batch"): _query_batch,
    ("POST", "points/scroll"): _scroll,
    ("POST", "points"): _retrieve,
    ("POST", "points/count"): _count,
    ("POST", "facet"): _facet,
}
