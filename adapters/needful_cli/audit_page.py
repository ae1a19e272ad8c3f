"""The report as one HTML page that needs nothing else: no script, no font, no picture from elsewhere."""

from __future__ import annotations

from collections.abc import Iterator

from needful_cli.audit_html import escaped, paragraph, section, table
from needful_cli.audit_sections import disclosures, entities, questions
from needful_cli.audit_sections_use import characters, erasures, faults, fields, keeps, refusals, restorations, withheld
from needful_cli.audit_style import STYLE
from needful_cli.audit_tidy import Checked, Report, named

__all__ = ["page_of"]

_SECTIONS = (
    disclosures,
    entities,
    questions,
    fields,
    characters,
    withheld,
    refusals,
    faults,
    restorations,
    erasures,
    keeps,
)
# Whoever opens the page sees that it may fetch nothing and run nothing, even if something in it wanted to.
_CONTENT_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


def page_of(report: Report) -> str:
    """Return the page."""
    title = f"What was disclosed, {_period(report)}"
    body = [_head_of_page(report), _summary(report)]
    if report.figures.entries:
        body += [text for make in _SECTIONS if (text := make(report))]
    body.append(_reading(report))
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_CONTENT_POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="referrer" content="no-referrer">\n'
        f"<title>{escaped(title)}</title>\n<style>\n{STYLE}\n</style>\n</head>\n<body>\n<main>\n"
        + "\n".join(body)
        + "\n</main>\n</body>\n</html>\n"
    )


def _period(report: Report) -> str:
    start, end = report.start, report.end
    if start is None and end is None:
        return "all entries"
    since = "from the first entry" if start is None else f"from {_readable(start)}"
    return f"{since} {'to the last entry' if end is None else f'to before {_readable(end)}'}"


def _readable(time: str) -> str:
    """`2026-11-22 00:00 UTC`."""
    return f"{time[:10]} {time[11:16] if time[16:] == ':00.000000Z' else time[11:-1]} UTC"


def _head_of_page(report: Report) -> str:
    return (
        f"<header><h1>What was disclosed</h1>{paragraph(f'Ledger {report.ledger}, {_period(report)}.')}"
        f"{paragraph(f'Made {_readable(report.made)} by Needful.', 'muted')}{_status(report.checked)}</header>"
    )


def _status(checked: Checked) -> str:
    head = f"<p>{checked.entries:,} entries. Head <code>{escaped(checked.head)}</code></p>"
    if checked.fault:
        entry = "" if checked.entry is None else f" The first bad entry is {checked.entry:,}."
        fault = f"{checked.says[:1].upper()}{checked.says[1:]} ({checked.verdict}: {checked.fault}).{entry}"
        return (
            '<div class="status broken" role="status"><p><strong>✗ The ledger does not verify.</strong></p>'
            f"{paragraph(f'{fault} Believe no figure below: they come from it.')}{head}</div>"
        )
    return (
        '<div class="status holds" role="status"><p><strong>✓ The ledger verifies.</strong> '
        f"The whole chain was checked, not only this period.</p>{head}"
        f"{paragraph(_signed(checked))}{paragraph(_anchored(checked))}</div>"
    )


def _signed(checked: Checked) -> str:
    """How many entries the last checkpoint covers, when it was made, and who says so."""
    if checked.checkpoint is None:
        return "No checkpoint covers any of them: they were written without a key, and nothing of this is signed."
    time = checked.checkpoint_time or ""
    made = f"was made {time[:10]} {time[11:19]} UTC"
    says = f"The last checkpoint {made} and covers {_up_to(checked.checkpoint, checked)}."
    if checked.signed is None:
        return f"{says} No key was given to this report (--key), so its signature was not checked."
    return f"{says} It is signed with a key that was given to this report."


def _anchored(checked: Checked) -> str:
    """Up to where the ledger is what it was when a checkpoint was kept elsewhere."""
    if checked.anchored is None:
        return (
            "Nothing that was kept elsewhere was given to this report (--anchor). Compare the head with one that was: "
            "only that shows entries cut off the end."
        )
    return (
        f"Anchored: a checkpoint that was kept elsewhere covers {_up_to(checked.anchored, checked)}. Of these none was "
        "cut off or written anew since."
    )


def _up_to(last: int, checked: Checked) -> str:
    rest = checked.entries - last
    return "all entries" if rest <= 0 else f"entries 1 to {last:,}, not the last {rest:,}" if last else "no entry"


def _summary(report: Report) -> str:
    figures = report.figures
    if not figures.entries:
        return section("summary", "Summary", paragraph("The ledger has no entries in this period."))
    records = sum(one.records for one in figures.disclosures)
    tiles = [
        ("Entries", figures.entries),
        ("Answered", figures.outcomes.get("released", 0)),
        ("Records disclosed", records),
        ("Refused", figures.outcomes.get("refused", 0)),
        ("Failed", figures.outcomes.get("failed", 0)),
        ("Restorations", figures.outcomes.get("restored", 0)),
        ("Principals", figures.principals),
    ]
    listed = "".join(f"<div><dt>{escaped(name)}</dt><dd>{count:,}</dd></div>" for name, count in tiles)
    return section(
        "summary",
        "Summary",
        paragraph(f"First entry {_readable(figures.first_time or '')}, last {_readable(figures.last_time or '')}."),
        f"<dl>{listed}</dl>",
        "<p></p>",
        table("Policies that decided", ("Policy", "Digest", "Entries"), _policies(report)),
    )


def _policies(report: Report) -> Iterator[tuple[object, ...]]:
    for policy, count in report.figures.policies.items():
        yield named(policy), f"{policy.digest[:16]}…", count


def _reading(report: Report) -> str:
    given = ", ".join(named(policy) for policy in report.policies)
    return section(
        "reading",
        "How to read this",
        paragraph(
            "Every figure is a count of the ledger's entries, which hold no text of a question, a document or a value. "
            "An entry stands for one question, or one restoration. Purposes, fields and entities have the names that "
            "the policies give them; <unlisted> is a name that no policy has. Times are UTC."
        ),
        paragraph(
            f"Policies given to this report: {given}."
            if given
            else "No policy was given to this report (--policy): it does not say which fields there are beside those "
            "that were fetched, nor what the policies keep and why."
        ),
        paragraph(
            "What a detector missed is in no count. That the ledger verifies shows that its entries were not changed, "
            "not that each was right, nor that all that happened went through Needful."
        ),
    )
