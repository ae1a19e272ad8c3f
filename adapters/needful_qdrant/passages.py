"""Documents of which only passages leave Qdrant: a `needful.ports.Store` over a collection of layout `passages`.

The search finds passages, as many as documents are wanted. Those of one document become one record, in their order.
Only where the policy lets them, the document's own fields and the neighbours that a passage needs come by a second
request: by their ids, and under the same filter.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

from needful.annotations import KEY, UNNAMED, merged
from needful.conditions import Condition, Filter
from needful.errors import StoreError
from needful.neighbours import needed
from needful.passages import document_of, order_of, passage_id
from needful.paths import FieldPath
from needful.values import Fetch, Fetched, Found, PointId, Record
from needful_qdrant.store import QdrantStore

__all__ = ["MAX_SEARCHES", "PassageStore"]

MAX_SEARCHES = 5
"""Searches of one fetch: the best passages may all be of one document, and then others are looked for."""

PARENT = f"{KEY}.parent"

Steps = Generator["Fetch | _Reading", Fetched, Fetched]


@dataclass(frozen=True, slots=True)
class _Reading:
    """Points to read by their ids."""

    ids: tuple[PointId, ...] = field(repr=False)
    include: tuple[str, ...]
    filter: Filter = field(repr=False)


class PassageStore:
    """A collection of passages, searched as `store` says; `text` is the payload key of a passage's text."""

    def __init__(self, store: QdrantStore, text: str) -> None:
        self._store = store
        self._text = text

    def fetch(self, fetch: Fetch) -> Fetched:
        """Return at most `fetch.limit` documents, that with the best passage first. Raises `StoreError`.

        A document whose own point does not come, although its fields were asked for, has no text: what it names could
        not be looked for in its passages.
        """
        steps = self._steps(fetch)
        wanted: Fetch | _Reading = next(steps)
        try:
            while True:
                wanted = steps.send(self._answer(wanted))
        except StopIteration as done:
            documents: Fetched = done.value
        return documents

    async def afetch(self, fetch: Fetch) -> Fetched:
        """Like `fetch`, without blocking the event loop."""
        steps = self._steps(fetch)
        wanted: Fetch | _Reading = next(steps)
        try:
            while True:
                wanted = steps.send(await self._aanswer(wanted))
        except StopIteration as done:
            documents: Fetched = done.value
        return documents

    def _answer(self, wanted: Fetch | _Reading) -> Fetched:
        if isinstance(wanted, Fetch):
            return self._store.fetch(wanted)
        return self._store.read(wanted.ids, wanted.include, wanted.filter)

    async def _aanswer(self, wanted: Fetch | _Reading) -> Fetched:
        if isinstance(wanted, Fetch):
            return await self._store.afetch(wanted)
        return await self._store.aread(wanted.ids, wanted.include, wanted.filter)

    def _steps(self, fetch: Fetch) -> Steps:
        of_passage, of_document = _parted(fetch.include, self._text)
        found = yield from self._searches(fetch, of_passage)
        near = {}
        if fetch.neighbours:
            near = {own: self._near([*there.values()], fetch.neighbours) for own, there in found.documents.items()}
        ids = [passage_id(own, order) for own, orders in near.items() for order in orders]
        if of_document:
            ids += found.documents
        read: dict[PointId, Record] = {}
        if ids:
            answer = yield _Reading(tuple(ids), (*of_passage, *of_document) if near else fetch.include, fetch.filter)
            read = {record.id: record for record in answer.records}
            found.bytes += answer.bytes
        return Fetched(tuple(self._records(found, near, read, bool(of_document))), found.bytes)

    def _searches(self, fetch: Fetch, include: tuple[str, ...]) -> Generator[Fetch, Fetched, _Found]:
        found = _Found()
        for _ in range(MAX_SEARCHES):
            wanted = fetch.limit - len(found.documents)
            seen = (*map(str, fetch.exclude), *found.documents)
            if seen or include != fetch.include:
                search = replace(
                    fetch, include=include, filter=_without(fetch.filter, seen), limit=wanted, exclude=(), neighbours=0
                )
            else:
                search = fetch
            answer = yield search
            found.add(answer)
            if len(answer.records) < wanted or len(found.documents) >= fetch.limit:
                break
        return found

    def _near(self, passages: Sequence[Record], most: int) -> tuple[int, ...]:
        """The orders of the neighbours that the found passages of one document need, and that were not found."""
        orders: dict[int, None] = {}
        there = {order_of(record.id) for record in passages}
        for record in passages:
            text, order = record.payload.get(self._text), order_of(record.id) or 0
            before, after = needed(text) if isinstance(text, str) else (False, False)
            wanted = [*range(order - 1, order - 1 - most * before, -1), *range(order + 1, order + 1 + most * after)]
            orders.update(dict.fromkeys(near for near in wanted if near >= 1 and near not in there))
        return tuple(orders)

    def _records(
        self,
        found: _Found,
        near: Mapping[str, tuple[int, ...]],
        read: Mapping[PointId, Record],
        with_fields: bool,
    ) -> Iterator[Record]:
        for own, passages in found.documents.items():
            score = max([record.score for record in passages.values()])
            if with_fields and own not in read:
                yield Record(own, score, {})
                continue
            came, parts = {}, passages
            if orders := near.get(own):
                came = {order: read[point] for order in orders if (point := passage_id(own, order)) in read}
                parts = {**passages, **came}
            places = [Found(at, 0.0 if at in came else passages[at].score, at in came) for at in sorted(parts)]
            fields = read[own].payload if with_fields else {}
            yield Record(own, score, self._payload(fields, [parts[place.order] for place in places]), tuple(places))

    def _payload(self, fields: Mapping[str, Any], passages: Sequence[Record]) -> dict[str, Any]:
        texts: list[Any] = []
        parts: dict[str, list[tuple[str, Any]]] = {}
        for record in passages:
            text = record.payload.get(self._text)
            texts.append(text)
            if isinstance(text, str):
                _gather(text, record.payload, parts)
        _gather(UNNAMED, fields, parts)
        return {**fields, self._text: texts, KEY: {name: merged(of) for name, of in parts.items()}}


def _gather(text: str, payload: Mapping[str, Any], parts: dict[str, list[tuple[str, Any]]]) -> None:
    own = payload.get(KEY)
    if isinstance(own, (dict, Mapping)):
        for name, stored in own.items():
            parts.setdefault(name, []).append((text, stored))


@lru_cache(maxsize=256)  # a policy has few lists of fields
def _parted(include: tuple[str, ...], text: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Which payload paths are a passage's own, and which its document's."""
    texts = FieldPath.parse(text).steps
    steps = {path: FieldPath.parse(path).steps for path in include}
    of_passage = tuple(path for path in include if steps[path][0] == KEY or steps[path] == texts)
    return of_passage, tuple(path for path in include if path not in of_passage)


@dataclass(slots=True)
class _Found:
    """Passages by document and order, in the order in which documents were found first. Raw."""

    documents: dict[str, dict[int, Record]] = field(default_factory=dict, repr=False)
    bytes: int = 0

    def add(self, answer: Fetched) -> None:
        """Take what a search found. Raises `StoreError` where a point is no passage."""
        self.bytes += answer.bytes
        for record in answer.records:
            own, order = document_of(record.id), order_of(record.id)
            if own is None or not order:
                raise StoreError(
                    "the collection does not hold passages",
                    code="not-passages",
                    hint="write it with needful index --policy, or take layout: passages out of the policy",
                )
            self.documents.setdefault(own, {})[order] = record


def _without(given: Filter, documents: tuple[str, ...]) -> Filter:
    if not documents:
        return given
    return Filter(must=(given,) if given else (), must_not=(Condition(PARENT, "any", documents),))
