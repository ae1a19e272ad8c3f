"""What comes back: the include selector before the hop, and the check and the pruning after it."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from uuid import UUID

from pydantic_core import PydanticSerializationError, to_json
from qdrant_client import models

from needful.paths import EACH, FieldPath, assemble
from needful.values import Fetch, Fetched, PointId, Record

__all__ = ["BadAnswer", "Projection", "fetched", "read_back"]

_Tree = Mapping[str, Any]

_PLAIN_KEY = re.compile(r"[A-Za-z0-9_-]+")


class BadAnswer(Exception):
    """What came back is not an answer to what was asked. It has no text."""


@dataclass(frozen=True, slots=True)
class Projection:
    """The part of a payload that may leave Qdrant."""

    paths: tuple[FieldPath, ...]
    include: tuple[str, ...]
    """The paths in Qdrant's notation."""
    tree: _Tree | None
    """The paths as keys below keys, where all are plain."""

    @classmethod
    @lru_cache(maxsize=256)
    def of(cls, include: tuple[str, ...]) -> Projection:
        """Read payload paths; one that lies under another is left out. Raises `ValueError` on what is not a path."""
        paths = [FieldPath.parse(text) for text in include]
        shorter = {path.steps for path in paths}
        kept = [path for path in paths if not any(path.steps[:n] in shorter for n in range(1, len(path.steps)))]
        tree = _tree([path.steps for path in kept]) if all(path.is_plain for path in kept) else None
        return cls(tuple(kept), tuple(map(_selected, kept)), tree)

    @property
    def selector(self) -> models.PayloadSelectorInclude | bool:
        """The selector for a request: always a list of what to include, or no payload at all."""
        if not self.paths:
            return False
        return models.PayloadSelectorInclude(include=list(self.include))

    def prune(self, payload: Mapping[str, Any]) -> dict[str, Any]:
        """Keep what the paths lead to, and nothing else.

        An include selector returns more: the scalar where `metadata.title` meets a scalar `metadata`, and scalars
        among the objects that `list[].key` goes through (measured with the embedded engine).
        """
        if self.tree is not None:
            return _kept(payload, self.tree)
        return assemble(leaf for path in self.paths for leaf in path.leaves(payload))


def _tree(paths: Iterable[tuple[str, ...]]) -> _Tree:
    tree: dict[str, Any] = {}
    for *above, last in paths:
        node = tree
        for step in above:
            node = node.setdefault(step, {})
        node[last] = None
    return tree


def _kept(payload: Mapping[str, Any], tree: _Tree) -> dict[str, Any]:
    """What `assemble` makes of plain paths, without a list of leaves in between."""
    kept: dict[str, Any] = {}
    for key, below in tree.items():
        if key in payload:
            value = payload[key]
            if below is None:
                kept[key] = value
            elif isinstance(value, (dict, Mapping)) and (part := _kept(value, below)):
                kept[key] = part
    return kept


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
    return Fetched(kept, _sizes(kept))


def read_back(points: object, ids: Sequence[PointId], include: tuple[str, ...]) -> Fetched:
    """Check and prune points that were read by their ids. Raises `BadAnswer` as `fetched` does."""
    if not isinstance(points, Sequence) or len(points) > len(ids):
        raise BadAnswer
    projection = Projection.of(include)
    records = tuple(_pruned(point, 0.0, projection) for point in points)
    found = {record.id for record in records}
    if len(found) < len(records) or not found.issubset(ids):
        raise BadAnswer
    return Fetched(records, _sizes(records))


def _record(point: Any, projection: Projection) -> Record:
    score = getattr(point, "score", None)
    if not isinstance(score, (int, float)) or not math.isfinite(score):
        raise BadAnswer
    return _pruned(point, float(score), projection)


def _pruned(point: Any, score: float, projection: Projection) -> Record:
    payload = getattr(point, "payload", None)
    if not isinstance(payload, dict | None):
        raise BadAnswer
    return Record(_id(getattr(point, "id", None)), score, projection.prune(payload or {}))


def _id(given: object) -> PointId:
    if isinstance(given, UUID):
        return str(given)
    if isinstance(given, bool) or not isinstance(given, (int, str)) or given == "":
        raise BadAnswer
    return given


def _sizes(records: Sequence[Record]) -> int:
    if not records:
        return 0
    try:
        # Of all at once: less one for each bracket and comma.
        return len(to_json([record.payload for record in records])) - len(records) - 1
    except (PydanticSerializationError, ValueError, RecursionError):
        return sum(_size(record.payload) for record in records)


def _size(payload: Mapping[str, Any]) -> int:
    try:
        return len(to_json(payload))
    except (PydanticSerializationError, ValueError, RecursionError):
        return 0  # of one record that cannot be written; whoever opens it withholds it
