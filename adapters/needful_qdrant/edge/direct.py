"""A question to the embedded engine without the way over HTTP: no JSON, no second copy of the vector and the payloads.

What is asked, what comes back and what goes wrong are the same as through the client (tests compare the two). Where
somebody taps the bytes that would cross the network, everything goes through the client.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import httpx
import qdrant_edge as engine
from pydantic import BaseModel
from qdrant_client.http.exceptions import ResponseHandlingException, UnexpectedResponse

from needful_qdrant.edge.problems import Forked, Refusal, explain
from needful_qdrant.edge.reads import fused, is_fusion, query_request, scroll_request
from needful_qdrant.edge.storage import Storage

__all__ = ["ask", "points_of"]

Method = Literal["query_points", "scroll"]

_NAMES = {"query_filter": "filter", "scroll_filter": "filter", "search_params": "params", "with_vectors": "with_vector"}
_OF_SERVERS = ("collection_name", "consistency")


def ask(storage: Storage, method: Method, arguments: Mapping[str, Any]) -> Any:
    """Return the engine's points for the arguments of the client's method. Raises what `points_of` raises."""
    body = {_NAMES.get(name, name): _plain(given) for name, given in arguments.items() if name not in _OF_SERVERS}
    return points_of(storage, method, arguments["collection_name"], body)


def points_of(storage: Storage, method: Method, collection: str, body: Mapping[str, Any]) -> Any:
    """Return the engine's points for the body that the client's method would send.

    Raises what the client raises for the engine's refusals: `UnexpectedResponse`, `ResponseHandlingException` around
    `Forked`, or `RuntimeError` once the client is closed.
    """
    if storage.is_elsewhere:
        raise ResponseHandlingException(Forked())  # in which the client wraps what its transport raises
    if storage.is_closed:
        raise RuntimeError("the client is closed")
    try:
        return _points(storage[collection].shard, method, body)
    except Refusal as refusal:
        refused = refusal
    except Exception as error:  # noqa: BLE001 - the engine raises bare Exception
        refused = explain(error)
    raise UnexpectedResponse(refused.status, "", refused.text.encode(), httpx.Headers())


def _points(shard: engine.EdgeShard, method: Method, body: Mapping[str, Any]) -> Any:
    if method == "scroll":
        return shard.scroll(scroll_request(body))[0]
    return fused(shard, body) if is_fusion(body) else shard.query(query_request(body))


def _plain(given: Any) -> Any:
    """What JSON would make of an argument."""
    if isinstance(given, BaseModel):
        return given.model_dump(mode="json", by_alias=True, exclude_none=True)
    if isinstance(given, list) and given and isinstance(given[0], BaseModel):
        return [_plain(one) for one in given]
    return given
