"""Ledger entries as a table for people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from needful_cli.output import rows_of

if TYPE_CHECKING:
    from rich.table import Table

    from needful.ledger import Stored
    from needful.values import Counts

__all__ = ["reasons", "steady_table_of", "table_of"]

_COLUMNS = ("#", "time (UTC)", "who", "outcome", "purpose, policy", "done and withheld", "entry hash")
_WIDTHS = (7, 10, 8, 14, 20, 21, 10)
"""Columns of a steady table: 98 with the blanks between them."""


def table_of(entries: Sequence[Stored]) -> Table:
    """Make the table of entries."""
    from rich.box import SIMPLE
    from rich.table import Table

    return rows_of(Table(*_COLUMNS, box=SIMPLE, padding=(0, 1, 0, 0)), map(_row, entries))


def steady_table_of(entries: Sequence[Stored], *, heading: bool) -> Table:
    """Make a table whose columns are as wide whatever is in them, so that more of it can follow."""
    from rich.table import Table

    made = Table(box=None, padding=(0, 1, 0, 0), show_header=heading)
    for name, width in zip(_COLUMNS, _WIDTHS, strict=True):
        made.add_column(name, width=width)
    return rows_of(made, map(_row, entries))


def _row(stored: Stored) -> tuple[str, ...]:
    entry = stored.entry
    return (
        str(stored.sequence),
        entry.time[:19].replace("T", "\n"),
        entry.principal[:8],
        f"{entry.outcome}\n{entry.reason or f'{entry.records_disclosed} of {entry.records_fetched}'}",
        f"{entry.purpose}\n{entry.policy.name}@{entry.policy.version}",
        "\n".join((*_done(entry.counts), *_withheld(entry.withheld))) or "-",
        f"{stored.entry_hash[:8]}…",
    )


def reasons(withheld: Mapping[str, int]) -> str:
    """`1 drop-record, 2 text-missing`; empty where nothing was withheld."""
    return ", ".join(f"{count} {reason}" for reason, count in withheld.items())


def _done(counts: Counts) -> Iterator[str]:
    """`redact PHONE_NUMBER 2, EMAIL_ADDRESS 1`, an action a line."""
    by_action: dict[str, dict[str, int]] = {}
    for entity, actions in counts.items():
        for action, count in actions.items():
            by_action.setdefault(action, {})[entity] = count
    for action, of_action in sorted(by_action.items()):
        yield f"{action} {', '.join(f'{entity} {count}' for entity, count in of_action.items())}"


def _withheld(withheld: Mapping[str, int]) -> Iterator[str]:
    if withheld:
        yield f"withheld {reasons(withheld)}"
