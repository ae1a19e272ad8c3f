"""Documents into a collection: searched once, laid out as the policy says, written in requests of bounded size.

    from needful.annotation import Annotator
    from needful_qdrant.writing import index

    annotator = Annotator(policy, keys, functools.partial(needful_presidio.detector_for, policy))
    done = index(client, "tickets", documents, annotator, policy=policy, sparse_embeddings=Bm25Embeddings())

`documents` may be an iterator over millions: one batch of them is in memory at a time.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, TypeVar

from qdrant_client import QdrantClient, models

from needful.annotation import Annotator, Laid
from needful.annotations import KEY
from needful.errors import StoreError
from needful.faults import bare, safe
from needful.passages import MAX_SENTENCES, order_of
from needful.policy import Policy
from needful_qdrant.indexes import OF_ANNOTATIONS, OF_PASSAGES, wanted
from needful_qdrant.laying import Document, Layer, Passages, Wholes, laid_out
from needful_qdrant.patience import patiently
from needful_qdrant.preparing import check_kind, make_indexes, prepare
from needful_qdrant.vectors import DenseModel, SparseModel, Vectors

__all__ = ["BATCH", "MAX_CHARACTERS", "Indexed", "Progress", "index", "write"]

BATCH = 64
"""Most documents that are searched, and most points that are embedded and sent, at once."""

MAX_CHARACTERS = 1_000_000
"""Most characters of a batch: of the documents' texts, and of the points' payloads as JSON. One may have more."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Indexed:
    """How many documents were written, as how many passages, and how many were not: their detection failed."""

    documents: int
    passages: int
    faults: int


@dataclass(frozen=True, slots=True)
class Progress:
    """Who hears of it: `advance` how many documents a batch had, `fault` each document that is not written."""

    advance: Callable[[int], None] = lambda count: None
    fault: Callable[[Any], None] = lambda document: None


def index(
    client: QdrantClient,
    collection: str,
    documents: Iterable[Document],
    annotator: Annotator,
    *,
    policy: Policy,
    embeddings: DenseModel | None = None,
    sparse_embeddings: SparseModel | None = None,
    indexes: Mapping[str, str] | None = None,
    all_fields: bool = False,
    sentences: int = MAX_SENTENCES,
    progress: Progress | None = None,
) -> Indexed:
    """Write documents with their annotations, in the layout of the policy; `annotator` is of the same policy.

    The collection is made where it is not there: named vectors as langchain-qdrant has them, and a payload index for
    every key that the policy filters by and every internal one, before the first point. `indexes`, payload key to type,
    stands over the types that are guessed. Only fields that some purpose may need are written, unless `all_fields`. In
    layout `passages` a passage has one to `sentences` sentences.

    A document that is written again replaces the one that was there. One whose detection fails is not written: its
    former version stays. Raises `StoreError`, code `layout-mixed` where the collection holds the other kind of points;
    `PolicyError`, code `layout-write`, for a layout that cannot be written; code `fault` for what `documents` or
    `progress` raise, save for errors of ours and interruptions. What was written until then stays.
    """
    try:
        vectors = Vectors(embeddings, sparse_embeddings)
        layer: Layer
        if policy.layout.passages:
            layer, own = Passages(policy, annotator, all_fields, sentences), OF_PASSAGES
        else:
            layer, own = Wholes(policy, annotator, all_fields), OF_ANNOTATIONS
        first, every = _peeked(documents)
        keys = wanted(policy, [laid_out(document, policy) for document in first])
        prepare(client, collection, vectors)
        make_indexes(client, collection, {**keys, **own}, indexes)
        check_kind(client, collection, vectors, passages=policy.layout.passages)
        return write(client, collection, every, layer, vectors, progress)
    except BaseException as error:  # noqa: BLE001 - its frames hold documents, and a foreign text may quote one
        failure = bare(safe(error, _fault()))
    raise failure


def write(
    client: QdrantClient,
    collection: str,
    documents: Iterable[Document],
    layer: Layer,
    vectors: Vectors,
    progress: Progress | None = None,
) -> Indexed:
    """Write documents as `layer` lays them out into a collection that is ready for them. Raises what `index` raises."""
    counts = _Counts(progress or Progress())
    try:
        for request in _requests(counts.laid(documents, layer)):
            _send(client, collection, request, vectors.of([point.text for point in request.points]))
        return Indexed(counts.documents, counts.passages, counts.faults)
    except BaseException as error:  # noqa: BLE001 - its frames hold documents, and a foreign text may quote one
        failure = bare(safe(error, _fault()))
    raise failure


def _fault() -> StoreError:
    return StoreError(
        "indexing stopped at an unexpected fault", code="fault", hint="the log has its class and place; run it again"
    )


@dataclass(slots=True)
class _Counts:
    """What became of the documents until now."""

    progress: Progress
    documents: int = 0
    passages: int = 0
    faults: int = 0

    def laid(self, documents: Iterable[Document], layer: Layer) -> Iterator[Sequence[Laid]]:
        """The points of every document that can be written."""
        for batch in _batches(documents, BATCH, lambda document: len(document.text)):
            for document, points in zip(batch, layer(batch), strict=True):
                if points is None:
                    self.faults += 1
                    self.progress.fault(document)
                else:
                    self.documents += 1
                    self.passages += sum(bool(order_of(point.id)) for point in points)
                    yield points
            self.progress.advance(len(batch))


@dataclass(slots=True)
class _Request:
    """Points to write, and the documents that end in it: own id to how many passages they have now. Raw."""

    points: list[Laid] = field(default_factory=list, repr=False)
    ends: dict[str, int] = field(default_factory=dict, repr=False)


def _requests(documents: Iterable[Sequence[Laid]]) -> Iterator[_Request]:
    """Group the points of documents, in order."""
    for batch in _batches(_marked(documents), BATCH, lambda each: len(json.dumps(each[0].payload, default=str))):
        yield _Request([point for point, _ in batch], dict(end for _, end in batch if end))


def _marked(documents: Iterable[Sequence[Laid]]) -> Iterator[tuple[Laid, tuple[str, int] | None]]:
    """Every point, and with the last one of a document its own id and how many passages it has."""
    for points in documents:
        own, count = points[0], len(points) - 1
        for at, point in enumerate(points):
            # Only a document's own point has no text; a whole document has no passages that could be too many.
            yield point, (own.id, count) if at == count and not own.text else None


def _send(client: QdrantClient, collection: str, request: _Request, vectors: Sequence[Any]) -> None:
    """Write the points, then delete what the documents that end here had more. One request, done in this order."""
    points = [
        models.PointStruct(id=point.id, vector=vector, payload=dict(point.payload))
        for point, vector in zip(request.points, vectors, strict=True)
    ]
    operations: list[Any] = [models.UpsertOperation(upsert=models.PointsList(points=points))]
    operations += (
        models.DeleteOperation(delete=models.FilterSelector(filter=_beyond(own, count)))
        for own, count in request.ends.items()
    )
    patiently(client, lambda: client.batch_update_points(collection, operations, wait=True))


def _beyond(own: str, count: int) -> models.Filter:
    """The passages of a document after this many."""
    of = models.FieldCondition(key=f"{KEY}.parent", match=models.MatchValue(value=own))
    after = models.FieldCondition(key=f"{KEY}.order", range=models.Range(gt=count))
    return models.Filter(must=[of, after])


def _peeked(documents: Iterable[Document]) -> tuple[list[Document], Iterator[Document]]:
    """The first documents, and all of them."""
    rest, first, size = iter(documents), list[Document](), 0
    for document in rest:
        first.append(document)
        size += len(document.text)
        if len(first) == BATCH or size > MAX_CHARACTERS:
            break
    return first, chain(first, rest)


def _batches(items: Iterable[T], most: int, size_of: Callable[[T], int]) -> Iterator[list[T]]:
    batch: list[T] = []
    size = 0
    for item in items:
        more = size_of(item)
        if batch and (len(batch) == most or size + more > MAX_CHARACTERS):
            yield batch
            batch, size = [], 0
        batch.append(item)
        size += more
    if batch:
        yield batch
