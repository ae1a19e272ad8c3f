from __future__ import annotations

import asyncio
import copy
import pickle
import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest
from langchain_core.documents import Document
from langchain_core.load import dumps
from langchain_core.runnables import RunnableLambda, RunnablePassthrough
from langchain_qdrant import RetrievalMode
from langchain_support import KEEP_ALL, READER, embeddings, vectorstore
from qdrant_client import QdrantClient, models

from needful.errors import AccessDenied, NeedfulError, PolicyError, StoreError
from needful.keys import Keys
from needful.policy import Policy
from needful.testing import KeywordDetector, LeakProbe, MemoryLedger, PlainOperators
from needful.values import Filter, Principal, Span
from needful_langchain import NeedfulRetriever, tool
from needful_qdrant import Bm25Embeddings, embedded_client

WORDS = "water fire claim kitchen roof hail car theft policy refund letter agent invoice damage broken window".split()

TICKETS = """
needful: 1
name: tickets
version: 2
purposes:
  answer:
    filter: {metadata.tenant: {equals: $principal.tenant}}
    filterable: [metadata.product]
    fields:
      page_content: scan
      metadata.name: {action: pseudonymize, entity: PERSON}
      metadata.place.city: {action: keep, reason: a test}
    entities: {default: redact, PERSON: pseudonymize}
    detect: {ner: none, reason: a test, known: [metadata.name]}
    limits: {records: 4}
"""

AGENT: dict[str, Any] = {"purpose": "answer", "principal": {"id": "agent-7", "tenant": "acme"}}
DETECTOR = KeywordDetector({"EMAIL_ADDRESS": r"\w+@\w+\.\w+"})

Make = Callable[..., NeedfulRetriever]


@pytest.fixture
def client() -> Iterator[QdrantClient]:
    with_client = embedded_client()
    yield with_client
    with_client.close()


@pytest.fixture
def make(client: QdrantClient) -> Make:
    """Make a retriever over four tickets of two tenants."""
    store = vectorstore(
        client,
        [
            "Kitchen flooded, says Tom Weiss, tom@weiss.org.",
            "Kitchen roof broken.",
            "Car theft.",
            "Kitchen fire of another tenant.",
        ],
        [
            {"tenant": "acme", "name": "Tom Weiss", "product": "home", "place": {"city": "Ulm", "street": "x"}},
            {"tenant": "acme", "product": "home"},
            {"tenant": "acme", "product": "car"},
            {"tenant": "beta", "product": "home"},
        ],
    )

    def factory(**given: Any) -> NeedfulRetriever:
        parts = {
            "policy": Policy.parse(TICKETS),
            "detector": DETECTOR,
            "operators": PlainOperators(),
            "ledger": MemoryLedger(),
        }
        return NeedfulRetriever.from_vectorstore(store, **{**parts, **given})

    return factory


Invoke = Callable[..., list[Document]]


@pytest.fixture(params=["invoke", "ainvoke", "batch", "abatch", "stream", "chain"])
def invoke(request: pytest.FixtureRequest) -> Invoke:
    """Ask a retriever through one of LangChain's doors."""
    doors: Mapping[str, Invoke] = {
        "invoke": lambda r, q, **kw: r.invoke(q, **kw),
        "ainvoke": lambda r, q, **kw: asyncio.run(r.ainvoke(q, **kw)),
        "batch": lambda r, q, **kw: r.batch([q, q], **kw)[1],
        "abatch": lambda r, q, **kw: asyncio.run(r.abatch([q, q], **kw))[1],
        "stream": lambda r, q, **kw: next(iter(r.stream(q, **kw))),
        "chain": lambda r, q, **kw: (RunnablePassthrough() | r.bind(**kw) | RunnableLambda(lambda d: d)).invoke(q),
    }
    return doors[request.param]


def test_every_door_gives_redacted_documents_with_a_receipt(make: Make, invoke: Invoke) -> None:
    documents = invoke(make(), "kitchen flooded", **AGENT)
    first = documents[0]
    assert first.page_content == f"Kitchen flooded, says {first.metadata['name']}, [EMAIL_ADDRESS]."
    assert first.metadata["place"] == {"city": "Ulm"}
    assert set(first.metadata) == {"name", "place", "needful"}
    proof = first.metadata["needful"]
    assert proof["policy"] == "tickets@2"
    assert proof["counts"]["PERSON"] == {"pseudonymize": 2}
    assert proof["receipt"] >= 1


def test_every_door_takes_k(make: Make, invoke: Invoke) -> None:
    assert [len(invoke(make(), "kitchen", k=k, **AGENT)) for k in (1, 2)] == [1, 2]


def test_every_door_refuses_to_widen_the_plan(make: Make, invoke: Invoke) -> None:
    with pytest.raises(AccessDenied, match="with_payload"):
        invoke(make(), "kitchen", with_payload=True, **AGENT)


def test_another_tenants_records_never_come(make: Make, invoke: Invoke) -> None:
    assert all("another" not in document.page_content for document in invoke(make(), "kitchen fire", **AGENT))


def test_purpose_and_principal_can_come_from_the_config_of_a_chain(make: Make) -> None:
    chain: Any = RunnablePassthrough() | make() | RunnableLambda(len)
    assert chain.with_config(configurable={"needful": AGENT}).invoke("kitchen") == 2
    assert chain.invoke("kitchen", {"configurable": {"needful": {**AGENT, "k": 1}}}) == 1
    assert asyncio.run(chain.ainvoke("kitchen", {"configurable": {"needful": AGENT}})) == 2


def test_what_is_bound_cannot_be_overridden(make: Make, invoke: Invoke) -> None:
    ledger = MemoryLedger()
    bound = make(ledger=ledger, **AGENT)
    assert invoke(bound, "kitchen")
    assert invoke(bound, "kitchen", **AGENT), "saying the same again is no conflict"
    with pytest.raises(AccessDenied, match="principal bound"):
        invoke(bound, "kitchen", principal={"id": "agent-7", "tenant": "beta"})
    assert "bound" in {entry.reason for entry in ledger.entries}


def test_config_and_arguments_that_disagree_are_refused(make: Make) -> None:
    with pytest.raises(AccessDenied, match="purpose"):
        make().invoke("kitchen", {"configurable": {"needful": {"purpose": "other"}}}, **AGENT)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({"principal": ["agent-7"]}, "principal-malformed"),
        ({"principal": {"id": "agent-7", "tenant": ["acme", "beta"]}}, "principal-malformed"),
        ({"k": "many"}, "argument-malformed"),
        ({"k": True}, "argument-malformed"),
        ({"k": 5}, "k-above-limit"),
        ({"k": 0}, "k-below-one"),
        ({"filter": {"metadata.product": {"like": "x"}}}, "filter-malformed"),
        ({"filter": {"metadata.name": "Tom"}}, "not-filterable"),
        ({"filter": models.Filter(must=[models.HasIdCondition(has_id=[1])])}, "filter-operator"),
    ],
)
def test_a_call_that_cannot_be_read_is_refused_and_recorded(make: Make, arguments: dict[str, Any], code: str) -> None:
    ledger = MemoryLedger()
    with pytest.raises(AccessDenied) as refusal:
        make(ledger=ledger).invoke("kitchen", **{**AGENT, **arguments})
    assert refusal.value.code == ledger.entries[-1].reason == code


@pytest.mark.parametrize(
    "given",
    [
        {"metadata.product": "car"},
        {"metadata.product": {"any": ["car", "boat"]}},
        {"must": [{"key": "metadata.product", "match": {"value": "car"}}]},
        models.Filter(must=[models.FieldCondition(key="metadata.product", match=models.MatchValue(value="car"))]),
    ],
)
def test_a_caller_filters_in_our_words_or_in_qdrants(make: Make, given: Any) -> None:
    assert [d.page_content for d in make().invoke("car kitchen", filter=given, **AGENT)] == ["Car theft."]


def test_a_release_says_how_many_were_withheld_and_the_receipt(make: Make) -> None:
    release = make().release("kitchen flooded tom@weiss.org", **AGENT)
    assert (len(release.documents), release.withheld, release.receipt.sequence) == (2, 0, 1)
    assert release.query == "kitchen flooded [EMAIL_ADDRESS]"
    assert asyncio.run(make().arelease("kitchen", **AGENT)).withheld == 0


def test_as_a_tool_the_schema_has_the_query_only(make: Make) -> None:
    with pytest.raises(PolicyError, match="bound"):
        tool(make(), "search", "Search tickets.")
    search = tool(make(**AGENT), "search", "Search tickets.")
    assert list(search.args) == ["query"]
    assert "Kitchen roof broken." in search.invoke({"query": "kitchen roof"})
    assert "tom@" not in asyncio.run(search.ainvoke({"query": "kitchen flooded"}))


def test_serialisation_and_repr_show_no_secret(make: Make) -> None:
    retriever = make(keys=Keys(b"s" * 32), **AGENT)
    for shown in (repr(retriever), str(retriever), dumps(retriever), retriever.model_dump_json()):
        assert "agent-7" not in shown
        assert "ssss" not in shown
    with pytest.raises(NeedfulError, match="cannot be pickled"):
        pickle.dumps(retriever)


def test_tracers_learn_the_providers_names(make: Make) -> None:
    params = make()._get_ls_params()
    assert params["ls_retriever_name"] == "needful"
    assert params["ls_vector_store_provider"] == "QdrantVectorStore"
    assert params["ls_embedding_provider"] == "DeterministicFakeEmbedding"


def test_the_policys_layout_must_be_the_stores(make: Make) -> None:
    policy = Policy.parse(TICKETS.replace("version: 2", "version: 2\nlayout: {text: body, metadata: metadata}"))
    with pytest.raises(PolicyError, match="'page_content'"):
        make(policy=policy)


def test_a_bound_purpose_must_be_one_of_the_policys(make: Make) -> None:
    with pytest.raises(PolicyError, match="it has: answer"):
        make(purpose="profiling")


# the plain retriever's documents


MODES = {
    "dense": RetrievalMode.DENSE,
    "sparse": RetrievalMode.SPARSE,
    "hybrid": RetrievalMode.HYBRID,
}


@pytest.mark.filterwarnings("ignore:Relevance scores must be")  # LangChain's, of its own scores of sparse vectors
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("search_type", ["similarity", "similarity_score_threshold", "mmr"])
def test_a_policy_that_keeps_everything_gives_the_plain_retrievers_documents(
    client: QdrantClient, mode: str, search_type: str
) -> None:
    if search_type == "mmr" and mode == "sparse":
        pytest.skip("mmr needs dense vectors")
    chance = random.Random(7)
    texts = [" ".join(chance.choices(WORDS, k=chance.randint(3, 12))) for _ in range(60)]
    store = vectorstore(client, texts, [{"kind": chance.choice("ab")} for _ in texts], mode=MODES[mode])
    search_kwargs: dict[str, Any] = {"k": 5}
    if search_type == "similarity_score_threshold":
        search_kwargs["score_threshold"] = 0.55
    plain = store.as_retriever(search_type=search_type, search_kwargs=search_kwargs)
    retriever = NeedfulRetriever.from_retriever(plain, policy=Policy.parse(KEEP_ALL), ledger=MemoryLedger(), **READER)
    for _ in range(15):
        query = " ".join(chance.choices(WORDS, k=3))
        assert [d.page_content for d in retriever.invoke(query)] == [d.page_content for d in plain.invoke(query)]


def test_tags_metadata_and_search_arguments_of_a_retriever_are_taken_over(make: Make, client: QdrantClient) -> None:
    store = vectorstore(client, ["a", "b c", "c"], name="other")
    filtered = models.Filter(must=[models.HasIdCondition(has_id=[str(uuid4())])])
    plain = store.as_retriever(search_kwargs={"k": 2, "filter": filtered}, tags=["mine"], metadata={"team": "x"})
    retriever = NeedfulRetriever.from_retriever(plain, policy=Policy.parse(KEEP_ALL), ledger=MemoryLedger(), **READER)
    assert "mine" in (retriever.tags or [])
    assert retriever.metadata == {"team": "x"}
    assert retriever.invoke("c") == [], "a filter of the application's own stays"


# other collections


def test_a_collection_that_langchain_did_not_write(client: QdrantClient) -> None:
    client.create_collection(
        "notes",
        vectors_config={"text": models.VectorParams(size=32, distance=models.Distance.DOT)},
        sparse_vectors_config={"words": models.SparseVectorParams(modifier=models.Modifier.IDF)},
    )
    sparse = Bm25Embeddings()
    for number, body in enumerate(["water in the kitchen", "a stolen car"]):
        vector = sparse.embed_documents([body])[0]
        client.upsert(
            "notes",
            [
                models.PointStruct(
                    id=number,
                    vector={
                        "text": embeddings().embed_query(body),
                        "words": models.SparseVector(indices=vector.indices, values=vector.values),
                    },
                    payload={"body": body, "kind": "note", "author": "Tom"},
                )
            ],
        )
    policy = Policy.parse(
        KEEP_ALL.replace("purposes:", "layout: {text: body}\npurposes:", 1)
        .replace("page_content:", "body:")
        .replace("metadata.kind", "kind")
    )
    for how in ({"sparse_embeddings": sparse}, {"embeddings": embeddings(), "sparse_embeddings": sparse}):
        retriever = NeedfulRetriever.from_qdrant(
            client,
            "notes",
            policy=policy,
            ledger=MemoryLedger(),
            search={"vector_name": "text", "sparse_vector_name": "words"},
            **READER,
            **how,
        )
        (document, *_) = retriever.invoke("stolen car", k=1)
        assert document.page_content == "a stolen car"
        assert set(document.metadata) == {"kind", "needful"}


def test_from_qdrant_needs_an_embedding_model(client: QdrantClient) -> None:
    with pytest.raises(PolicyError, match="Bm25Embeddings"):
        NeedfulRetriever.from_qdrant(client, "notes", policy=Policy.parse(KEEP_ALL))


def test_a_collection_that_is_not_there_is_a_store_error_and_is_recorded(client: QdrantClient) -> None:
    ledger = MemoryLedger()
    retriever = NeedfulRetriever.from_qdrant(
        client, "nowhere", policy=Policy.parse(KEEP_ALL), sparse_embeddings=Bm25Embeddings(), ledger=ledger, **READER
    )
    with pytest.raises(StoreError) as failure:
        retriever.invoke("water")
    assert failure.value.code == ledger.entries[-1].reason == "collection-missing"


MIXED: dict[Any, Any] = {**AGENT, 1: "x", "zz": 2}


@pytest.mark.parametrize(
    ("config", "arguments"),
    [
        ({"configurable": {"needful": MIXED}}, {}),
        ({"configurable": {"needful": "canary"}}, AGENT),
        ({"configurable": "canary"}, AGENT),
        (None, {**AGENT, "filter": {1: "canary"}}),
        (None, {**AGENT, "filter": Filter(must=("canary",))}),  # type: ignore[arg-type]
        (None, {**AGENT, "filter": models.FieldCondition(key="x", match=models.MatchAny.model_construct(any=None))}),
        (None, {**AGENT, "principal": Principal(None, {"tenant": "acme"})}),  # type: ignore[arg-type]
        (None, {**AGENT, "run_id": "canary"}),
        (None, {**AGENT, "score_threshold": float("nan")}),
        (None, {**AGENT, "k": 10**30}),
    ],
)
def test_a_malformed_call_is_refused_recorded_and_quoted_nowhere(make: Make, config: Any, arguments: Any) -> None:
    ledger = MemoryLedger()
    probe = LeakProbe(["canary"])
    with pytest.raises(AccessDenied) as refusal:
        make(ledger=ledger).invoke("kitchen of canary", config, **arguments)
    probe.tap_exception("exception", refusal.value)
    with pytest.raises(AccessDenied) as refusal:
        asyncio.run(make(ledger=ledger).ainvoke("kitchen of canary", config, **arguments))
    probe.tap_exception("exception", refusal.value)
    probe.assert_no_leak()
    assert [entry.outcome for entry in ledger.entries] == ["refused", "refused"]


def test_a_refused_call_leaves_without_the_question_and_the_principal_in_our_frames(make: Make) -> None:
    probe = LeakProbe(["canary"])
    mine: Any = {"configurable": {"needful": {"purpose": "answer", "principal": {"id": "canary"}}}}
    with pytest.raises(AccessDenied) as refusal:
        make().invoke("kitchen of canary", mine)
    probe.tap_exception("exception", refusal.value)
    probe.assert_no_leak()


async def test_a_call_cancelled_at_its_beginning_leaves_without_the_question(make: Make) -> None:
    @dataclass(frozen=True)
    class Slow:
        fingerprint: str = "slow"

        def detect(self, found: Sequence[str]) -> list[tuple[Span, ...]]:
            time.sleep(0.3)
            return DETECTOR.detect(found)

    task = asyncio.create_task(make(detector=Slow()).ainvoke("kitchen of canary", **AGENT))
    await asyncio.sleep(0.05)
    task.cancel()
    with pytest.raises(asyncio.CancelledError) as cancellation:
        await task
    probe = LeakProbe(["canary"])
    probe.tap_exception("exception", cancellation.value)
    probe.assert_no_leak()


def test_a_retriever_is_its_own_deep_copy_and_not_made_from_fields(make: Make) -> None:
    retriever = make()
    assert copy.deepcopy(retriever) is retriever
    with pytest.raises(PolicyError, match="from_vectorstore"):
        NeedfulRetriever()


def test_another_kind_of_retriever_cannot_be_taken_over() -> None:
    with pytest.raises(PolicyError, match="from_qdrant"):
        NeedfulRetriever.from_retriever(RunnableLambda(len), policy=Policy.parse(TICKETS))


def test_a_malformed_call_is_recorded_under_its_purpose(make: Make) -> None:
    ledger = MemoryLedger()
    with pytest.raises(AccessDenied):
        make(ledger=ledger).invoke("kitchen", purpose="answer", principal={"tenant": "acme"})
    assert ledger.entries[-1].purpose == "answer"


@pytest.mark.parametrize("door", ["release", "arelease"])
def test_a_refused_release_leaves_without_the_question_and_the_principal(make: Make, door: str) -> None:
    probe = LeakProbe(["canary"])
    arguments = {**AGENT, "principal": {"id": "canary", "tenant": "acme"}, "k": 99}
    doors: Mapping[str, Callable[[], Any]] = {
        "release": lambda: make().release("kitchen of canary", **arguments),
        "arelease": lambda: asyncio.run(make().arelease("kitchen of canary", **arguments)),
    }
    with pytest.raises(AccessDenied) as refusal:
        doors[door]()
    probe.tap_exception("exception", refusal.value)
    probe.assert_no_leak()
