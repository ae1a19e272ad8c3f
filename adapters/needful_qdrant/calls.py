"""How a client is called: in time, and one call at a time where it is not safe from several threads."""

from __future__ import annotations

import asyncio
import math
import threading
from collections.abc import Callable
from typing import Any, Literal, TypeVar
from weakref import WeakKeyDictionary

from qdrant_client import AsyncQdrantClient, QdrantClient

from needful.deadlines import within
from needful.forking import fork_safe_lock
from needful_qdrant.edge import direct
from needful_qdrant.embedded import engine_of, is_embedded

__all__ = ["Method", "ask", "ask_async", "is_local"]

T = TypeVar("T")

Method = Literal["query_points", "scroll"]

_locks: WeakKeyDictionary[QdrantClient | AsyncQdrantClient, threading.Lock] = WeakKeyDictionary()
_guard = fork_safe_lock()


def is_local(client: QdrantClient | AsyncQdrantClient) -> bool:
    """Whether a client keeps its collections itself (`:memory:`, `path=`)."""
    options = client.init_options
    return options.get("location") == ":memory:" or options.get("path") is not None


def ask(client: QdrantClient, seconds: float, method: Method, question: dict[str, Any]) -> Any:
    """Call a method of the client; the answer's points. Raises what the client raises, and `TimeoutError`."""
    call = getattr(client, method)
    if is_local(client):
        return _alone(client, seconds, lambda: _points(call(**question)))
    if (engine := engine_of(client)) is not None:
        return direct.ask(engine, method, question)
    if is_embedded(client):
        return _points(call(**question))
    # httpx counts its timeout anew with every piece of an answer, so the deadline is held here.
    return within(seconds, lambda: _points(call(**question, timeout=math.ceil(seconds))))


async def ask_async(client: AsyncQdrantClient, seconds: float, method: Method, question: dict[str, Any]) -> Any:
    """Like `ask`. A client without a server computes on the loop, so it gets a loop of its own in a thread."""
    call = getattr(client, method)
    if is_local(client):

        def alone() -> Any:
            return _alone(client, seconds, lambda: _points(asyncio.run(call(**question))))

        return await asyncio.to_thread(alone)
    # Not wait_for: an interruption in a task of its own would leave through the loop, past whoever strips its text.
    async with asyncio.timeout(seconds):
        return _points(await call(**question, timeout=math.ceil(seconds)))


def _points(answer: Any) -> Any:
    return answer[0] if isinstance(answer, tuple) else answer.points


def _alone(client: QdrantClient | AsyncQdrantClient, seconds: float, call: Callable[[], T]) -> T:
    with _guard:
        lock = _locks.setdefault(client, threading.Lock())
    if not lock.acquire(timeout=seconds):
        raise TimeoutError
    try:
        return call()
    finally:
        lock.release()
