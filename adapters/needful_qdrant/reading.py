"""A whole collection, point by point in the order of ids, in bounded memory: what indexing and annotating go over."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

from qdrant_client import QdrantClient, models

from needful.errors import StoreError
from needful.values import PointId, Record
from needful_qdrant.answers import BadAnswer, Projection
from needful_qdrant.calls import ask, is_local
from needful_qdrant.faults import Attempts, classify

__all__ = ["BATCH", "points"]

BATCH = 64
"""Points of one request, and in memory at a time."""

Place = tuple[bool, int]
"""Where a point stands in a collection: whole numbers by size, then UUIDs by theirs."""


def points(
    client: QdrantClient,
    collection: str,
    include: Sequence[str],
    *,
    after: PointId | None = None,
    where: models.Filter | None = None,
    batch: int = BATCH,
    deadline: float = 30.0,
    retries: int = 2,
) -> Iterator[Record]:
    """Yield the points of a collection, each once, with nothing of the payload but the paths in `include`.

    `after` is the id of the last point that was dealt with: reading goes on behind it, whether or not it is still
    there. A point that is written meanwhile comes if its id is still ahead. `deadline` is in seconds and for one
    request, with `retries` more attempts. The score of a record means nothing here.

    Raises `StoreError`, with the codes of `QdrantStore.fetch`, and `ValueError` where `include` has what is no path.
    """
    projection = Projection.of(tuple(include))
    last = None if after is None else _place(after)
    while True:
        # What comes first is `after` itself, if it is there: Qdrant's offset is the first point to come.
        question = {
            "collection_name": collection,
            "offset": after,
            "limit": batch + 1,
            "scroll_filter": where,
            "with_payload": projection.selector,
            "with_vectors": False,
        }
        found = _asked(client, question, Attempts(deadline, retries))
        records, last = _ahead(found, projection, last)
        yield from records
        if len(found) <= batch or not records:
            return
        after = records[-1].id


def _asked(client: QdrantClient, question: dict[str, Any], attempts: Attempts) -> Sequence[Any]:
    while True:
        try:
            found = ask(client, attempts.remaining, "scroll", question)
            if not isinstance(found, Sequence) or len(found) > question["limit"]:
                raise BadAnswer
            return found
        except StoreError:
            raise
        except Exception as error:  # noqa: BLE001 - a port lets no foreign error through
            fault = classify(error, local=is_local(client))
        time.sleep(attempts.pause(fault))


def _ahead(found: Sequence[Any], projection: Projection, last: Place | None) -> tuple[list[Record], Place | None]:
    """The points behind `last`, and the place of the last of them. Raises `StoreError` where they are in no order."""
    try:
        records = []
        for number, point in enumerate(found):
            payload = getattr(point, "payload", None)
            place = _place(getattr(point, "id", None))
            if not isinstance(payload, dict | None):
                raise BadAnswer
            if place == last and not number:
                continue
            if last is not None and place <= last:
                # Not only garbage: going on from such an answer could go round without end.
                raise BadAnswer
            records.append(Record(str(point.id) if place[0] else point.id, 0.0, projection.prune(payload or {})))
            last = place
        return records, last
    except BadAnswer as error:
        fault = classify(error)
    raise fault.error()


def _place(point: object) -> Place:
    """Raises `BadAnswer` for what is no id."""
    try:
        if isinstance(point, UUID | str):
            return True, (point if isinstance(point, UUID) else UUID(point)).int
    except ValueError:
        pass
    if isinstance(point, int) and not isinstance(point, bool):
        return False, point
    raise BadAnswer
