"""The sections of a report: a sentence, a chart, and the table with its numbers. One without figures says so."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING

from needful.values import Action
from needful_cli.audit_charts import MOST_ROWS, Bar, Part, bars, columns, written
from needful_cli.audit_html import escaped, paragraph, section, table
from needful_cli.audit_tidy import Report
from needful_cli.audit_words import NONE, figure, left_out, many

if TYPE_CHECKING:
    from needful.values import Counts

__all__ = ["disclosures", "entities", "questions"]

_GROUPS: Mapping[str, tuple[str, tuple[Action, ...]]] = MappingProxyType(
    {
        "k-keep": ("kept as it is", (Action.KEEP,)),
        "k-coarser": ("partly readable: mask, generalize, custom", (Action.MASK, Action.GENERALIZE, Action.CUSTOM)),
        "k-replaced": (
            "replaced: hash, pseudonymize, surrogate",
            (Action.HASH, Action.PSEUDONYMIZE, Action.SURROGATE),
        ),
        "k-removed": ("removed: redact", (Action.REDACT,)),
        "k-dropped": (
            "dropped with its passage or record",
            (Action.DROP_PASSAGE, Action.DROP_RECORD, Action.DENY),
        ),
    }
)
"""Colour to what it stands for, the most readable first."""


def disclosures(report: Report) -> str:
    """Records disclosed over time, a row a purpose."""
    figures, title = report.figures, "Disclosures over time by purpose"
    if not figures.disclosures:
        return section("time", title, paragraph(NONE))
    by_purpose: dict[str, Counter[str]] = {}
    for one in figures.disclosures:
        by_purpose.setdefault(one.purpose, Counter())[one.period] += one.records
    rows = {name: [periods[each] for each in figures.periods] for name, periods in _largest(by_purpose).items()}
    total = sum(one.records for one in figures.disclosures)
    calls = sum(one.calls for one in figures.disclosures)
    unit = f"records disclosed {'an' if figures.unit == 'hour' else 'a'} {figures.unit}"
    weeks = " A week is named by its Monday." if figures.unit == "week" else ""
    return section(
        "time",
        title,
        paragraph(f"{many(calls, 'question was', 'questions were')} answered with {many(total, 'record')}.{weeks}"),
        figure(columns(title, figures.periods, rows, unit)),
        table(
            f"Records disclosed by {figures.unit} and purpose",
            (figures.unit.capitalize(), *rows, "All"),
            _table_of_periods(figures.periods, list(rows.values())),
        ),
    )


def _table_of_periods(periods: Sequence[str], rows: Sequence[Sequence[int]]) -> Iterator[tuple[object, ...]]:
    for index, period in enumerate(periods):
        values = [row[index] for row in rows]
        yield written(period), *values, sum(values)


def _largest(by_purpose: Mapping[str, Counter[str]]) -> dict[str, Counter[str]]:
    """The rows that a chart has room for, the rest as one."""
    ordered = sorted(by_purpose.items(), key=lambda item: (-item[1].total(), item[0]))
    if len(ordered) <= MOST_ROWS:
        return dict(ordered)
    rest: Counter[str] = Counter()
    for _, periods in ordered[MOST_ROWS - 1 :]:
        rest.update(periods)
    return {**dict(ordered[: MOST_ROWS - 1]), f"{len(ordered) - MOST_ROWS + 1} other purposes": rest}


def entities(report: Report) -> str:
    """What was done to entities and fields in documents."""
    return _treated(report.figures.treated, "entities", "Entities and fields by action", "in what was disclosed")


def questions(report: Report) -> str:
    """The same in questions. Nothing where no question had any."""
    counts = report.figures.questions
    return _treated(counts, "questions", "Entities in questions", "in questions") if counts else ""


def _treated(counts: Counts, anchor: str, title: str, where: str) -> str:
    if not counts:
        return section(anchor, title, paragraph(NONE))
    ordered = sorted(counts.items(), key=lambda item: (-sum(item[1].values()), item[0]))
    total = sum(sum(actions.values()) for _, actions in ordered)
    kept = sum(actions.get(Action.KEEP, 0) for _, actions in ordered)
    rows = [Bar(name, tuple(_parts(actions)), _note(actions)) for name, actions in ordered]
    return section(
        anchor,
        title,
        paragraph(
            f"{many(total, 'value')} treated {where}; {kept:,} kept as they are. Names in capitals are entities."
        ),
        figure(_legend(counts) + bars(title, rows, f"values {where}"), left_out(len(rows))),
        table(
            f"{title}: how often",
            ("Entity or field", "Action", "Values"),
            ((name, action, times) for name, actions in ordered for action, times in actions.items()),
        ),
    )


def _note(actions: Mapping[str, int]) -> str:
    """`628, 140 of them kept`."""
    kept, total = actions.get(Action.KEEP, 0), sum(actions.values())
    if not kept:
        return f"{total:,}"
    return f"{kept:,}, all kept" if kept == total else f"{total:,}, {kept:,} of them kept"


def _parts(actions: Mapping[str, int]) -> Iterator[Part]:
    for kind, (_, members) in _GROUPS.items():
        value = sum(actions.get(action, 0) for action in members)
        if value:
            yield Part(kind, value)


def _legend(counts: Counts) -> str:
    there = {part.kind for actions in counts.values() for part in _parts(actions)}
    items = (
        f'<li><svg viewBox="0 0 12 12" aria-hidden="true"><rect class="part {kind}" width="12" height="12"/></svg>'
        f"{escaped(says)}</li>"
        for kind, (says, _) in _GROUPS.items()
        if kind in there
    )
    return f'<ul class="legend">{"".join(items)}</ul>'
