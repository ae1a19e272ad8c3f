"""`needful audit report`: what a data-protection officer reads of the ledger."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated

import typer

from needful.errors import ChainBroken, LedgerError
from needful_cli.audit_evidence import AnchorFlag, KeyFlag, notes_of
from needful_cli.audit_filters import FromFlag, Period, ToFlag
from needful_cli.audit_ledger import existing, place_of
from needful_cli.audit_tidy import Checked, Report, as_csv, as_json
from needful_cli.common import LedgerFlag, examples, policy_at
from needful_cli.failures import usage_error
from needful_cli.output import say

if TYPE_CHECKING:
    from needful.ledger import SqliteLedger, Verification
    from needful.reporting import Declared
    from needful.values import Entry

__all__ = ["Evidence", "register", "report_of"]


class Format(StrEnum):
    """What `--format` takes."""

    HTML = "html"
    CSV = "csv"
    JSON = "json"


def register(commands: typer.Typer) -> None:
    """Add the command."""
    epilog = examples(
        "needful audit report --from 2026-10-01 --to 2026-12-31 --policy customer-service -o report.html",
        "needful audit report --key needful+1c2d3e4f+AbCd… --anchor kept-elsewhere/anchors.txt -o report.html",
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
    key: KeyFlag = None,
    anchor: AnchorFlag = None,
) -> None:
    """Report on what was disclosed over a period: by purpose, entity, action and field, what was refused and withheld.

    The page is one file that needs nothing else, with a table beside every chart: it can be mailed, printed and kept.
    The ledger is verified first, all of it; where it does not verify the report says so, and the command ends as audit
    verify does, with 7, 9 or 10. It says up to which entry there are checkpoints, with --key whether they are signed
    with it, and with --anchor up to which entry the ledger is what it was when those were kept.
    From the policies it takes the fields that they name, and every keep rule with its reason: how often each kept
    something is counted by policy, purpose and name. Days and times are UTC. csv has one figure a line, with section,
    key, key2 and value.
    """
    from needful.reporting import declared_by

    period = Period.of(start, end)
    if output is not None and output.resolve() == place_of(ledger).resolve():
        raise usage_error("--output is the ledger", "a report would overwrite it")
    declared = declared_by(policy_at(given) for given in policy or ())
    evidence = Evidence(tuple(key or ()), tuple(notes_of(anchor or ())))
    with existing(ledger) as opened:
        made, broken = report_of(opened, place_of(ledger).name, period, declared, evidence)
    _written(_FORMS[format_](made), output)
    if broken is not None:
        raise broken
    if output is not None:
        say(f"{made.figures.entries:,} entries, the ledger verifies: {output}")


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the ledger is held against: public keys (`name+id+base64`) and notes kept elsewhere. Empty: nothing."""

    keys: tuple[str, ...] = ()
    anchors: tuple[str, ...] = ()


def report_of(
    ledger: SqliteLedger,
    name: str,
    period: Period,
    declared: Declared,
    evidence: Evidence = Evidence(),
    *,
    now: datetime | None = None,
) -> tuple[Report, LedgerError | None]:
    """Verify the ledger and add its entries up; return the report, and why the ledger does not verify, if so.

    Raises `LedgerError` where the ledger cannot be read, which says nothing of what it holds.
    """
    from needful.reporting import gather

    checked, broken = _checked(ledger, evidence)
    made = (now or datetime.now(UTC)).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:00.000000Z")
    figures = gather(_entries(ledger, checked, period), declared)
    return Report(name, period.start, period.end, made, checked, figures, declared.policies), broken


def _checked(ledger: SqliteLedger, evidence: Evidence) -> tuple[Checked, LedgerError | None]:
    from needful.ledger.verifying import verdict_of

    # Taken before verifying, so that nothing is reported that was not verified.
    last, head = ledger.head()
    try:
        note = ledger.checkpoint()
        found = ledger.verify(keys=evidence.keys or None, anchors=evidence.anchors)
        return replace(_covered(note, found, evidence), entries=last, head=head), None
    except LedgerError as error:
        verdict = verdict_of(error)
        if verdict is None:
            raise
        broken = error
    entry = broken.sequence if isinstance(broken, ChainBroken) else None
    return Checked(last, head, verdict.value, entry, broken.code, broken.message), broken


def _covered(note: str | None, found: Verification, evidence: Evidence) -> Checked:
    """What covers the entries of a ledger that verifies, `note` being its last checkpoint's."""
    from needful.ledger.checkpoint import Checkpoint
    from needful.ledger.notes import split

    last = None if note is None else Checkpoint.parse(split(note)[0])
    return Checked(
        found.count,
        found.head,
        checkpoint=None if last is None else last.sequence,
        checkpoint_time=None if last is None else last.time,
        signed=found.signed if evidence.keys else None,
        anchored=found.anchored if evidence.anchors else None,
    )


def _entries(ledger: SqliteLedger, checked: Checked, period: Period) -> Iterator[Entry]:
    """The entries of a period, those only that were there when the ledger was verified, as far as they can be read."""
    from needful.ledger.verifying import verdict_of

    try:
        for stored in ledger.entries():
            if stored.sequence > checked.entries:
                return
            if period.has(stored.entry.time):
                yield stored.entry
    except LedgerError as error:
        if not checked.fault or verdict_of(error) is None:
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
