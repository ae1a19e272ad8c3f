"""Documents of which only passages leave Qdrant: the store over layout passages, and questions through it."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from qdrant_client import QdrantClient, models
from qdrant_support import ask

from needful.annotation import Annotator
from needful.annotations import KEY, detector_name
from needful.conditions import Condition, Filter
from needful.errors import PolicyError, StoreError
from needful.keys import Keys
from needful.passages import document_of, order_of, passage_id
from needful.policy import Policy
from needful.testing import KeywordDetector, LeakProbe, MemoryLedger
from needful.values import Span
from needful_langchain import NeedfulRetriever
from needful_qdrant import Bm25Embeddings, PassageStore, QdrantStore, embedded_client

POLICY = """
needful: 1
name: passages
version: 1
layout: passages
purposes:
  answer:
    filter: {metadata.tenant: {equals: $principal.tenant}}
    fields:
      page_content: {action: scan, select: {neighbours: NEIGHBOURS}}
      metadata.title: {action: keep, reason: a test}
    entities: {default: redact, PHONE_NUMBER: drop-passage, US_SSN: drop-record}
    detect: {ner: none, reason: a test, known: [{field: metadata.name, entity: PERSON}]}
"""
KEYS = Keys(bytes(32))
DETECTOR = KeywordDetector(
    {"EMAIL_ADDRESS": r"[\w.]+@\w+\.\w+", "US_SSN": r"\d{3}-\d\d-\d{4}", "PHONE_NUMBER": r"\+\d{6,}"}
)
MODEL = Bm25Embeddings()
CALL: dict[str, Any] = {"purpose": "answer", "principal": {"id": "agent-7", "tenant": "acme"}}
FILLER = " Nothing of what else was said on that day has to do with the matter at hand."
KITCHEN = (
    "The kitchen of Maria Keller was flooded when a pipe in the wall broke at night." + FILLER + FILLER
    + " However, the claim was reduced because the kitchen had been flooded before."
    + " Write to maria@mail.example about the reduced claim for the flooded kitchen."
    + " Call +49301234567 about the kitchen that was flooded and the claim reduced."
)  # fmt: skip
ROOF = "The roof was struck by hail, and the claim was paid in full to the owner." + FILLER


@dataclass
class Counting:
    """Counts what it is asked for."""

    asked: int = 0
    fingerprint: str = DETECTOR.fingerprint

    def detect(self, texts: Sequence[str]) -> list[tuple[Span, ...]]:
        self.asked += len(texts)
        return DETECTOR.detect(texts)


@dataclass
class Library:
    """A collection of passages, and a retriever over it."""

    client: QdrantClient
    detector: Counting
    retriever: NeedfulRetriever
    ledger: MemoryLedger

    def put(self, *documents: tuple[str, dict[str, Any]]) -> list[str]:
        """Write documents; return the ids of their own points."""
        policy = Policy.parse(POLICY.replace("NEIGHBOURS", "0"))
        annotator = Annotator(policy, KEYS, lambda purpose: DETECTOR)
        own = []
        for number, (text, metadata) in enumerate(documents):
            identity = str(uuid.uuid5(uuid.NAMESPACE_URL, str(number)))
            given = {"tenant": "acme", "title": f"title {number}", "name": "Maria Keller", **metadata}
            laid = annotator.document(identity, {"page_content": text, "metadata": given})
            sparse = MODEL.embed_documents([point.text for point in laid[1:]])
            vectors: list[dict[str, Any]] = [{}, *map(vector, sparse)]
            points = [
                models.PointStruct(id=point.id, vector=of_point, payload=dict(point.payload))
                for point, of_point in zip(laid, vectors, strict=True)
            ]
            self.client.upsert("notes", points)
            own.append(laid[0].id)
        return own

    def texts(self, question: str, k: int = 2, **given: Any) -> list[str]:
        return [document.page_content for document in self.retriever.invoke(question, k=k, **CALL, **given)]


def vector(sparse: Any) -> dict[str, Any]:
    return {"langchain-sparse": models.SparseVector(indices=sparse.indices, values=sparse.values)}


def library(neighbours: int = 0) -> Iterator[Library]:
    client = embedded_client()
    sparse = {"langchain-sparse": models.SparseVectorParams(modifier=models.Modifier.IDF)}
    client.create_collection("notes", vectors_config={}, sparse_vectors_config=sparse)
    detector, ledger = Counting(), MemoryLedger()
    retriever = NeedfulRetriever.from_qdrant(
        client,
        "notes",
        sparse_embeddings=MODEL,
        policy=Policy.parse(POLICY.replace("NEIGHBOURS", str(neighbours))),
        detector=detector,
        ledger=ledger,
        keys=KEYS,
    )
    yield Library(client, detector, retriever, ledger)
    client.close()


@pytest.fixture(name="shelf")
def _shelf() -> Iterator[Library]:
    yield from library()


@pytest.fixture(name="wide")
def _wide() -> Iterator[Library]:
    yield from library(neighbours=1)


def test_one_document_comes_back_with_its_passages_in_order_and_its_fields(shelf: Library) -> None:
    shelf.put((KITCHEN, {}), (ROOF, {"title": "the roof"}))
    documents = shelf.retriever.invoke("Why was the claim for the flooded kitchen reduced?", k=2, **CALL)
    kitchen, roof = documents
    assert kitchen.metadata["title"] == "title 0"
    assert roof.metadata["title"] == "the roof"
    assert "However, the claim was reduced because" in kitchen.page_content
    assert "Nothing of what else" not in kitchen.page_content
    assert roof.page_content.startswith("The roof was struck")


def test_nothing_of_the_other_passages_leaves_qdrant(shelf: Library) -> None:
    shelf.put((KITCHEN, {}))
    store = PassageStore(QdrantStore(shelf.client, "notes", sparse_embeddings=MODEL, mode="sparse"), "page_content")
    fetched = store.fetch(ask("hail", limit=1, include=("page_content", "metadata.title")))
    assert fetched.records == ()
    fetched = store.fetch(ask("pipe in the wall", limit=1, include=("page_content",)))
    (record,) = fetched.records
    (text,) = record.payload["page_content"]
    assert text.startswith("The kitchen of Maria Keller")
    assert fetched.bytes < 150


def test_a_question_on_annotated_passages_asks_no_detector_about_them(shelf: Library) -> None:
    shelf.put((KITCHEN, {}))
    shelf.texts("Why was the claim reduced?", k=1)
    assert shelf.detector.asked == 1, "the question itself"


def test_what_a_field_names_is_redacted_in_every_passage(shelf: Library) -> None:
    shelf.put((KITCHEN.replace("However, the", "However, Keller's"), {}))
    (text,) = shelf.texts("Why was the claim reduced?", k=1)
    assert "Keller" not in text
    assert "[PERSON]" in text


def test_a_passage_or_document_that_a_rule_drops_stays_in_qdrant(shelf: Library) -> None:
    shelf.put((KITCHEN, {}), (ROOF + " The owner is 123-45-6789, of the roof that was struck by hail.", {}))
    texts = shelf.texts("kitchen flooded claim reduced hail roof", k=4)
    assert len(texts) == 1
    assert "+4930" not in texts[0]
    entry = shelf.ledger.entries[-1]
    assert entry.withheld == {}
    assert entry.records_fetched == 1


def test_passages_of_several_entities_that_rules_drop_stay_in_qdrant(shelf: Library) -> None:
    shelf.put((KITCHEN, {}))
    stricter = POLICY.replace("NEIGHBOURS", "0").replace(
        "{default: redact,", "{default: redact, EMAIL_ADDRESS: drop-passage,"
    )
    shelf.retriever = shelf.retriever.with_policy(Policy.parse(stricter))
    (text,) = shelf.texts("kitchen flooded claim reduced write call", k=9)
    assert "Write to" not in text
    assert "Call" not in text
    assert shelf.ledger.entries[-1].withheld == {}
    assert shelf.ledger.entries[-1].passages == 1


def test_what_a_rule_drops_is_withheld_here_where_no_annotation_says_so(shelf: Library) -> None:
    shelf.put((ROOF, {}), (ROOF.replace("roof", "123-45-6789 roof"), {}))
    shelf.client.delete_payload("notes", [KEY], models.Filter())
    (text,) = shelf.texts("hail", k=4)
    assert "123" not in text
    assert shelf.ledger.entries[-1].withheld == {"drop-record": 1}


def test_k_documents_come_back_though_the_best_passages_are_of_one(shelf: Library) -> None:
    many = " ".join(f"The roof was struck by hail, and part {n} of the claim was paid to the owner." for n in range(9))
    shelf.put((many, {}), (ROOF, {}), (KITCHEN, {}))
    assert len(shelf.texts("hail roof struck claim", k=3)) == 3
    assert len(shelf.texts("hail roof struck claim", k=2)) == 2


def test_neighbours_come_by_id_where_a_passage_needs_them(wide: Library) -> None:
    wide.put((KITCHEN, {}))
    (text,) = wide.texts("Was it reduced because it had been flooded before?", k=1)
    assert text.startswith(FILLER.strip()), "'However' leans on the sentence before it"


def test_the_principals_filter_holds_for_every_request(shelf: Library) -> None:
    shelf.put((KITCHEN, {"tenant": "other"}), (ROOF, {}))
    assert len(shelf.texts("kitchen claim reduced", k=4)) == 1


def test_a_neighbour_of_another_tenant_does_not_come(wide: Library) -> None:
    (own,) = wide.put((KITCHEN, {}))
    foreign: list[models.ExtendedPointId] = [passage_id(own, order) for order in (2, 3)]
    wide.client.set_payload("notes", {"tenant": "other"}, foreign, key="metadata")
    (text,) = wide.texts("Was it reduced because it had been flooded before?", k=1)
    assert "Nothing of what else" not in text


def test_a_document_whose_own_point_is_missing_is_withheld(shelf: Library) -> None:
    (own,) = shelf.put((KITCHEN, {}))
    shelf.client.delete("notes", [own])
    assert shelf.texts("kitchen claim", k=1) == []
    assert shelf.ledger.entries[-1].withheld == {"text-missing": 1}


# behind our back


@pytest.mark.parametrize("damage", ["identifier", "emptied", "spans", "all", "moved", "entities"])
def test_what_was_changed_in_qdrant_does_not_leak(shelf: Library, damage: str) -> None:
    probe = LeakProbe()
    old, new = probe.plant("old{}@mail.example"), probe.plant("new{}@mail.example")
    sentence = f"The claim for the flooded kitchen was reduced as {old} was told at the time."
    (own,) = shelf.put((sentence, {}))
    point = passage_id(own, 1)
    assert "[EMAIL_ADDRESS]" in shelf.texts("claim reduced", k=1)[0]
    payload = shelf.client.retrieve("notes", [point])[0].payload or {}
    name = detector_name(DETECTOR.fingerprint)
    sealed = payload[KEY][name]
    changes: dict[str, Callable[[], dict[str, Any]]] = {
        "identifier": lambda: {"page_content": sentence.replace(old, new)},
        "emptied": lambda: {KEY: {**payload[KEY], name: sealed[:1]}},
        "spans": lambda: {KEY: {**payload[KEY], name: None}},
        "all": lambda: {KEY: {"parent": own}},
        "moved": lambda: {KEY: {**payload[KEY], name: [sealed[0], [0, 3, *sealed[1][2:]]]}},
        "entities": lambda: {KEY: {**payload[KEY], "entities": [], "document": [], name: []}},
    }
    shelf.client.set_payload("notes", changes[damage](), [point])
    (document,) = shelf.retriever.invoke("claim reduced", k=1, **CALL)
    assert "[EMAIL_ADDRESS]" in document.page_content
    probe.tap("document", document.page_content, json.dumps(document.metadata), repr(document))
    probe.tap("ledger", *map(repr, shelf.ledger.entries))
    probe.assert_no_leak()


# sync and async, and what is refused


def test_the_async_door_answers_the_same(shelf: Library) -> None:
    shelf.put((KITCHEN, {}), (ROOF, {}))
    documents = asyncio.run(shelf.retriever.ainvoke("Why was the claim reduced?", k=2, **CALL))
    assert [document.page_content for document in documents] == shelf.texts("Why was the claim reduced?", k=2)


def test_a_collection_of_documents_is_no_collection_of_passages(shelf: Library) -> None:
    point = models.PointStruct(
        id=1, vector=vector(MODEL.embed_documents(["a claim"])[0]), payload={"page_content": "x"}
    )
    shelf.client.upsert("notes", [point])
    store = PassageStore(QdrantStore(shelf.client, "notes", sparse_embeddings=MODEL, mode="sparse"), "page_content")
    with pytest.raises(StoreError) as caught:
        store.fetch(ask("claim"))
    assert caught.value.code == "not-passages"


def test_a_policy_of_another_layout_does_not_take_the_place(shelf: Library) -> None:
    plain = POLICY.replace("layout: passages\n", "").replace("NEIGHBOURS", "0")
    with pytest.raises(PolicyError, match="layout of passages"):
        shelf.retriever.with_policy(Policy.parse(plain))


def test_documents_that_were_seen_are_left_out_of_the_search(shelf: Library) -> None:
    own = shelf.put((KITCHEN, {}), (ROOF, {}))
    store = PassageStore(QdrantStore(shelf.client, "notes", sparse_embeddings=MODEL, mode="sparse"), "page_content")
    first = store.fetch(ask("claim", limit=1, include=("page_content",)))
    rest = store.fetch(ask("claim", limit=4, include=("page_content",), exclude=(first.records[0].id,)))
    assert [record.id for record in (*first.records, *rest.records)] in (own, own[::-1])
    tenant = Filter(must=(Condition("metadata.tenant", "equals", "none"),))
    assert store.fetch(ask("claim", limit=4, include=("page_content",), filter=tenant)).records == ()


def test_a_record_says_where_its_passages_stand(shelf: Library) -> None:
    shelf.put((KITCHEN, {}))
    store = PassageStore(QdrantStore(shelf.client, "notes", sparse_embeddings=MODEL, mode="sparse"), "page_content")
    fetched = store.fetch(ask("kitchen reduced claim", limit=2, include=("page_content",)))
    (record,) = fetched.records
    assert len(record.passages) == len(record.payload["page_content"])
    assert [place.order for place in record.passages] == sorted(place.order for place in record.passages)
    assert record.score == max(place.score for place in record.passages)
    assert not any(place.near for place in record.passages)
    assert document_of(record.id) == record.id
    assert order_of(record.id) == 0
