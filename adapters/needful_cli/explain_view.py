"""How an explanation looks: a purpose as tables, a text with its spans marked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from needful_cli.output import clean, console, printed_whole, rows_of, say

if TYPE_CHECKING:
    from needful_cli.explain_text import ExplainedText

__all__ = ["show_purpose", "show_text", "table"]

_COLUMNS = {
    "fields": ("field", "in words", "for", "shown", "reason"),
    "entities": ("entity", "in words", "for", "reason"),
}
_TITLES = {"fields": "Fields", "entities": "PII in fields that are searched"}
_STYLES = {"keep": "green", "mask": "yellow", "generalize": "yellow", "custom": "yellow", "redact": "red"}
_GRAVE = "bold red"
_LINK = "cyan"


def show_purpose(name: str, parts: Mapping[str, Any]) -> None:
    """Print what a purpose does: a sentence, what holds for all of it, then tables."""
    say(f"\nPurpose {name}: {parts['summary']}")
    narrows = f"; it narrows the parent's {parts['narrows']}" if "narrows" in parts else ""
    say(f"  for {parts['for']}{narrows}")
    if not parts["allowed"]:
        say("  Nothing is fetched or shown.")
        return
    filters = [f"{key} {operator} {value}" for key, test in parts["filter"].items() for operator, value in test.items()]
    say(f"  always filtered by: {'; '.join(filters) or 'nothing'}")
    open_to_callers = [f"{key} ({', '.join(operators)})" for key, operators in parts["filterable"].items()]
    say(f"  a caller may filter by: {'; '.join(open_to_callers) or 'nothing'}")
    say(f"  limits: {_listed(parts['limits'])}")
    say(f"  detection: {_listed(parts['detection'])}")
    say(f"  question: {parts['query']}; a detection fault: {parts['on_fault']}")
    for part, columns in _COLUMNS.items():
        rows = parts[part]
        everybody = "everybody" if any(row["for"] for row in rows) else ""
        table(
            _TITLES[part],
            _headed(columns),
            ([_cell(row, column) or _blank(column, everybody) for column in columns] for row in rows),
        )
    for row in parts["fields"]:
        if row["stands for"]:
            say(f"  {row['field']} is {row['stands for']}.")
    if parts["restore"]:
        table("Whose lasting tokens may be turned back", ("entity", "by"), parts["restore"].items())
    if parts["unsafe_allow"]:
        table("Looser than the parent (unsafe-allow)", ("what", "reason"), parts["unsafe_allow"].items())
    say("  Any other field stays in Qdrant.")


def _headed(columns: Iterable[str]) -> tuple[str, ...]:
    return tuple("what happens" if column == "in words" else column for column in columns)


def _blank(column: str, everybody: str) -> str:
    return everybody if column == "for" else ""


def _cell(row: Mapping[str, str], column: str) -> str:
    if column == "shown" and row["known value"] and row["rule"] != "-":
        return f"{row['shown']}; looked for in the texts"
    return row[column]


def _listed(parts: Mapping[str, Any]) -> str:
    texts = {key: ", ".join(value) if isinstance(value, list) else str(value) for key, value in parts.items()}
    return "; ".join(f"{key} {value}" for key, value in texts.items() if value)


def show_text(purpose: str, explained: ExplainedText) -> None:
    """Print a text with its spans marked, and coloured on a terminal; then each span with the rule that decides."""
    say(f"\nPurpose {purpose}{explained.remark}\n")
    printed = console()
    if printed.is_terminal:
        from rich.text import Text

        coloured = Text()
        for part, action in explained.parts:
            coloured.append(clean(part), _STYLES.get(action, _LINK if action in _LINKING else _GRAVE) if action else "")
        printed.print(coloured, soft_wrap=True)
    else:
        say(explained.marked)
    rows = [
        [
            row["number"],
            f"{row['start']}–{row['end']}",
            row["entity"],
            f"{row['recognizer']} {row['score']}",
            row["action"],
            row["replacement"],
            row["rule"] if row["line"] is None else f"{row['rule']}, line {row['line']}",
        ]
        for row in explained.rows
    ]
    columns = ("", "from–to", "entity", "found by, score", "action", "shown", "decided by")
    if rows:
        table("Spans", columns, rows)
    else:
        say("No PII was found.")


_LINKING = ("hash", "pseudonymize", "surrogate")


def table(title: str, columns: tuple[str, ...], rows: Iterable[Iterable[object]]) -> None:
    """Print a table in which nothing is cut off. A column in which no row says anything is left out."""
    from rich.box import SIMPLE
    from rich.table import Table

    say(title)
    cells = [["" if cell is None else str(cell) for cell in row] for row in rows]
    used = [at for at in range(len(columns)) if not cells or any(row[at] for row in cells)]
    made = Table(*(columns[at] for at in used), box=SIMPLE, pad_edge=False, padding=(0, 1, 0, 0))
    printed_whole(rows_of(made, ([row[at] for at in used] for row in cells)))
