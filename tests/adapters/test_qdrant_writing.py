"""Documents into a collection: what is written, in which order, and what is there after a second or a broken run."""

from __future__ import annotations

import itertools
import json
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from langchain_qdrant import QdrantVectorStore, RetrievalMode
from qdrant_client import QdrantClient, models
from qdrant_support import SIZE, HashEmbeddings

from needful.annotation import Annotator
from needful.errors import NeedfulError, PolicyError, StoreError
from needful.keys import Keys
from needful.passages import order_of, passage_id
from needful.policy import Policy
from needful.testing import KeywordDetector, LeakProbe
from needful_langchain import NeedfulRetriever
from needful_qdrant import Bm25Embeddings, embedded_client
from needful_qdrant.edge.transport import EdgeTransport
from needful_qdrant.laying import as_it_is, laid_out
from needful_qdrant.preparing import check_kind, prepare
from needful_qdrant.vectors import Vectors
from needful_qdrant.writing import BATCH, MAX_CHARACTERS, Indexed, Progress, index, write

KEYS = Keys(bytes(range(32)))
PEOPLE = KeywordDetector({"PERSON": "Maria Keller|Tom Weiss", "US_SSN": r"\d{3}-\d\d-\d{4}"})
POLICY = """
needful: 1
name: passages
version: 1
layout: {layout}
purposes:
  answer:
    filter:
      {prefix}tenant: {{equals: $principal.tenant}}
    filterable: [{prefix}product]
    fields:
      {text}: scan
      {prefix}title: scan
      {prefix}name: {{action: pseudonymize, entity: PERSON}}
    entities: {{default: redact, US_SSN: drop-record}}
    detect: {{ner: none, reason: a test, known: [{prefix}name], max_characters: 2000000}}
"""


def policy(layout: str = "passages", text: str = "page_content", prefix: str = "metadata.") -> Policy:
    return Policy.parse(POLICY.format(layout=layout, text=text, prefix=prefix))


@dataclass(frozen=True)
class Doc:
    """A document to index, by its number."""

    number: int
    text: str = field(repr=False)
    metadata: Mapping[str, Any] = field(default_factory=lambda: {"tenant": "acme"}, repr=False)

    @property
    def id(self) -> str:
        return str(uuid.uuid5(uuid.NAMESPACE_URL, str(self.number)))


def sentence(number: int, name: str = "Maria Keller") -> str:
    return f"Sentence {number} says that {name} has reported a kitchen that was flooded in a storm."


def document(number: int, count: int = 3, **metadata: Any) -> Doc:
    text = " ".join(sentence(100 * number + at) for at in range(count))
    return Doc(number, text, {"tenant": "acme", "product": "household", **metadata})


def indexed(
    client: QdrantClient, documents: Any, of: Policy | None = None, detector: Any = PEOPLE, **more: Any
) -> Indexed:
    of = of or policy()
    if not more.keys() & {"embeddings", "sparse_embeddings"}:
        more["sparse_embeddings"] = Bm25Embeddings()
    return index(client, "c", documents, Annotator(of, KEYS, lambda purpose: detector), policy=of, **more)


def points(client: QdrantClient) -> dict[str, dict[str, Any]]:
    return {
        str(point.id): {"payload": point.payload, "vector": point.vector}
        for point in client.scroll("c", limit=10_000, with_vectors=True)[0]
    }


@pytest.fixture
def client() -> Iterator[QdrantClient]:
    made = embedded_client()
    yield made
    made.close()


@dataclass
class Sent:
    """Every request in order: method, path and body."""

    requests: list[tuple[str, str, Any]] = field(default_factory=list)

    def __call__(self, method: str, path: str, sent: bytes, answer: bytes) -> None:
        self.requests.append((method, path, json.loads(sent) if sent else None))

    def writes(self) -> list[list[dict[str, Any]]]:
        return [body["operations"] for _, path, body in self.requests if path.endswith("/points/batch")]


def test_a_document_is_its_own_point_without_a_vector_and_one_a_passage_with_one(client: QdrantClient) -> None:
    doc = document(1, 3, title="Kitchen", name="Maria Keller", note="unlisted")
    assert indexed(client, [doc]) == Indexed(documents=1, passages=3, faults=0)
    own, *passages = points(client).values()
    assert own["vector"] == {}
    assert own["payload"].keys() == {"metadata", "needful"}
    assert own["payload"]["metadata"] == {
        "tenant": "acme",
        "product": "household",
        "title": "Kitchen",
        "name": "Maria Keller",
    }
    for order, passage in enumerate(passages, start=1):
        assert passage["vector"].keys() == {"langchain-sparse"}
        payload = passage["payload"]
        assert payload["metadata"] == {"tenant": "acme", "product": "household"}
        assert payload["page_content"] == sentence(99 + order)
        placed = payload["needful"]
        assert (placed["parent"], placed["order"]) == (passage_id(doc.id, 0), order)
        assert doc.text[placed["start"] : placed["end"]] == payload["page_content"]


def test_a_passage_has_as_many_sentences_as_it_may(client: QdrantClient) -> None:
    short = Doc(1, " ".join(f"It rained on day {at} of it." for at in range(12)))
    assert indexed(client, [short], sentences=1).passages == 12
    assert indexed(client, [short], sentences=2).passages == 6


def test_every_key_to_filter_by_and_every_key_of_ours_is_indexed_before_the_first_point() -> None:
    sent = Sent()
    client = embedded_client(tap=sent)
    indexed(client, [document(1)], indexes={"metadata.product": "text", "metadata.more": "integer"})
    schema = {key: info.data_type.value for key, info in client.get_collection("c").payload_schema.items()}
    ours = {f"needful.{name}": "keyword" for name in ("parent", "text", "detectors", "entities", "document")}
    keys = {"metadata.tenant": "keyword", "metadata.product": "text", "metadata.more": "integer"}
    assert schema == {**ours, "needful.order": "integer", **keys}
    paths = [path for _, path, _ in sent.requests]
    assert max(at for at, path in enumerate(paths) if path.endswith("/index")) < min(
        at for at, path in enumerate(paths) if path.endswith("/points/batch")
    )
    client.close()


def test_an_index_that_is_there_is_left_and_one_that_is_asked_for_is_made_anew(client: QdrantClient) -> None:
    indexed(client, [document(1)], indexes={"metadata.tenant": "text", "metadata.product": "text"})
    indexed(client, [document(1)], indexes={"metadata.product": "keyword"})
    schema = client.get_collection("c").payload_schema
    assert (schema["metadata.tenant"].data_type, schema["metadata.product"].data_type) == ("text", "keyword")


versions = st.lists(st.tuples(st.integers(1, 3), st.integers(1, 7), st.sampled_from("ab")), min_size=1, max_size=8)


@settings(max_examples=15)
@given(versions)
def test_what_is_indexed_again_is_wholly_what_it_is_now(history: list[tuple[int, int, str]]) -> None:
    docs = [document(number, count, title=title) for number, count, title in history]
    one, other = QdrantClient(":memory:"), QdrantClient(":memory:")
    for doc in docs:
        indexed(one, [doc])
    indexed(other, {doc.number: doc for doc in docs}.values())
    assert points(one) == points(other)
    one.close()
    other.close()


def test_passages_are_written_before_those_are_deleted_that_the_document_no_longer_has() -> None:
    sent = Sent()
    client = embedded_client(tap=sent)
    indexed(client, [document(1, 200), document(2, 2)])
    written: set[str] = set()
    ended = []
    for operations in sent.writes():
        for operation in operations:
            if "upsert" in operation:
                written |= {point["id"] for point in operation["upsert"]["points"]}
            else:
                own = operation["delete"]["filter"]["must"][0]["match"]["value"]
                ended.append((own, sum(passage_id(own, order) in written for order in range(1, 300))))
    assert ended == [(passage_id(document(1).id, 0), 200), (passage_id(document(2).id, 0), 2)]
    client.close()


def test_a_document_with_fewer_passages_leaves_nothing_of_its_former_ones(client: QdrantClient) -> None:
    indexed(client, [document(1, 150), document(2, 3)])
    indexed(client, [document(1, 2)])
    assert sorted(order_of(point) or 0 for point in points(client)) == [0, 0, 1, 1, 2, 2, 3]


class Breaking(Bm25Embeddings):
    """Gives up after so many texts, quoting one."""

    def __init__(self, after: int) -> None:
        super().__init__()
        self.left = after

    def embed_documents(self, texts: list[str]) -> Any:
        self.left -= len(texts)
        if self.left < 0:
            raise RuntimeError(texts[0])
        return super().embed_documents(texts)


def test_a_run_that_broke_off_is_completed_by_the_next(client: QdrantClient) -> None:
    docs = [document(number, 10) for number in range(20)]
    with pytest.raises(StoreError, match="could not be embedded") as caught:
        indexed(client, docs, sparse_embeddings=Breaking(after=120))
    assert caught.value.code == "embedding"
    assert 0 < len(points(client)) < 220
    indexed(client, docs)
    other = embedded_client()
    indexed(other, docs)
    assert points(client) == points(other)
    other.close()


class Failing:
    """A detector that fails for texts with a word in them."""

    fingerprint = "failing"

    def detect(self, texts: Sequence[str]) -> list[tuple[Any, ...]]:
        if any("poison" in text for text in texts):
            raise ValueError(texts)
        return [*PEOPLE.detect(texts)]


@pytest.mark.parametrize("layout", ["passages", "langchain"])
def test_a_document_whose_detection_fails_is_not_written_and_nothing_else_stops(
    client: QdrantClient, layout: str
) -> None:
    docs = [document(1), document(2), document(3)]
    indexed(client, docs, policy(layout), Failing())
    before = points(client)
    faults: list[Doc] = []
    done: list[int] = []
    progress = Progress(done.append, faults.append)
    changed = [document(1, 4), Doc(2, "poison " + docs[1].text), document(3, 5)]
    counted = indexed(client, changed, policy(layout), Failing(), progress=progress)
    assert (counted.documents, counted.faults, faults, done) == (2, 1, [changed[1]], [3])
    former = {
        point: content for point, content in before.items() if docs[1].text[:12] in json.dumps(content["payload"])
    }
    assert former
    assert former.items() <= points(client).items()
    assert "poison" not in repr(points(client))


@pytest.mark.parametrize("mode", ["sparse", "dense", "hybrid"])
def test_langchain_opens_the_collection_and_no_document_of_its_own_comes_back(client: QdrantClient, mode: str) -> None:
    dense = None if mode == "sparse" else HashEmbeddings()
    sparse = None if mode == "dense" else Bm25Embeddings()
    docs = [document(1, title="kitchen"), document(2)]
    assert indexed(client, docs, embeddings=dense, sparse_embeddings=sparse).passages == 6
    store = QdrantVectorStore(client, "c", embedding=dense, sparse_embedding=sparse, retrieval_mode=RetrievalMode(mode))
    found = store.as_retriever(search_kwargs={"k": 50}).invoke(sentence(101))
    assert sorted(each.page_content for each in found) == [sentence(n) for n in (100, 101, 102, 200, 201, 202)]
    if mode != "sparse":
        assert found[0].page_content == sentence(101)
    assert all(each.metadata["tenant"] == "acme" for each in found)


@pytest.mark.parametrize(
    ("first", "second", "said"),
    [
        ({"embeddings": HashEmbeddings()}, {"embeddings": HashEmbeddings(8)}, "no dense vector '' of 8 numbers"),
        ({"embeddings": HashEmbeddings()}, {"sparse_embeddings": Bm25Embeddings()}, "no sparse vector"),
        ({"sparse_embeddings": Bm25Embeddings()}, {"embeddings": HashEmbeddings()}, f"of {SIZE} numbers"),
    ],
)
def test_vectors_that_a_collection_has_not_are_refused_before_anything_is_written(
    client: QdrantClient, first: Any, second: Any, said: str
) -> None:
    indexed(client, [document(1)], **first)
    before = points(client)
    with pytest.raises(StoreError, match=said) as caught:
        indexed(client, [document(2)], **second)
    assert caught.value.code == "vector-mismatch"
    assert points(client) == before


def test_without_a_model_nothing_is_written(client: QdrantClient) -> None:
    with pytest.raises(StoreError, match="no embedding model"):
        indexed(client, [document(1)], embeddings=None)
    assert not client.collection_exists("c")


@pytest.mark.parametrize("kind", ["embedded", "local"])
@pytest.mark.parametrize(("first", "second"), [("passages", "langchain"), ("langchain", "passages")])
def test_whole_documents_and_passages_do_not_get_into_one_collection(kind: str, first: str, second: str) -> None:
    client = embedded_client() if kind == "embedded" else QdrantClient(":memory:")
    indexed(client, [document(1)], policy(first))
    with pytest.raises(StoreError) as caught:
        indexed(client, [document(2)], policy(second))
    assert caught.value.code == "layout-mixed"
    assert document(2).id not in points(client)
    client.close()


def test_a_client_without_a_server_is_written_to_as_well() -> None:
    client = QdrantClient(":memory:")
    indexed(client, [document(1, 5), document(2)])
    indexed(client, [document(1, 2)])
    assert len(points(client)) == 3 + 4
    client.close()


def test_whole_documents_get_their_annotations_and_only_the_fields_that_a_purpose_needs(client: QdrantClient) -> None:
    of = policy("langchain")
    doc = document(1, title="Of Tom Weiss", note="unlisted")
    assert indexed(client, [doc], of) == Indexed(documents=1, passages=0, faults=0)
    ((point, found),) = points(client).items()
    assert point == doc.id
    payload = found["payload"]
    assert payload["page_content"] == doc.text
    assert payload["metadata"].keys() == {"tenant", "product", "title"}
    assert Annotator(of, KEYS, lambda purpose: PEOPLE).is_current(payload)


@pytest.mark.parametrize("layout", ["passages", "langchain"])
def test_all_fields_are_written_where_that_is_asked_for(client: QdrantClient, layout: str) -> None:
    indexed(client, [document(1, note="unlisted", needful="kept")], policy(layout), all_fields=True)
    with_note = [each["payload"] for each in points(client).values() if "note" in each["payload"]["metadata"]]
    assert len(with_note) == 1
    assert with_note[0]["metadata"]["needful"] == "kept"
    assert ("page_content" in with_note[0]) == (layout == "langchain")


@pytest.mark.parametrize(
    ("layout", "text", "prefix", "payload"),
    [
        ("{text: body}", "body", "", {"body": "x", "tenant": "acme"}),
        ("{text: a.b, metadata: m.n}", "a.b", "m.n.", {"a": {"b": "x"}, "m": {"n": {"tenant": "acme"}}}),
        ("haystack", "content", "meta.", {"content": "x", "meta": {"tenant": "acme"}, "id": Doc(1, "x").id}),
        ("{text: body, id: number}", "body", "", {"body": "x", "tenant": "acme", "number": Doc(1, "x").id}),
    ],
)
def test_documents_are_laid_out_as_the_policy_says(layout: str, text: str, prefix: str, payload: Any) -> None:
    assert laid_out(Doc(1, "x"), policy(layout, text, prefix)) == payload


def test_a_field_of_the_documents_own_is_its_id_where_the_layout_has_one() -> None:
    of = policy("{text: body, id: number}", "body", "")
    assert laid_out(Doc(1, "x", {"number": 7}), of)["number"] == 7


@pytest.mark.parametrize(("layout", "text"), [("llamaindex", "_node_content"), ('{text: "a[].b"}', "'a[].b'")])
def test_a_layout_that_cannot_be_written_is_refused(client: QdrantClient, layout: str, text: str) -> None:
    with pytest.raises(PolicyError) as caught:
        indexed(client, [document(1)], policy(layout, text, ""))
    assert caught.value.code == "layout-write"


def test_passages_lie_where_the_policy_has_text(client: QdrantClient) -> None:
    indexed(client, [document(1, 2, note="n")], policy("{text: a.b, passages: true}", "a.b", ""), all_fields=True)
    own, *passages = (each["payload"] for each in points(client).values())
    assert [each["a"]["b"] for each in passages] == [sentence(100), sentence(101)]
    assert own.keys() == {"a", "tenant", "product", "note", "needful"}
    assert own["a"] == {}


def test_documents_are_taken_as_they_are_written_and_requests_stay_small() -> None:
    sent = Sent()
    client = embedded_client(tap=sent)
    taken = itertools.count(1)
    ahead = []

    def stream() -> Iterator[Doc]:
        for number in range(300):
            written = sum(len(operations) - 1 for operations in sent.writes())
            ahead.append(next(taken) - written)
            yield document(number, 1)

    indexed(client, stream())
    assert max(ahead) <= 3 * BATCH
    assert all(len(operations[0]["upsert"]["points"]) <= BATCH for operations in sent.writes())
    client.close()


def test_long_documents_are_sent_by_their_characters() -> None:
    sent = Sent()
    client = embedded_client(tap=sent)
    text = " ".join(f"word{n % 97}" for n in range(40_000))
    indexed(client, [Doc(number, text) for number in range(8)], policy("langchain"))
    assert len(text) * 3 < MAX_CHARACTERS < len(text) * 4
    assert [len(operations[0]["upsert"]["points"]) for operations in sent.writes()] == [3, 3, 2]
    client.close()


class Flaky(httpx.BaseTransport):
    """A server that answers every second request that writes with 503, half of them after it has done the work."""

    def __init__(self, inner: httpx.BaseTransport) -> None:
        self.inner = inner
        self.turn = 0

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if request.method == "GET" or request.url.path.endswith("/scroll"):
            return self.inner.handle_request(request)
        self.turn += 1
        if self.turn % 4 == 1:
            self.inner.handle_request(request)
        return httpx.Response(503) if self.turn % 2 else self.inner.handle_request(request)


def test_requests_that_fail_are_made_again_and_do_nothing_twice(client: QdrantClient) -> None:
    inner = client.init_options["transport"]
    assert isinstance(inner, EdgeTransport)
    flaky = QdrantClient(url="http://flaky", transport=Flaky(inner), check_compatibility=False)
    docs = [document(number, 30) for number in range(5)]
    assert indexed(flaky, docs).passages == 150
    other = embedded_client()
    indexed(other, docs)
    assert points(client) == points(other)
    other.close()


@pytest.mark.parametrize("wrong", ["not a UUID", "", 7])
def test_an_id_that_is_no_uuid_is_refused_and_not_repeated(client: QdrantClient, wrong: Any) -> None:
    @dataclass
    class Wrong:
        id: Any = wrong
        text: str = "text"
        metadata: Any = field(default_factory=dict)

    with pytest.raises(StoreError) as caught:
        indexed(client, [Wrong()])
    assert caught.value.code == "document-id"
    assert caught.value.__context__ is None


def test_documents_as_they_are_have_everything_and_no_annotation(client: QdrantClient) -> None:
    vectors = Vectors(None, Bm25Embeddings())
    prepare(client, "c", vectors)
    doc = document(1, note="unlisted")
    assert write(client, "c", [doc], as_it_is, vectors) == Indexed(1, 0, 0)
    (found,) = points(client).values()
    assert found["payload"] == {"page_content": doc.text, "metadata": doc.metadata}


def test_an_empty_text_has_no_vector_and_the_others_keep_theirs() -> None:
    vectors = Vectors(HashEmbeddings(), Bm25Embeddings())
    one, none, other = vectors.of(["one", "", "other"])
    assert none == {}
    assert (one[""], other[""]) == (HashEmbeddings().embed_query("one"), HashEmbeddings().embed_query("other"))
    assert vectors.names == ("", "langchain-sparse")
    assert vectors.of([]) == []


@pytest.mark.parametrize(
    "answer",
    [lambda texts: [], lambda texts: [[]] * len(texts), lambda texts: [[float("nan")]] * len(texts), lambda texts: 7],
    ids=["too few", "empty", "not a number", "no list"],
)
def test_what_is_no_vector_is_refused(answer: Callable[[list[str]], Any]) -> None:
    class Model:
        def embed_documents(self, texts: list[str]) -> Any:
            return answer(texts)

    with pytest.raises(StoreError) as caught:
        Vectors(Model(), None).of(["text"])
    assert (caught.value.code, caught.value.__context__) == ("embedding", None)


def test_a_collection_of_another_make_with_points_is_no_place_for_passages(client: QdrantClient) -> None:
    client.create_collection("c", vectors_config=models.VectorParams(size=SIZE, distance=models.Distance.COSINE))
    vectors = Vectors(HashEmbeddings(), None)
    prepare(client, "c", vectors)
    check_kind(client, "c", vectors, passages=True)
    client.upsert("c", [models.PointStruct(id=1, vector=[0.5] * SIZE, payload={"page_content": "whole"})])
    with pytest.raises(StoreError, match="whole documents"):
        check_kind(client, "c", vectors, passages=True)


def test_no_error_and_no_repr_shows_anything_of_a_document(client: QdrantClient) -> None:
    probe = LeakProbe()
    canary = probe.plant("Maria canary{}")
    docs = [Doc(1, f"poison {canary} " * 9, {"tenant": canary})]
    for more in ({"sparse_embeddings": Breaking(0)}, {"embeddings": HashEmbeddings(), "detector": Failing()}):
        try:
            probe.tap("result", indexed(client, docs, **more))
        except NeedfulError as error:
            probe.tap_exception("error", error)
    assert probe.doors
    probe.assert_no_leak()


@pytest.mark.parametrize("count", [0, 3 * BATCH])
def test_what_documents_raise_is_a_fault_without_its_text(client: QdrantClient, count: int) -> None:
    probe = LeakProbe()
    canary = probe.plant()

    def broken() -> Iterator[Doc]:
        yield from (document(number, 1) for number in range(count))
        raise RuntimeError(canary)

    with pytest.raises(StoreError) as caught:
        indexed(client, broken())
    assert caught.value.code == "fault"
    probe.tap_exception("error", caught.value)
    probe.assert_no_leak()


def test_a_question_finds_passages_and_no_more_than_they_need_crosses_the_wire() -> None:
    answers: list[bytes] = []
    client = embedded_client(tap=lambda method, path, sent, answer: answers.append(answer))
    docs = [document(number, 20, name="Maria Keller", note="unlisted") for number in range(5)]
    docs.append(Doc(9, "The roof was torn off by Tom Weiss in the second storm of the year. " + sentence(1), {}))
    docs.append(Doc(10, "The roof of the barn was repaired by Tom Weiss, 219-09-9999, after it.", {"tenant": "acme"}))
    docs.append(Doc(11, "The roof of the school by the river was torn off in the storm.", {"tenant": "acme"}))
    indexed(client, docs)
    answers.clear()
    retriever = NeedfulRetriever.from_qdrant(
        client, "c", policy=policy(), sparse_embeddings=Bm25Embeddings(), detector=PEOPLE, keys=KEYS
    )
    (found,) = retriever.invoke("roof torn off", purpose="answer", principal={"id": "a", "tenant": "acme"}, k=1)
    assert found.page_content == docs[-1].text
    wire = b"".join(answers)
    for raw in (b"unlisted", b"kitchen", b"Tom Weiss", b"219-09"):
        assert raw not in wire
    client.close()


def test_the_example_of_the_page_runs(
    client: QdrantClient, repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "claims.yaml").write_text(POLICY.format(layout="passages", text="page_content", prefix="metadata."))
    page = (repository / "docs" / "indexing.md").read_text("utf-8")
    example = page.partition("## From Python")[2].partition("```python\n")[2].partition("```")[0]
    scope: dict[str, Any] = {"client": client, "documents": [document(1), document(2)]}
    exec(example, scope)  # noqa: S102 - our own page
    assert scope["done"] == Indexed(documents=2, passages=6, faults=0)
