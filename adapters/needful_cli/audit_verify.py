"""`needful audit verify`: whether the ledger can be believed."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from needful.errors import ChainBroken, LedgerError
from needful_cli.audit_evidence import AnchorFlag, KeyFlag, notes_of
from needful_cli.audit_ledger import existing
from needful_cli.common import JsonFlag, LedgerFlag, examples
from needful_cli.failures import usage_error
from needful_cli.output import plain, print_json, say

if TYPE_CHECKING:
    from needful.ledger import SqliteLedger, Verification

__all__ = ["register"]

HASH = re.compile(r"[0-9a-f]{64}")


def register(commands: typer.Typer) -> None:
    """Add the command."""
    epilog = examples(
        "needful audit verify",
        "needful audit verify --ledger ledger.db --key needful+1c2d3e4f+AbCd… --anchor kept-elsewhere/anchors.txt",
        'needful audit verify --head "$(cat kept-elsewhere/head.txt)"',
    )
    commands.command("verify", epilog=epilog)(_verify)


def _verify(
    ledger: LedgerFlag = None,
    key: KeyFlag = None,
    anchor: AnchorFlag = None,
    head: Annotated[
        str | None,
        typer.Option("--head", metavar="HASH", help="A head, or a receipt's entry hash, that the ledger must have."),
    ] = None,
    json_: JsonFlag = False,
) -> None:
    """Check the whole ledger: its chain, its checkpoints, and what was kept elsewhere.

    Needs no secret. Ends with 7 where the ledger was tampered with, and names the first bad entry; with 9 where it is
    incomplete, as after a crash; with 10 where entries that an anchor has are gone from its end. Without --anchor or
    --head, kept out of reach of whoever may write the ledger, a cut-off end and a ledger that was written anew do not
    show. --json prints {"verified": true, "verdict", "count", "first_time", "last_time", "head", …}, or {"verified":
    false, "verdict", "entry", "reason"} with the number of the first bad entry, or null where none is to blame.
    """
    kept = None if head is None else _hash(head)
    notes = notes_of(anchor or ())
    broken: LedgerError | None = None
    with existing(ledger) as opened:
        try:
            found = _verified(opened, kept, notes, key or ())
        except LedgerError as error:
            broken = error
    if broken is not None:
        if json_:
            print_json(_as_json(broken))
        raise broken
    if json_:
        print_json({"verified": True, "verdict": "verified", **plain(found)})
        return
    for line in _lines(found, is_keyed=bool(key), is_anchored=bool(notes)):
        say(line)


def _as_json(broken: LedgerError) -> dict[str, Any]:
    from needful.ledger.verifying import verdict_of

    found = {"verified": False, "verdict": verdict_of(broken), "reason": broken.code}
    return {**found, "entry": broken.sequence if isinstance(broken, ChainBroken) else None}


def _lines(found: Verification, *, is_keyed: bool, is_anchored: bool) -> Iterator[str]:
    period = f", {found.first_time} to {found.last_time}" if found.first_time else ""
    yield f"the ledger verifies: {found.count} entries{period}"
    if found.erased:
        yield f"{found.erased} of them erased: their hashes hold, and an entry says so"
    if found.overdue:
        yield f"{found.overdue} entries are said to be erased and still there (run the erasure again)"
    if is_keyed:
        yield f"signed up to entry {found.signed}, by {found.checkpoints} checkpoints"
        if found.unsigned:
            yield f"no signature covers the last {found.unsigned} entries: whoever may write the file may have"
    if is_anchored:
        yield f"anchored up to entry {found.anchored}"
    yield f"head {found.head}"


def _hash(given: str) -> str:
    if not HASH.fullmatch(given.lower()):
        raise usage_error("--head is not a hash", "64 hexadecimal digits, as audit verify and receipts have them")
    return given.lower()


def _verified(ledger: SqliteLedger, head: str | None, anchors: Sequence[str], keys: Sequence[str]) -> Verification:
    """Verify the ledger, and that it has an entry with this hash. Raises `ChainBroken` and `LedgerError`."""
    from needful.ledger.chain import GENESIS

    with progress_over(ledger) as told:
        found = ledger.verify(anchors=anchors, keys=keys or None, progress=told)
    if head is None or head in (found.head, GENESIS.hex()) or any(each.entry_hash == head for each in ledger.entries()):
        return found
    raise ChainBroken(
        "the chain holds, but it has no entry with this hash: entries were cut off, or it was written anew",
        code="head-missing",
        hint="or this is not the ledger that the hash comes from",
    )


@contextmanager
def progress_over(ledger: SqliteLedger) -> Iterator[Callable[[int], None] | None]:
    """Show a bar on stderr while entries are checked, on a terminal only."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("verifying"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("verifying", total=ledger.head()[0])
        yield lambda count: bar.update(task, completed=count)
