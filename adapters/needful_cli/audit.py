"""`needful audit`: what the ledger says, and whether it can be believed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from needful.errors import LedgerError
from needful_cli.common import JsonFlag, LedgerFlag, examples, plain, print_json, printed_whole

if TYPE_CHECKING:
    from rich.table import Table

    from needful.ledger import SqliteLedger, Stored
    from needful.values import Counts

__all__ = ["commands", "table_of"]

commands = typer.Typer(help="Read and verify the ledger.", rich_markup_mode=None)


@commands.command(
    "show", epilog=examples("needful audit show --limit 5", "needful audit show --ledger ledger.db --limit 0 --json")
)
def _show(
    ledger: LedgerFlag = None,
    limit: Annotated[int, typer.Option("--limit", metavar="N", min=0, help="How many of the last entries; 0 is all.")] = 20,
    json_: JsonFlag = False,
) -> None:
    """Show the last entries of the ledger: who asked for what, what was done to it, what was withheld and why.

    No entry holds the text of a question, a document or a value. Does not check the chain: see audit verify.
    """
    with _existing(ledger) as opened:
        since = max(0, opened.head()[0] - limit) if limit else 0
        stored = list(opened.entries(since=since))
    if json_:
        print_json([plain(each) for each in stored])
    elif stored:
        printed_whole(table_of(stored))
    else:
        typer.echo("the ledger has no entries")


@commands.command("verify", epilog=examples("needful audit verify", "needful audit verify --ledger ledger.db --json"))
def _verify(ledger: LedgerFlag = None, json_: JsonFlag = False) -> None:
    """Check the whole hash chain of the ledger. Ends with 7, and names the first bad entry, where it does not hold.

    Keep the printed head elsewhere: entries that were cut off the end show only against a head, or a receipt, that
    whoever cut them could not reach.
    """
    with _existing(ledger) as opened:
        found = opened.verify()
    if json_:
        print_json({"verified": True, **plain(found)})
        return
    period = f", {found.first_time} to {found.last_time}" if found.count else ""
    typer.echo(f"the ledger verifies: {found.count} entries{period}\nhead {found.head}")


def _existing(path: Path | None) -> SqliteLedger:
    """Open a ledger that is there: reading must not make an empty one, which would verify."""
    from needful.ledger import SqliteLedger, default_path

    place = path or default_path()
    if not place.exists():
        raise LedgerError("there is no ledger", code="ledger-missing", hint="name it with --ledger or NEEDFUL_LEDGER")
    return SqliteLedger(place)


def table_of(entries: Sequence[Stored]) -> Table:
    """Make the table of entries."""
    from rich.box import SIMPLE
    from rich.table import Table

    table = Table("#", "time", "outcome", "purpose", "policy", "entities", "withheld", "entry hash", box=SIMPLE, padding=(0, 1, 0, 0))
    for stored in entries:
        entry = stored.entry
        table.add_row(
            str(stored.sequence),
            entry.time[:19].replace("T", " "),
            f"{entry.outcome}: {entry.reason}" if entry.reason else f"{entry.outcome} {entry.records_disclosed}",
            entry.purpose,
            f"{entry.policy.name}@{entry.policy.version}",
            _counted(entry.counts),
            ", ".join(f"{count} {reason}" for reason, count in entry.withheld.items()) or "-",
            f"{stored.entry_hash[:12]}…",
        )
    return table


def _counted(counts: Counts) -> str:
    """`PERSON 2 pseudonymize`, an entity a line."""
    return "\n".join(f"{entity} {_actions(actions)}" for entity, actions in counts.items()) or "-"


def _actions(actions: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {action}" for action, count in actions.items())
