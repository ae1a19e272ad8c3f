"""`needful retrieve`: one question under a policy, and what it discloses."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial, wraps
from inspect import Signature, signature
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from needful_cli.common import (
    CollectionFlag,
    EmbeddingsFlag,
    FilterFlag,
    JsonFlag,
    KFlag,
    LedgerFlag,
    PolicyFlag,
    PrincipalFlag,
    PurposeFlag,
    QdrantFlag,
    ScopeFlag,
    SearchFlag,
    VaultFlag,
    examples,
    object_of,
    policy_at,
)
from needful_cli.factories import VectorFlags
from needful_cli.opening import fitting, opened, retriever_over
from needful_cli.output import fields_of, plain, print_json, say

if TYPE_CHECKING:
    from langchain_core.documents import Document

    from needful.values import Release

__all__ = ["Question", "answer", "as_json", "asking", "register", "show"]

QuestionArgument = Annotated[str, typer.Argument(metavar="QUESTION", help="The question, in quotation marks.")]


@dataclass(frozen=True, slots=True)
class Question:
    """A question, where to ask it, under which policy, and the arguments of the call."""

    text: str = field(repr=False)
    qdrant: str
    collection: str
    policy: str
    by: VectorFlags
    ledger: Path | None
    vault: Path | None
    arguments: Mapping[str, Any] = field(repr=False)
    """Without what was not given: the retriever says what is missing, and records that it refused."""
    json: bool = False

    @classmethod
    def of(
        cls,
        question: QuestionArgument,
        policy: PolicyFlag,
        qdrant: QdrantFlag,
        collection: CollectionFlag,
        purpose: PurposeFlag = None,
        principal: PrincipalFlag = None,
        k: KFlag = None,
        filter_: FilterFlag = None,
        scope: ScopeFlag = None,
        search: SearchFlag = None,
        embeddings: EmbeddingsFlag = None,
        ledger: LedgerFlag = None,
        vault: VaultFlag = None,
        json_: JsonFlag = False,
    ) -> Question:
        """Read the flags of a command that asks: its parameters are theirs."""
        arguments = {
            "purpose": purpose,
            "principal": object_of("--principal", principal),
            "k": k,
            "filter": object_of("--filter", filter_),
            "scope": scope,
        }
        given = {name: value for name, value in arguments.items() if value is not None}
        by = VectorFlags(search, embeddings)
        return cls(question, qdrant, collection, policy, by, ledger, vault, given, json_)


def asking(command: Callable[..., None]) -> Callable[..., None]:
    """Make a command of a function that takes a `Question` first: the flags of `Question.of`, then its own."""
    shared = signature(Question.of, eval_str=True).parameters
    own = list(signature(command, eval_str=True).parameters.values())[1:]

    @wraps(command)
    def asked(**given: Any) -> None:
        flags = {name: given.pop(name) for name in shared}
        command(Question.of(**flags), **given)

    # typer reads both.
    asked.__signature__ = Signature([*shared.values(), *own])  # type: ignore[attr-defined]
    asked.__annotations__ = {each.name: each.annotation for each in (*shared.values(), *own)}
    del asked.__wrapped__  # typing.get_type_hints would look through
    return asked


def register(app: typer.Typer) -> None:
    """Add the command."""
    epilog = examples(
        'needful retrieve "Why was the claim for the flooded kitchen reduced?" \\',
        "    --policy customer-service --purpose answer-ticket \\",
        """    --principal '{"id": "agent-7", "tenant": "acme"}' \\""",
        "    --qdrant ./qdrant --collection tickets --k 2 --json",
        'needful retrieve "Why was it reduced?" --policy passages.yaml --purpose answer \\',
        """    --principal '{"id": "agent-7", "tenant": "acme"}' --qdrant ./qdrant --collection tickets \\""",
        "    --embeddings my_app.models:embeddings --search dense",
    )
    app.command("retrieve", epilog=epilog)(_retrieve)


@asking
def _retrieve(question: Question) -> None:
    """Ask one question under a policy; print what it discloses.

    The collection is one that `needful index` or langchain-qdrant wrote. It is searched by BM25; with --embeddings and
    --search as it was indexed, by its dense vectors or by both. The disclosure, or the refusal, is in the ledger before
    anything is printed. --json prints
    {"documents": [{"page_content", "metadata"}], "withheld": n, "receipt": {…}}.
    """
    with answer(question) as (release, documents):
        if question.json:
            print_json(as_json(release, documents))
        else:
            show(release, documents)


@contextmanager
def answer(question: Question) -> Iterator[tuple[Release, list[Document]]]:
    """Ask, and give the release with its LangChain documents.

    Raises what `NeedfulRetriever.release` raises, and `UsageProblems` where the embeddings cannot be made.
    """
    policy = policy_at(question.policy)
    vectors = question.by.vectors(policy.language)
    with opened(question.qdrant) as client:
        retriever = retriever_over(
            client, question.collection, policy, question.ledger, vectors=vectors, vault=question.vault
        )
        from needful_langchain.rendering import render

        ask = partial(retriever.release, question.text, **question.arguments)
        release = fitting(ask, client, question.collection, vectors)
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
        say(f"[{number}] " + ", ".join(fields_of(document.metadata)))
        say(f"{document.page_content}\n")
    receipt = release.receipt
    counts = f"{len(documents)} disclosed, {release.withheld} withheld"
    say(f"{counts}; ledger entry {receipt.sequence}, {receipt.entry_hash[:16]}…")
