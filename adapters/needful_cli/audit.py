"""`needful audit`: what the ledger says, and whether it can be believed."""

from __future__ import annotations

import os
import re
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from needful.errors import ChainBroken, LedgerError
from needful_cli.common import JsonFlag, LedgerFlag, examples
from needful_cli.failures import Group, usage_error
from needful_cli.output import plain, print_json, printed_whole, rows_of, say

if TYPE_CHECKING:
    from rich.table import Table

    from needful.ledger import SqliteLedger, Stored, Verification
    from needful.values import Counts

__all__ = ["commands", "reasons", "table_of"]

commands = typer.Typer(cls=Group, help="Read and verify the ledger.", rich_markup_mode=None)
HASH = re.compile(r"[0-9a-f]{64}")


@commands.command(
    "show",
    epilog=examples(
        "needful audit show --limit 5",
        "needful audit show --principal agent-7",
        "needful audit show --ledger ledger.db --limit 0 --json",
    ),
)
def _show(
    ledger: LedgerFlag = None,
    limit: Annotated[
        int, typer.Option("--limit", metavar="N", min=0, help="How many of the last entries; 0 is all.")
    ] = 20,
    principal: Annotated[
        str | None,
        typer.Option("--principal", metavar="ID", help="Only what this principal asked; needs the key of the policy."),
    ] = None,
    json_: JsonFlag = False,
) -> None:
    """Show the last entries of the ledger: who asked for what, what was done to it, what was withheld and why.

    No entry holds the text of a question, a document or a value. Who asked stands there as a keyed hash, the table has
    its first 8 characters; --principal hashes an id with the key in NEEDFUL_KEY, or of the key file, and finds its
    entries. Does not check the chain: see audit verify.
    """
    with _existing(ledger) as opened:
        stored = _last(opened, limit, None if principal is None else _hashed(principal))
    if json_:
        print_json(stored)
    elif stored:
        printed_whole(table_of(stored))
    else:
        say("the ledger has no entries" + (" of this principal" if principal is not None else ""))


def _last(ledger: SqliteLedger, limit: int, principal: str | None) -> list[Stored]:
    if principal is None:
        return list(ledger.entries(since=max(0, ledger.head()[0] - limit) if limit else 0))
    return list(deque((each for each in ledger.entries() if each.entry.principal == principal), limit or None))


def _hashed(principal: str) -> str:
    """The keyed hash under which entries have a principal. Makes no key: no entry could be hashed with a new one."""
    from needful.keys import DEFAULT_VARIABLE, Keys, state_directory

    if not os.environ.get(DEFAULT_VARIABLE) and not (state_directory() / "key").exists():
        raise usage_error("there is no key to hash the principal's id with", f"set {DEFAULT_VARIABLE} to the policy's")
    return Keys.load().mac("principal", principal).hex()


@commands.command(
    "verify",
    epilog=examples(
        "needful audit verify",
        "needful audit verify --ledger ledger.db --json",
        'needful audit verify --head "$(cat kept-elsewhere/head.txt)"',
    ),
)
def _verify(
    ledger: LedgerFlag = None,
    head: Annotated[
        str | None,
        typer.Option("--head", metavar="HASH", help="A head, or a receipt's entry hash, that the ledger must have."),
    ] = None,
    json_: JsonFlag = False,
) -> None:
    """Check the whole hash chain of the ledger. Ends with 7, and names the first bad entry, where it does not hold.

    Keep the printed head elsewhere, and give it to a later run as --head: entries that were cut off the end, or a
    chain that was written anew, show only against a head, or a receipt, that whoever did it could not reach. --json
    prints {"verified": true, "count", "first_time", "last_time", "head"}, or {"verified": false, "entry", "reason"}
    with the number of the first bad entry, or null where the entry of --head is missing.
    """
    kept = None if head is None else _hash(head)
    broken: ChainBroken | None = None
    with _existing(ledger) as opened:
        try:
            found = _verified(opened, kept)
        except ChainBroken as error:
            broken = error
    if broken is not None:
        if json_:
            print_json({"verified": False, "entry": broken.sequence, "reason": broken.code})
        raise broken
    if json_:
        print_json({"verified": True, **plain(found)})
        return
    period = f", {found.first_time} to {found.last_time}" if found.count else ""
    say(f"the ledger verifies: {found.count} entries{period}\nhead {found.head}")


def _hash(given: str) -> str:
    if not HASH.fullmatch(given.lower()):
        raise usage_error("--head is not a hash", "64 hexadecimal digits, as audit verify and receipts have them")
    return given.lower()


def _verified(ledger: SqliteLedger, head: str | None) -> Verification:
    """Verify the chain, and that it has an entry with this hash. Raises `ChainBroken`."""
    from needful.ledger.chain import GENESIS

    found = ledger.verify()
    if head is None or head in (found.head, GENESIS.hex()) or any(each.entry_hash == head for each in ledger.entries()):
        return found
    raise ChainBroken(
        "the chain holds, but it has no entry with this hash: entries were cut off, or it was written anew",
        code="head-missing",
        hint="or this is not the ledger that the hash comes from",
    )


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

    columns = ("#", "time (UTC)", "who", "outcome", "purpose, policy", "done and withheld", "entry hash")
    return rows_of(Table(*columns, box=SIMPLE, padding=(0, 1, 0, 0)), map(_row, entries))


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
