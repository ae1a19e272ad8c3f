"""Real records for `policy diff`: fetched with the fields that either policy fetches, counted here, and forgotten."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from needful.detection import SpanCache
from needful.errors import AccessDenied
from needful.planning import Plan, plan
from needful.values import PointId, Principal, Record, Request
from needful_cli.diff_counts import Counted, Sampled
from needful_cli.diff_seen import Side
from needful_cli.opening import ours

if TYPE_CHECKING:
    from qdrant_client import QdrantClient

    from needful.policy import Policy

__all__ = ["REVIEWER", "counted"]

PAGE = 64
REVIEWER = Principal.of({"id": "policy-review"})
"""Who looks where no principal is given: somebody without attributes."""

_NOT_FOR_THEM = ("not-for-principal", "nothing-for-principal", "purpose-unknown")

Plans = tuple[Plan | None, Plan | None]


def counted(
    client: QdrantClient,
    collection: str,
    policies: tuple[Policy, Policy],
    purpose: str,
    principal: Principal = REVIEWER,
    limit: int = 1000,
) -> Counted:
    """Count what changes for a purpose in the first records, by their ids, that either policy's filter lets pass.

    Raises `AccessDenied` where the principal lacks an attribute of a filter, `StoreError`, and `DetectionError` where
    a detector cannot be made.
    """
    old, new = policies
    plans = (_plan(old, purpose, principal), _plan(new, purpose, principal))
    cache = SpanCache(8 * PAGE)
    sides = (_side(old, plans[0], cache), _side(new, plans[1], cache))
    found = Counted()
    for batch in _batches(client, collection, plans, limit):
        found.add(batch, sides)
    return found


def _plan(policy: Policy, purpose: str, principal: Principal) -> Plan | None:
    """The plan of a policy; None where it refuses the purpose to the principal."""
    try:
        return plan(policy, Request(query="?", purpose=purpose, principal=principal))
    except AccessDenied as refusal:
        if refusal.code not in _NOT_FOR_THEM:
            raise
        return None


def _side(policy: Policy, decided: Plan | None, cache: SpanCache) -> Side | None:
    from needful_presidio import detector_for

    return None if decided is None else Side(decided, detector_for(policy, decided.purpose_name), cache)


def _batches(client: QdrantClient, collection: str, plans: Plans, limit: int) -> Iterator[list[Sampled]]:
    from needful_qdrant.answers import Projection

    there = [decided for decided in plans if decided is not None]
    if not there:
        return
    projection = Projection.of(tuple(dict.fromkeys(path for decided in there for path in decided.include)))
    offset: Any = None
    while limit > 0:
        with ours():
            points, offset = client.scroll(
                collection,
                scroll_filter=_either(there),
                limit=min(PAGE, limit),
                offset=offset,
                with_payload=projection.selector,
                with_vectors=False,
            )
        records = [Record(_id(point.id), 0.0, projection.prune(point.payload or {})) for point in points]
        passing = [_passing(client, collection, decided, there, records) for decided in plans]
        yield [(record, (record.id in passing[0], record.id in passing[1])) for record in records]
        limit -= len(records)
        if offset is None or not records:
            return


def _either(plans: Sequence[Plan]) -> Any:
    """The filter of what either policy lets pass; None where one of them filters nothing."""
    from qdrant_client import models

    from needful_qdrant.filters import render

    filters = [decided.filter for decided in plans]
    if not all(filters):
        return None
    same = filters[0] if all(one == filters[0] for one in filters) else None
    return render(same) if same is not None else models.Filter(should=[render(one) for one in filters])


def _passing(
    client: QdrantClient, collection: str, decided: Plan | None, plans: Sequence[Plan], records: Sequence[Record]
) -> set[PointId]:
    """Which records a policy's own filter lets pass: the store says so, as it does when a question is asked."""
    from qdrant_client import models

    from needful_qdrant.filters import render

    ids = [record.id for record in records]
    if decided is None or not ids:
        return set()
    if not decided.filter or all(other.filter == decided.filter for other in plans):
        return set(ids)
    wanted = models.Filter(must=[render(decided.filter), models.HasIdCondition(has_id=list(ids))])
    with ours():
        points, _ = client.scroll(
            collection, scroll_filter=wanted, limit=len(ids), with_payload=False, with_vectors=False
        )
    return {_id(point.id) for point in points}


def _id(given: object) -> PointId:
    return given if isinstance(given, int) else str(given)
