"""What the embedded engine answers when it refuses: a status and a text in the words of a Qdrant server.

The texts are static, but for collection names, which the caller chose, and vector sizes. The engine's own texts quote
point ids and values, so they are recognised and never passed on.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

__all__ = ["BadRequest", "Forked", "Refusal", "explain", "only"]

_DIMENSION = re.compile(r"Vector dimension error: expected dim: \d+, got \d+")


class Forked(Exception):
    """The engine was opened before this process was forked. It has no text."""


class Refusal(Exception):
    """An answer that is not 200. `text` holds no payload value and no point id."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status
        self.text = text


class BadRequest(Refusal):
    """400: the body is not something that this engine can do."""

    def __init__(self, text: str) -> None:
        super().__init__(400, f"Wrong input: {text}")


def explain(error: Exception) -> Refusal:
    """Turn what the engine or the reading of a body raised into an answer."""
    text = str(error)
    if found := _DIMENSION.search(text):
        return BadRequest(found.group())
    if "Not existing vector name" in text:
        return BadRequest("Not existing vector name error")
    if "Wrong usage of" in text:
        return BadRequest("the vector is of another kind, dense or sparse, than the collection's")
    if text.startswith("Service "):
        return Refusal(500, "Service internal error: the embedded engine could not do this")
    return BadRequest("the body does not fit the request")


def only(body: Mapping[str, Any], known: Iterable[str], where: str) -> dict[str, Any]:
    """Return the keys of `body` that are set. Raises `BadRequest` if any is not in `known`."""
    if not isinstance(body, Mapping):
        raise BadRequest(f"{where} must be an object")
    given = {key: value for key, value in body.items() if value is not None}
    if not given.keys() <= (known if isinstance(known, frozenset) else set(known)):
        raise BadRequest(f"{where} has a key that the embedded engine does not know")
    return given
