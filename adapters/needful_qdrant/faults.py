"""Errors of Qdrant's client, sorted: what it was, whether asking again helps, and the `StoreError` it becomes.

Nothing of a foreign error is passed on: its text quotes the answer's body. It is looked at for a few fixed phrases.
"""

from __future__ import annotations

import random
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx
from pydantic import ValidationError
from qdrant_client.common.client_exceptions import QdrantException, ResourceExhaustedResponse
from qdrant_client.http.exceptions import ResponseHandlingException, UnexpectedResponse

from needful.errors import StoreError
from needful_qdrant.answers import BadAnswer
from needful_qdrant.edge.problems import Forked

__all__ = ["Attempts", "Fault", "classify"]

_MESSAGES: Mapping[str, tuple[str, str]] = {
    "unreachable": ("Qdrant cannot be reached", "check that it runs, its URL and the network between"),
    "unauthorized": ("Qdrant refused the credentials", "check the API key and what it may read"),
    "collection-missing": ("the collection does not exist", "check its name, or index documents first"),
    "vector-mismatch": (
        "the question's vector does not fit the collection",
        "check vector_name, sparse_vector_name and that the embeddings are those it was indexed with",
    ),
    "index-missing": (
        "Qdrant wants a payload index for a key of the filter",
        "create one for each key that policies filter by: client.create_payload_index",
    ),
    "deadline": ("Qdrant did not answer in time", "raise the store's deadline, or look at the load of Qdrant"),
    "busy": ("Qdrant has too many requests", "ask less often, or raise its rate limit"),
    "bad-answer": (
        "what came back is not an answer of Qdrant",
        "check that the URL leads to Qdrant and not to a proxy's or another service's page",
    ),
    "closed": ("the Qdrant client is closed", "keep it open for as long as the retriever is used"),
    "forked": (
        "the embedded Qdrant was opened before this process was forked",
        "make client and retriever in each process, or use a Qdrant server",
    ),
    "store": ("Qdrant could not answer", "its own log says more"),
}
_BACKOFF = 0.1  # seconds, doubled by every attempt; half of it by chance, so that callers do not all come back at once
_GRPC = {
    "UNAVAILABLE": ("unreachable", True),
    "DEADLINE_EXCEEDED": ("deadline", True),
    "RESOURCE_EXHAUSTED": ("busy", True),
    "UNAUTHENTICATED": ("unauthorized", False),
    "PERMISSION_DENIED": ("unauthorized", False),
}
_STATUSES = {
    401: ("unauthorized", False),
    403: ("unauthorized", False),
    408: ("deadline", True),
    429: ("busy", True),
    502: ("unreachable", True),
    503: ("unreachable", True),
    504: ("deadline", True),
}


@dataclass(frozen=True, slots=True)
class Fault:
    """What went wrong. `after` is how many seconds the server wants to be left alone."""

    code: str
    again: bool = False
    after: float | None = None

    def error(self) -> StoreError:
        """The error that a caller sees."""
        message, hint = _MESSAGES[self.code]
        return StoreError(message, code=self.code, hint=hint)


def classify(error: Exception, *, local: bool = False) -> Fault:
    """Sort an error of the client. `local` is for clients without a server, which raise `ValueError`."""
    match error:
        case UnexpectedResponse():
            return _by_status(error)
        case ResourceExhaustedResponse():
            return Fault("busy", again=True, after=_seconds(str(error.retry_after_s)))
        case QdrantException():  # a 429 whose Retry-After is not a whole number; the client's message ends in it
            return Fault("busy", again=True, after=_seconds(str(error).partition(": ")[2]))
        case ResponseHandlingException():
            return _by_source(error.source)
        case TimeoutError():
            return Fault("deadline", again=True)
        case BadAnswer() | AssertionError() | AttributeError() | RecursionError():  # no result, or one without end
            return Fault("bad-answer")
        case ValueError():
            return _by_text(str(error)) if local else Fault("bad-answer")
        case RuntimeError() if "closed" in str(error):
            return Fault("closed")
        case _:
            return _by_grpc(error)


def _by_status(error: UnexpectedResponse) -> Fault:
    status = error.status_code or 0
    if status in _STATUSES:
        code, again = _STATUSES[status]
        return Fault(code, again=again, after=_retry_after(error))
    if 300 <= status < 400:
        return Fault("bad-answer")
    if status in (400, 404, 422):
        found = _by_text(error.content.decode("utf-8", "replace"))
        return Fault("bad-answer") if status == 404 and found.code == "store" else found
    return Fault("store")


def _retry_after(error: UnexpectedResponse) -> float | None:
    return _seconds(error.headers.get("retry-after", ""))


def _seconds(text: str) -> float | None:
    """How long `Retry-After` says to wait: seconds, or until a date (RFC 9110 §10.2.3). None for anything else."""
    if text.isascii() and text.isdigit():
        return float(text)
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0.0, (aware - datetime.now(UTC)).total_seconds())


def _by_text(text: str) -> Fault:
    lowered = text.lower()
    if "collection" in lowered and ("doesn't exist" in lowered or lowered.endswith(" not found")):
        return Fault("collection-missing")
    if "index required" in lowered:
        return Fault("index-missing")
    if "vector" in lowered or "not aligned" in lowered:
        return Fault("vector-mismatch")
    return Fault("store")


def _by_source(source: Exception) -> Fault:
    match source:
        case httpx.ConnectTimeout() | httpx.PoolTimeout():
            return Fault("unreachable", again=True)
        case httpx.TimeoutException():
            return Fault("deadline", again=True)
        case httpx.NetworkError() | httpx.RemoteProtocolError() | httpx.ProxyError():
            return Fault("unreachable", again=True)
        case httpx.UnsupportedProtocol() | httpx.InvalidURL():
            return Fault("unreachable")
        case ValidationError() | httpx.DecodingError() | httpx.TooManyRedirects():
            return Fault("bad-answer")
        case RuntimeError() if "closed" in str(source):
            return Fault("closed")
        case Forked():
            return Fault("forked")
        case _:
            return Fault("store")


def _by_grpc(error: Exception) -> Fault:
    code = getattr(error, "code", None)
    name = getattr(code(), "name", "") if callable(code) else ""
    if name in ("NOT_FOUND", "INVALID_ARGUMENT"):
        details = getattr(error, "details", None)
        return _by_text(str(details()) if callable(details) else "")
    kind, again = _GRPC.get(name, ("store", False))
    return Fault(kind, again=again)


class Attempts:
    """How often and for how long one read is tried: `retries` more times, all within `deadline` seconds."""

    def __init__(self, deadline: float, retries: int) -> None:
        self._end = time.monotonic() + deadline
        self._left = retries
        self._pause = _BACKOFF

    @property
    def remaining(self) -> float:
        """Seconds until the deadline. Raises `StoreError` with code `deadline` when it is over."""
        remaining = self._end - time.monotonic()
        if remaining <= 0:
            raise Fault("deadline").error()
        return remaining

    def pause(self, fault: Fault) -> float:
        """Seconds to wait before the next attempt, never less than the server wants.

        Raises the fault's `StoreError` where there is no next attempt.
        """
        jittered = self._pause * (1 + random.random()) / 2  # noqa: S311 - nobody gains from guessing it
        least = jittered if fault.after is None else fault.after
        self._pause *= 2
        self._left -= 1
        left = self._end - time.monotonic()
        if not fault.again or self._left < 0 or least >= left:
            raise fault.error()
        return least if fault.after is None else min(least + jittered, left)
