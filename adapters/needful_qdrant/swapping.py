"""Annotations into a collection that others write to: compare and set, then read back.

What is written is bound to the text by a keyed digest. Qdrant answers "completed" whether or not a filter let an
update through, so only what comes back says whether it is there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from functools import partial
from typing import Any

from pydantic_core import to_json
from qdrant_client import QdrantClient, models

from needful.annotations import KEY
from needful.values import PointId
from needful_qdrant.answers import Projection
from needful_qdrant.layouts import Annotation, Group, LaidOut, Stored
from needful_qdrant.patience import patiently
from needful_qdrant.scanning import Ids, plain_id

__all__ = ["ATTEMPTS", "Annotated", "Desk"]

ATTEMPTS = 5
"""How often a point is annotated anew because somebody else wrote to it meanwhile."""

READ = 256
"""Points of one request."""

BYTES = 8_000_000
"""Of one request; a server refuses more than 32 MiB."""


@dataclass(frozen=True, slots=True)
class Annotated:
    """How points ended, each in one way. Two of these add up."""

    current: int = 0
    """Had the annotations already."""
    written: int = 0
    """Have them now; in a dry run, would be written."""
    faults: int = 0
    """Could not be searched, and are left as they were: they are searched at every question."""
    contended: int = 0
    """Were changed by somebody else at every attempt."""
    gone: int = 0
    """Were deleted meanwhile."""

    @property
    def points(self) -> int:
        """All of them."""
        return self.current + self.written + self.faults + self.contended + self.gone

    @property
    def complete(self) -> bool:
        """Whether every point that is there has annotations that hold."""
        return not self.faults and not self.contended

    def __add__(self, other: Annotated) -> Annotated:
        return Annotated(*(getattr(self, one.name) + getattr(other, one.name) for one in fields(self)))


class Desk:
    """Reads and writes the points of one collection, as its layout asks."""

    def __init__(self, client: QdrantClient, collection: str, layout: LaidOut) -> None:
        self._client = client
        self._collection = collection
        self._layout = layout
        self._selector = Projection.of(layout.needs).selector

    def annotate(self, batch: Sequence[Ids]) -> Annotated:
        """Annotate the points that need it. Raises `StoreError`."""
        groups, done = self.stale(batch)
        for _ in range(ATTEMPTS):
            conflicts, settled = self.settled(groups, self._layout.annotations(groups) if groups else [])
            done += settled
            if not conflicts:
                return done
            groups, seen = self.stale(conflicts)
            done += seen
        return done + Annotated(contended=sum(map(len, groups)))

    def stale(self, batch: Sequence[Ids]) -> tuple[list[Group], Annotated]:
        """Read points; return those to annotate, and how the others ended. Raises `StoreError`."""
        there = {point.id: point for point in self._read([point for group in batch for point in group])}
        read = [tuple(there[point] for point in group if point in there) for group in batch]
        stale = [group for group in read if group and not self._layout.is_current(group)]
        left = sum(map(len, stale))
        gone = sum(map(len, batch)) - len(there)
        return stale, Annotated(current=len(there) - left, gone=gone)

    def settled(
        self, groups: Sequence[Group], annotations: Sequence[list[Annotation] | None]
    ) -> tuple[list[Ids], Annotated]:
        """Write annotations and read them back; return what others have changed meanwhile, and how the rest ended.

        A group without annotations is a fault. Raises `StoreError`.
        """
        pairs = [(group, made) for group, made in zip(groups, annotations, strict=True) if made is not None]
        faults = sum(map(len, groups)) - sum(len(group) for group, _ in pairs)
        self._write([pair for group, made in pairs for pair in self._ordered(group, made)])
        there = {point.id: point for point in self._read([point.id for group, _ in pairs for point in group])}
        conflicts = [
            tuple(point.id for point in group)
            for group, made in pairs
            if not all(
                point.id in there and self._layout.holds(there[point.id], one)
                for point, one in zip(group, made, strict=True)
            )
        ]
        written = sum(len(group) for group, _ in pairs) - sum(map(len, conflicts))
        return conflicts, Annotated(written=written, faults=faults)

    def _ordered(self, group: Group, made: Sequence[Annotation]) -> list[tuple[Stored, Annotation]]:
        """What was annotated for other texts goes last: a document that is half written still shows that it is."""
        pairs = zip(group, made, strict=True)
        return sorted(pairs, key=lambda pair: pair[0].own.get("text") != pair[1]["text"])

    def _read(self, ids: Sequence[PointId]) -> Iterator[Stored]:
        for start in range(0, len(ids), READ):
            some = list(ids[start : start + READ])
            ask = partial(self._client.retrieve, self._collection, some, with_payload=self._selector)
            for point in patiently(self._client, partial(ask, with_vectors=False)):
                yield Stored(plain_id(point.id), point.payload or {})

    def _write(self, pairs: Iterable[tuple[Stored, Annotation]]) -> None:
        for operations in _chunks(pairs):
            patiently(
                self._client,
                partial(self._client.batch_update_points, self._collection, operations, wait=True),
            )


def _chunks(pairs: Iterable[tuple[Stored, Annotation]]) -> Iterator[list[models.UpdateOperation]]:
    chunk: list[models.UpdateOperation] = []
    size = 0
    for point, annotation in pairs:
        weight = len(to_json(annotation))
        if chunk and size + weight > BYTES:
            yield chunk
            chunk, size = [], 0
        chunk.append(_swap(point, annotation))
        size += weight
    if chunk:
        yield chunk


def _swap(point: Stored, annotation: Annotation) -> models.UpdateOperation:
    """Set all of `needful`, if it still belongs to the text that was read: naming a key in it would merge the two."""
    unchanged = models.Filter(must=[models.HasIdCondition(has_id=[point.id]), *_seen(point.own.get("text"))])
    return models.SetPayloadOperation(set_payload=models.SetPayload(payload={KEY: annotation}, filter=unchanged))


def _seen(digest: Any) -> list[models.Condition]:
    if isinstance(digest, str):
        return [models.FieldCondition(key=f"{KEY}.text", match=models.MatchValue(value=digest))]
    if digest is None:
        return [models.IsEmptyCondition(is_empty=models.PayloadField(key=f"{KEY}.text"))]
    # No annotation of ours: whatever it is, it goes.
    return []
