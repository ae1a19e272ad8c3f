"""What a report says, for programs: its figures as JSON, and as CSV with one figure a line."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from needful_cli.output import clean, plain

if TYPE_CHECKING:
    from needful.reporting import Figures, KeepRule
    from needful.values import Counts, Identity

__all__ = ["Checked", "Report", "as_csv", "as_json", "named", "place_of_rule"]

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
Row = tuple[str, str, str, str | int]


@dataclass(frozen=True, slots=True)
class Checked:
    """What verifying the whole ledger found. `fault` is empty where it holds; `entry` is then None.

    What follows the fault is of a ledger that holds. Numbers are sequences: all entries up to there are covered.
    """

    entries: int
    head: str
    verdict: str = "verified"
    """As `needful audit verify` says it."""
    entry: int | None = None
    fault: str = ""
    says: str = ""
    """The fault in words."""
    checkpoint: int | None = None
    """What the last checkpoint covers; None where there is none."""
    checkpoint_time: str | None = None
    """When it was made, by the clock of who made it."""
    signed: int | None = None
    """What a key that was given has signed; None where none was given, and no signature was looked at."""
    anchored: int | None = None
    """What a checkpoint kept elsewhere vouches for; None where none was given."""


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that a report says. `start` and `end` bound the period; None is open."""

    ledger: str
    """The file's name, without its folder."""
    start: str | None
    end: str | None
    made: str
    checked: Checked
    figures: Figures
    policies: tuple[Identity, ...]
    """The policies that were given, for what is available and what is kept."""


def named(policy: Identity) -> str:
    """`customer-service@3`."""
    return f"{policy.name}@{policy.version}"


def place_of_rule(rule: KeepRule) -> str:
    """Where a rule stands in its policy: `answer-ticket.fields.metadata.product`."""
    return f"{rule.purpose}.{'fields' if rule.kind == 'field' else 'entities'}.{rule.name}"


def as_json(report: Report) -> str:
    """The report as JSON."""
    shown = {
        "ledger": report.ledger,
        "from": report.start,
        "to": report.end,
        "made": report.made,
        "verification": {"verified": not report.checked.fault, **plain(report.checked)},
        "policies": plain(report.policies),
        "figures": _plain_figures(report.figures),
    }
    return json.dumps(shown, ensure_ascii=True, indent=2) + "\n"


def _plain_figures(figures: Figures) -> dict[str, Any]:
    shown = {
        name: plain(getattr(figures, name))
        for name in figures.__dataclass_fields__
        if name not in ("policies", "fields")
    }
    shown["policies"] = [{**plain(policy), "entries": count} for policy, count in figures.policies.items()]
    shown["fields"] = [
        {
            "purpose": use.purpose,
            "fetched": plain(use.fetched),
            "available": None if use.available is None else sorted(use.available),
        }
        for use in figures.fields
    ]
    for fired in shown["keeps"]:
        del fired["rule"]["others"]
    return shown


def as_csv(report: Report) -> str:
    """The report as CSV: section, key, key2, value. What a spreadsheet would take for a formula starts with `'`."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")  # RFC 4180 §2
    writer.writerow(("section", "key", "key2", "value"))
    writer.writerows(tuple(map(_cell, row)) for row in _rows(report))
    return out.getvalue()


def _cell(value: str | int) -> str | int:
    if isinstance(value, int):
        return value
    text = clean(value)
    return f"'{text}" if text.startswith(_FORMULA) else text


def _rows(report: Report) -> Iterator[Row]:
    checked, figures = report.checked, report.figures
    yield "period", "from", "", report.start or ""
    yield "period", "to", "", report.end or ""
    yield "period", "made", "", report.made
    yield "verification", "result", checked.fault, "fails" if checked.fault else "verifies"
    yield "verification", "verdict", "", checked.verdict
    yield "verification", "entries", "", checked.entries
    yield "verification", "head", "", checked.head
    covered = {"checkpoint": checked.checkpoint, "signed": checked.signed, "anchored": checked.anchored}
    for name, count in covered.items():
        yield "verification", name, (checked.checkpoint_time or "") if name == "checkpoint" else "", _number(count)
    yield "summary", "entries", "", figures.entries
    yield "summary", "principals", "", figures.principals
    yield from _counted("outcomes", figures.outcomes)
    yield from (("policies", named(policy), policy.digest, count) for policy, count in figures.policies.items())
    for one in figures.disclosures:
        yield "disclosed-calls", one.period, one.purpose, one.calls
        yield "disclosed-records", one.period, one.purpose, one.records
    yield from _by_action("treated", figures.treated)
    yield from _by_action("questions", figures.questions)
    yield from _sizes(figures)
    yield from _counted("refusals", figures.refusals)
    yield from _counted("faults", figures.faults)
    yield from _counted("withheld", figures.withheld)
    yield from (("restorations", one.purpose, one.entity, one.values) for one in figures.restorations)
    yield from _counted("erasures", figures.erasures)
    for fired in figures.keeps:
        place = f"{named(fired.rule.policy)}: {place_of_rule(fired.rule)}"
        yield "keeps", place, fired.rule.reason, fired.times
        yield "keeps-of-other-versions", place, fired.rule.reason, fired.elsewhere


def _number(count: int | None) -> str | int:
    return "" if count is None else count


def _sizes(figures: Figures) -> Iterator[Row]:
    for use in figures.fields:
        yield from (("fields-fetched", use.purpose, name, calls) for name, calls in use.fetched.items())
        yield from (("fields-available", use.purpose, name, 1) for name in sorted(use.available or ()))
    for size in figures.characters:
        yield "characters-fetched", size.purpose, "", size.fetched
        yield "characters-disclosed", size.purpose, "", size.disclosed
        yield "bytes-fetched", size.purpose, "", size.bytes_fetched


def _counted(section: str, counted: Mapping[str, int]) -> Iterator[Row]:
    yield from ((section, name, "", count) for name, count in counted.items())


def _by_action(section: str, counts: Counts) -> Iterator[Row]:
    for name, actions in counts.items():
        yield from ((section, name, action, times) for action, times in actions.items())
