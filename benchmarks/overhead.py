"""What a policy costs: NeedfulRetriever against the plain `store.as_retriever`, on the same embedded engine.

10,000 tickets of about sixty words with e-mail addresses, phone and policy numbers; k = 4; the questions are asked in
turn by both retrievers, so that both see the same machine. Needful runs the real thing: Presidio's pattern recognizers,
passage selection, and an SQLite ledger with one durable entry a question. Caches are warm: every question was asked
once before.

    python benchmarks/overhead.py [--points 10000] [--questions 200]
"""

from __future__ import annotations

import argparse
import os
import platform
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from langchain_core.embeddings import DeterministicFakeEmbedding
from langchain_core.retrievers import BaseRetriever
from langchain_qdrant import QdrantVectorStore, RetrievalMode
from qdrant_client import QdrantClient, models

from needful.keys import Keys
from needful.policy import Policy
from needful_langchain import NeedfulRetriever
from needful_qdrant import Bm25Embeddings, embedded_client, optimize

K = 4
DIMENSIONS = 384
TARGET = 2.0

POLICY = r"""
needful: 1
name: overhead
version: 1
purposes:
  answer:
    filter: {metadata.tenant: {equals: $principal.tenant}}
    fields:
      page_content: scan
      metadata.title: {action: keep, reason: a benchmark}
      metadata.name: {action: pseudonymize, entity: PERSON}
    entities: {default: redact, PERSON: pseudonymize, EMAIL_ADDRESS: {action: mask, keep_last: 4}}
    detect: {ner: none, reason: a benchmark, known: [metadata.name], recognizers: [policy-number]}
    limits: {records: 10, passages: 3}
recognizers:
  - {name: policy-number, entity: POLICY_NUMBER, regex: 'POL-\d{8}', score: 0.8}
"""

NAMES = "Ada Borg,Tom Weiss,Maria Keller,Jun Tanaka,Omar Haddad,Lena Novak,Ines Prat,Paul Okoro".split(",")
THINGS = "kitchen,roof,cellar,car,bicycle,window,boiler,garage,piano,fence,laptop,door".split(",")
EVENTS = "flooded,burnt,stolen,scratched,broken,struck by hail,crushed by a tree,damaged in transit".split(",")
PLACES = "Ulm,Gent,Turin,Leeds,Porto,Graz,Lyon,Cork".split(",")


def ticket(chance: random.Random, number: int) -> tuple[str, dict[str, str]]:
    """One invented ticket: text and metadata."""
    name, thing, place = chance.choice(NAMES), chance.choice(THINGS), chance.choice(PLACES)
    text = (
        f"{name} reports that the {thing} in {place} was {chance.choice(EVENTS)} during the night. "
        f"The contract is POL-{number:08d} and has been paid since the beginning. "
        f"We called back on +49 30 {chance.randint(1000000, 9999999)} and left a message about the expert's visit. "
        f"The expert found that the {chance.choice(THINGS)} next to it had been repaired before without an invoice. "
        f"Please send the decision to {name.split()[0].lower()}{number}@mail.example before the end of the month. "
        f"The reduction of the claim was explained in the second letter, which the customer did not receive."
    )
    return text, {"tenant": "acme", "title": f"{thing} {place}", "name": name}


def filled(client: QdrantClient, name: str, mode: RetrievalMode, points: int) -> QdrantVectorStore:
    """A collection of tickets, its indexes built."""
    chance = random.Random(1)
    dense = models.VectorParams(size=DIMENSIONS, distance=models.Distance.COSINE)
    sparse = {"langchain-sparse": models.SparseVectorParams(modifier=models.Modifier.IDF)}
    client.create_collection(
        name,
        vectors_config=None if mode is RetrievalMode.SPARSE else dense,
        sparse_vectors_config=None if mode is RetrievalMode.DENSE else sparse,
    )
    client.create_payload_index(name, "metadata.tenant", models.PayloadSchemaType.KEYWORD)
    store = QdrantVectorStore(
        client,
        name,
        embedding=DeterministicFakeEmbedding(size=DIMENSIONS),
        sparse_embedding=Bm25Embeddings(),
        retrieval_mode=mode,
    )
    texts, metadatas = zip(*(ticket(chance, number) for number in range(points)), strict=True)
    store.add_texts(list(texts), list(metadatas), batch_size=500)
    optimize(client, name)
    return store


def questions(count: int) -> list[str]:
    """Questions about tickets."""
    chance = random.Random(2)
    return [
        f"was the {chance.choice(THINGS)} in {chance.choice(PLACES)} {chance.choice(EVENTS)}?" for _ in range(count)
    ]


def milliseconds(ask: Callable[[str], Any], query: str) -> float:
    """How long one question takes."""
    start = time.perf_counter()
    ask(query)
    return (time.perf_counter() - start) * 1000


def compare(plain: BaseRetriever, needful: BaseRetriever, asked: Sequence[str]) -> tuple[float, float]:
    """Medians of both in milliseconds, asked in turn; the first round warms up and is thrown away."""
    times: tuple[list[float], list[float]] = ([], [])
    for turn in range(3):
        for query in asked:
            pair = milliseconds(plain.invoke, query), milliseconds(needful.invoke, query)
            if turn:
                times[0].append(pair[0])
                times[1].append(pair[1])
    return statistics.median(times[0]), statistics.median(times[1])


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--points", type=int, default=10_000)
    parser.add_argument("--questions", type=int, default=200)
    options = parser.parse_args()
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    print(f"{options.points:,} points, k = {K}, {options.questions} questions asked in turn, caches warm, p50")
    print(f"{'search':8} {'plain ms':>9} {'needful ms':>11} {'ratio':>6}   target at most {TARGET}")
    with tempfile.TemporaryDirectory() as folder:
        client = embedded_client(Path(folder) / "qdrant")
        for mode in (RetrievalMode.DENSE, RetrievalMode.SPARSE, RetrievalMode.HYBRID):
            store = filled(client, mode.value, mode, options.points)
            plain = store.as_retriever(search_kwargs={"k": K})
            needful = NeedfulRetriever.from_retriever(
                plain,
                policy=Policy.parse(POLICY),
                purpose="answer",
                principal={"id": "benchmark", "tenant": "acme"},
                ledger=Path(folder) / "ledger.db",
                keys=Keys.random(),
            )
            base, ours = compare(plain, needful, questions(options.questions))
            print(f"{mode.value:8} {base:9.2f} {ours:11.2f} {ours / base:6.2f}")
        client.close()


if __name__ == "__main__":
    main()
