"""The sections of a report on what was fetched, withheld, refused, restored and kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING

from needful_cli.audit_charts import Bar, Part, bars
from needful_cli.audit_html import paragraph, section, table
from needful_cli.audit_tidy import Report, named, place_of_rule
from needful_cli.audit_words import NONE, figure, left_out, many

if TYPE_CHECKING:
    from needful.reporting import Fired

__all__ = ["characters", "erasures", "faults", "fields", "keeps", "refusals", "restorations", "withheld"]


def fields(report: Report) -> str:
    """How many fields each purpose fetched, of those that its policy names."""
    uses, title = report.figures.fields, "Fields fetched against fields available"
    if not uses:
        return section("fields", title, paragraph(NONE))
    rows = [
        Bar(
            use.purpose,
            (Part("main", len(use.fetched)),),
            f"{len(use.fetched)}" if use.available is None else f"{len(use.fetched)} of {len(use.available)}",
            whole=len(use.available or ()),
        )
        for use in uses
    ]
    missing = "" if report.policies else " No policy was given, so only what was fetched is known."
    return section(
        "fields",
        title,
        paragraph(
            "Fields that a purpose asked the store for (narrow bar), of those that its policy names for any purpose "
            "(wide bar). "
            f"What is not fetched does not leave the database.{missing}"
        ),
        figure(bars(title, rows, "fields"), left_out(len(rows))),
        table(
            "Fields by purpose, and the calls that fetched them",
            ("Purpose", "Field", "Calls"),
            (
                (use.purpose, name, use.fetched.get(name, 0))
                for use in uses
                for name in (*use.fetched, *sorted((use.available or frozenset()) - use.fetched.keys()))
            ),
        ),
    )


def characters(report: Report) -> str:
    """How much text each purpose fetched, and how much of it it disclosed."""
    sizes, title = report.figures.characters, "Characters fetched against characters disclosed"
    if not sizes:
        return section("characters", title, paragraph(NONE))
    fetched, disclosed = sum(size.fetched for size in sizes), sum(size.disclosed for size in sizes)
    rows = [
        Bar(
            size.purpose,
            (Part("main", size.disclosed),),
            f"{size.disclosed:,} of {size.fetched:,}{_share(size.disclosed, size.fetched)}"
            if size.fetched < max(each.fetched for each in sizes) * 0.8
            else f"{_percent(size.disclosed, size.fetched)} disclosed",
            whole=size.fetched,
        )
        for size in sizes
    ]
    return section(
        "characters",
        title,
        paragraph(
            f"Of {many(fetched, 'character')} of text fetched, {disclosed:,}{_share(disclosed, fetched)} were shown."
        ),
        paragraph("The wide bar is what was fetched from the store, the narrow one what was disclosed of it."),
        figure(bars(title, rows, "characters of text"), left_out(len(rows))),
        table(
            "Text by purpose, in characters, and payloads in bytes",
            ("Purpose", "Characters fetched", "Characters disclosed", "Disclosed", "Bytes fetched"),
            ((s.purpose, s.fetched, s.disclosed, _percent(s.disclosed, s.fetched), s.bytes_fetched) for s in sizes),
        ),
    )


def _percent(part: int, whole: int) -> str:
    return f"{part / whole:.0%}" if whole else "-"


def _share(part: int, whole: int) -> str:
    return f" ({_percent(part, whole)})" if whole else ""


def refusals(report: Report) -> str:
    """Requests that were refused, by reason."""
    says = "A refused request fetched nothing or released nothing; whoever asked was told why."
    return _reasons("refusals", "Refusals by reason", report.figures.refusals, "requests", says)


def faults(report: Report) -> str:
    """Requests that failed, by reason."""
    says = "A failed request released nothing."
    return _reasons("faults", "Faults by reason", report.figures.faults, "requests", says)


def withheld(report: Report) -> str:
    """Records that were fetched and not released, by reason."""
    says = "A withheld record was fetched and not shown. Whoever asked learns that it was, not why."
    return _reasons("withheld", "Records withheld by reason", report.figures.withheld, "records", says)


def _reasons(anchor: str, title: str, counted: Mapping[str, int], unit: str, says: str) -> str:
    if not counted:
        return section(anchor, title, paragraph(NONE))
    rows = [Bar(reason, (Part("main", count),), f"{count:,}") for reason, count in counted.items()]
    return section(
        anchor,
        title,
        paragraph(says),
        figure(bars(title, rows, unit), left_out(len(rows))),
        table(title, ("Reason", unit.capitalize()), counted.items()),
    )


def restorations(report: Report) -> str:
    """Values that were turned back from lasting tokens, by entity."""
    restored, title = report.figures.restorations, "Restorations"
    if not restored:
        return section("restorations", title, paragraph(NONE))
    by_entity: Counter[str] = Counter()
    for one in restored:
        by_entity[one.entity] += one.values
    rows = [Bar(entity, (Part("main", count),), f"{count:,}") for entity, count in by_entity.most_common()]
    calls = report.figures.outcomes.get("restored", 0)
    return section(
        "restorations",
        title,
        paragraph(
            f"{many(by_entity.total(), 'token was', 'tokens were')} turned back into values, in {many(calls, 'call')}."
        ),
        figure(bars(title, rows, "values restored"), left_out(len(rows))),
        table(
            "Values restored by purpose and entity",
            ("Purpose", "Entity", "Values"),
            ((one.purpose, one.entity, one.values) for one in restored),
        ),
    )


def erasures(report: Report) -> str:
    """Entries whose content was erased, by reason. Nothing where none was."""
    says = "Of an erased entry only its hash is left, so that the chain still verifies. It is in no other figure."
    counted = report.figures.erasures
    return _reasons("erasures", "Ledger entries erased by reason", counted, "entries", says) if counted else ""


def keeps(report: Report) -> str:
    """The rules that show values as they are, with their reasons, the most frequent first."""
    title = "What is kept, and why"
    if not report.policies:
        says = "No policy was given to this report: with --policy it has every keep rule, its reason and its count."
        return section("keeps", title, paragraph(says))
    fired = sorted(report.figures.keeps, key=lambda one: (-one.times - one.elsewhere, place_of_rule(one.rule)))
    if not fired:
        return section("keeps", title, paragraph("The policies keep nothing."))
    several = len({one.rule.policy for one in fired}) > 1
    rows = [Bar(_label(one, several=several), _fired(one), _times(one)) for one in fired]
    idle = sum(1 for one in fired if not one.times + one.elsewhere)
    return section(
        "keeps",
        title,
        paragraph(f"{many(len(fired), 'rule shows', 'rules show')} values as they are.{_idle(idle)}"),
        figure(bars(title, rows, "values kept"), left_out(len(rows))),
        table("Keep rules", ("Rule", "Policy", "Reason", "Kept", "Other versions"), map(_kept_row, fired)),
        paragraph(
            "Kept counts entries under this very policy, other versions those of the same name with another digest. "
            "Rules marked * are counted under one name with another rule, so that their numbers are the same.",
            "muted",
        ),
    )


def _idle(count: int) -> str:
    return f" {many(count, 'of them has', 'of them have')} kept nothing in this period." if count else ""


def _label(one: Fired, *, several: bool) -> str:
    policy = f"{named(one.rule.policy)}: " if several else ""
    return f"{policy}{place_of_rule(one.rule)}: {one.rule.reason}"


def _fired(one: Fired) -> tuple[Part, ...]:
    return (Part("k-keep", one.times), Part("whole", one.elsewhere))


def _times(one: Fired) -> str:
    return f"{one.times:,}" + (f" + {one.elsewhere:,} in other versions" if one.elsewhere else "")


def _kept_row(one: Fired) -> tuple[object, ...]:
    mark = "*" if one.rule.shared else ""
    return f"{place_of_rule(one.rule)}{mark}", named(one.rule.policy), one.rule.reason, one.times, one.elsewhere
