"""How the demonstration looks: two columns a question, then the ledger."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest
from typing import TYPE_CHECKING

import typer

from needful_cli.audit import reasons, table_of
from needful_cli.common import printed_whole

if TYPE_CHECKING:
    from langchain_core.documents import Document
    from rich.text import Text

    from needful.ledger import Stored, Verification
    from needful.policy import Policy
    from needful_cli.demo import Step

__all__ = ["ending", "opening", "shown", "without_model"]


def opening(policy: Policy, count: int) -> None:
    """Say what is being shown."""
    typer.echo(f"{count} tickets of two fictitious insurers, in an embedded Qdrant.")
    typer.echo(f"Policy {policy.name} version {policy.version}, digest {policy.digest[:16]}…")
    for reason in sorted({purpose.detect.reason for purpose in policy.purposes.values() if purpose.detect.reason}):
        typer.echo(f"No model looks for names here: {reason}.")
    typer.echo()


def shown(step: Step) -> str:
    """Print a question with both answers; return its prompt."""
    from rich.box import SQUARE
    from rich.table import Table

    typer.echo(f"Question: {step.asked.text}")
    typer.echo(
        f"Purpose: {step.asked.purpose}. Asked by: {step.asked.principal['id']} of {step.asked.principal['tenant']}."
    )
    table = Table("store.as_retriever() hands over", "needful hands over", box=SQUARE, show_lines=True, width=100)
    for plain, disclosed in zip_longest(step.plain, step.documents):
        table.add_row(_cell(plain), _cell(disclosed))
    printed_whole(table)
    typer.echo(_sums(step))
    if step.answer is not None:
        typer.echo(f"The model: {step.answer}")
    typer.echo()
    return step.prompt


def _cell(document: Document | None) -> Text:
    """A document's text, then its fields in a weaker colour."""
    from rich.text import Text

    cell = Text()
    if document is not None:
        fields = [f"{name}: {value}" for name, value in document.metadata.items() if name != "needful"]
        cell.append(document.page_content)
        cell.append("\n\n" + " · ".join(fields), style="dim")
    return cell


def _sums(step: Step) -> str:
    before = sum(len(document.page_content) for document in step.plain)
    after = sum(len(document.page_content) for document in step.documents)
    withheld = reasons(step.stored.entry.withheld)
    parts = (
        f"characters of text: {before:,} plain, {after:,} with needful",
        f"of another insurer: {step.foreign} of {len(step.plain)} plain; the policy filters them out",
        f"withheld: {withheld or 'nothing'}",
        f"receipt: ledger entry {step.stored.sequence}",
    )
    return "\n".join(f"  {part}" for part in parts)


def ending(entries: Sequence[Stored], verification: Verification) -> None:
    """Print the ledger's entries and whether it verifies."""
    typer.echo("The ledger:")
    printed_whole(table_of(entries))
    typer.echo(f"It verifies: {verification.count} entries, head {verification.head}\n")


def without_model(prompt: str) -> None:
    """Print the prompt that a model would get."""
    typer.echo("No model is named (NEEDFUL_LLM=provider:model). The prompt of the first question would be:\n")
    typer.echo(prompt)
