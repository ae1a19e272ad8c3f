"""What a question costs on annotated passages: time against the plain retriever, and bytes on the wire.

Documents are 20 sentences in a row of judgments and filings (`shared/data/pii`), each with a tenant, a title and a
customer's name. They are written twice into one embedded Qdrant: as passages with annotations, and whole, as
langchain-qdrant would. Dense vectors are made from a hash of the text, 384 numbers; hybrid search has BM25 beside them.

- Time: `NeedfulRetriever` under `layout: passages` against `QdrantVectorStore.as_retriever` on the same points, in
  turn, k = 4, both with the tenant's filter: questions that were asked before, and questions that neither has seen. To
  embed a question takes next to no time here, as it does with no real model. The ledger is one in use: its log has been
  through a checkpoint, after which SQLite writes over it instead of making it longer.
- Bytes: response bodies of a question to the passages against those of the plain retriever to the whole documents.

    python benchmarks/questions.py [--passages 100000] [--questions 200] [--ner none] [--write]
"""

from __future__ import annotations

import argparse
import hashlib
import itertools
import json
import os
import platform
import random
import statistics
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy
from langchain_core.documents import Document
from langchain_core.embeddings import Embeddings
from langchain_qdrant import QdrantVectorStore, RetrievalMode
from qdrant_client import QdrantClient, models

from needful.annotation import Annotator
from needful.keys import Keys
from needful.ledger import SqliteLedger
from needful.policy import Policy
from needful.sentences import sentences
from needful_langchain import NeedfulRetriever
from needful_presidio import detector_for
from needful_qdrant import Bm25Embeddings, embedded_client, optimize
from pages import write_block

DATA = Path(os.environ.get("NEEDFUL_DATA", Path(__file__).resolve().parents[2] / "shared" / "data"))
RESULTS = Path(__file__).parent / "results" / "questions.json"
K = 4
DIMENSIONS = 384
SPARSE = "langchain-sparse"
USED = 800
"""Questions before anything is measured: SQLite checkpoints after a thousand pages."""
SENTENCES = 20
TIME_TARGET, BYTES_TARGET = 1.25, 0.10

POLICY = """
needful: 1
name: questions
version: 1
layout: passages
purposes:
  answer:
    filter: {metadata.tenant: {equals: $principal.tenant}}
    fields: {page_content: scan FIELDS}
    entities: {default: redact, US_SSN: drop-passage}
    detect: {NER KNOWN}
    limits: {records: 10, passages: 3}
"""
FIELDS = ", metadata.title: {action: keep, reason: a benchmark}"
KNOWN = ", known: [{field: metadata.name, entity: PERSON}]"
NAMES = "Ada Borg,Tom Weiss,Maria Keller,Jun Tanaka,Omar Haddad,Lena Novak,Ines Prat,Paul Okoro".split(",")


class HashEmbeddings(Embeddings):
    """One fixed random vector a text."""

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """Embed texts."""
        return [self.embed_query(text) for text in texts]

    def embed_query(self, text: str) -> list[float]:
        """Embed one."""
        seed = int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")
        vector: list[float] = numpy.random.default_rng(seed).normal(size=DIMENSIONS).tolist()
        return vector


def pool() -> list[str]:
    """Sentences of judgments and filings, as they follow each other; short ones, which would join others, left out."""
    found = []
    for name in ("tab_train", "tab_dev"):
        for line in (DATA / "pii" / f"{name}.jsonl").read_text("utf-8").splitlines():
            text = json.loads(line)["text"]
            found += [text[start:end] for start, end in sentences(text) if end - start >= 80]
    found += [json.loads(line)["text"] for line in (DATA / "pii" / "sec_train.jsonl").read_text("utf-8").splitlines()]
    return found


def documents(passages: int) -> Iterator[tuple[str, str, dict[str, str]]]:
    """Documents until they have about so many passages: id, text, metadata. A sentence says the document's number."""
    taken, chance = itertools.count(), random.Random(1)
    found = pool()
    for number in range(passages // SENTENCES):
        part = [found[at % len(found)] for at in itertools.islice(taken, SENTENCES)]
        text = " ".join(f"{sentence[:-1]}, number {number}{sentence[-1]}" for sentence in part)
        metadata = {"tenant": "acme", "title": f"File {number}", "name": chance.choice(NAMES)}
        yield str(uuid.uuid5(uuid.NAMESPACE_URL, str(number))), text, metadata


def policy(ner: str, *, with_fields: bool) -> Policy:
    """The benchmark's policy, with or without fields that need the second request."""
    written = POLICY.replace("NER", "ner: none, reason: a benchmark" if ner == "none" else f"ner: {ner}")
    given = (FIELDS, KNOWN) if with_fields else ("", "")
    return Policy.parse(written.replace("FIELDS", given[0]).replace("KNOWN", given[1]))


def filled(client: QdrantClient, passages: int, keys: Keys, ner: str) -> None:
    """Write the documents both ways."""
    dense = models.VectorParams(size=DIMENSIONS, distance=models.Distance.COSINE)
    for name in ("passages", "whole"):
        sparse = {SPARSE: models.SparseVectorParams(modifier=models.Modifier.IDF)} if name == "passages" else None
        client.create_collection(name, vectors_config={"": dense}, sparse_vectors_config=sparse)
        client.create_payload_index(name, "metadata.tenant", models.PayloadSchemaType.KEYWORD)
    for key in ("parent", "entities", "document"):
        client.create_payload_index("passages", f"needful.{key}", models.PayloadSchemaType.KEYWORD)
    rules = policy(ner, with_fields=True)
    annotator = Annotator(rules, keys, partial(detector_for, rules))
    embeddings, words = HashEmbeddings(), Bm25Embeddings()
    whole = QdrantVectorStore(client, "whole", embedding=embeddings)
    waiting: list[models.PointStruct] = []
    for number, (identity, text, metadata) in enumerate(documents(passages)):
        for point in annotator.document(identity, {"page_content": text, "metadata": metadata}):
            vector: Any = {}
            if point.text:
                (found,) = words.embed_documents([point.text])
                sparse_vector = models.SparseVector(indices=found.indices, values=found.values)
                vector = {"": embeddings.embed_query(point.text), SPARSE: sparse_vector}
            waiting.append(models.PointStruct(id=point.id, vector=vector, payload=dict(point.payload)))
        whole.add_documents([Document(page_content=text, metadata=metadata)])
        if len(waiting) > 500:
            client.upsert("passages", waiting)
            waiting = []
        if number % 500 == 0:
            print(f"  {number * SENTENCES:,} passages", file=sys.stderr, flush=True)
    client.upsert("passages", waiting)
    for name in ("passages", "whole"):
        optimize(client, name)


def milliseconds(ask: Callable[[str], Any], query: str) -> float:
    """How long one question takes."""
    start = time.perf_counter()
    ask(query)
    return (time.perf_counter() - start) * 1000


def compare(ask: Sequence[Callable[[str], Any]], asked: Sequence[str]) -> list[tuple[float, float]]:
    """Median and 95th percentile of each in milliseconds, asked in turn."""
    times: list[list[float]] = [[] for _ in ask]
    for number, query in enumerate(asked):
        order = range(len(ask)) if number % 2 else reversed(range(len(ask)))
        for at in order:
            times[at].append(milliseconds(ask[at], query))
    return [(statistics.median(of), statistics.quantiles(of, n=20)[18]) for of in times]


def questions(count: int, seed: int) -> list[str]:
    """Questions made of words of the texts."""
    chance, found = random.Random(seed), pool()
    return [" ".join(chance.choice(found).split()[:8]) + f" {seed}?" for _ in range(count)]


def main() -> int:
    """Run and print; 1 where a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--passages", type=int, default=100_000)
    parser.add_argument("--questions", type=int, default=200)
    parser.add_argument("--ner", default="none")
    parser.add_argument("--directory", help="keep the collections there, and use them if they are there")
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    keys = Keys(hashlib.sha256(b"benchmark").digest())
    received: list[int] = []
    with tempfile.TemporaryDirectory() as folder:
        directory = Path(options.directory or folder) / "qdrant"
        client = embedded_client(directory)
        if not client.collection_exists("whole"):
            filled(client, options.passages, keys, options.ner)
        measured = timed(client, keys, options, Path(folder))
        client.close()
        client = embedded_client(directory, tap=lambda method, path, sent, body: received.append(len(body)))
        measured |= weighed(client, keys, options, received, Path(folder))
        client.close()
    if options.write:
        RESULTS.write_text(json.dumps(measured, indent=1) + "\n", "utf-8")
        write_block("benchmarks.md", "questions", table(measured))
    met = measured["rows"][0]["ratio"] <= TIME_TARGET and measured["bytes_share"] <= BYTES_TARGET
    return 0 if met else 1


def table(measured: dict[str, Any]) -> str:
    """The figures as they stand in docs/benchmarks.md."""
    lines = [
        f"{measured['points']:,} points, k = {K}, embedded engine, medians and 95th percentiles in milliseconds.",
        "",
        "| questions | search | fields | plain p50 | p95 | Needful p50 | p95 | ratio |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for row in measured["rows"]:
        times = " | ".join(f"{value:.2f}" for value in (*row["plain"], *row["needful"], row["ratio"]))
        lines.append(f"| {row['asked']} | {row['search']} | {row['fields']} | {times} |")
    lines += ["", "| answers to a question | bytes | of plain |", "| --- | --- | --- |"]
    base = measured["bytes"]["plain, whole documents"]
    lines += [f"| {name} | {size:,.0f} | {size / base:.1%} |" for name, size in measured["bytes"].items()]
    return "\n".join(lines)


Ask = Callable[[str], Any]


def asking(client: QdrantClient, keys: Keys, ner: str, folder: Path) -> dict[str, Ask]:
    """The retrievers: plain ones of passages and of whole documents, and Needful's, by what they search and show."""
    mine = models.FieldCondition(key="metadata.tenant", match=models.MatchValue(value="acme"))
    asked = {"k": K, "filter": models.Filter(must=[mine])}
    dense = QdrantVectorStore(client, "passages", embedding=HashEmbeddings())
    hybrid = QdrantVectorStore(
        client,
        "passages",
        embedding=HashEmbeddings(),
        sparse_embedding=Bm25Embeddings(),
        sparse_vector_name=SPARSE,
        retrieval_mode=RetrievalMode.HYBRID,
    )
    whole = QdrantVectorStore(client, "whole", embedding=HashEmbeddings())
    ledger = SqliteLedger(folder / "ledger.db", keys=keys)

    def needful(store: QdrantVectorStore, *, with_fields: bool) -> Ask:
        return NeedfulRetriever.from_vectorstore(
            store,
            k=K,
            policy=policy(ner, with_fields=with_fields),
            purpose="answer",
            principal={"id": "benchmark", "tenant": "acme"},
            ledger=ledger,
            keys=keys,
        ).invoke

    return {
        "plain, dense": dense.as_retriever(search_kwargs=asked).invoke,
        "plain, hybrid": hybrid.as_retriever(search_kwargs=asked).invoke,
        "plain, whole documents": whole.as_retriever(search_kwargs=asked).invoke,
        "needful, dense, text": needful(dense, with_fields=False),
        "needful, dense, text, title, known name": needful(dense, with_fields=True),
        "needful, hybrid, text": needful(hybrid, with_fields=False),
    }


def timed(client: QdrantClient, keys: Keys, options: Any, folder: Path) -> dict[str, Any]:
    """Ask, print the times and return them."""
    ways = asking(client, keys, options.ner, folder)
    names = [name for name in ways if name != "plain, whole documents"]
    points = client.count("passages").count
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    print(f"{points:,} points, k = {K}, {options.questions} questions, ner: {options.ner}")
    warm, new = questions(options.questions, 2), questions(options.questions, 3)
    for _ in range(0, USED, len(warm)):
        compare([ways[name] for name in names], warm)
    rows: list[dict[str, Any]] = []
    for asked_before, asked in (("asked before", warm), ("new", new)):
        times = dict(zip(names, compare([ways[name] for name in names], asked), strict=True))
        for name in names:
            if name.startswith("needful"):
                _, search, fields = name.split(", ", 2)
                base, own = times[f"plain, {search}"], times[name]
                row = {"asked": asked_before, "search": search, "fields": fields, "plain": base, "needful": own}
                rows.append(row | {"ratio": own[0] / base[0]})
    print(f"{'questions':12} {'search':7} {'fields':24} {'plain p50':>10} {'p95':>7} {'needful':>8} {'p95':>7} ratio")
    for row in rows:
        numbers = f"{row['plain'][0]:10.2f} {row['plain'][1]:7.2f} {row['needful'][0]:8.2f} {row['needful'][1]:7.2f}"
        print(f"{row['asked']:12} {row['search']:7} {row['fields']:24} {numbers} {row['ratio']:6.2f}")
    return {"points": points, "ner": options.ner, "rows": rows}


def weighed(client: QdrantClient, keys: Keys, options: Any, received: list[int], folder: Path) -> dict[str, Any]:
    """Ask, print how many bytes came back and return that."""
    by_name = asking(client, keys, options.ner, folder)
    asked = questions(options.questions, 4)
    sizes = {}
    ways = {
        "plain, whole documents": by_name["plain, whole documents"],
        "needful, text": by_name["needful, dense, text"],
        "needful, with fields": by_name["needful, dense, text, title, known name"],
    }
    for name, ask in ways.items():
        ask(asked[0])  # a client looks at its collection once
        received.clear()
        for query in asked:
            ask(query)
        sizes[name] = sum(received) / len(asked)
        print(f"{name:24} {sizes[name]:9,.0f} bytes a question, {sizes[name] / sizes['plain, whole documents']:6.1%}")
    return {"bytes": sizes, "bytes_share": sizes["needful, text"] / sizes["plain, whole documents"]}


if __name__ == "__main__":
    sys.exit(main())
