"""Which points of a collection to annotate, as ids only: in the order of the ids, page by page, from where it stopped.

What belongs together stays together: in layout `passages` the points of one document, else each point alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from itertools import groupby, takewhile
from typing import cast
from uuid import UUID

from qdrant_client import QdrantClient, models

from needful.annotations import KEY
from needful.passages import document_of
from needful.values import PointId
from needful_qdrant.patience import patiently

__all__ = ["Ids", "batches", "groups", "lacking", "plain_id", "points_of", "total"]

Ids = tuple[PointId, ...]
"""The points that are annotated together."""

PAGE = 1_000
SMALL_PAGE = 64


def lacking(names: Sequence[str]) -> models.Filter:
    """Make the filter of the points that lack one of these detectors, or have no annotation at all."""
    key = f"{KEY}.detectors"
    has = [models.FieldCondition(key=key, match=models.MatchValue(value=name)) for name in sorted(names)]
    return models.Filter(must_not=[models.Filter(must=[*has])])


def plain_id(given: PointId | UUID) -> PointId:
    """Return an id as text or number; the client's models would take a UUID too."""
    return str(given) if isinstance(given, UUID) else given


def total(client: QdrantClient, collection: str, chosen: models.Filter | None) -> int:
    """About how many points there are, for a progress bar. Raises `StoreError`."""
    return patiently(client, lambda: client.count(collection, count_filter=chosen, exact=False).count)


def points_of(
    client: QdrantClient,
    collection: str,
    chosen: models.Filter | None = None,
    *,
    after: PointId | None = None,
    page: int = PAGE,
) -> Iterator[PointId]:
    """Yield the ids of the points that a filter chooses, those behind `after`. Raises `StoreError`."""
    offset, last = after, after
    while True:
        asked = partial(client.scroll, collection, scroll_filter=chosen, offset=offset, limit=page)
        found, following = patiently(client, partial(asked, with_payload=False, with_vectors=False))
        yield from (one for one in (plain_id(point.id) for point in found) if one != last)
        if following is None or not found:
            return
        # The next page starts with a point that was not seen; only the one to go on after was.
        offset, last = plain_id(cast("PointId", following)), None


def groups(
    client: QdrantClient,
    collection: str,
    *,
    together: bool,
    chosen: models.Filter | None = None,
    after: PointId | None = None,
) -> Iterator[Ids]:
    """Yield the points to annotate, those of one document `together`. Raises `StoreError`.

    A document of which the filter chooses some points comes whole: a name in one passage is looked for in all.
    """
    ids = points_of(client, collection, chosen, after=after)
    if not together:
        yield from ((point,) for point in ids)
        return
    for document, points in groupby(ids, document_of):
        if document is None:
            yield from ((point,) for point in points)
        else:
            found = tuple(points)
            # A filter may have chosen some of its points only, and so may where it stopped.
            is_whole = chosen is None and found[0] == document
            yield found if is_whole else tuple(_whole(client, collection, document))


def _whole(client: QdrantClient, collection: str, document: str) -> Iterator[PointId]:
    before = str(UUID(int=UUID(document).int - 1))
    points = points_of(client, collection, after=before, page=SMALL_PAGE)
    return takewhile(lambda point: document_of(point) == document, points)


def batches(found: Iterable[Ids], size: int) -> Iterator[tuple[Ids, ...]]:
    """Yield groups in batches of about `size` points; a document is never cut."""
    batch: list[Ids] = []
    points = 0
    for group in found:
        batch.append(group)
        points += len(group)
        if points >= size:
            yield tuple(batch)
            batch, points = [], 0
    if batch:
        yield tuple(batch)
