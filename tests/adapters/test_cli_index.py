"""`needful index --policy`: files to passages that a question finds, and what is said of the rest."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cli_support import AGENT, CANARY, fails, fine, jsonl, run
from index_support import ASKED, INTO, QUESTION, REDUCED, TICKETS, at, payloads, settle
from langchain_qdrant import QdrantVectorStore, RetrievalMode
from qdrant_support import HashEmbeddings

from needful.passages import order_of
from needful.testing import LeakProbe
from needful_langchain import NeedfulRetriever
from needful_qdrant import Bm25Embeddings


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    return settle(tmp_path, monkeypatch)


def test_a_question_finds_the_passage_and_nothing_else_crosses_the_wire(home: Path) -> None:
    said = fine("index", "tickets.jsonl", *INTO, "--policy", "p.yaml")
    assert said == "indexed 2 documents as 4 passages; c has 6\n"
    found = json.loads(fine("retrieve", QUESTION, *INTO, "--policy", "p.yaml", *ASKED, "--k", "1", "--json"))
    (document,) = found["documents"]
    assert document["page_content"].startswith("The claim of [PERSON:")
    assert document["page_content"].endswith("] for the flooded kitchen was reduced, for half of the floor was old.")
    assert document["metadata"]["product"] == "household"
    wire: list[bytes] = []
    with at(home / "q", lambda method, path, sent, answer: wire.append(answer)) as client:
        retriever = NeedfulRetriever.from_qdrant(
            client, "c", policy="p.yaml", sparse_embeddings=Bm25Embeddings(), ledger=home / "ledger.db"
        )
        retriever.invoke(QUESTION, purpose="answer", principal=json.loads(AGENT), k=1)
    assert REDUCED.encode() in b"".join(wire)
    for raw in (b"212 555", b"bicycle", b"unlisted"):
        assert raw not in b"".join(wire)


def test_only_fields_that_a_purpose_needs_are_written_unless_all_are_asked_for(home: Path) -> None:
    fine("index", "tickets.jsonl", *INTO, "--policy", "p.yaml")
    assert not any("note" in found["metadata"] for found in payloads(home / "q"))
    fine("index", "tickets.jsonl", *INTO, "--policy", "p.yaml", "--all-fields")
    assert ["page_content" in found for found in payloads(home / "q") if "note" in found["metadata"]] == [False]


def test_a_policy_of_another_layout_gets_whole_documents_with_annotations(home: Path) -> None:
    said = json.loads(fine("index", "tickets.jsonl", *INTO, "--policy", "whole.yaml", "--json"))
    assert said == {
        "collection": "c",
        "indexed": 2,
        "points": 2,
        "passed_over": {},
        "passages": 0,
        "unread": 0,
        "unsearched": 0,
    }
    for found in payloads(home / "q"):
        assert found["needful"].keys() >= {"text", "detectors"}
        assert "note" not in found["metadata"]
    found = json.loads(fine("retrieve", QUESTION, *INTO, "--policy", "whole.yaml", *ASKED, "--json"))
    document = found["documents"][0]
    assert "flooded kitchen" in document["page_content"]
    assert CANARY not in document["page_content"]


def test_the_keys_to_filter_by_are_indexed_by_what_they_hold_or_as_asked(home: Path) -> None:
    fine("index", "tickets.jsonl", *INTO, "--policy", "p.yaml", "--index", "metadata.tenant=text")
    with at(home / "q") as client:
        schema = client.get_collection("c").payload_schema
    assert {key: schema[key].data_type for key in ("metadata.tenant", "metadata.opened")} == {
        "metadata.tenant": "text",
        "metadata.opened": "datetime",
    }


@pytest.mark.parametrize(
    ("policy", "flags", "mode"),
    [
        (("--policy", "p.yaml"), (), "sparse"),
        (("--policy", "p.yaml"), ("--embeddings", "own_factories:embeddings"), "hybrid"),
        (("--policy", "p.yaml"), ("--embeddings", "own_factories:embeddings", "--search", "dense"), "dense"),
        ((), ("--embeddings", "own_factories:embeddings", "--search", "hybrid"), "hybrid"),
    ],
)
def test_langchain_searches_what_was_indexed(
    home: Path, policy: tuple[str, ...], flags: tuple[str, ...], mode: str
) -> None:
    fine("index", "tickets.jsonl", *INTO, *policy, *flags)
    with at(home / "q") as client:
        store = QdrantVectorStore(
            client,
            "c",
            embedding=None if mode == "sparse" else HashEmbeddings(),
            sparse_embedding=None if mode == "dense" else Bm25Embeddings(),
            retrieval_mode=RetrievalMode(mode),
        )
        best, *others = store.as_retriever(search_kwargs={"k": 9}).invoke(REDUCED)
    assert best.metadata["tenant"] == "acme"
    assert all(each.page_content for each in others)
    if policy:
        assert best.page_content == REDUCED
        assert len(others) <= 3


def test_a_document_whose_detection_fails_is_named_by_its_line_and_the_others_are_written(home: Path) -> None:
    probe = LeakProbe()
    probe.adopt(CANARY)
    probe.adopt("flooded kitchen")
    done = run("index", "tickets.jsonl", *INTO, "--policy", "short.yaml")
    assert done.exit_code == 9
    assert done.stdout == "indexed 1 documents as 2 passages; c has 3\n"
    assert done.stderr.splitlines() == [
        "needful: tickets.jsonl:1: detection failed",
        "needful: 1 documents are not written, 1 are",
    ]
    probe.tap("output", done.output)
    probe.tap("collection", payloads(home / "q"))
    probe.assert_no_leak()


def test_of_many_documents_that_fail_some_are_named_and_all_are_counted(home: Path) -> None:
    jsonl(home / "many.jsonl", *({"page_content": "word " * 40} for _ in range(25)))
    (home / "long.txt").write_text("word " * 40)
    said = fails(9, "index", "many.jsonl", *INTO, "--policy", "short.yaml").splitlines()
    assert said[0] == "many.jsonl:1: detection failed"
    assert len(said) == 22
    assert said[-2:] == ["and 5 more", "25 documents are not written, 0 are"]
    assert fails(9, "index", "long.txt", *INTO, "--policy", "short.yaml").startswith("long.txt: detection failed")


def test_nothing_is_written_if_a_line_is_bad(home: Path) -> None:
    source = jsonl(home / "bad.jsonl", TICKETS[0], f"{{{CANARY}")
    assert fails(2, "index", source, *INTO, "--policy", "p.yaml") == f"{source}:2: this is not JSON"
    assert not (home / "q").exists()


def test_a_passage_takes_as_many_sentences_as_are_asked_for(home: Path) -> None:
    jsonl(home / "short.jsonl", {"page_content": "It rained. " * 40, "metadata": {"tenant": "acme"}})
    for sentences in (1, 4):
        fine("index", "short.jsonl", *INTO, "--policy", "p.yaml", "--sentences", str(sentences))
        with at(home / "q") as client:
            orders = [order_of(str(point.id)) for point in client.scroll("c", limit=100)[0]]
        assert orders == list(range(40 // sentences + 1))


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        ((), "give one of SOURCE, --loader, --from-collection"),
        (("tickets.jsonl", "--loader", "a:b"), "give one of SOURCE, --loader, --from-collection"),
        (("--from-collection", "c"), "--from-collection is the collection to write"),
        (("--from-collection", "c", "--from-qdrant", "q"), "--from-collection is the collection to write"),
        (("--from-collection", "x", "--text-key", "b", "--policy", "p.yaml", "--all-fields"), "--metadata-key"),
        (("--from-collection", "x", "--text-key", "a..b"), "--text-key is no path"),
        (("--from-collection", "x", "--metadata-key", "a.*"), "--metadata-key is no path"),
        (("tickets.jsonl", "--search", "dense"), "--search dense needs --embeddings"),
        (("tickets.jsonl", "--search", "sparse", "--embeddings", "a:b"), "has no use for --embeddings"),
        (("tickets.jsonl", "--embeddings", "own_factories"), "--embeddings is not PACKAGE.MODULE:FACTORY"),
        (("tickets.jsonl", "--embeddings", "nowhere:made"), "the module of --embeddings is not found"),
        (("tickets.jsonl", "--embeddings", "own_factories:none"), "has no such factory"),
        (("tickets.jsonl", "--embeddings", "own_factories:nothing"), "gave no LangChain Embeddings"),
        (("tickets.jsonl", "--embeddings", "own_factories:broken"), "the factory of --embeddings failed"),
        (("tickets.jsonl", "--all-fields"), "--all-fields needs --policy"),
        (("tickets.jsonl", "--sentences", "2"), "--sentences needs --policy with layout: passages"),
        (("tickets.jsonl", "--sentences", "2", "--policy", "whole.yaml"), "--sentences needs --policy with layout"),
        (("tickets.jsonl", "--language", "de", "--policy", "p.yaml"), "--language is not that of the policy"),
        (("tickets.jsonl", "--language", "xx"), "--language is none that BM25 knows"),
    ],
)
def test_flags_that_do_not_fit_are_said_and_nothing_is_made(home: Path, flags: tuple[str, ...], said: str) -> None:
    text = fails(2, "index", *flags, *INTO)
    assert said in text
    assert CANARY not in text
    assert len(text.splitlines()) == 1
    assert not (home / "q").exists()


def test_whole_documents_do_not_get_among_passages(home: Path) -> None:
    fine("index", "tickets.jsonl", *INTO, "--policy", "p.yaml")
    before = payloads(home / "q")
    said = fails(6, "index", "tickets.jsonl", *INTO)
    assert "index into a new collection" in said
    assert payloads(home / "q") == before


def test_a_policy_whose_key_is_missing_ends_with_2(home: Path) -> None:
    (home / "keyed.yaml").write_text("keys: env:NO_SUCH_KEY\n" + (home / "p.yaml").read_text())
    assert "NO_SUCH_KEY is not set" in fails(2, "index", "tickets.jsonl", *INTO, "--policy", "keyed.yaml")


def test_the_help_says_which_fields_are_written() -> None:
    said = " ".join(fine("index", "--help").split())
    assert "only those are written that some purpose discloses, looks for or filters by" in said
