"""What comes back: the include selector before the hop, and the check and the pruning after it."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from uuid import UUID

from pydantic_core import PydanticSerializationError, to_json
from qdrant_client import models

from needful.paths import EACH, FieldPath, assemble
from needful.values import Fetch, Fetched, PointId, Record

__all__ = ["BadAnswer", "Projection", "fetched"]

_PLAIN_KEY = re.compile(r"[A-Za-z0-9_-]+")


class BadAnswer(Exception):
    """What came back is not an answer to what was asked. It has no text."""


@dataclass(frozen=True, slots=True)
class Projection:
    """The part of a payload that may leave Qdrant."""

    paths: tuple[FieldPath, ...]

    @classmethod
    @lru_cache(maxsize=256)
    def of(cls, include: tuple[str, ...]) -> Projection:
        """Read payload paths; one that lies under another is left out. Raises `ValueError` on what is not a path."""
        paths = [FieldPath.parse(text) for text in include]
        shorter = {path.steps for path in paths}
        return cls(
            tuple(path for path in paths if not any(path.steps[:n] in shorter for n in range(1, len(path.steps))))
        )

    @property
    def selector(self) -> models.PayloadSelectorInclude | bool:
        """The selector for a request: always a list of what to include, or no payload at all."""
        if not self.paths:
            return False
        return models.PayloadSelectorInclude(include=[_selected(path) for path in self.paths])

    def prune(self, payload: Mapping[str, Any]) -> dict[str, Any]:
        """Keep what the paths lead to, and nothing else.

        An include selector returns more: the scalar where `metadata.title` meets a scalar `metadata`, and scalars
        among the objects that `list[].key` goes through (measured with the embedded engine).
        """
        return assemble(leaf for path in self.paths for leaf in path.leaves(payload))


def _selected(path: FieldPath) -> str:
    """Write a path for Qdrant, which wants quotes around a key of anything but letters, digits, _ and -."""
    keys: list[str] = []
    for step in path.steps:
        if step == EACH:
            keys[-1] += EACH
        else:
            keys.append(step if _PLAIN_KEY.fullmatch(step) else f'"{step}"')
    return ".".join(keys)


def fetched(points: object, fetch: Fetch, keeps: Callable[[float], bool]) -> Fetched:
    """Check the points of an answer and prune them; `keeps` says whether a score reaches the thresholds.

    Raises `BadAnswer` where a point has no id, no score or a payload that is not an object, where one comes twice,
    was excluded, or there are more than were asked for.
    """
    if not isinstance(points, Sequence) or len(points) > fetch.limit:
        raise BadAnswer
    projection = Projection.of(fetch.include)
    records = [_record(point, projection) for point in points]
    ids = {record.id for record in records}
    if len(ids) < len(records) or not ids.isdisjoint(fetch.exclude):
        raise BadAnswer
    kept = tuple(record for record in records if keeps(record.score))
    return Fetched(kept, sum(_size(record.payload) for record in kept))


def _record(point: Any, projection: Projection) -> Record:
    payload = getattr(point, "payload", None)
    score = getattr(point, "score", None)
    if not isinstance(score, (int, float)) or not math.isfinite(score):
        raise BadAnswer
    if not isinstance(payload, dict | None):
        raise BadAnswer
    return Record(_id(getattr(point, "id", None)), float(score), projection.prune(payload or {}))


def _id(given: object) -> PointId:
    if isinstance(given, UUID):
        return str(given)
    if isinstance(given, bool) or not isinstance(given, (int, str)) or given == "":
        raise BadAnswer
    return given


def _size(payload: Mapping[str, Any]) -> int:
    try:
        return len(to_json(payload))
    except (PydanticSerializationError, ValueError, RecursionError):
        return 0  # of one record that cannot be written; whoever opens it withholds it
