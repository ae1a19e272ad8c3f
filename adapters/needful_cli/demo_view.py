"""How the demonstration looks: two columns a question, then the ledger."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import zip_longest
from typing import TYPE_CHECKING

from needful_cli.audit import reasons, table_of
from needful_cli.output import clean, console, fields_of, printed_whole, say

if TYPE_CHECKING:
    from langchain_core.documents import Document
    from rich.table import Table
    from rich.text import Text

    from needful.ledger import Stored, Verification
    from needful.policy import Policy
    from needful_cli.demo import Step

__all__ = ["cell_of", "ending", "opening", "shown", "without_model"]

SIDE_BY_SIDE = 90
"""Columns of a terminal below which the answers stand one below the other."""


def opening(policy: Policy, count: int) -> None:
    """Say what is being shown."""
    say(f"{count} tickets of two fictitious insurers, in an embedded Qdrant.")
    say(f"Policy {policy.name} version {policy.version}, digest {policy.digest[:16]}…")
    for reason in sorted({purpose.detect.reason for purpose in policy.purposes.values() if purpose.detect.reason}):
        say(f"No model looks for names here: {reason}.")
    say()


def shown(step: Step) -> str:
    """Print a question with both answers; return its prompt."""
    say(f"Question: {step.asked.text}")
    say(f"Purpose: {step.asked.purpose}. Asked by: {step.asked.principal['id']} of {step.asked.principal['tenant']}.")
    for table in _tables(step):
        printed_whole(table)
    say(_sums(step))
    if step.answer is not None:
        say(f"The model: {step.answer}")
    say()
    return step.prompt


def _tables(step: Step) -> Iterator[Table]:
    """Both answers side by side, or one below the other where the terminal is narrow."""
    from rich.box import SQUARE
    from rich.table import Table

    width = console().width
    wide = width >= SIDE_BY_SIDE
    sides = {"store.as_retriever() hands over": step.plain, "needful hands over": step.documents}
    for columns in [sides] if wide else [{title: documents} for title, documents in sides.items()]:
        table = Table(*columns, box=SQUARE, show_lines=True, width=width)
        for row in zip_longest(*columns.values()):
            table.add_row(*map(cell_of, row))
        yield table


def cell_of(document: Document | None) -> Text:
    """A document's text, then its fields in a weaker colour."""
    from rich.text import Text

    cell = Text()
    if document is not None:
        cell.append(clean(document.page_content))
        cell.append(clean("\n\n" + " · ".join(fields_of(document.metadata))), style="dim")
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
    say("The ledger:")
    printed_whole(table_of(entries))
    say(f"It verifies: {verification.count} entries, head {verification.head}\n")


def without_model(prompt: str) -> None:
    """Print the prompt that a model would get."""
    say("No model is named (NEEDFUL_LLM=provider:model). The prompt of the first question would be:\n")
    say(prompt)
