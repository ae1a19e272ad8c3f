"""How much of the answers survives, and how much text is disclosed, when only the needed passages are.

TAT-QA (financial reports with questions and gold answers, dev split): every context is indexed into an embedded
Qdrant and each of its single-span text questions is asked through the whole path with its own record (k = 1, filtered
by the context's id), for 1 to 6 passages. `kept` is the share of answers that the disclosed text has, of those that the
record has; `characters` the share of the records' characters that was disclosed. The baseline is the whole record, as
a plain retriever hands it over. What was tuned was tuned on one half of the contexts, drawn by lot: `tuned on` is that
half, `held out` the other one.

    python benchmarks/selection.py [--data ../shared/data] [--write]
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from langchain_core.documents import Document
from langchain_core.embeddings import DeterministicFakeEmbedding
from langchain_qdrant import QdrantVectorStore
from qdrant_client import models

from needful.keys import Keys
from needful.policy import Policy
from needful_langchain import NeedfulRetriever
from needful_qdrant import embedded_client
from pages import write_block

TARGET = "target: at one setting at least 97 % of the answers at no more than 25 % of the characters"

DIMENSIONS = 8
SEED = 7
PASSAGES = range(1, 7)

POLICY = """
needful: 1
name: selection
version: 1
purposes:
  answer:
    filterable: [metadata.context]
    fields:
      page_content: {action: keep, reason: public reports}
    detect: {ner: none, reason: public reports}
    limits: {passages: PASSAGES}
"""


@dataclass(frozen=True, slots=True)
class Question:
    """A question, the context it belongs to, and its answer."""

    text: str
    context: str
    answer: str


def contexts(path: Path) -> list[dict[str, Any]]:
    """The contexts of a TAT-QA file."""
    loaded: list[dict[str, Any]] = json.loads(path.read_text("utf-8"))
    return loaded


def text_of(context: dict[str, Any]) -> str:
    """The paragraphs of a context in order."""
    return "\n".join(paragraph["text"] for paragraph in sorted(context["paragraphs"], key=lambda p: p["order"]))


def questions_of(context: dict[str, Any]) -> Iterator[Question]:
    """The questions that one stretch of text answers."""
    for question in context["questions"]:
        if question["answer_type"] == "span" and question["answer_from"] == "text" and len(question["answer"]) == 1:
            yield Question(question["question"], context["table"]["uid"], question["answer"][0])


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    default = os.environ.get("NEEDFUL_DATA") or Path(__file__).resolve().parents[2] / "shared" / "data"
    parser.add_argument("--data", type=Path, default=Path(default), help="the folder that has tatqa/dev.json")
    parser.add_argument("--write", action="store_true", help="write the table into docs/selection.md")
    options = parser.parse_args()
    source = options.data / "tatqa" / "dev.json"
    if not source.is_file():
        parser.exit(0, "TAT-QA is not here: give --data or NEEDFUL_DATA; nothing was measured\n")
    read = contexts(source)
    asked = [question for context in read for question in questions_of(context)]
    whole = {context["table"]["uid"]: text_of(context) for context in read}
    tuned = tuning_half(read)
    print(f"{platform.machine()}, Python {platform.python_version()}; {TARGET}")
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        store = indexed(whole)
        for passages in PASSAGES:
            retriever = NeedfulRetriever.from_vectorstore(
                store,
                policy=Policy.parse(POLICY.replace("PASSAGES", str(passages))),
                purpose="answer",
                principal={"id": "benchmark"},
                k=1,
                ledger=Path(folder) / "ledger.db",
                keys=Keys.random(),
            )
            disclosed = {q: "".join(d.page_content for d in found(retriever, q)) for q in asked}
            halves = [[q for q in asked if (q.context in tuned) is is_tuned] for is_tuned in (True, False)]
            rows.append([shares(questions, disclosed, whole) for questions in (asked, *halves)])
        store.client.close()
    text = f"{len(read)} contexts, {len(asked)} questions, {answerable(asked, whole)} whose record has the answer.\n\n"
    text += table(rows)
    print(text)
    if options.write:
        write_block("selection.md", "tat-qa", text)


def tuning_half(read: list[dict[str, Any]]) -> set[str]:
    """The ids of the contexts that constants may be chosen on."""
    uids = sorted(context["table"]["uid"] for context in read)
    random.Random(SEED).shuffle(uids)
    return set(uids[: len(uids) // 2])


def answerable(asked: list[Question], whole: dict[str, str]) -> int:
    """How many questions have their answer in their record."""
    return sum(question.answer in whole[question.context] for question in asked)


def shares(asked: list[Question], disclosed: dict[Question, str], whole: dict[str, str]) -> tuple[float, float]:
    """The share of the answers that were kept, and of the characters that were disclosed."""
    kept = sum(q.answer in whole[q.context] and q.answer in disclosed[q] for q in asked)
    characters = sum(len(disclosed[q]) for q in asked) / sum(len(whole[q.context]) for q in asked)
    return kept / answerable(asked, whole), characters


def table(rows: list[list[tuple[float, float]]]) -> str:
    """The figures as Markdown: answers kept at characters disclosed."""
    lines = ["| passages | kept | characters | tuned on: kept | characters | held out: kept | characters |"]
    lines.append("|---" * 7 + "|")
    for passages, row in zip(PASSAGES, rows, strict=True):
        figures = " | ".join(f"{share:.1%}".replace("%", " %") for pair in row for share in pair)
        lines.append(f"| {passages} | {figures} |")
    return "\n".join(lines)


def indexed(whole: dict[str, str]) -> QdrantVectorStore:
    """Every context as one record. The filter finds it, so the vectors say nothing: any will do."""
    client = embedded_client()
    client.create_collection("tatqa", models.VectorParams(size=DIMENSIONS, distance=models.Distance.COSINE))
    store = QdrantVectorStore(client, "tatqa", embedding=DeterministicFakeEmbedding(size=DIMENSIONS))
    store.add_documents([Document(page_content=text, metadata={"context": uid}) for uid, text in whole.items()])
    return store


def found(retriever: NeedfulRetriever, question: Question) -> list[Document]:
    """What is disclosed of the question's own record."""
    return retriever.invoke(question.text, filter={"metadata.context": question.context})


if __name__ == "__main__":
    main()
