"""How much of the answers survives, and how much text is disclosed, when only the needed passages are.

TAT-QA (financial reports with questions and gold answers, dev split): every context is indexed into an embedded
Qdrant and each of its single-span text questions is asked through the whole path with its own record (k = 1, filtered
by the context's id), for 1 to 6 passages. `kept` is the share of answers that the disclosed text has, of those that the
record has; `characters` the share of the records' characters that was disclosed. The baseline is the whole record, as
a plain retriever hands it over.

    python benchmarks/selection.py [--data ../shared/data]
"""

from __future__ import annotations

import argparse
import json
import os
import platform
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

TARGET = "target: at one setting at least 94 % of the answers at no more than 30 % of the characters"

DIMENSIONS = 8

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
    source = parser.parse_args().data / "tatqa" / "dev.json"
    if not source.is_file():
        parser.exit(0, "TAT-QA is not here: give --data or NEEDFUL_DATA; nothing was measured\n")
    read = contexts(source)
    asked = [question for context in read for question in questions_of(context)]
    whole = {context["table"]["uid"]: text_of(context) for context in read}
    answerable = [question for question in asked if question.answer in whole[question.context]]
    print(f"{platform.machine()}, Python {platform.python_version()}")
    print(f"{len(read)} contexts, {len(asked)} questions, {len(answerable)} whose record has the answer; {TARGET}")
    print(f"{'passages':>9} {'kept':>7} {'characters':>11}   of the whole record")
    with tempfile.TemporaryDirectory() as folder:
        store = indexed(whole)
        for passages in range(1, 7):
            retriever = NeedfulRetriever.from_vectorstore(
                store,
                policy=Policy.parse(POLICY.replace("PASSAGES", str(passages))),
                purpose="answer",
                principal={"id": "benchmark"},
                k=1,
                ledger=Path(folder) / "ledger.db",
                keys=Keys.random(),
            )
            print_row(retriever, passages, asked, answerable, whole)
        store.client.close()


def indexed(whole: dict[str, str]) -> QdrantVectorStore:
    """Every context as one record. The filter finds it, so the vectors say nothing: any will do."""
    client = embedded_client()
    client.create_collection("tatqa", models.VectorParams(size=DIMENSIONS, distance=models.Distance.COSINE))
    store = QdrantVectorStore(client, "tatqa", embedding=DeterministicFakeEmbedding(size=DIMENSIONS))
    store.add_documents([Document(page_content=text, metadata={"context": uid}) for uid, text in whole.items()])
    return store


def print_row(
    retriever: NeedfulRetriever,
    passages: int,
    asked: list[Question],
    answerable: list[Question],
    whole: dict[str, str],
) -> None:
    """Ask every question at one setting and print what came out."""
    disclosed = {q: "".join(d.page_content for d in found(retriever, q)) for q in asked}
    kept = sum(question.answer in disclosed[question] for question in answerable)
    share = sum(map(len, disclosed.values())) / sum(len(whole[question.context]) for question in asked)
    print(f"{passages:9} {kept / len(answerable):7.1%} {share:11.1%}")


def found(retriever: NeedfulRetriever, question: Question) -> list[Document]:
    """What is disclosed of the question's own record."""
    return retriever.invoke(question.text, filter={"metadata.context": question.context})


if __name__ == "__main__":
    main()
