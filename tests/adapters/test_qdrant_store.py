from __future__ import annotations

import asyncio
import json
import math
import os
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.documents import Document
from langchain_core.embeddings import DeterministicFakeEmbedding
from langchain_core.vectorstores import InMemoryVectorStore
from langchain_qdrant import QdrantVectorStore
from numpy.random import default_rng
from pydantic_core import to_json
from qdrant_client import AsyncQdrantClient, QdrantClient, models
from qdrant_support import SIZE, WORDS, HashEmbeddings, Server, answer, ask, point, texts, vector_store

from needful.errors import StoreError
from needful.paths import FieldPath, assemble
from needful.values import Condition, Fetch, Fetched, Filter
from needful_qdrant import QdrantStore, embedded_client
from needful_qdrant.answers import Projection, fetched
from needful_qdrant.edge.transport import EdgeTransport
from needful_qdrant.embedded import engine_of
from needful_qdrant.search import Search

COSINE, EUCLID, DOT, MANHATTAN = (
    models.Distance.COSINE,
    models.Distance.EUCLID,
    models.Distance.DOT,
    models.Distance.MANHATTAN,
)
TENANT = models.Filter(must=[models.FieldCondition(key="metadata.tenant", match=models.MatchValue(value="t1"))])
Make = Callable[..., QdrantVectorStore]


@pytest.fixture(scope="module")
def stores() -> Iterator[Make]:
    made: dict[tuple[Any, ...], QdrantVectorStore] = {}

    def make(mode: str = "dense", distance: models.Distance = COSINE) -> QdrantVectorStore:
        if (mode, distance) not in made:
            made[mode, distance] = vector_store(embedded_client(), texts(400), mode, distance=distance)
        return made[mode, distance]

    yield make
    for store in made.values():
        store.client.close()


def documents(answer: Fetched) -> list[Document]:
    """The documents that langchain-qdrant would have made of these records."""
    return [
        Document(
            page_content=record.payload["page_content"],
            metadata={**record.payload["metadata"], "_id": record.id, "_collection_name": "tickets"},
        )
        for record in answer.records
    ]


SEARCHES: list[tuple[str, models.Distance, str, dict[str, Any]]] = [
    *(("dense", distance, "similarity", {}) for distance in (COSINE, EUCLID, DOT, MANHATTAN)),
    *(("dense", distance, "similarity", {"score_threshold": 0.4}) for distance in (COSINE, DOT)),
    ("dense", EUCLID, "similarity", {"score_threshold": 5.0}),
    ("dense", COSINE, "similarity", {"search_params": models.SearchParams(exact=True)}),
    ("dense", COSINE, "similarity_score_threshold", {"score_threshold": 0.7}),
    ("dense", EUCLID, "similarity_score_threshold", {"score_threshold": -2.0}),
    ("dense", DOT, "similarity_score_threshold", {"score_threshold": -10.0}),
    ("sparse", COSINE, "similarity_score_threshold", {"score_threshold": 1.2}),
    ("hybrid", COSINE, "similarity_score_threshold", {"score_threshold": 0.62}),
    ("hybrid", EUCLID, "similarity_score_threshold", {"score_threshold": 0.7}),
    ("dense", COSINE, "mmr", {}),
    ("dense", COSINE, "mmr", {"fetch_k": 9, "lambda_mult": 0.8}),
    ("hybrid", EUCLID, "mmr", {"fetch_k": 12, "score_threshold": 5.5}),
    ("sparse", COSINE, "similarity", {}),
    ("sparse", COSINE, "similarity", {"score_threshold": 1.0}),
    ("hybrid", COSINE, "similarity", {}),
    ("hybrid", DOT, "similarity", {"hybrid_fusion": models.FusionQuery(fusion=models.Fusion.DBSF)}),
    ("hybrid", COSINE, "similarity", {"score_threshold": 0.3}),
]


@pytest.mark.filterwarnings("ignore:Relevance scores must be between:UserWarning")
@pytest.mark.parametrize(("mode", "distance", "search_type", "settings"), SEARCHES)
def test_records_equal_langchain_qdrants_documents_in_content_and_order(
    stores: Make, mode: str, distance: models.Distance, search_type: Any, settings: dict[str, Any]
) -> None:
    random, found = default_rng(7), 0
    for n in range(16):
        kwargs = {"k": 1 + n % 6, **settings, **({"filter": TENANT} if n % 2 else {})}
        plain = stores(mode, distance).as_retriever(search_type=search_type, search_kwargs=kwargs)
        ours = QdrantStore.from_vectorstore(stores(mode, distance), search_type=search_type, search_kwargs=kwargs)
        query = " ".join(random.choice(WORDS, size=3))
        expected = plain.invoke(query)
        assert documents(ours.fetch(ask(query, kwargs["k"]))) == expected
        found += len(expected)
    assert found


def test_a_fetch_filter_is_added_to_the_applications_own(stores: Make) -> None:
    store = QdrantStore.from_vectorstore(stores("hybrid"), search_kwargs={"filter": TENANT})
    low = Filter(must=(Condition("metadata.n", "range", {"lt": 30}),))
    records = store.fetch(ask(limit=50, filter=low)).records
    assert {record.payload["metadata"]["n"] for record in records} == set(range(1, 30, 3))


@pytest.mark.parametrize("mode", ["dense", "sparse", "hybrid"])
def test_excluded_points_do_not_come_again_and_order_is_kept(stores: Make, mode: str) -> None:
    store = QdrantStore.from_vectorstore(stores(mode))
    first = store.fetch(ask("storm roof", 3)).records
    second = store.fetch(ask("storm roof", 3, exclude=tuple(record.id for record in first))).records
    assert not {record.id for record in first} & {record.id for record in second}
    if mode != "hybrid":  # where ranks, and with them scores, are counted anew
        both = store.fetch(ask("storm roof", 6)).records
        assert [record.score for record in (*first, *second)] == [record.score for record in both]


@pytest.mark.parametrize(("distance", "floor"), [(COSINE, 0.35), (EUCLID, 4.2)])
def test_the_strictest_threshold_holds(stores: Make, distance: models.Distance, floor: float) -> None:
    store = QdrantStore.from_vectorstore(stores("dense", distance))
    every = store.fetch(ask(limit=400)).records
    sign = -1 if distance == EUCLID else 1
    expected = [record.id for record in every if sign * record.score >= sign * floor]
    assert 0 < len(expected) < 400
    loose = floor * 1.1 if distance == EUCLID else floor * 0.9
    thresholds: tuple[dict[str, Any], ...] = (
        {"score_threshold": floor, "min_score": loose},
        {"score_threshold": loose, "min_score": floor},
    )
    for more in thresholds:
        assert [record.id for record in store.fetch(ask(limit=400, **more)).records] == expected
    set_up = QdrantStore.from_vectorstore(stores("dense", distance), search_kwargs={"score_threshold": floor})
    assert [record.id for record in set_up.fetch(ask(limit=400, score_threshold=loose)).records] == expected


def test_relevance_and_score_floors_hold_together(stores: Make) -> None:
    store = QdrantStore.from_vectorstore(stores(), search_type="similarity_score_threshold")
    both = store.fetch(ask(limit=400, score_threshold=0.6, min_score=0.3)).records
    assert both
    assert min(record.score for record in both) >= 0.3
    assert store.fetch(ask(limit=400, min_score=0.3)).records == both
    assert len(store.fetch(ask(limit=400, score_threshold=0.6)).records) > len(both)


def test_only_planned_fields_and_no_vectors_cross_the_wire() -> None:
    seen: list[tuple[bytes, bytes]] = []
    client = embedded_client(tap=lambda method, path, sent, received: seen.append((sent, received)))
    plain = vector_store(client, texts(20), "hybrid")
    for search_type in ("similarity", "mmr"):
        store = QdrantStore.from_vectorstore(plain, search_type=search_type)
        fetched = store.fetch(ask(include=("metadata.n",)))
        sent, received = seen[-1]
        assert json.loads(sent)["with_payload"] == {"include": ["metadata.n"]}
        assert json.loads(sent)["with_vector"] is False
        assert not any(word in received for word in (b"canary", b"page_content", b"vector"))
        assert fetched.bytes == sum(
            len(json.dumps(record.payload, separators=(",", ":"))) for record in fetched.records
        )
        assert store.fetch(ask(include=())).records[0].payload == {}
        assert b'"payload":{' not in seen[-1][1]
    client.close()


AWKWARD: list[dict[str, Any]] = [
    {"metadata": "canary", "list": [{"k": 1, "x": "canary"}, "canary", 5]},
    {"metadata": {"title": "t", "x": "canary"}, "list": {"k": "canary"}},
    {"metadata": {"title": {"deep": 1}}, "list": [[{"k": "canary"}]], "a.b": {"c d": 1, "e": "canary"}},
    {"metadata": None, "list": None},
]


@pytest.mark.parametrize("place", ["embedded", "memory"])
def test_what_an_include_selector_returns_too_much_of_is_pruned(place: str) -> None:
    client = embedded_client() if place == "embedded" else QdrantClient(":memory:")
    client.create_collection("odd", vectors_config=models.VectorParams(size=SIZE, distance=COSINE))
    vectors = HashEmbeddings().embed_documents([str(n) for n in range(len(AWKWARD))])
    client.upsert("odd", [models.PointStruct(id=n, vector=vectors[n], payload=row) for n, row in enumerate(AWKWARD)])
    store = QdrantStore(client, "odd", embeddings=HashEmbeddings())
    records = store.fetch(ask(limit=9, include=("metadata.title", "list[].k", '"a.b"."c d"'))).records
    assert {record.id: record.payload for record in records} == {
        0: {"list": [{"k": 1}]},
        1: {"metadata": {"title": "t"}},
        2: {"metadata": {"title": {"deep": 1}}, "a.b": {"c d": 1}},
        3: {},
    }
    client.close()


JSON = st.recursive(
    st.none() | st.integers() | st.just("x"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=12,
)
PATHS = st.sampled_from(["a", "a.b", "a[].b", "a[][].b", "b.c.a", "c[]", "a.b[].c"])


@given(st.dictionaries(st.sampled_from("abc"), JSON), st.lists(PATHS, unique=True).map(tuple))
def test_pruning_keeps_what_the_paths_lead_to_and_nothing_else(
    payload: dict[str, Any], include: tuple[str, ...]
) -> None:
    pruned = Projection.of(include).prune(payload)
    assert Projection.of(include).prune(pruned) == pruned
    for text in include:
        kept, whole = ([leaf for _, leaf in FieldPath.parse(text).leaves(tree)] for tree in (pruned, payload))
        assert len(kept) == len(whole)
    if not include:
        assert pruned == {}


class AsyncOnly:
    def embed_query(self, text: str) -> list[float]:
        raise RuntimeError

    async def aembed_query(self, text: str) -> list[float]:
        await asyncio.sleep(0)
        return HashEmbeddings().embed_query(text)


class Broken:
    def __init__(self, outcome: Any) -> None:
        self._outcome = outcome

    def embed_query(self, text: str) -> Any:
        if isinstance(self._outcome, Exception):
            raise self._outcome
        return self._outcome


async def test_an_async_client_is_asked_on_the_loop_and_a_sync_one_in_a_thread(stores: Make) -> None:
    server = Server(answer([point()]))
    native = QdrantStore(server.async_client(), "k", embeddings=AsyncOnly())
    assert (await native.afetch(ask())).records[0].payload == {"page_content": "a"}
    threaded = QdrantStore.from_vectorstore(stores())
    assert await threaded.afetch(ask()) == threaded.fetch(ask())
    with pytest.raises(StoreError) as caught:
        native.fetch(ask())
    assert caught.value.code == "async-only"


@pytest.mark.parametrize("mode", ["dense", "sparse"])
@pytest.mark.parametrize("outcome", [ValueError("canary"), "canary", [], [float("nan")], None, ["canary"]])
def test_an_embedder_that_fails_is_a_static_error(mode: Any, outcome: Any) -> None:
    server = Server(answer([]))
    embedder = Broken(outcome)
    store = QdrantStore(
        server.client(),
        "k",
        async_client=server.async_client(),
        embeddings=embedder,
        sparse_embeddings=embedder,
        mode=mode,
    )
    calls: list[Callable[[], Fetched]] = [lambda: store.fetch(ask()), lambda: asyncio.run(store.afetch(ask()))]
    for call in calls:
        with pytest.raises(StoreError) as caught:
            call()
        assert caught.value.code == "embedding"
        assert "canary" not in str(caught.value)
        assert caught.value.__context__ is None
    assert server.requests == []


class Crowded(QdrantClient):
    """Notes how many threads were inside at once."""

    inside = 0
    most = 0

    def query_points(self, *given: Any, **more: Any) -> Any:
        self.inside += 1
        self.most = max(self.most, self.inside)
        try:
            return super().query_points(*given, **more)
        finally:
            self.inside -= 1


def test_a_local_client_is_called_by_one_thread_at_a_time() -> None:
    client = Crowded(":memory:")
    plain = vector_store(client, texts(60))
    one, other = QdrantStore.from_vectorstore(plain), QdrantStore.from_vectorstore(plain)
    expected = documents(one.fetch(ask()))
    assert expected == plain.similarity_search("flood", k=4)
    threads = [threading.Thread(target=store.fetch, args=(ask(),)) for store in (one, other) * 6]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert client.most == 1
    client.close()


async def test_an_async_local_client_does_not_block_the_loop() -> None:
    client = AsyncQdrantClient(":memory:")
    await client.create_collection("k", vectors_config=models.VectorParams(size=SIZE, distance=COSINE))
    await client.upsert("k", [models.PointStruct(id=1, vector=[1.0] * SIZE, payload={"page_content": "a"})])
    store = QdrantStore(client, "k", embeddings=HashEmbeddings())
    assert [record.id for record in (await store.afetch(ask())).records] == [1]
    with pytest.raises(StoreError) as caught:
        await QdrantStore(client, "absent", embeddings=HashEmbeddings()).afetch(ask())
    assert caught.value.code == "collection-missing"
    await client.close()


def test_a_vector_store_of_another_kind_and_foreign_search_kwargs_are_refused(stores: Make) -> None:
    other = InMemoryVectorStore(DeterministicFakeEmbedding(size=4))
    with pytest.raises(StoreError) as caught:
        QdrantStore.from_vectorstore(other)
    assert caught.value.code == "not-qdrant"
    foreign: list[dict[str, Any]] = [{"with_payload": True}, {"with_vectors": True}, {"offset": 3}, {"filter": {}}]
    for kwargs in foreign:
        with pytest.raises(StoreError) as caught:
            QdrantStore.from_vectorstore(stores(), search_kwargs=kwargs)
        assert caught.value.code == "search-kwargs"


def test_a_search_that_lacks_something_is_refused_at_construction() -> None:
    client = Server(answer([])).client()
    dense = HashEmbeddings()
    lackings: list[dict[str, Any]] = [
        {},
        {"mode": "sparse"},
        {"mode": "hybrid", "embeddings": dense},
        {"mode": "other", "embeddings": dense},
        {"search_type": "other", "embeddings": dense},
        {"search_type": "mmr", "mode": "sparse", "sparse_embeddings": Broken(None)},
        {"search_type": "similarity_score_threshold", "distance": "Manhattan", "embeddings": dense},
    ]
    for lacking in lackings:
        with pytest.raises(StoreError):
            QdrantStore(client, "k", **lacking)
    with pytest.raises(StoreError):
        QdrantStore("client", "k", embeddings=dense)  # type: ignore[arg-type]


def test_the_keys_of_text_and_metadata_are_read_off_the_vector_store(stores: Make) -> None:
    plain = stores()
    store = QdrantStore.from_vectorstore(plain)
    assert (store.collection, store.content_key, store.metadata_key) == ("tickets", "page_content", "metadata")
    assert "canary" not in repr(store)


def test_uuids_come_as_text(stores: Make) -> None:
    client = embedded_client()
    client.create_collection("k", vectors_config=models.VectorParams(size=SIZE, distance=COSINE))
    name = "0d706099-6dd9-412a-9df6-a71043e020de"
    client.upsert("k", [models.PointStruct(id=name, vector=[1.0] * SIZE, payload={})])
    store = QdrantStore(client, "k", embeddings=HashEmbeddings())
    assert [record.id for record in store.fetch(ask()).records] == [name]
    assert store.fetch(ask(exclude=(name,))).records == ()
    client.close()


def test_nothing_of_a_fetch_is_in_its_repr() -> None:
    assert "canary" not in repr(Fetch("canary", (), Filter(), 1, exclude=("canary",)))


# the embedded engine, asked directly and over its transport


BOUND = Condition("metadata.n", "range", {"gte": 10, "lt": 300})
FETCHES = [
    ask(),
    ask(
        "storm roof",
        limit=9,
        include=("page_content",),
        filter=Filter(must=(Condition("metadata.tenant", "equals", "t1"),)),
    ),
    ask(filter=Filter(must=(Condition("metadata.tenant", "any", ("t0", "t2")), BOUND))),
    ask(
        filter=Filter(
            should=(BOUND, Condition("metadata.n", "equals", 3)), must_not=(Condition("metadata.n", "is_empty", True),)
        )
    ),
    ask(filter=Filter(must=(Condition("metadata.tenant", "except", ("t0",)), Condition("metadata.n", "equals", 4.0)))),
    ask(filter=Filter(must=(Filter(should=(BOUND, BOUND), min_should=2),)), exclude=(1, 2, 3)),
    ask(include=()),
    ask(include=("metadata.n", "metadata.tenant"), min_score=0.1),
    ask("nothing", filter=Filter(must=(Condition("metadata.tenant", "equals", "nobody"),))),
]


def _pair(store: QdrantVectorStore, **settings: Any) -> tuple[QdrantStore, QdrantStore]:
    """One store that asks the engine directly, and one whose client goes over the transport."""
    direct = QdrantStore.from_vectorstore(store, **settings)
    engine = engine_of(store.client)
    assert engine is not None
    transport = EdgeTransport(engine, tap=lambda *exchange: None)
    tapped = QdrantClient(url="http://embedded", transport=transport, check_compatibility=False, trust_env=False)
    transport._finalizer.detach()  # the storage is the other client's to close
    over = QdrantStore.from_vectorstore(store, **settings)
    over._sync, over._engine = tapped, engine_of(tapped)
    assert over._engine is None
    return direct, over


def _said(store: QdrantStore, fetch: Fetch) -> Any:
    try:
        return store.fetch(fetch)
    except StoreError as error:
        return error.code


@pytest.mark.parametrize(
    ("mode", "search_type"),
    [("dense", "similarity"), ("sparse", "similarity"), ("hybrid", "similarity"), ("dense", "mmr"), ("hybrid", "mmr")],
)
def test_the_engine_asked_directly_answers_as_over_its_transport(stores: Make, mode: str, search_type: Any) -> None:
    params = models.SearchParams(exact=True)
    given = models.Filter(must_not=[models.FieldCondition(key="metadata.n", match=models.MatchValue(value=7))])
    for kwargs in ({}, {"search_params": params, "filter": given, "fetch_k": 30}):
        direct, over = _pair(stores(mode), search_type=search_type, search_kwargs=kwargs)
        for fetch in FETCHES:
            answer = direct.fetch(fetch)
            assert answer == over.fetch(fetch)
            assert bool(answer.records) == (fetch.text != "nothing")


def test_points_read_directly_are_those_read_over_the_transport(stores: Make) -> None:
    direct, over = _pair(stores(), search_kwargs={"filter": TENANT})
    for fetch in FETCHES:
        ids = [1, 4, 7, 10, 9999]
        assert direct.read(ids, fetch.include, fetch.filter) == over.read(ids, fetch.include, fetch.filter)


def test_refusals_are_the_same_directly_and_over_the_transport(monkeypatch: pytest.MonkeyPatch) -> None:
    store = vector_store(embedded_client(), texts(5))
    pair = _pair(store)
    bad = ask(filter=Filter(must=(Condition("metadata.n", "equals", math.inf),)))
    assert [_said(one, bad) for one in pair] == ["filter-value"] * 2
    for change in ({"collection": "other"}, {"_dense": HashEmbeddings(3)}, {"_search": Search(vector_name="other")}):
        codes = []
        for one in _pair(store):
            for name, value in change.items():
                setattr(one, name, value)
            codes.append(_said(one, ask()))
        assert codes[0] == codes[1]
        assert isinstance(codes[0], str)
    with monkeypatch.context() as patched:
        patched.setattr(os, "getpid", lambda: 1)
        assert [_said(one, ask()) for one in pair] == ["forked"] * 2
    store.client.close()
    assert _said(pair[0], ask()) == "closed"


PAYLOADS = st.recursive(
    st.none() | st.integers() | st.text(max_size=3) | st.lists(st.integers(), max_size=2),
    lambda inner: st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=8,
)
PLAIN_PATHS = st.lists(st.lists(st.sampled_from("abc"), min_size=1, max_size=3).map(".".join), unique=True, max_size=4)


@given(st.dictionaries(st.sampled_from("abc"), PAYLOADS, max_size=3), PLAIN_PATHS)
def test_pruning_by_keys_keeps_what_pruning_by_leaves_keeps(payload: dict[str, Any], paths: list[str]) -> None:
    projection = Projection.of(tuple(paths))
    by_leaves = assemble(leaf for path in projection.paths for leaf in path.leaves(payload))
    assert projection.tree is not None
    assert projection.prune(payload) == by_leaves


def test_the_size_of_an_answer_is_that_of_its_payloads_each() -> None:
    texts_of = [{"page_content": "é" * n, "odd": math.nan if n == 2 else n} for n in range(4)]
    points = [models.ScoredPoint(id=n, version=0, score=0.5, payload=payload) for n, payload in enumerate(texts_of)]
    answer = fetched(points, ask(include=("page_content", "odd"), limit=9), lambda score: True)
    assert answer.bytes == sum(len(to_json(one.payload)) for one in answer.records)
    assert fetched([], ask(), lambda score: True).bytes == 0
