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

__all__ = ["commands", "reasons", "table_of"]

commands = typer.Typer(help="Read and verify the ledger.", rich_markup_mode=None)


@commands.command(
    "show", epilog=examples("needful audit show --limit 5", "needful audit show --ledger ledger.db --limit 0 --json")
)
def _show(
    ledger: LedgerFlag = None,
    limit: Annotated[
        int, typer.Option("--limit", metavar="N", min=0, help="How many of the last entries; 0 is all.")
    ] = 20,
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

    columns = ("#", "time (UTC)", "outcome", "purpose, policy", "what was done", "withheld", "entry hash")
    table = Table(*columns, box=SIMPLE, padding=(0, 1, 0, 0))
    for stored in entries:
        entry = stored.entry
        table.add_row(
            str(stored.sequence),
            entry.time[:19].replace("T", "\n"),
            f"{entry.outcome}\n{entry.reason or f'{entry.records_disclosed} of {entry.records_fetched}'}",
            f"{entry.purpose}\n{entry.policy.name}@{entry.policy.version}",
            _done(entry.counts),
            reasons(entry.withheld) or "-",
            f"{stored.entry_hash[:8]}…",
        )
    return table


def reasons(withheld: Mapping[str, int]) -> str:
    """`1 drop-record, 2 text-missing`; empty where nothing was withheld."""
    return ", ".join(f"{count} {reason}" for reason, count in withheld.items())


def _done(counts: Counts) -> str:
    """`redact 3: PHONE_NUMBER 2, EMAIL_ADDRESS 1`, an action a line."""
    by_action: dict[str, dict[str, int]] = {}
    for entity, actions in counts.items():
        for action, count in actions.items():
            by_action.setdefault(action, {})[entity] = count
    return (
        "\n".join(
            f"{action} {', '.join(f'{entity} {count}' for entity, count in of_action.items())}"
            for action, of_action in sorted(by_action.items())
        )
        or "-"
    )
