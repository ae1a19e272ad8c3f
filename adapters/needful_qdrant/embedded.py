"""Qdrant without a server: the real REST client over Qdrant's Rust engine in this process.

`embedded_client` gives an ordinary `qdrant_client.QdrantClient`; what LangChain or this package does with a server
works with it unchanged, and the bytes that would cross the network can be looked at.
"""

from __future__ import annotations

import os

from qdrant_client import QdrantClient

from needful.errors import StoreError
from needful_qdrant.edge.storage import Storage
from needful_qdrant.edge.transport import EdgeTransport, Tap

__all__ = ["embedded_client", "engine_of", "is_embedded", "optimize"]


def embedded_client(directory: str | os.PathLike[str] | None = None, *, tap: Tap | None = None) -> QdrantClient:
    """Open an embedded Qdrant that keeps its collections in `directory`, which is made where it is not there.

    None stands for a temporary directory, removed when the client is closed. `client.close()`, the client's end and
    the interpreter's exit write everything to disk. `tap` is called with method, path, request body and response
    body of every exchange: raw data, for tests.

    Raises `StoreError`: `already-open` where another client or process has the directory, `embedded-directory` where
    it cannot be used, `embedded-damaged` where a collection in it cannot be read.
    """
    transport = EdgeTransport(Storage(directory), tap)
    # verify and trust_env: no network, so no certificates to load and no proxies to look up.
    return QdrantClient(
        url="http://embedded", transport=transport, check_compatibility=False, verify=False, trust_env=False
    )


def is_embedded(client: object) -> bool:
    """Whether a client was made by `embedded_client`."""
    return _transport(client) is not None


def engine_of(client: object) -> Storage | None:
    """What may be asked without the way over HTTP: the embedded engine of a client whose exchanges nobody taps."""
    transport = _transport(client)
    return None if transport is None or transport.is_tapped else transport.storage


def optimize(client: QdrantClient, collection: str) -> bool:
    """Build the vector indexes of an embedded collection now; seconds for 10,000 points.

    Until then, and for what was added since, vectors are compared one by one. Returns whether there was anything to
    do. Raises `StoreError`: `not-embedded`, `collection-missing`, or `store` where the engine fails.
    """
    transport = _transport(client)
    if transport is None:
        raise StoreError("only an embedded collection is optimized by hand", code="not-embedded")
    if collection not in transport.storage:
        raise StoreError("there is no such collection", code="collection-missing", hint="index documents first")
    try:
        return transport.storage[collection].shard.optimize()
    except Exception:  # noqa: BLE001 - the engine raises bare Exception
        failed = StoreError("the embedded engine could not optimize the collection", code="store")
    raise failed


def _transport(client: object) -> EdgeTransport | None:
    options = getattr(client, "init_options", None)
    transport = options.get("transport") if isinstance(options, dict) else None
    return transport if isinstance(transport, EdgeTransport) else None
