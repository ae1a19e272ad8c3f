"""`needful retrieve`: one question under a policy, and what it discloses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from needful_cli.common import (
    CollectionFlag,
    FilterFlag,
    JsonFlag,
    KFlag,
    LedgerFlag,
    PolicyFlag,
    PrincipalFlag,
    PurposeFlag,
    QdrantFlag,
    ScopeFlag,
    examples,
    object_of,
    plain,
    policy_at,
    print_json,
)
from needful_cli.opening import opened, retriever_over

if TYPE_CHECKING:
    from langchain_core.documents import Document

    from needful.values import Release

__all__ = ["Question", "QuestionArgument", "answer", "as_json", "register", "show"]

QuestionArgument = Annotated[str, typer.Argument(metavar="QUESTION", help="The question, in quotation marks.")]


@dataclass(frozen=True, slots=True)
class Question:
    """Where to ask, under which policy, and the arguments of the call."""

    qdrant: str
    collection: str
    policy: str
    ledger: Path | None
    arguments: Mapping[str, Any]

    @classmethod
    def of(cls, qdrant: str, collection: str, policy: str, ledger: Path | None, **arguments: Any) -> Question:
        """Leave out what was not given: the retriever says what is missing, and records that it refused."""
        given = {name: value for name, value in arguments.items() if value is not None}
        return cls(qdrant, collection, policy, ledger, given)


def register(app: typer.Typer) -> None:
    """Add the command."""
    epilog = examples(
        'needful retrieve "Why was the claim for the flooded kitchen reduced?" \\',
        "    --policy customer-service --purpose answer-ticket \\",
        """    --principal '{"id": "agent-7", "tenant": "acme"}' \\""",
        "    --qdrant ./qdrant --collection tickets --k 2 --json",
    )
    app.command("retrieve", epilog=epilog)(_retrieve)


def _retrieve(
    question: QuestionArgument,
    policy: PolicyFlag,
    qdrant: QdrantFlag,
    collection: CollectionFlag,
    purpose: PurposeFlag = None,
    principal: PrincipalFlag = None,
    k: KFlag = None,
    filter_: FilterFlag = None,
    scope: ScopeFlag = None,
    ledger: LedgerFlag = None,
    json_: JsonFlag = False,
) -> None:
    """Ask one question under a policy; print what it discloses.

    The collection is one that `needful index` wrote, or langchain-qdrant with sparse vectors. The disclosure, or the
    refusal, is in the ledger before anything is printed. --json prints
    {"documents": [{"page_content", "metadata"}], "withheld": n, "receipt": {…}}.
    """
    asked = Question.of(
        qdrant,
        collection,
        policy,
        ledger,
        purpose=purpose,
        principal=object_of("--principal", principal),
        k=k,
        filter=object_of("--filter", filter_),
        scope=scope,
    )
    with answer(question, asked) as (release, documents):
        if json_:
            print_json(as_json(release, documents))
        else:
            show(release, documents)


@contextmanager
def answer(question: str, asked: Question) -> Iterator[tuple[Release, list[Document]]]:
    """Ask, and give the release with its LangChain documents. Raises what `NeedfulRetriever.release` raises."""
    policy = policy_at(asked.policy)
    with opened(asked.qdrant) as client:
        retriever = retriever_over(client, asked.collection, policy, asked.ledger)
        from needful_langchain.rendering import render

        release = retriever.release(question, **asked.arguments)
        yield release, render(release)


def as_json(release: Release, documents: Sequence[Document]) -> dict[str, Any]:
    """What `--json` prints."""
    return {
        "documents": [{"page_content": each.page_content, "metadata": each.metadata} for each in documents],
        "withheld": release.withheld,
        "receipt": plain(release.receipt),
    }


def show(release: Release, documents: Sequence[Document]) -> None:
    """Print documents for people: number, fields, text; then what was withheld and the receipt."""
    for number, document in enumerate(documents, start=1):
        fields = {name: value for name, value in document.metadata.items() if name != "needful"}
        typer.echo(f"[{number}] " + ", ".join(f"{name}: {value}" for name, value in fields.items()))
        typer.echo(f"{document.page_content}\n")
    receipt = release.receipt
    counts = f"{len(documents)} disclosed, {release.withheld} withheld"
    typer.echo(f"{counts}; ledger entry {receipt.sequence}, {receipt.entry_hash[:16]}…")
