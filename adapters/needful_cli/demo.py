"""`needful demo`: one path from question to receipt, beside what a plain retriever hands over.

The tickets are a fictitious insurer's. Names, numbers and accounts are invented: telephone numbers from the range kept
for fiction, accounts of a bank code that is not in use, card numbers that payment companies publish for tests.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Any

import typer

from needful_cli.ask import MODEL_VARIABLE, asked_model, prompt_of
from needful_cli.common import JsonFlag, examples, policy_at
from needful_cli.index import write
from needful_cli.opening import SPARSE_VECTOR, bm25, ours, retriever_over
from needful_cli.output import print_json
from needful_cli.retrieve import as_json
from needful_cli.sources import Item, identity

if TYPE_CHECKING:
    from langchain_core.documents import Document
    from qdrant_client import QdrantClient

    from needful.ledger import SqliteLedger, Stored
    from needful.policy import Policy
    from needful.values import Release
    from needful_langchain import NeedfulRetriever

__all__ = ["QUESTIONS", "Asked", "Stage", "Step", "plain_documents", "register", "staged", "tickets"]

POLICY = "customer-service"
COLLECTION = "tickets"
TENANT = "acme"


@dataclass(frozen=True, slots=True)
class Asked:
    """A question of the demonstration, and who asks it why."""

    text: str
    purpose: str
    principal: Mapping[str, str]
    k: int


AGENT = MappingProxyType({"id": "agent-7", "tenant": TENANT})
REVIEWER = MappingProxyType({"id": "reviewer-2", "tenant": TENANT, "role": "reviewer"})
QUESTIONS = (
    Asked("Why was the claim for the flooded kitchen reduced?", "answer-ticket", AGENT, 2),
    Asked("The receipt of the stolen bicycle is missing: what else do we accept?", "answer-ticket", AGENT, 3),
    Asked(
        "Which telephones were stolen at the airport, and where should the claim be paid?", "fraud-review", REVIEWER, 2
    ),
)


@dataclass(frozen=True, slots=True)
class Step:
    """One question with both answers. `plain` is raw: what an application without Needful sends to its model."""

    asked: Asked
    plain: Sequence[Document] = field(repr=False)
    documents: Sequence[Document]
    release: Release
    stored: Stored
    prompt: str
    answer: str | None

    @property
    def foreign(self) -> int:
        """How many of the plain documents belong to another tenant."""
        return sum(document.metadata.get("tenant") != self.asked.principal["tenant"] for document in self.plain)

    def as_json(self) -> dict[str, Any]:
        """What `--json` prints."""
        return {
            "question": self.asked.text,
            "purpose": self.asked.purpose,
            "plain": [{"page_content": each.page_content, "metadata": each.metadata} for each in self.plain],
            "needful": as_json(self.release, self.documents),
            "withheld": self.stored.entry.withheld,
            "prompt": self.prompt,
            "answer": self.answer,
        }


@dataclass(frozen=True, slots=True)
class Stage:
    """What the demonstration plays on."""

    client: QdrantClient
    policy: Policy
    retriever: NeedfulRetriever
    ledger: SqliteLedger

    def steps(self, model: str | None) -> Iterator[Step]:
        """Ask every question both ways."""
        for asked in QUESTIONS:
            yield self._step(asked, model)

    def _step(self, asked: Asked, model: str | None) -> Step:
        from needful_langchain.rendering import render

        release = self.retriever.release(asked.text, purpose=asked.purpose, principal=dict(asked.principal), k=asked.k)
        documents = render(release)
        prompt = prompt_of(release.query, documents)
        return Step(
            asked=asked,
            plain=plain_documents(self.client, asked.text, asked.k),
            documents=documents,
            release=release,
            stored=next(self.ledger.entries(since=release.receipt.sequence - 1, limit=1)),
            prompt=prompt,
            answer=asked_model(model, prompt) if model else None,
        )


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("demo", epilog=examples("needful demo", "NEEDFUL_LLM=openai:gpt-5-mini needful demo"))(_demo)


def _demo(
    ledger: Annotated[
        Path | None, typer.Option("--ledger", metavar="FILE", help="Keep the ledger, in this file.")
    ] = None,
    json_: JsonFlag = False,
) -> None:
    """Show the whole path, beside a plain retriever.

    Three questions about a fictitious insurer's tickets, under two purposes of the starter policy customer-service.
    Runs on an embedded Qdrant in a temporary directory, with a key and a ledger of its own, and leaves nothing
    behind. Asks the model that NEEDFUL_LLM names, provider:model, or else prints the prompt.
    """
    from needful_cli import demo_view as view

    model = os.environ.get(MODEL_VARIABLE)
    with ExitStack() as stack:
        stage = staged(stack, ledger)
        first = stage.ledger.head()[0]
        if json_:
            steps = [step.as_json() for step in stage.steps(model)]
            print_json({"questions": steps, "ledger": stage.ledger.verify()})
            return
        view.opening(stage.policy, len(tickets()))
        prompts = [view.shown(step) for step in stage.steps(model)]
        view.ending(list(stage.ledger.entries(since=first)), stage.ledger.verify())
        if model is None:
            view.without_model(prompts[0])


def staged(stack: ExitStack, ledger: Path | None = None) -> Stage:
    """Set the stage: everything temporary goes when the stack is closed."""
    from needful.keys import Keys
    from needful.ledger import SqliteLedger
    from needful_qdrant import embedded_client

    policy = policy_at(POLICY)
    client = embedded_client(None)
    stack.callback(client.close)
    write(client, COLLECTION, tickets(), language=policy.language, indexes={"metadata.tenant": "keyword"})
    place = ledger or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="needful-demo-"))) / "ledger.db"
    opened = stack.enter_context(SqliteLedger(place))
    retriever = retriever_over(client, COLLECTION, policy, opened, keys=Keys.random())
    return Stage(client, policy, retriever, opened)


def tickets() -> list[Item]:
    """The tickets that the package ships."""
    text = (files("needful_cli") / "data" / "tickets.jsonl").read_text("utf-8")
    found = map(json.loads, text.splitlines())
    return [Item(identity("id", each["id"]), each["page_content"], each["metadata"]) for each in found]


def plain_documents(client: QdrantClient, question: str, k: int) -> list[Document]:
    """What `store.as_retriever(search_kwargs={"k": k})` of a QdrantVectorStore over the same collection returns."""
    from langchain_core.documents import Document
    from qdrant_client import models

    vector = bm25("en").embed_query(question)
    query = models.SparseVector(indices=vector.indices, values=vector.values)
    with ours():
        points = client.query_points(COLLECTION, query=query, using=SPARSE_VECTOR, limit=k, with_payload=True).points
    payloads = [point.payload or {} for point in points]
    return [Document(page_content=payload["page_content"], metadata=payload["metadata"]) for payload in payloads]
