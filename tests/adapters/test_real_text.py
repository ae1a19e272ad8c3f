"""The whole path over real text: judgments of the European Court of Human Rights, and financial reports."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from langchain_qdrant import RetrievalMode
from langchain_support import vectorstore

from needful.ledger import SqliteLedger
from needful.policy import Policy
from needful_langchain import NeedfulRetriever
from needful_presidio import detector_for
from needful_qdrant import embedded_client

QUESTIONS = (
    "When was the application lodged?",
    "Who represented the applicant before the Court?",
    "What did the domestic court decide about the length of the proceedings?",
    "Was there a violation of Article 6?",
    "When was the applicant born and where does he live?",
    "What is the number of the application?",
    "When did the applicant appeal against the judgment?",
    "How was the applicant treated in detention?",
    "Which compensation did the applicant claim?",
    "On which date did the Government submit observations?",
)

NAMES = frozenset({"LOCATION", "NRP", "ORGANIZATION", "PERSON"})
MONTH = "January|February|March|April|May|June|July|August|September|October|November|December"
# Written anew here, so that the recognizers are not measured by themselves.
IDENTIFIERS = {
    "application number": re.compile(r"\bno\.? ?\d{2,5}/\d\d\b"),
    "date": re.compile(rf"\b\d{{1,2}} (?:{MONTH}) \d{{4}}\b"),
    "date, American": re.compile(rf"\b(?:{MONTH}) \d{{1,2}}, \d{{4}}\b"),
    "e-mail address": re.compile(r"[\w.]+@[\w.]+\.\w{2,}"),
    "address of a host": re.compile(r"https?://\S+"),
    "long number": re.compile(r"\b\d{9,}\b"),
}


@pytest.fixture
def judgments(shared_data: Path) -> list[dict[str, Any]]:
    lines = (shared_data / "pii" / "tab_dev.jsonl").read_text("utf-8").splitlines()
    return [json.loads(line) for line in lines]


def mentions(judgment: dict[str, Any], label: str) -> list[str]:
    """What the annotator marked as identifying directly."""
    found = {judgment["text"][s:e] for s, e, kind, how in judgment["spans"] if (kind, how) == (label, "DIRECT")}
    return sorted(found)


@pytest.fixture
def retriever(judgments: list[dict[str, Any]], repository: Path, tmp_path: Path) -> Iterator[NeedfulRetriever]:
    client = embedded_client()
    store = vectorstore(
        client,
        [judgment["text"] for judgment in judgments],
        [
            {
                "applicant": mentions(judgment, "PERSON"),
                "application": mentions(judgment, "CODE"),
                "country": "x",
                "year": 2000,
            }
            for judgment in judgments
        ],
    )
    with SqliteLedger(tmp_path / "ledger.db") as ledger:
        yield NeedfulRetriever.from_vectorstore(
            store,
            policy=repository / "policies" / "court-decisions.yaml",
            purpose="find-precedents",
            principal={"id": "clerk"},
            ledger=ledger,
            k=20,
        )
        assert ledger.verify().count == len(QUESTIONS)
    client.close()


def test_no_identifier_that_has_a_pattern_or_is_known_comes_out_of_a_judgment(
    retriever: NeedfulRetriever, judgments: list[dict[str, Any]], repository: Path
) -> None:
    known = [name for judgment in judgments for label in ("PERSON", "CODE") for name in mentions(judgment, label)]
    detector = detector_for(Policy.load(repository / "policies" / "court-decisions.yaml"), "find-precedents")
    documents = [document for question in QUESTIONS for document in retriever.invoke(question)]
    assert len(documents) > 100
    for document in documents:
        text = document.page_content
        assert [name for name, pattern in IDENTIFIERS.items() if pattern.search(text)] == []
        assert sum(value in text for value in known if len(value) > 3) == 0
        tokens = [match.span() for match in re.finditer(r"\[[A-Z_]+(?::\w+)?\]", text)]
        again = [
            span for span in detector.detect([text])[0] if not any(s <= span.start and span.end <= e for s, e in tokens)
        ]
        # A model reads a text anew when its neighbours are tokens, so only what has a pattern must not be found again.
        assert [span.entity for span in again if span.entity not in NAMES] == []


def test_a_judgment_is_disclosed_in_part_and_still_says_something(retriever: NeedfulRetriever) -> None:
    lengths = []
    for question in QUESTIONS:
        release = retriever.release(question)
        lengths += [len(document.text) for document in release.documents]
    assert 20 < sum(lengths) / len(lengths) < 1500


def test_every_report_of_tat_qa_is_indexed_and_its_questions_are_answered(shared_data: Path, tmp_path: Path) -> None:
    contexts = json.loads((shared_data / "tatqa" / "dev.json").read_text("utf-8"))
    texts = {c["table"]["uid"]: "\n".join(p["text"] for p in c["paragraphs"]) for c in contexts}
    client = embedded_client()
    store = vectorstore(
        client, list(texts.values()), [{"uid": uid} for uid in texts], mode=RetrievalMode.DENSE, name="tatqa"
    )
    policy = Policy.parse(
        "needful: 1\nname: reports\nversion: 1\npurposes:\n  answer:\n    filterable: [metadata.uid]\n"
        "    fields: {page_content: {action: keep, reason: public reports}}\n"
        "    detect: {ner: none, reason: public reports}\n    limits: {passages: 4}\n"
    )
    asked = [
        (question["question"], context["table"]["uid"], question["answer"][0])
        for context in contexts
        for question in context["questions"]
        if (question["answer_type"], question["answer_from"]) == ("span", "text") and len(question["answer"]) == 1
    ]
    assert len(asked) == 349
    with SqliteLedger(tmp_path / "ledger.db") as ledger:
        retriever = NeedfulRetriever.from_vectorstore(
            store, policy=policy, purpose="answer", principal={"id": "analyst"}, ledger=ledger, k=1
        )
        answerable = [question for question in asked if question[2] in texts[question[1]]]
        kept = sum(answer in _disclosed(retriever, query, uid) for query, uid, answer in answerable)
    assert kept / len(answerable) >= 0.94
    client.close()


def _disclosed(retriever: NeedfulRetriever, query: str, uid: str) -> str:
    (document,) = retriever.invoke(query, filter={"metadata.uid": uid})
    return document.page_content
