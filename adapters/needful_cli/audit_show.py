"""`needful audit show`: entries of the ledger, the last ones, those that a filter wants, and new ones as they come."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator
from itertools import count
from typing import TYPE_CHECKING, Annotated

import typer

from needful_cli.audit_filters import Filters, FromFlag, Outcome, Period, ToFlag, hashed
from needful_cli.audit_formats import Format, Linked, Printer, printer
from needful_cli.audit_ledger import existing
from needful_cli.common import JsonFlag, LedgerFlag, examples
from needful_cli.failures import usage_error
from needful_cli.output import say

if TYPE_CHECKING:
    from needful.ledger import SqliteLedger

__all__ = ["SECONDS", "follow", "register"]

SECONDS = 0.5
"""Between two looks at a ledger that is followed."""


def register(commands: typer.Typer) -> None:
    """Add the command."""
    epilog = examples(
        "needful audit show --limit 5",
        "needful audit show --principal agent-7 --from 2026-11-01 --to 2026-11-30",
        "needful audit show --outcome refused --limit 0 --format jsonl",
        "needful audit show --follow --format ocsf",
    )
    commands.command("show", epilog=epilog)(_show)


def _show(
    ledger: LedgerFlag = None,
    limit: Annotated[
        int, typer.Option("--limit", metavar="N", min=0, help="How many of the last entries; 0 is all.")
    ] = 20,
    start: FromFlag = None,
    end: ToFlag = None,
    purpose: Annotated[
        str | None, typer.Option("--purpose", metavar="NAME", help="Only what was asked for this purpose.")
    ] = None,
    principal: Annotated[
        str | None,
        typer.Option("--principal", metavar="ID", help="Only what this principal asked; needs the key of the policy."),
    ] = None,
    policy: Annotated[
        str | None,
        typer.Option("--policy", metavar="NAME", help="Only under the policy of this name, or one version: NAME@3."),
    ] = None,
    entity: Annotated[
        str | None,
        typer.Option("--entity", metavar="NAME", help="Only where this entity, or field, was treated."),
    ] = None,
    outcome: Annotated[Outcome | None, typer.Option("--outcome", help="Only what ended so.")] = None,
    follows: Annotated[
        bool, typer.Option("--follow", "-f", help="Go on with new entries as they come, until Ctrl-C.")
    ] = False,
    format_: Annotated[Format | None, typer.Option("--format", help="How it is printed. Default: table.")] = None,
    json_: JsonFlag = False,
) -> None:
    """Show the last entries of the ledger: who asked for what, what was done to it, what was withheld and why.

    No entry holds the text of a question, a document or a value. Who asked stands there as a keyed hash, the table has
    its first 8 characters; --principal hashes an id with the key in NEEDFUL_KEY, or of the key file, and finds its
    entries. Of several filters all must fit; --limit counts what fits. All times are UTC, those that are printed as
    well as the days of --from and --to. Does not check the chain: see audit verify.

    jsonl has an entry a line, as --json has them in one array. ocsf has an event a line: class Datastore Activity
    (6005) of OCSF 1.9.0, with the profile record_integrity. cef has a line of ArcSight's Common Event Format a line.
    """
    form = _format(format_, json_)
    if follows and form is Format.JSON:
        raise usage_error("an array has an end, and --follow has none", "--format jsonl has an entry a line")
    wanted = Filters(
        period=Period.of(start, end),
        purpose=purpose,
        principal=None if principal is None else hashed(principal),
        policy=policy,
        entity=entity,
        outcome=None if outcome is None else outcome.value,
    )
    with existing(ledger) as opened:
        seen, last = _last(opened, limit, wanted)
        write = printer(form, follows=follows, chain=_chain(opened) if form is Format.OCSF else "")
        if seen or form is Format.JSON:
            write(seen)
        elif form is Format.TABLE and not follows:
            say(_nothing(wanted))
        if follows:
            follow(opened, last, wanted, write)


def _chain(ledger: SqliteLedger) -> str:
    """What the ledger is called; empty where it has no id and no entry yet."""
    return ledger.identifier() or next((each.entry_hash for each in ledger.entries(limit=1)), "")


def _format(given: Format | None, json_: bool) -> Format:
    if json_ and given not in (None, Format.JSON):
        raise usage_error("--json and another --format", "give one of them")
    return Format.JSON if json_ else given or Format.TABLE


def _nothing(wanted: Filters) -> str:
    if wanted == Filters(principal=wanted.principal) and wanted.principal is not None:
        return "the ledger has no entries of this principal"
    return "the ledger has no entries" + ("" if wanted.is_open else " that fit")


def _last(ledger: SqliteLedger, limit: int, wanted: Filters) -> tuple[list[Linked], Linked | None]:
    """The last entries that fit, and the last of the ledger whether it fits or not."""
    # One more than the limit: the first that is shown is linked to the one before it.
    since = max(0, ledger.head()[0] - limit - 1) if limit and wanted.is_open else 0
    found: deque[Linked] = deque(maxlen=limit or None)
    last: Linked | None = None
    for last in _linked(ledger, since, None):
        if wanted.fit(last.stored.entry):
            found.append(last)
    return list(found), last


def _linked(ledger: SqliteLedger, since: int, before: Linked | None) -> Iterator[Linked]:
    previous = None if before is None else before.stored
    for stored in ledger.entries(since=since):
        follows = previous is not None and previous.sequence == stored.sequence - 1
        yield Linked(stored, previous if follows else None)
        previous = stored


def follow(
    ledger: SqliteLedger,
    last: Linked | None,
    wanted: Filters,
    write: Printer,
    *,
    sleep: Callable[[float], None] = time.sleep,
    rounds: int | None = None,
) -> None:
    """Print what fits of the entries after `last`, as they come, until Ctrl-C or for a number of `rounds`."""
    try:
        for done in count():
            if done == rounds:
                return
            sleep(SECONDS)
            new = list(_linked(ledger, last.stored.sequence if last else 0, last))
            last = new[-1] if new else last
            fitting = [linked for linked in new if wanted.fit(linked.stored.entry)]
            if fitting:
                write(fitting)
    except KeyboardInterrupt:
        return
