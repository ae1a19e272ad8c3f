"""What a soak asks: an invented insurer's tickets and FAQ, full of canaries, and the policies that they stand under.

Every canary of a run has the run's stem in it, ten letters that occur nowhere else, so that looking for the stem finds
any canary of any process. Hashes of a canary have no stem; for those the canaries themselves are kept.
"""

from __future__ import annotations

import random
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from langchain_qdrant import QdrantVectorStore, RetrievalMode
from qdrant_client import QdrantClient, models

from needful_qdrant import Bm25Embeddings, embedded_client

__all__ = [
    "COLLECTION",
    "DAMAGED",
    "FOREIGN",
    "LATER",
    "POLICY",
    "PRINCIPALS",
    "PURPOSES",
    "Canaries",
    "Collection",
    "new_stem",
]

COLLECTION = "tickets"
FOREIGN = "elsewhere"
"""The product of another tenant's tickets: it must never be seen."""

THINGS = "kitchen,roof,cellar,car,bicycle,window,boiler,garage,piano,fence,laptop,door".split(",")
EVENTS = "flooded,burnt,stolen,scratched,broken,struck by hail,crushed by a tree,damaged in transit".split(",")
PRODUCTS = ("household", "motor", "travel")

POLICY = r"""
needful: 1
name: soak
version: 1
purposes:
  answer-ticket:
    filter: {metadata.tenant: {equals: $principal.tenant}, metadata.kind: {equals: ticket}}
    filterable: [metadata.product]
    fields:
      page_content: scan
      metadata.title: scan
      metadata.product: {action: keep, reason: a product says nothing about a person}
      metadata.name: {action: pseudonymize, lasting: true, entity: PERSON}
      metadata.email: {action: mask, entity: EMAIL_ADDRESS, keep_first: 2}
      metadata.phone: {action: mask, entity: PHONE_NUMBER, keep_last: 2}
    entities:
      default: redact
      PERSON: {action: pseudonymize, lasting: true}
      POLICY_NUMBER: {action: mask, keep_last: 3}
      US_SSN: drop-record
    detect: {ner: none, reason: a soak, known: [metadata.name, metadata.email, metadata.phone], timeout: §,
             recognizers: [policy-number, reference]}
    limits: {records: 10, passages: 3, characters: 2000}
    restore: {PERSON: {role: [supervisor]}}
  fraud-review:
    when: {role: [reviewer, supervisor]}
    filter: {metadata.tenant: {equals: $principal.tenant}, metadata.kind: {equals: ticket}}
    fields:
      page_content: {action: scan, select: whole}
      metadata.product: {action: keep, reason: fraud is reviewed by product}
      metadata.name: {action: hash, entity: PERSON}
      metadata.email: {action: hash, entity: EMAIL_ADDRESS}
      metadata.phone: {action: hash, entity: PHONE_NUMBER}
    entities: {default: redact, PERSON: hash, EMAIL_ADDRESS: hash, PHONE_NUMBER: hash, REFERENCE: drop-passage}
    detect: {ner: none, reason: a soak, known: [metadata.name, metadata.email, metadata.phone], timeout: §,
             recognizers: [policy-number, reference]}
    limits: {records: 20}
    on_fault: fail
  search-faq:
    filter: {metadata.tenant: {equals: $principal.tenant}, metadata.kind: {equals: faq}}
    fields:
      page_content: {action: scan, select: {neighbours: 1}}
      metadata.title: scan
      metadata.product: {action: keep, reason: an answer holds for one product}
    entities: {default: redact}
    detect: {ner: bundled, timeout: §, recognizers: [reference]}
    limits: {records: 5, passages: 6}
recognizers:
  - {name: policy-number, entity: POLICY_NUMBER, regex: '\bPOL-\d{8}\b', score: 0.9}
  - {name: reference, entity: REFERENCE, regex: '[0-9a-f]{6}[g-z]{10}[0-9a-f]{6}', score: 0.9}
""".replace("§", "2")

LATER = POLICY.replace("version: 1", "version: 2").replace(
    "      metadata.product: {action: keep", "      metadata.kind: {action: keep"
)
"""The policy's next version, which shows another field: by it a document tells which of the two it is under."""

DAMAGED = POLICY.replace("version: 1", "version: 3").replace("default: redact", "default: redcat")
"""A version that does not load."""

PURPOSES = ("answer-ticket", "fraud-review", "search-faq")
PRINCIPALS: tuple[dict[str, Any], ...] = (
    {"id": "supervisor-1", "tenant": "acme", "role": "supervisor"},
    {"id": "reviewer-2", "tenant": "acme", "role": "reviewer"},
)


def new_stem() -> str:
    """Return ten letters that are no hexadecimal digits, so that no digest has them by chance."""
    return "".join(secrets.choice("ghjkmnpqrstvwxyz") for _ in range(10))


class Canaries:
    """Makes canaries with one stem in the middle, where no mask that keeps first or last characters shows it."""

    def __init__(self, stem: str) -> None:
        self.stem = stem

    def new(self) -> str:
        """Return a canary that nobody has."""
        return f"{secrets.token_hex(3)}{self.stem}{secrets.token_hex(3)}"


@dataclass(frozen=True, slots=True)
class Item:
    """A record to be written, and the canaries in it."""

    id: str
    text: str
    metadata: dict[str, Any]
    canaries: tuple[str, ...]


class Collection:
    """One process's collection on the embedded engine."""

    def __init__(self, folder: Path, canaries: Canaries, seed: int, records: int) -> None:
        chance = random.Random(seed)
        items = list(_items(chance, canaries, records))
        self.canaries = {item.id: item.canaries for item in items}
        """Point id to the canaries of the record."""
        self.client = embedded_client(folder)
        self.store = _filled(self.client, items)

    def close(self) -> None:
        """Close the engine."""
        self.client.close()


def question(chance: random.Random, canaries: Canaries) -> tuple[str, tuple[str, ...]]:
    """Return a question that names a canary, and the canary."""
    canary = canaries.new()
    asked = f"why was the claim for the {chance.choice(THINGS)} {chance.choice(EVENTS)} reduced?"
    named = (f"It is {canary}.", f"Answer to {canary}@mail.example.", f"{canary}@mail.example asks about {canary}.")
    return f"{asked} {chance.choice(named)}", (canary,)


def _items(chance: random.Random, canaries: Canaries, records: int) -> Iterator[Item]:
    for number in range(records):
        kind = "faq" if number % 3 == 0 else "ticket"
        tenant = "acme" if number % 5 else "other"
        yield _item(chance, canaries, number, (kind, tenant))


def _item(chance: random.Random, canaries: Canaries, number: int, of: tuple[str, str]) -> Item:
    kind, tenant = of
    thing, event = chance.choice(THINGS), chance.choice(EVENTS)
    owner, mail, reference, hidden = (canaries.new() for _ in range(4))
    name, email, phone = f"Nora {owner}", f"{mail}@mail.example", f"+49 30 {chance.randint(1000000, 9999999)}"
    told = [
        f"The {thing} was {event}, and the claim was reduced because the invoice is missing.",
        f"{name} called from {phone} and asked why." if kind == "ticket" else "",
        f"The contract is POL-{number:08d} and has been paid.",
        f"We wrote to {email} twice.",
        f"The file is kept under {reference}.",
        f"{'SSN 536-22-8726 was given. ' if number % 29 == 0 else ''}The decision was explained in a second letter.",
    ]
    product = chance.choice(PRODUCTS) if tenant == "acme" else FOREIGN
    metadata = {
        "tenant": tenant,
        "kind": kind,
        "title": f"{thing} {event}",
        "product": product,
        "name": name,
        "email": email,
        "phone": phone,
        "internal": {"note": hidden},
    }
    identifier = str(UUID(int=chance.getrandbits(128), version=4))
    return Item(identifier, " ".join(filter(None, told)), metadata, (owner, mail, reference, hidden, identifier))


def _filled(client: QdrantClient, items: Sequence[Item]) -> QdrantVectorStore:
    sparse = {"langchain-sparse": models.SparseVectorParams(modifier=models.Modifier.IDF)}
    client.create_collection(COLLECTION, vectors_config={}, sparse_vectors_config=sparse)
    for key in ("metadata.tenant", "metadata.kind"):
        client.create_payload_index(COLLECTION, key, models.PayloadSchemaType.KEYWORD)
    store = QdrantVectorStore(
        client, COLLECTION, sparse_embedding=Bm25Embeddings(), retrieval_mode=RetrievalMode.SPARSE
    )
    store.add_texts([one.text for one in items], [one.metadata for one in items], ids=[one.id for one in items])
    return store
