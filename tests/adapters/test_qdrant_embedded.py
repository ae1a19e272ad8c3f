from __future__ import annotations

import json
import subprocess
import sys
import threading
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from langchain_core.documents import Document
from langchain_qdrant import QdrantVectorStore, RetrievalMode, SparseVector
from qdrant_client import QdrantClient, models
from qdrant_client.http.exceptions import UnexpectedResponse
from qdrant_support import HashEmbeddings, texts, vector_store

from needful.errors import StoreError
from needful_qdrant import Bm25Embeddings, embedded_client, optimize

Open = Callable[..., QdrantClient]


@pytest.fixture
def opened() -> Iterator[Open]:
    clients: list[QdrantClient] = []

    def open_one(*given: Any, **more: Any) -> QdrantClient:
        clients.append(embedded_client(*given, **more))
        return clients[-1]

    yield open_one
    for client in clients:
        client.close()


def two_vectors(client: QdrantClient, name: str = "both") -> None:
    client.create_collection(
        name,
        vectors_config={"": models.VectorParams(size=2, distance=models.Distance.DOT)},
        sparse_vectors_config={"words": models.SparseVectorParams(modifier=models.Modifier.IDF)},
    )


def points(count: int) -> list[models.PointStruct]:
    sparse = models.SparseVector(indices=[1], values=[1.0])
    return [
        models.PointStruct(id=n, vector={"": [1.0, n], "words": sparse}, payload={"n": n, "odd": n % 2 == 1})
        for n in range(count)
    ]


def test_a_directory_keeps_collections_points_indexes_and_vector_settings(opened: Open, tmp_path: Path) -> None:
    client = opened(tmp_path / "new" / "place")
    for name in ("both", "a/b c"):
        two_vectors(client, name)
        client.upload_points(name, points(1500))
    client.create_payload_index("both", "n", models.PayloadSchemaType.INTEGER)
    client.delete_collection("a/b c")
    two_vectors(client, "a/b c")
    client.close()

    again = opened(tmp_path / "new" / "place")
    assert {found.name for found in again.get_collections().collections} == {"both", "a/b c"}
    assert (again.count("both").count, again.count("a/b c").count) == (1500, 0)
    info = again.get_collection("both")
    assert info.payload_schema["n"].data_type == models.PayloadSchemaType.INTEGER
    assert info.config.params.sparse_vectors == {"words": models.SparseVectorParams(modifier=models.Modifier.IDF)}
    assert info.config.params.vectors == {"": models.VectorParams(size=2, distance=models.Distance.DOT)}
    assert again.query_points("both", query=[0.0, 1.0], limit=1).points[0].id == 1499


def test_a_second_client_is_told_that_the_directory_is_open(opened: Open, tmp_path: Path) -> None:
    first = opened(tmp_path)
    with pytest.raises(StoreError) as caught:
        embedded_client(tmp_path)
    assert caught.value.code == "already-open"
    assert caught.value.__context__ is None
    first.close()
    opened(tmp_path)


def test_a_second_process_is_told_that_the_directory_is_open(opened: Open, tmp_path: Path) -> None:
    opened(tmp_path)
    program = (
        "import sys, needful_qdrant as q\ntry: q.embedded_client(sys.argv[1])\nexcept Exception as e: print(e.code)"
    )
    ran = subprocess.run([sys.executable, "-c", program, str(tmp_path)], capture_output=True, text=True)
    assert ran.stdout.strip() == "already-open"


def test_a_process_that_ends_without_closing_loses_nothing(opened: Open, tmp_path: Path) -> None:
    program = (
        "import sys; from needful_qdrant import embedded_client as e; from qdrant_client import models as m\n"
        "c = e(sys.argv[1]); c.create_collection('k', vectors_config=m.VectorParams(size=1, distance='Dot'))\n"
        "c.upsert('k', [m.PointStruct(id=7, vector=[1.0], payload={'a': 1})])"
    )
    subprocess.run([sys.executable, "-c", program, str(tmp_path)], check=True)
    assert opened(tmp_path).retrieve("k", [7])[0].payload == {"a": 1}


def test_no_directory_means_a_temporary_one_that_is_removed(
    opened: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    client = opened()
    two_vectors(client)
    assert list(tmp_path.iterdir())
    client.close()
    client.close()
    assert not list(tmp_path.iterdir())


def test_a_directory_that_is_a_file_or_holds_rubbish_is_a_clear_error(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("x")
    rubbish = tmp_path / "rubbish" / "collections" / "k" / "collection.json"
    rubbish.parent.mkdir(parents=True)
    rubbish.write_text("{}")
    for place, code in ((file, "embedded-directory"), (tmp_path / "rubbish", "embedded-damaged")):
        for _ in range(2):  # the second time too: a failed opening lets the lock go
            with pytest.raises(StoreError) as caught:
                embedded_client(place)
            assert caught.value.code == code


def test_what_does_not_fit_is_refused_as_a_server_does_without_an_echo(opened: Open) -> None:
    client = opened()
    two_vectors(client)
    client.upsert("both", points(3))
    secret = "canary-value"
    asks: list[tuple[int, Callable[[], object]]] = [
        (404, lambda: client.query_points("absent", query=[1.0, 2.0])),
        (400, lambda: client.query_points("both", query=[1.0])),
        (400, lambda: client.query_points("both", query=[1.0, 2.0], using="absent")),
        (400, lambda: client.query_points("both", query=1)),
        (422, lambda: client.query_points("both", query=[1.0, 2.0], limit=0)),
        (400, lambda: client.upsert("both", [models.PointStruct(id=secret, vector={"": [1.0, 2.0]}, payload={})])),
        (404, lambda: client.query_points_groups("both", query=[1.0, 2.0], group_by="n")),
        (409, lambda: two_vectors(client)),
        (400, lambda: two_vectors(client, "x" * 300)),
        (400, lambda: client.create_collection("no vectors", vectors_config={})),
    ]
    for status, ask in asks:
        with pytest.raises(UnexpectedResponse) as caught:
            ask()
        assert caught.value.status_code == status
        assert set(json.loads(caught.value.content)) == {"status", "time"}
        assert secret.encode() not in caught.value.content
    with pytest.raises(UnexpectedResponse, match="Not found: Collection `absent` doesn"):
        client.count("absent")


def test_a_refused_upsert_does_not_spoil_the_collection(opened: Open, tmp_path: Path) -> None:
    client = opened(tmp_path)
    two_vectors(client)
    client.upsert("both", points(2))
    with pytest.raises(UnexpectedResponse):
        client.upsert("both", [models.PointStruct(id=5, vector={"": [1.0]}, payload={})])
    client.close()
    assert opened(tmp_path).count("both").count == 2


def test_booleans_and_integers_are_told_apart(opened: Open) -> None:
    client = opened()
    two_vectors(client)
    rows: list[dict[str, Any]] = [{"f": True}, {"f": 1}, {"f": False}, {"f": 0}]
    client.upsert("both", [models.PointStruct(id=n, vector={}, payload=row) for n, row in enumerate(rows)])
    for value, expected in ((True, 0), (1, 1), (False, 2), (0, 3)):
        only = models.Filter(must=[models.FieldCondition(key="f", match=models.MatchValue(value=value))])
        assert [found.id for found in client.scroll("both", scroll_filter=only)[0]] == [expected]


def test_the_usual_calls_of_a_client_work(opened: Open) -> None:
    client = opened()
    two_vectors(client)
    client.upsert("both", points(30))
    odd = models.Filter(must=[models.FieldCondition(key="odd", match=models.MatchValue(value=True))])
    assert client.count("both", odd).count == 15
    page, following = client.scroll("both", limit=10, with_payload=["n"])
    assert ([found.payload for found in page[:2]], following) == ([{"n": 0}, {"n": 1}], 10)
    assert client.retrieve("both", [3], with_vectors=True)[0].vector == {
        "": [1.0, 3.0],
        "words": models.SparseVector(indices=[1], values=[1.0]),
    }
    client.set_payload("both", {"z": 1}, points=[4])
    client.overwrite_payload("both", {"only": 1}, points=[5])
    client.delete_payload("both", ["n"], points=[6])
    client.clear_payload("both", points_selector=[7])
    payloads = [found.payload for found in client.retrieve("both", [4, 5, 6, 7])]
    assert payloads == [{"n": 4, "odd": False, "z": 1}, {"only": 1}, {"odd": False}, {}]
    client.delete("both", points_selector=odd)
    assert client.count("both").count == 15 + len({5, 7})  # these two are no longer odd
    assert client.collection_exists("both")
    assert not client.collection_exists("absent")


def test_equal_scores_of_a_fusion_come_in_the_same_order_every_time(opened: Open) -> None:
    client = opened()
    store = vector_store(client, texts(200), "hybrid")
    answers = {tuple(d.metadata["_id"] for d in store.similarity_search("storm roof", k=7)) for _ in range(20)}
    assert len(answers) == 1


def test_langchains_own_store_works_on_it(opened: Open) -> None:
    store = vector_store(opened(), texts(40), "hybrid")
    (new,) = store.add_documents([Document("a burst pipe", metadata={"n": 99})], ids=[uuid.uuid4().hex])
    assert store.get_by_ids([new])[0].page_content == "a burst pipe"
    assert store.similarity_search("a burst pipe", k=1)[0].metadata["n"] == 99
    assert len(store.max_marginal_relevance_search("flood", k=3, fetch_k=9)) == 3
    assert store.delete([new])
    assert store.get_by_ids([new]) == []


def test_langchains_from_texts_opens_it_by_its_transport(opened: Open) -> None:
    transport = opened().init_options["transport"]
    store = QdrantVectorStore.from_texts(
        ["pipe", "roof"], HashEmbeddings(), url="http://embedded", transport=transport, check_compatibility=False
    )
    assert store.similarity_search("roof", k=1)[0].page_content == "roof"


def test_readers_and_writers_in_several_threads_do_not_disturb_each_other(opened: Open) -> None:
    client = opened()
    two_vectors(client)
    client.upsert("both", points(50))
    failures: list[Exception] = []

    def write(start: int) -> None:
        for batch in range(10):
            moved = [models.PointStruct(id=start + batch * 20 + n, vector={"": [0.0, 0.0]}) for n in range(20)]
            client.upsert("both", moved)

    def read() -> None:
        for _ in range(60):
            assert client.query_points("both", query=[1.0, 1.0], limit=1).points[0].id == 49

    def caught(work: Callable[[], None]) -> Callable[[], None]:
        def run() -> None:
            try:
                work()
            except Exception as error:  # noqa: BLE001 - collected for the main thread
                failures.append(error)

        return run

    threads = [threading.Thread(target=caught(work)) for work in (read, read, lambda: write(100), lambda: write(900))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert client.count("both").count == 450


def test_the_tap_sees_the_bytes_of_every_exchange(opened: Open) -> None:
    seen: list[tuple[str, str, bytes, bytes]] = []
    client = opened(tap=lambda *exchange: seen.append(exchange))
    two_vectors(client, "a b")
    client.upsert("a b", points(2))
    client.query_points("a b", query=[1.0, 0.0], limit=1, with_payload=["n"])
    method, path, request, response = seen[-1]
    assert (method, path) == ("POST", "/collections/a b/points/query")
    assert json.loads(request)["with_payload"] == ["n"]
    assert b'"n":' in response
    assert b"odd" not in response


def test_optimize_builds_indexes_for_embedded_collections_only(opened: Open) -> None:
    client = opened()
    vector_store(client, texts(60), size=8)
    assert optimize(client, "tickets") in (True, False)
    remote = QdrantClient(":memory:")
    for given, code in (((client, "absent"), "collection-missing"), ((remote, "tickets"), "not-embedded")):
        with pytest.raises(StoreError) as caught:
            optimize(*given)
        assert caught.value.code == code


def test_bm25_finds_a_rare_word_first_and_needs_no_files(opened: Open) -> None:
    contents = [*("flood flood kitchen " * 5 for _ in range(20)), "a flood of subrogation letters"]
    distinct = [f"{text} number{n}" for n, text in enumerate(contents)]
    store = vector_store(opened(), distinct, "sparse")
    assert store.retrieval_mode == RetrievalMode.SPARSE
    assert "subrogation" in store.similarity_search("flood and subrogation", k=1)[0].page_content


async def test_bm25_has_the_interface_of_langchain_qdrants_sparse_embeddings() -> None:
    model = Bm25Embeddings()
    assert isinstance(model.embed_query("a storm"), SparseVector)
    assert await model.aembed_documents(["the roof", "the"]) == model.embed_documents(["the roof", "the"])
    assert (await model.aembed_query("the")).indices == []
    with pytest.raises(ValueError, match="anguage"):
        Bm25Embeddings("klingon")
