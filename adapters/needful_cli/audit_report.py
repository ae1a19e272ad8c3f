"""`needful audit report`: what a data-protection officer reads of the ledger."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated

import typer

from needful.errors import ChainBroken, LedgerError
from needful_cli.audit_filters import FromFlag, Period, ToFlag
from needful_cli.audit_ledger import existing, place_of
from needful_cli.audit_tidy import Checked, Report, as_csv, as_json
from needful_cli.common import LedgerFlag, examples, policy_at
from needful_cli.failures import usage_error
from needful_cli.output import say

if TYPE_CHECKING:
    from needful.ledger import SqliteLedger
    from needful.reporting import Declared
    from needful.values import Entry

__all__ = ["register", "report_of"]


_BROKEN = frozenset({"incomplete", "ledger-damaged", "ledger-torn", "truncated"})
"""Codes of what a ledger itself is, beside those of a chain that does not hold."""


class Format(StrEnum):
    """What `--format` takes."""

    HTML = "html"
    CSV = "csv"
    JSON = "json"


def register(commands: typer.Typer) -> None:
    """Add the command."""
    epilog = examples(
        "needful audit report --from 2026-10-01 --to 2026-12-31 --policy customer-service -o report.html",
        "needful audit report --format csv -o figures.csv",
        "needful audit report --from 2026-11-22 --format json",
    )
    commands.command("report", epilog=epilog)(_report)


def _report(
    ledger: LedgerFlag = None,
    start: FromFlag = None,
    end: ToFlag = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Where it is written. Default: stdout.")
    ] = None,
    format_: Annotated[Format, typer.Option("--format", help="A page for people, or its figures.")] = Format.HTML,
    policy: Annotated[
        list[str] | None,
        typer.Option(
            "--policy",
            metavar="FILE",
            help="A policy file or starter policy, for what is available, kept and why. Can be repeated.",
        ),
    ] = None,
) -> None:
    """Report on what was disclosed over a period: by purpose, entity, action and field, what was refused and withheld.

    The page is one file that needs nothing else, with a table beside every chart: it can be mailed, printed and kept.
    The ledger is verified first, all of it; where it does not verify the report says so, and the command ends with 7.
    From the policies it takes the fields that they name, and every keep rule with its reason: how often each kept
    something is counted by policy, purpose and name. Days and times are UTC. csv has one figure a line, with section,
    key, key2 and value.
    """
    from needful.reporting import declared_by

    period = Period.of(start, end)
    if output is not None and output.resolve() == place_of(ledger).resolve():
        raise usage_error("--output is the ledger", "a report would overwrite it")
    declared = declared_by(policy_at(given) for given in policy or ())
    with existing(ledger) as opened:
        made, broken = report_of(opened, place_of(ledger).name, period, declared)
    _written(_FORMS[format_](made), output)
    if broken is not None:
        raise broken
    if output is not None:
        say(f"{made.figures.entries:,} entries, the ledger verifies: {output}")


def report_of(
    ledger: SqliteLedger, name: str, period: Period, declared: Declared, *, now: datetime | None = None
) -> tuple[Report, LedgerError | None]:
    """Verify the ledger and add its entries up; return the report, and why the ledger does not verify, if so.

    Raises `LedgerError` where the ledger cannot be read, which says nothing of what it holds.
    """
    from needful.reporting import gather

    checked, broken = _checked(ledger)
    made = (now or datetime.now(UTC)).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:00.000000Z")
    figures = gather(_entries(ledger, checked, period), declared)
    return Report(name, period.start, period.end, made, checked, figures, declared.policies), broken


def _checked(ledger: SqliteLedger) -> tuple[Checked, LedgerError | None]:
    # Taken before verifying, so that nothing is reported that was not verified.
    last, head = ledger.head()
    try:
        ledger.verify()
        return Checked(last, head), None
    except LedgerError as error:
        if not _is_broken(error):
            raise
        broken = error
    entry = broken.sequence if isinstance(broken, ChainBroken) else None
    return Checked(last, head, entry, broken.code, broken.message), broken


def _is_broken(error: LedgerError) -> bool:
    """Whether an error says that something is wrong with what the ledger holds: not that it cannot be read just now."""
    return isinstance(error, ChainBroken) or error.code in _BROKEN


def _entries(ledger: SqliteLedger, checked: Checked, period: Period) -> Iterator[Entry]:
    """The entries of a period, those only that were there when the ledger was verified, as far as they can be read."""
    try:
        for stored in ledger.entries():
            if stored.sequence > checked.entries:
                return
            if period.has(stored.entry.time):
                yield stored.entry
    except LedgerError as error:
        if not (checked.fault and _is_broken(error)):
            raise


def _written(text: str, output: Path | None) -> None:
    if output is None:
        sys.stdout.write(text)
        return
    try:
        output.write_bytes(text.encode("utf-8"))
        return
    except OSError:
        pass
    raise usage_error("the report cannot be written", "check the folder of --output and its permissions")


def _page(report: Report) -> str:
    from needful_cli.audit_page import page_of

    return page_of(report)


_FORMS: Mapping[Format, Callable[[Report], str]] = MappingProxyType(
    {Format.HTML: _page, Format.CSV: as_csv, Format.JSON: as_json}
)
